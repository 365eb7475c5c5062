#include "data/csv.h"

#include <fstream>
#include <iterator>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

class CsvParser {
 public:
  CsvParser(const std::string& path, std::string text) : path_(path), text_(std::move(text)) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::vector<CsvRow> parse() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row = next_row();
      if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  CsvRow next_row() {
    CsvRow row;
    row.line = line_;
    for (bool more = true; more;) {
      row.fields.push_back(next_field());
      more = at_ < text_.size() && text_[at_] == ',';
      if (more) ++at_;
    }
    if (at_ < text_.size()) ++at_;  // the line's end
    ++line_;
    return row;
  }

  std::string next_field() {
    std::string field;
    const int opened = line_;
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        const bool doubled = quoted && at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        if (doubled) {
          field += c;
          ++at_;
        } else {
          quoted = !quoted;
        }
        continue;
      }
      if (!quoted && (c == ',' || c == '\n')) break;
      if (quoted && c == '\n') ++line_;
      if (quoted || c != '\r') field += c;
    }
    if (quoted)
      throw Error(ErrorCode::kRead,
                  path_ + ":" + std::to_string(opened) + ": a quoted field is never closed");
    return field;
  }

  const std::string& path_;
  const std::string text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRow> read_csv(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Error(ErrorCode::kNotFound, path + " cannot be opened");
  return CsvParser(path, {std::istreambuf_iterator<char>(stream), {}}).parse();
}

}  // namespace anomalyclip::trainer
