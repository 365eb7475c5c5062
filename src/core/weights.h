#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The tensors of one checkpoint under OpenAI's names, whatever container they came from; each in
/// the dtype it is stored in, and possibly a view of a memory-mapped file (which it keeps alive).
class Weights {
 public:
  enum class Storage {
    kAny,
    kUnwrittenFile,  ///< views of a mapped file that nobody writes to: it can be read again
  };

  /// @param source  file name, for messages
  Weights(std::map<std::string, at::Tensor> tensors, std::map<std::string, std::string> metadata,
          std::string source, Storage storage = Storage::kAny)
      : tensors_(std::move(tensors)),
        metadata_(std::move(metadata)),
        source_(std::move(source)),
        storage_(storage) {}

  bool has(const std::string& key) const { return tensors_.contains(key); }

  /// @throws Error kMismatch when there is none
  const at::Tensor& get(const std::string& key) const;

  /// @throws Error kMismatch: names the key, the shape expected and the shape found
  const at::Tensor& get(const std::string& key, at::IntArrayRef shape) const;

  /// Empty when the file does not say.
  std::string metadata(const std::string& key) const;

  /// Gives back the memory that the tensors whose keys begin so take, where they can be read again from the file: of a
  /// model whose matrices are copied anyway, no more lies in memory than is being copied. Thread-safe.
  void let_go_of(const std::string& prefix) const;

  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& source() const { return source_; }

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::string source_;
  Storage storage_;
};

}  // namespace anomalyclip
