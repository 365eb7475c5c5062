#include "captions.h"

#include <algorithm>
#include <map>

#include <torch/torch.h>

#include "synth/defects.h"
#include "synth/textures.h"
#include "text/tokenizer.h"

namespace anomalyclip::pretrain {

namespace {

std::vector<std::string> kinds() {
  std::vector<std::string> out;
  for (const auto& kind : synth::texture_kinds()) out.emplace_back(kind.name);
  for (const auto& kind : synth::shape_kinds()) out.emplace_back(kind.name);
  return out;
}

std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

struct Rows {
  std::map<std::int64_t, std::int64_t> row_of_token;
  std::vector<std::int64_t> token_of_row;

  std::int64_t operator()(std::int64_t token) {
    const auto [at, added] =
        row_of_token.emplace(token, static_cast<std::int64_t>(token_of_row.size()));
    if (added) token_of_row.push_back(token);
    return at->second;
  }
};

void tabulate(const Tokenizer& tokenizer, const std::vector<std::string>& sentences, Rows& rows,
              at::Tensor& ids, at::Tensor& eot) {
  std::vector<std::vector<std::int64_t>> lines;
  std::size_t longest = 0;
  for (const std::string& sentence : sentences) {
    lines.push_back(tokenizer.encode(sentence));
    lines.back().insert(lines.back().begin(), Tokenizer::kStart);
    lines.back().push_back(Tokenizer::kEnd);
    longest = std::max(longest, lines.back().size());
  }
  const auto count = static_cast<std::int64_t>(lines.size());
  ids = at::full({count, static_cast<std::int64_t>(longest)}, rows(0),
                 at::kLong);  // CLIP pads with token 0
  eot = at::empty({count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& line = lines[static_cast<std::size_t>(i)];
    for (std::size_t t = 0; t < line.size(); ++t)
      ids[i][static_cast<std::int64_t>(t)] = rows(line[t]);
    eot[i] = static_cast<std::int64_t>(line.size()) - 1;
  }
}

}  // namespace

std::vector<std::string> captions() {
  std::vector<std::string> out;
  for (const std::string& kind : kinds()) {
    out.push_back("a photo of a " + kind + ".");
    for (const auto& defect : synth::defect_kinds())
      out.push_back("a photo of a " + kind + " with a " + spoken(defect.name) + ".");
  }
  return out;
}

std::int64_t caption_index(const synth::Part& part, bool defective) {
  const auto textures = static_cast<std::int64_t>(synth::texture_kinds().size());
  const std::int64_t kind = part.shape_kind >= 0 ? textures + part.shape_kind : part.texture_kind;
  const auto defects = static_cast<std::int64_t>(synth::defect_kinds().size());
  return kind * (1 + defects) + (defective ? 1 + part.defect_kind : 0);
}

Vocabulary build_vocabulary(const Shape& shape) {
  std::string placeholder;
  for (std::int64_t i = 0; i < shape.prompt_length; ++i) placeholder += "X ";
  Vocabulary out;
  Rows rows;
  const Tokenizer tokenizer;
  tabulate(tokenizer, {placeholder + "object.", placeholder + "damaged object."}, rows,
           out.texts.prompt_ids, out.texts.prompt_eot);
  tabulate(tokenizer, captions(), rows, out.texts.caption_ids, out.texts.caption_eot);
  out.token_of_row = std::move(rows.token_of_row);
  return out;
}

}  // namespace anomalyclip::pretrain
