#include "scoring/gpu_regions.h"

#include <span>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>

#include "core/cuda_launch.h"
#include "scoring/regions.h"
#include "scoring/regions_cuda.h"

namespace anomalyclip {
namespace {

constexpr std::int64_t kIntegers = sizeof(Component) / sizeof(std::int32_t);
static_assert(sizeof(Component) == kIntegers * sizeof(std::int32_t));

}  // namespace

std::optional<std::vector<Region>> gpu_regions(const at::Tensor& map, double pixel_threshold,
                                               const Rect& covers) {
  if (!kernels_take(map) || map.scalar_type() != at::kFloat) return std::nullopt;
  const Size size{map.size(1), map.size(0)};
  require_sizes(size, covers);
  const c10::DeviceGuard guard(map.device());
  const at::Tensor samples = map.contiguous();
  const at::TensorOptions integers = map.options().dtype(at::kInt);
  const at::Tensor links = at::empty({2, size.height, size.width}, integers);
  const at::Tensor table = at::empty({kMostComponents, kIntegers}, integers);
  const at::Tensor count = at::zeros({1}, integers);
  auto* link = links.mutable_data_ptr<std::int32_t>();
  const RegionsJob job{samples.const_data_ptr<float>(),
                       static_cast<std::int32_t>(size.height),
                       static_cast<std::int32_t>(size.width),
                       least_float(pixel_threshold),
                       link,
                       link + size.area(),
                       static_cast<Component*>(table.mutable_data_ptr()),
                       kMostComponents,
                       count.mutable_data_ptr<std::int32_t>()};
  require_launched(regions_cuda(job, current_cuda_stream(map.device())), "the search for regions");

  const auto found = count.item<std::int32_t>();
  if (found > kMostComponents) return std::nullopt;
  if (found == 0) return std::vector<Region>{};
  const at::Tensor parts = table.narrow(0, 0, found).cpu();
  const std::span components(static_cast<const Component*>(parts.const_data_ptr()),
                             static_cast<std::size_t>(found));
  return strongest_regions(components, size, covers);
}

}  // namespace anomalyclip
