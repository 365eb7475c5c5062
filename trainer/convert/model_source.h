#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace anomalyclip::trainer {

/// A checkpoint as somebody published it.
struct ModelSource {
  std::map<std::string, at::Tensor> tensors;    ///< under whatever names it uses
  std::map<std::string, std::string> metadata;  ///< of a safetensors file
  std::string kind;        ///< for people: "TorchScript archive", "Hugging Face folder, 2 files"
  std::string activation;  ///< quick_gelu or gelu, where it or a configuration beside it says so
};

/// Reads a file (safetensors; TorchScript archive or pickled state dict, which are not executed), or a folder as
/// Hugging Face and open_clip publish them: weights in one file or in shards with their index. The activation and the
/// width of attention heads are taken from the config.json or open_clip_config.json that lies beside the weights.
/// @throws Error kNotFound, kRead, kMismatch (a configuration that this project does not compute)
ModelSource read_model_source(const std::string& path);

}  // namespace anomalyclip::trainer
