#include "convert/convert_model.h"

#include <filesystem>
#include <ostream>
#include <utility>

#include <anomalyclip/error.h>

#include "checkpoint/clip_names.h"
#include "checkpoint/model_file.h"
#include "checkpoint/safetensors.h"
#include "convert/model_source.h"
#include "core/finite.h"
#include "model/vision_transformer.h"
#include "text/text_transformer.h"

namespace anomalyclip::trainer {
namespace {

void refuse_prompts(const ModelSource& source, const std::string& path) {
  if (!source.tensors.contains("ctx_pos")) return;
  throw Error(ErrorCode::kMismatch,
              path + ": holds prompts, not a model; run: anomalyclip convert --prompts " + path +
                  " --model MODEL.safetensors -o OUT.safetensors");
}

Weights in_half(const Weights& weights) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, tensor] : weights.tensors()) {
    const at::Tensor half = tensor.to(at::kHalf);
    if (!all_finite(half))
      throw Error(ErrorCode::kNotFinite,
                  weights.source() + ": tensor \"" + name +
                      "\" holds values above 65504, which float16 cannot; convert without --half");
    tensors.emplace(name, half);
  }
  return Weights(std::move(tensors), weights.metadata(), weights.source());
}

std::string dtypes_of(const Weights& weights) {
  std::map<at::ScalarType, int> counts;
  for (const auto& entry : weights.tensors()) ++counts[entry.second.scalar_type()];
  std::string text;
  for (const auto& [dtype, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + c10::toString(dtype);
  return text;
}

void describe(const ClipConfig& config, std::ostream& report) {
  report << "image tower  ViT, " << config.vision_layers << " layers of " << config.vision_width
         << ", patches of " << config.patch_size << " px, trained at " << config.image_resolution
         << " px, features of " << config.embed_dim << '\n';
  if (config.has_text())
    report << "text tower   " << config.text_layers << " layers of " << config.text_width << ", "
           << config.context_length << " tokens of " << config.vocabulary << '\n';
  else
    report << "text tower   none: this model can encode images only\n";
}

void report_file(const Weights& weights, const std::string& path, bool has_text,
                 std::ostream& report) {
  const auto size = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  report << "tensors      " << weights.tensors().size() << " (" << dtypes_of(weights) << ")\n"
         << "fingerprint  " << (has_text ? fingerprint(weights) : "none without a text tower")
         << '\n'
         << "wrote        " << std::filesystem::path(path).filename().string() << ", "
         << std::to_string(size).substr(0, std::to_string(size).find('.') + 2) << " MB\n";
}

}  // namespace

void convert_model(const ModelConversion& conversion, std::ostream& report) {
  ModelSource source = read_model_source(conversion.source);
  refuse_prompts(source, conversion.source);
  ClipTensors clip = to_openai_names(source.tensors, conversion.source);
  report << "recognised   " << source.kind << ", " << clip.scheme << " names\n";

  const bool assumed = conversion.activation.empty() && source.activation.empty();
  const std::string activation = !conversion.activation.empty() ? conversion.activation
                                 : assumed                      ? "quick_gelu"
                                                                : source.activation;
  source.metadata["activation"] = activation;
  Weights weights(std::move(clip.tensors), std::move(source.metadata), conversion.source);
  require_finite(weights);
  VisionTransformer::from_tensors(
      weights);  // every tensor there, in its shape; nothing is computed
  if (clip.has_text_tower) TextTransformer::from_tensors(weights);
  const ClipConfig config = ClipConfig::infer(weights);
  if (conversion.half) weights = in_half(weights);

  describe(config, report);
  report << "activation   " << activation;
  if (assumed) report << ", assumed: OpenAI's weights have it; add --activation gelu for LAION's";
  report << '\n';
  write_safetensors(conversion.output, weights.tensors(), weights.metadata());
  report_file(weights, conversion.output, config.has_text(), report);
}

}  // namespace anomalyclip::trainer
