#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// CLIP's byte-level byte-pair encoding. Immutable: threads may share one.
class Tokenizer {
 public:
  static constexpr std::int64_t kStart = 49406, kEnd = 49407, kVocabulary = 49408;

  /// @param vocabulary  path of `bpe_simple_vocab_16e6.txt.gz`; empty: the one that the build found
  /// @throws Error kNotFound (says where the file comes from), kRead (not that file)
  explicit Tokenizer(const std::string& vocabulary = "");

  /// The tokens of a text (UTF-8, cleaned as text_cleaning.h says), without start and end.
  std::vector<std::int64_t> encode(const std::string& text) const;

  /// [texts, context_length] int64: start, tokens, end, zeros. A longer text is cut; its last token
  /// is still `kEnd`.
  at::Tensor operator()(const std::vector<std::string>& texts,
                        std::int64_t context_length = 77) const;

 private:
  void append_pairs_merged(const std::string& bytes, std::vector<std::int64_t>& tokens) const;

  // Two neighbouring tokens -> the token they become
  std::unordered_map<std::uint64_t, std::int64_t> merged_;
};

}  // namespace anomalyclip
