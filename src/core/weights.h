#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The tensors of one checkpoint under OpenAI's names, whatever container they came from; each in
/// the dtype it is stored in, and possibly a view of a memory-mapped file (which it keeps alive).
class Weights {
 public:
  /// @param source  file name, for messages
  Weights(std::map<std::string, at::Tensor> tensors, std::map<std::string, std::string> metadata,
          std::string source)
      : tensors_(std::move(tensors)), metadata_(std::move(metadata)), source_(std::move(source)) {}

  bool has(const std::string& key) const { return tensors_.contains(key); }

  /// @throws Error kMismatch when there is none
  const at::Tensor& get(const std::string& key) const;

  /// @throws Error kMismatch: names the key, the shape expected and the shape found
  const at::Tensor& get(const std::string& key, at::IntArrayRef shape) const;

  /// Empty when the file does not say.
  std::string metadata(const std::string& key) const;

  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& source() const { return source_; }

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::string source_;
};

}  // namespace anomalyclip
