#include "checkpoint/clip_names.h"

#include <array>
#include <optional>
#include <regex>
#include <utility>
#include <vector>

#include <ATen/ops/cat.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

using Tensors = std::map<std::string, at::Tensor>;
using Renames = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void fail(const std::string& source, const std::string& fault) {
  throw Error(ErrorCode::kMismatch, source + ": " + fault);
}

bool carries_no_weight(const std::string& key) {
  static const std::array<std::string, 6> kNames = {"position_ids",   "attn_mask",
                                                    "logit_bias",     "input_resolution",
                                                    "context_length", "vocab_size"};
  for (const std::string& name : kNames)
    if (key == name || key.ends_with("." + name)) return true;
  return false;
}

Tensors without_wrapping(const Tensors& tensors, const std::string& source) {
  Tensors result;
  for (const auto& [key, tensor] : tensors) {
    std::string name = key;
    while (name.starts_with("module.")) name.erase(0, 7);
    if (carries_no_weight(name)) continue;
    if (!result.emplace(name, tensor).second)
      fail(source, "tensor \"" + name + "\" is there twice, with and without \"module.\"");
  }
  return result;
}

bool is_openai_name(const std::string& name) {
  static const std::regex kPattern(
      "logit_scale|positional_embedding|text_projection|token_embedding\\.weight|ln_final\\.("
      "weight|bias)|"
      "visual\\.(class_embedding|positional_embedding|proj|conv1\\.weight|ln_(pre|post)\\.(weight|"
      "bias))|"
      "(visual\\.)?transformer\\.resblocks\\.(0|[1-9]\\d{0,3})\\.(attn\\.in_proj_(weight|bias)|"
      "(attn\\.out_proj|ln_[12]|mlp\\.c_(fc|proj))\\.(weight|bias))");
  return std::regex_match(name, kPattern);
}

// ---- open_clip's CustomTextCLIP

Tensors from_custom_text(const Tensors& tensors) {
  Tensors result;
  for (const auto& [key, tensor] : tensors)
    result.emplace(key.starts_with("text.") ? key.substr(5) : key, tensor);
  return result;
}

// ---- Hugging Face's CLIPModel

const Renames kHuggingFaceNames = {
    {"logit_scale", "logit_scale"},
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.weight", "ln_final.weight"},
    {"text_model.final_layer_norm.bias", "ln_final.bias"},
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"},  // the missing e is theirs
    {"vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"},
    {"vision_model.post_layernorm.weight", "visual.ln_post.weight"},
    {"vision_model.post_layernorm.bias", "visual.ln_post.bias"},
};
const Renames kHuggingFaceTransposed = {{"text_projection.weight", "text_projection"},
                                        {"visual_projection.weight", "visual.proj"}};
const Renames kHuggingFaceBlock = {{"self_attn.out_proj", "attn.out_proj"},
                                   {"layer_norm1", "ln_1"},
                                   {"layer_norm2", "ln_2"},
                                   {"mlp.fc1", "mlp.c_fc"},
                                   {"mlp.fc2", "mlp.c_proj"}};

std::optional<std::string> renamed(const Renames& renames, const std::string& key) {
  for (const auto& [from, to] : renames)
    if (key == from) return to;
  return std::nullopt;
}

at::Tensor concatenated(const std::array<at::Tensor, 3>& parts) {
  std::vector<at::Tensor> list(parts.begin(), parts.end());
  const bool same = list[0].scalar_type() == list[1].scalar_type() &&
                    list[0].scalar_type() == list[2].scalar_type();
  if (!same)
    for (at::Tensor& part : list) part = part.to(at::kFloat);
  return at::cat(list);
}

class HuggingFaceReader {
 public:
  HuggingFaceReader(const Tensors& tensors, const std::string& source)
      : tensors_(tensors), source_(source) {}

  Tensors read() {
    for (const auto& [key, tensor] : tensors_) place(key, tensor);
    join_attention();
    return std::move(result_);
  }

 private:
  void place(const std::string& key, const at::Tensor& tensor) {
    if (const auto name = renamed(kHuggingFaceNames, key)) {
      result_.emplace(*name, tensor);
    } else if (const auto transposed = renamed(kHuggingFaceTransposed, key)) {
      if (tensor.dim() != 2)
        fail(source_,
             "tensor \"" + key + "\" should have 2 axes and has " + std::to_string(tensor.dim()));
      result_.emplace(*transposed, tensor.t().contiguous());
    } else {
      place_in_block(key, tensor);
    }
  }

