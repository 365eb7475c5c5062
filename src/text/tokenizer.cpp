#include "text/tokenizer.h"

#include <limits>
#include <sstream>
#include <string_view>
#include <zlib.h>

#include <ATen/ops/zeros.h>

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <anomalyclip/error.h>

#include "text/text_cleaning.h"

namespace anomalyclip {
namespace {

constexpr std::int64_t kMerges = 48894, kBytes = 256;
constexpr std::int64_t kFirstMerged =
    2 * kBytes;  // after every byte, and every byte that ends a word
constexpr const char* kWordEnd = "</w>";

/// Token of each byte: printable ones first, then the rest, each in order.
std::array<std::int64_t, kBytes> make_byte_tokens() {
  const auto printable = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  };
  std::array<std::int64_t, kBytes> tokens{};
  std::int64_t next = 0;
  for (const bool wanted : {true, false})
    for (int b = 0; b < kBytes; ++b)
      if (printable(b) == wanted) tokens[static_cast<std::size_t>(b)] = next++;
  return tokens;
}

const std::array<std::int64_t, kBytes>& byte_tokens() {
  static const std::array<std::int64_t, kBytes> tokens = make_byte_tokens();
  return tokens;
}

/// How the vocabulary file writes each byte: itself, or the next free code point above 255.
std::string written(int byte) {
  const std::int64_t token = byte_tokens()[static_cast<std::size_t>(byte)];
  constexpr std::int64_t printable = 188;
  const auto character = static_cast<UChar32>(token < printable ? byte : 256 + token - printable);
  std::string utf8;
  icu::UnicodeString(character).toUTF8String(utf8);
  return utf8;
}

std::string read_gzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr)
    throw Error(ErrorCode::kNotFound,
                "No vocabulary at " + path +
                    ": it should be bpe_simple_vocab_16e6.txt.gz of the open_clip_torch "
                    "package, which subprojects/setup.sh fetches");
  std::string content;
  std::array<char, 1 << 16> buffer{};
  int count = 0;
  while ((count = gzread(file, buffer.data(), buffer.size())) > 0)
    content.append(buffer.data(), static_cast<std::size_t>(count));
  gzclose(file);
  if (count < 0) throw Error(ErrorCode::kRead, path + " is damaged: it should be a gzip file");
  return content;
}

std::uint64_t pair_key(std::int64_t left, std::int64_t right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
}

[[noreturn]] void not_a_vocabulary(const std::string& path, std::int64_t line) {
  throw Error(ErrorCode::kRead, path + " is not CLIP's vocabulary: line " +
                                    std::to_string(line + 1) +
                                    " should hold two known tokens to merge");
}

bool is_letter(UChar32 c) {
  return (U_GET_GC_MASK(c) & U_GC_L_MASK) != 0;
}
bool is_number(UChar32 c) {
  return (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0;
}
bool is_other(UChar32 c) {
  return !is_letter(c) && !is_number(c) && !u_isUWhiteSpace(c);
}

/// The end of the run of characters of one class that begins at `start`.
int end_of_run(const icu::UnicodeString& text, int start, bool (*in_class)(UChar32)) {
  int end = start;
  while (end < text.length() && in_class(text.char32At(end))) end = text.moveIndex32(end, 1);
  return end;
}

/// The end of the piece that begins at `start`: a special token, a contraction, letters, one digit,
/// or the rest.
int end_of_piece(const icu::UnicodeString& text, int start) {
  for (const char16_t* fixed :
       {u"<start_of_text>", u"<end_of_text>", u"'s", u"'t", u"'re", u"'ve", u"'m", u"'ll", u"'d"}) {
    const icu::UnicodeString piece(fixed);
    if (text.compare(start, piece.length(), piece) == 0) return start + piece.length();
  }
  const UChar32 first = text.char32At(start);
  if (is_letter(first)) return end_of_run(text, start, is_letter);
  if (is_number(first)) return text.moveIndex32(start, 1);
  return end_of_run(text, start, is_other);
}

}  // namespace

Tokenizer::Tokenizer(const std::string& vocabulary) {
  const std::string path = vocabulary.empty() ? ANOMALYCLIP_VOCABULARY : vocabulary;
  std::unordered_map<std::string, std::int64_t> tokens;
  for (int b = 0; b < kBytes; ++b) {
    const std::int64_t token = byte_tokens()[static_cast<std::size_t>(b)];
    tokens[written(b)] = token;
    tokens[written(b) + kWordEnd] = token + kBytes;
  }
  std::istringstream lines(read_gzip(path));
  std::string line, left, right;
  std::getline(lines, line);  // a version header
  for (std::int64_t i = 0; i < kMerges; ++i) {
    if (!std::getline(lines, line) || !(std::istringstream(line) >> left >> right))
      not_a_vocabulary(path, i + 1);
    const auto l = tokens.find(left), r = tokens.find(right);
    if (l == tokens.end() || r == tokens.end()) not_a_vocabulary(path, i + 1);
    merged_[pair_key(l->second, r->second)] = kFirstMerged + i;
    tokens[left + right] = kFirstMerged + i;
  }
}

std::vector<std::int64_t> Tokenizer::encode(const std::string& text) const {
  const icu::UnicodeString clean = clean_text(text);
  std::vector<std::int64_t> tokens;
  for (int start = 0; start < clean.length();) {
    if (u_isUWhiteSpace(clean.char32At(start))) {
      ++start;
      continue;
    }
    const int end = end_of_piece(clean, start);
    std::string piece;
    clean.tempSubStringBetween(start, end).toUTF8String(piece);
    if (piece == "<start_of_text>")
      tokens.push_back(kStart);
    else if (piece == "<end_of_text>")
      tokens.push_back(kEnd);
    else
      append_pairs_merged(piece, tokens);
    start = end;
  }
  return tokens;
}

void Tokenizer::append_pairs_merged(const std::string& bytes,
                                    std::vector<std::int64_t>& tokens) const {
  std::vector<std::int64_t> word;
  for (const char byte : bytes) word.push_back(byte_tokens()[static_cast<unsigned char>(byte)]);
  word.back() += kBytes;
  while (word.size() > 1) {
    // The earliest merge of the vocabulary has the smallest token.
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    std::uint64_t best_pair = 0;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto found = merged_.find(pair_key(word[i], word[i + 1]));
      if (found == merged_.end() || found->second >= best) continue;
      best = found->second;
      best_pair = found->first;
    }
    if (best == std::numeric_limits<std::int64_t>::max()) break;
    std::vector<std::int64_t> shorter;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool merge = i + 1 < word.size() && pair_key(word[i], word[i + 1]) == best_pair;
      shorter.push_back(merge ? best : word[i]);
      i += merge;
    }
    word = std::move(shorter);
  }
  tokens.insert(tokens.end(), word.begin(), word.end());
}

at::Tensor Tokenizer::operator()(const std::vector<std::string>& texts,
                                 std::int64_t context_length) const {
  at::Tensor ids = at::zeros({static_cast<std::int64_t>(texts.size()), context_length}, at::kLong);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    std::vector<std::int64_t> tokens = encode(texts[row]);
    tokens.insert(tokens.begin(), kStart);
    tokens.push_back(kEnd);
    if (static_cast<std::int64_t>(tokens.size()) > context_length) {
      tokens.resize(static_cast<std::size_t>(context_length));
      tokens.back() = kEnd;
    }
    std::copy(tokens.begin(), tokens.end(),
              ids[static_cast<std::int64_t>(row)].mutable_data_ptr<std::int64_t>());
  }
  return ids;
}

}  // namespace anomalyclip
