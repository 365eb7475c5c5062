#include "methods/references.h"

#include <iterator>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <anomalyclip/error.h>

#include "checkpoint/prompt_tensors.h"
#include "common/progress.h"
#include "image/load_image.h"
#include "image/preprocess.h"

namespace anomalyclip::trainer {
namespace {

using Banks = std::map<std::string, std::vector<at::Tensor>>;

VisionRequest request_of(const Prompts& prompts) {
  VisionRequest request;
  request.features = prompts.features;
  request.dpam_from = prompts.dpam_from;
  request.attention = prompts.attention;
  request.raw_features = true;
  request.want_global = false;
  request.positions = prompts.positions;
  request.activation = prompts.activation;
  if (prompts.method == "winclip")
    request.windows.assign(std::begin(kWindowSides), std::end(kWindowSides));
  return request;
}

/// [1, 3, S, S] on the CPU
at::Tensor read_image(const std::string& path, int size) {
  const Image image = load_image(path);
  at::Tensor input = at::zeros({1, 3, size, size});
  preprocess(image.view(), {0, 0, image.width, image.height}, size,
             input.mutable_data_ptr<float>());
  return input;
}

/// Rows of length 1, on the CPU.
at::Tensor unit_rows(const at::Tensor& features) {
  const at::Tensor length = at::linalg_vector_norm(features, 2, at::IntArrayRef{-1}, true);
  return (features / length.clamp_min(1e-12)).cpu();
}

/// Without the class token.
at::Tensor patches_of(const at::Tensor& tokens) {
  return unit_rows(tokens[0].slice(0, 1));
}

void add(Banks& banks, const Prompts& prompts, const VisionFeatures& features) {
  if (prompts.method == "winclip") {
    for (std::size_t i = 0; i < std::size(kWindowSides); ++i)
      banks[window_reference_key(kWindowSides[i])].push_back(unit_rows(features.windows[i][0]));
    banks[kPatchReferences].push_back(patches_of(features.patches[0][0]));
    return;
  }
  for (std::size_t i = 0; i < prompts.features.size(); ++i)
    banks[reference_key(prompts.features[i])].push_back(patches_of(features.patches[i][0]));
}

}  // namespace

void set_references(Prompts& prompts, const VisionTransformer& vision,
                    const std::vector<std::string>& images) {
  if (prompts.method != "winclip" && prompts.method != "vand")
    throw Error(ErrorCode::kSettings, "the method " + prompts.method +
                                          " compares with words alone; reference images are for "
                                          "winclip and vand");
  if (images.empty()) throw Error(ErrorCode::kSettings, "there are no reference images");
  const c10::InferenceMode inference;
  const VisionRequest request = request_of(prompts);
  Banks banks;
  Progress progress("Encoding", static_cast<std::int64_t>(images.size()), "references");
  for (const std::string& path : images) {
    const at::Tensor input = read_image(path, prompts.image_size).to(vision.device());
    add(banks, prompts, vision.forward(input, request));
    progress.advance();
  }
  progress.finish();
  std::erase_if(prompts.tensors,
                [](const auto& entry) { return entry.first.starts_with("references."); });
  for (const auto& [key, rows] : banks) prompts.tensors[key] = to_prompt_tensor(at::cat(rows));
}

}  // namespace anomalyclip::trainer