  void place_in_block(const std::string& key, const at::Tensor& tensor) {
    static const std::regex kPattern(
        "(text|vision)_model\\.encoder\\.layers\\.(\\d{1,4})\\.(.+)\\.(weight|bias)");
    std::smatch match;
    if (!std::regex_match(key, match, kPattern))
      fail(source_, "tensor \"" + key + "\" has no place in a CLIP ViT");
    const std::string block =
        (match[1] == "vision" ? "visual.transformer.resblocks." : "transformer.resblocks.") +
        match[2].str() + ".";
    const std::string part = match[3], kind = match[4];
    if (const auto name = renamed(kHuggingFaceBlock, part)) {
      result_.emplace(block + *name + "." + kind, tensor);
    } else if (part.size() == 16 && part.starts_with("self_attn.") && part.ends_with("_proj") &&
               std::string("qkv").find(part[10]) != std::string::npos) {
      attention_[block + "attn.in_proj_" + kind][std::string("qkv").find(part[10])] = tensor;
    } else {
      fail(source_, "tensor \"" + key + "\" has no place in a CLIP ViT");
    }
  }

  void join_attention() {
    for (const auto& [name, parts] : attention_) {
      for (std::size_t i = 0; i < 3; ++i)
        if (!parts[i].defined())
          fail(source_, std::string("of the three tensors that make \"") + name + "\", " +
                            "qkv"[i] + "_proj is missing");
      for (const at::Tensor& part : parts)
        if (part.dim() == 0 || part.sizes() != parts[0].sizes())
          fail(source_, "the three tensors that make \"" + name + "\" differ in shape");
      result_.emplace(name, concatenated(parts));
    }
  }

  const Tensors& tensors_;
  const std::string& source_;
  Tensors result_;
  std::map<std::string, std::array<at::Tensor, 3>>
      attention_;  // q, k, v by the name of what they make
};

void check_names(const Tensors& tensors, const std::string& source) {
  if (tensors.contains("visual.layer1.0.conv1.weight"))
    fail(source,
         "is a CLIP with a ResNet, and AnomalyCLIP needs a vision transformer (ViT-L/14@336px is "
         "the paper's)");
  if (!tensors.contains("visual.conv1.weight") || !tensors.contains("visual.class_embedding"))
    fail(source,
         "is not a CLIP ViT checkpoint: it has neither OpenAI's nor open_clip's "
         "\"visual.conv1.weight\", nor Hugging Face's "
         "\"vision_model.embeddings.patch_embedding.weight\"");
  const std::int64_t width = tensors.at("visual.class_embedding").numel();
  for (const auto& [other, head] :
       {std::pair{1280, 80}, {1408, 88}, {1664, 104}})  // ViT-H, -g, -bigG
    if (width == other)
      fail(source, "has an image tower " + std::to_string(other) +
                       " wide, whose attention heads are " + std::to_string(head) +
                       " wide; only heads of 64 (ViT-B, ViT-L) are computed");
  for (const auto& [name, tensor] : tensors) {
    if (!is_openai_name(name)) fail(source, "tensor \"" + name + "\" has no place in a CLIP ViT");
    if (!tensor.is_floating_point())
      fail(source,
           "tensor \"" + name + "\" is " + c10::toString(tensor.scalar_type()) +
               ", and weights should be floating point (quantised checkpoints are not read)");
  }
}

}  // namespace

ClipTensors to_openai_names(const Tensors& tensors, const std::string& source) {
  ClipTensors result;
  result.tensors = without_wrapping(tensors, source);
  if (result.tensors.contains("vision_model.embeddings.patch_embedding.weight")) {
    result.scheme = "Hugging Face";
    result.tensors = HuggingFaceReader(result.tensors, source).read();
  } else if (result.tensors.contains("text.token_embedding.weight")) {
    result.scheme = "open_clip (CustomTextCLIP)";
    result.tensors = from_custom_text(result.tensors);
  } else {
    result.scheme = "OpenAI / open_clip";
  }
  check_names(result.tensors, source);
  result.has_text_tower = result.tensors.contains("token_embedding.weight");
  return result;
}

}  // namespace anomalyclip
