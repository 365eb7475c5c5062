#pragma once

#include <string>

namespace anomalyclip {

/// The files of the embedded demo model, which only knows drawn parts: see demo/README.md.
/// Looked for in $ANOMALYCLIP_DATA_DIR, then where they were installed, then in the source tree.
/// @throws Error kNotFound (names the folders that were tried)
std::string demo_model_path();
std::string demo_prompts_path();

}  // namespace anomalyclip
