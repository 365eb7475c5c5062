#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The tensors of a CLIP ViT under OpenAI's names and in OpenAI's layout.
struct ClipTensors {
  std::map<std::string, at::Tensor> tensors;
  std::string scheme;  ///< whose names the file used, for messages: "OpenAI / open_clip", "Hugging
                       ///< Face", ...
  bool has_text_tower =
      false;  ///< false: images only, as Hugging Face's CLIPVisionModelWithProjection
};

/// Recognises a CLIP ViT by its keys: OpenAI's and open_clip's, open_clip's CustomTextCLIP (`text.`
/// before the text tower's), Hugging Face's CLIPModel (q, k and v apart, projections transposed);
/// each with or without the `module.` that data-parallel training leaves. Tensors keep their dtype.
/// What has no weight in it is left out: position_ids, attn_mask, logit_bias, and the integers
/// input_resolution, context_length and vocab_size.
///
/// Any other key is refused, not ignored: a layer scale or another norm that was left out would
/// change every score.
/// @param source  file name, for messages
/// @throws Error kMismatch (not a CLIP ViT, a ResNet CLIP, a key without a place, q, k or v
/// missing, not floating point)
ClipTensors to_openai_names(const std::map<std::string, at::Tensor>& tensors,
                            const std::string& source);

}  // namespace anomalyclip
