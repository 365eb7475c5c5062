#pragma once

#include <string>

namespace anomalyclip::trainer {

/// What a checkpoint's tensors do not tell, and a configuration beside it does.
struct ClipSettings {
  std::string activation;  ///< quick_gelu or gelu; empty: no configuration says so
};

/// Looks in `folder` for config.json (Hugging Face's CLIP) and open_clip_config.json.
/// @throws Error kRead, kMismatch (another activation, attention heads that are not 64 wide: this project would
///         compute something else than the model)
ClipSettings read_clip_settings(const std::string& folder);

}  // namespace anomalyclip::trainer
