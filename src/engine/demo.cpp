#include <cstdlib>
#include <filesystem>
#include <vector>

#include <anomalyclip/demo.h>
#include <anomalyclip/error.h>

#include "engine/data_folders.h"

namespace anomalyclip {
namespace {

std::string find_data_file(const std::string& name) {
  std::vector<std::filesystem::path> folders;
  if (const char* folder = std::getenv("ANOMALYCLIP_DATA_DIR")) folders.emplace_back(folder);
  folders.emplace_back(ANOMALYCLIP_DATA_DIR);
  folders.emplace_back(ANOMALYCLIP_SOURCE_DATA_DIR);
  std::string tried;
  for (const auto& folder : folders) {
    if (std::filesystem::exists(folder / name)) return (folder / name).string();
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  throw Error(ErrorCode::kNotFound,
              "the demo file " + name + " is in none of " + tried +
                  "; install it there or set ANOMALYCLIP_DATA_DIR to its folder");
}

}  // namespace

std::string demo_model_path() {
  return find_data_file("anomalyclip-demo.safetensors");
}

std::string demo_prompts_path() {
  return find_data_file("anomalyclip-demo-prompts.safetensors");
}

}  // namespace anomalyclip
