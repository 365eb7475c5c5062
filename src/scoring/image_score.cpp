#include "scoring/image_score.h"

#include <ATen/ops/topk.h>

#include "scoring/similarity.h"

namespace anomalyclip {

at::Tensor global_score(const at::Tensor& global, const at::Tensor& text, double temperature) {
  return similarity({global}, text, temperature).select(-1, 1);
}

at::Tensor map_score(const at::Tensor& map) {
  const at::Tensor values = map.flatten(1);  // [B, height * width]
  const std::int64_t largest = std::max<std::int64_t>(1, values.size(1) / 1000);
  return std::get<0>(at::topk(values, largest, 1, /*largest=*/true, /*sorted=*/false)).mean(1);
}

at::Tensor image_score(ScoreMode mode, const at::Tensor& own, const at::Tensor& map) {
  switch (mode) {
    case ScoreMode::kMap:
      return map_score(map);
    case ScoreMode::kMean:
      return (own + map_score(map)) / 2;
    case ScoreMode::kGlobal:
      break;
  }
  return own;
}

at::Tensor image_score(ScoreMode mode, const at::Tensor& global, const at::Tensor& text,
                       double temperature, const at::Tensor& map) {
  const bool read = mode != ScoreMode::kMap;
  return image_score(mode, read ? global_score(global, text, temperature) : at::Tensor(), map);
}

}  // namespace anomalyclip
