#pragma once

#include <functional>
#include <string>

#include <anomalyclip/prompts.h>

#include "hashed_weights.h"
#include "temporary_folder.h"

namespace anomalyclip::testing {

/// Writes tensors as a model file, and prompts for it (two random unit rows) that tap one layer.
void write_hashed_model(const std::string& model, const std::string& prompts,
                        const std::map<std::string, at::Tensor>& tensors, int image_size, int layer);

/// write_hashed_model() for TINY with a vocabulary of 512: the words do not matter, and the file is twenty times smaller.
void write_tiny_model(const std::string& model, const std::string& prompts);

/// The TINY model (eight layers, 128 wide, patch 14, random but always the same) and prompts for it, as files: an
/// element or an engine that runs them takes a millisecond a frame.
class TinyModel {
 public:
  TinyModel();

  const std::string& model() const { return model_; }
  const std::string& prompts() const { return prompts_; }

  /// Writes another prompt file: that of prompts(), changed.
  std::string write_prompts(const std::string& name,
                            const std::function<void(Prompts&)>& change) const;

  /// Writes another model file: the tensors of model(), changed.
  std::string write_model(
      const std::string& name,
      const std::function<void(std::map<std::string, at::Tensor>&)>& change) const;

  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  std::string model_, prompts_;
};

}  // namespace anomalyclip::testing
