// usage: write-tiny-model FOLDER: writes the tests' model and prompts under the names of the demo's, for tests that are not
// C++ (with ANOMALYCLIP_DATA_DIR=FOLDER an anomalyclip without properties runs them).
#include <filesystem>

#include "tiny_model.h"

int main(int argc, char** argv) {
  using namespace anomalyclip::testing;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  const auto replace = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(tiny_model(), folder / "anomalyclip-demo.safetensors", replace);
  std::filesystem::copy_file(tiny_prompts("demo", {.threshold = 0.5, .pixel_threshold = 0.5}),
                             folder / "anomalyclip-demo-prompts.safetensors", replace);
}
