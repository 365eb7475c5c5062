#include "calibrate/calibrated_prompts.h"

#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"

namespace anomalyclip::trainer {

void write_calibrated(const std::string& source, const Prompts& prompts,
                      const std::string& output) {
  std::map<std::string, at::Tensor> further = read_safetensors(source).tensors;
  further.erase("text_features");
  save_prompts(output, prompts, further);
}

}  // namespace anomalyclip::trainer
