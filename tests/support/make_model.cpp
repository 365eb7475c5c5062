// Writes a model of any size, with weights that anyone can recompute, and prompts for it: for tests that run commands,
// and for measuring speed and memory without downloading anything.
//   make-model NAME FOLDER    NAME: tiny, tiny-text (the same with all words), vit-b-16, vit-l-14-336
//   -> FOLDER/NAME.safetensors, FOLDER/NAME-prompts.safetensors
#include <iostream>
#include <map>

#include "tiny_model.h"

namespace {

using namespace anomalyclip;
using namespace anomalyclip::testing;

/// A model as published (tiny-text as if it were): its grid, the size at which it inspects, its last layer tapped, stored in half precision.
struct Published {
  ClipDimensions dimensions;
  int image_size;
};

const std::map<std::string, Published> kPublished = {{"tiny-text", {kTiny, 56}},
                                                     {"vit-b-16", {kViTB16, 224}},
                                                     {"vit-l-14-336", {kViTL14At336, 518}}};

int usage() {
  std::cerr << "usage: make-model tiny|tiny-text|vit-b-16|vit-l-14-336 FOLDER\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return usage();
  const std::string name = argv[1], stem = std::string(argv[2]) + "/" + name;
  const std::string model = stem + ".safetensors", prompts = stem + "-prompts.safetensors";
  if (name == "tiny") {
    write_tiny_model(model, prompts);
  } else if (const auto found = kPublished.find(name); found != kPublished.end()) {
    auto tensors = hashed_tensors(found->second.dimensions);
    for (auto& [key, tensor] : tensors)
      if (tensor.dim() > 0) tensor = tensor.to(at::kHalf);
    const int last = static_cast<int>(found->second.dimensions.vision_layers);
    write_hashed_model(model, prompts, tensors, found->second.image_size, last);
  } else {
    return usage();
  }
}
