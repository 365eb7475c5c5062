#pragma once

#include <functional>
#include <string>

#include <anomalyclip/prompts.h>

#include "hashed_weights.h"

namespace anomalyclip::testing {

/// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

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
