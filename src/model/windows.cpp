#include <algorithm>
#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>

#include <anomalyclip/error.h>

#include "model/dpam_attention.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

/// Tokens that go through the blocks at once: enough for the matrix products, little for the caches.
constexpr std::int64_t kTokensAtOnce = 2048;

/// The tokens of every window, [windows, 1 + side * side]: the class token, then its patches, row
/// by row.
at::Tensor window_tokens(std::int64_t grid, std::int64_t side) {
  const std::int64_t positions = grid - side + 1;
  at::Tensor tokens = at::empty({positions * positions, 1 + side * side}, at::kLong);
  auto* next = tokens.mutable_data_ptr<std::int64_t>();
  for (std::int64_t top = 0; top < positions; ++top)
    for (std::int64_t left = 0; left < positions; ++left) {
      *next++ = 0;
      for (std::int64_t y = top; y < top + side; ++y)
        for (std::int64_t x = left; x < left + side; ++x) *next++ = 1 + y * grid + x;
    }
  return tokens;
}

}  // namespace

at::Tensor VisionTransformer::encode_windows(const at::Tensor& embedded, std::int64_t side,
                                             const std::vector<ResidualBlock>& blocks) const {
  const auto grid = std::llround(std::sqrt(static_cast<double>(embedded.size(1) - 1)));
  if (side > grid)
    throw Error(ErrorCode::kSettings, "Windows of " + std::to_string(side) +
                                          " patches do not fit an image of " +
                                          std::to_string(grid) + " patches a side");
  const at::Tensor all = window_tokens(grid, side).to(device());
  const std::int64_t windows = all.size(0), length = all.size(1);
  const std::int64_t at_once = std::max<std::int64_t>(1, kTokensAtOnce / length);

  std::vector<at::Tensor> images;
  for (const at::Tensor& image : embedded.unbind(0)) {  // [1 + P, width]
    std::vector<at::Tensor> features;
    for (std::int64_t first = 0; first < windows; first += at_once) {
      const at::Tensor tokens = all.slice(0, first, first + at_once);  // [n, 1 + side * side]
      at::Tensor x = image.index_select(0, tokens.flatten()).unflatten(0, tokens.sizes());
      for (std::size_t i = 0; i + 1 < blocks.size(); ++i)
        x = plain_layer(blocks[i], std::move(x), {.original = Rows::kAll});
      x = plain_layer(blocks.back(), std::move(x), {.original = Rows::kClassToken});
      features.push_back(at::matmul(ln_post(x.select(1, 0)), proj));  // [n, D]
    }
    images.push_back(at::cat(features));  // [windows, D]
  }
  return at::stack(images);
}

}  // namespace anomalyclip
