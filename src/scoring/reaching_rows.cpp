#include "scoring/reaching_rows.h"

#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>

#include "core/cuda_launch.h"
#include "scoring/regions_cuda.h"

namespace anomalyclip {

RowRange reaching_rows(const at::Tensor& map, double threshold) {
  const auto height = static_cast<std::int32_t>(map.size(0));
  if (!kernels_take(map) || map.scalar_type() != at::kFloat) return {0, height};
  const c10::DeviceGuard guard(map.device());
  const at::Tensor samples = map.contiguous();
  const at::Tensor found = at::zeros({2}, map.options().dtype(at::kInt));
  const ReachJob job{samples.const_data_ptr<float>(), height,
                     static_cast<std::int32_t>(map.size(1)), least_float(threshold),
                     found.mutable_data_ptr<std::int32_t>()};
  require_launched(reach_cuda(job, current_cuda_stream(map.device())), "the search for regions");
  const at::Tensor host = found.cpu();
  const auto* rows = host.const_data_ptr<std::int32_t>();
  if (rows[1] == 0) return {};
  const int first = height - rows[0];
  return {first, rows[1] - first};
}

}  // namespace anomalyclip
