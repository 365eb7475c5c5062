#pragma once

#include <map>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// A prompt file's numbers where a model runs: adapters and references by their names in the file,
/// and `text_features` [2, D].
class MethodTensors {
 public:
  /// Borrowed from the prompts on the CPU. Copied to any other device once, and kept there as long as
  /// the prompts live.
  static MethodTensors of(const std::shared_ptr<const Prompts>& prompts, at::Device device);

  bool has(const std::string& key) const { return tensors_->contains(key); }
  const at::Tensor& operator[](const std::string& key) const { return tensors_->at(key); }
  const at::Tensor& text() const { return tensors_->at("text_features"); }

 private:
  using Tensors = std::map<std::string, at::Tensor>;
  explicit MethodTensors(std::shared_ptr<const Tensors> tensors) : tensors_(std::move(tensors)) {}

  std::shared_ptr<const Tensors> tensors_;
};

}  // namespace anomalyclip
