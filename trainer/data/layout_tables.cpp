#include <fstream>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "data/csv.h"
#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Adds a sample if its files are there.
void add_listed(Sample sample, const std::string& where, std::vector<Sample>& samples,
                std::vector<Problem>& problems) {
  if (!fs::is_regular_file(sample.image)) {
    problems.push_back({sample.image, "listed in " + where + " and not there; it is left out"});
    return;
  }
  if (!sample.mask.empty() && !fs::is_regular_file(sample.mask)) {
    problems.push_back({sample.mask, "the mask of " + sample.image + " is listed in " + where +
                                         " and not there; the image counts for the image scores "
                                         "only"});
    sample.mask.clear();
  }
  samples.push_back(std::move(sample));
}

std::string text_at(const Json& item, const char* key) {
  const auto found = item.find(key);
  return found != item.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The reference's `anomaly` is 0 or 1. Anything else is no label.
std::optional<bool> label_of(const Json& item) {
  const auto found = item.find("anomaly");
  if (found == item.end()) return {};
  if (found->is_boolean()) return found->get<bool>();
  if (found->is_number() && (*found == 0 || *found == 1)) return *found == 1;
  return {};
}

void add_item(const Json& item, const std::string& class_name, const std::string& where,
              const fs::path& root, std::vector<Sample>& samples, std::vector<Problem>& problems) {
  const std::string image = item.is_object() ? text_at(item, "img_path") : "";
  const std::optional<bool> anomalous = item.is_object() ? label_of(item) : std::nullopt;
  if (image.empty() || !anomalous) {
    problems.push_back(
        {where, "an item with img_path and with anomaly 0 or 1 was expected; it is left out"});
    return;
  }
  // A path that is absolute stays as it is. A mask that names a folder is no mask, as in the reference.
  const std::string mask = *anomalous ? text_at(item, "mask_path") : "";
  const bool none = mask.empty() || fs::is_directory(root / mask);
  add_listed({(root / image).string(), none ? "" : (root / mask).string(), class_name,
              text_at(item, "specie_name"), *anomalous},
             where, samples, problems);
}

Json parse_table(const fs::path& path) {
  std::ifstream stream(path);
  Json table = Json::parse(stream, nullptr, false);
  if (!table.is_object())
    throw Error(ErrorCode::kRead, path.string() +
                                      " should be a JSON object with the keys train "
                                      "and test, and is not");
  return table;
}

const std::string& field(const CsvRow& row, const std::map<std::string, std::size_t>& columns,
                         const char* name) {
  static const std::string kNone;
  const auto found = columns.find(name);
  return found != columns.end() && found->second < row.fields.size() ? row.fields[found->second]
                                                                     : kNone;
}

}  // namespace

DataSet read_meta_json(const fs::path& root) {
  DataSet data;
  const fs::path path = root / "meta.json";
  const Json table = parse_table(path);
  for (const auto& [phase, classes] : table.items()) {
    // DAGM's table has Train and Test.
    const std::string name = lower(phase);
    if ((name != "train" && name != "test") || !classes.is_object()) {
      data.problems.push_back({path.string() + ": " + phase,
                               "train and test with classes were expected; it is left out"});
      continue;
    }
    auto& samples = name == "train" ? data.train : data.test;
    for (const auto& [class_name, items] : classes.items()) {
      std::size_t number = 0;
      for (const Json& item : items) {
        const std::string where =
            path.string() + ": " + phase + "." + class_name + "[" + std::to_string(number++) + "]";
        add_item(item, class_name, where, root, samples, data.problems);
      }
    }
  }
  return data;
}

DataSet read_visa(const fs::path& root) {
  DataSet data;
  const fs::path path = root / "split_csv" / "1cls.csv";
  const std::vector<CsvRow> rows = read_csv(path.string());
  std::map<std::string, std::size_t> columns;
  for (std::size_t i = 0; !rows.empty() && i < rows[0].fields.size(); ++i)
    columns.emplace(rows[0].fields[i], i);
  for (const char* name : {"object", "split", "label", "image", "mask"})
    if (!columns.contains(name))
      throw Error(ErrorCode::kRead, path.string() +
                                        " should have the columns object, split, label, "
                                        "image and mask, and has no column " +
                                        name);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto at = [&](const char* name) { return field(rows[i], columns, name); };
    const std::string where = path.string() + ":" + std::to_string(rows[i].line);
    const bool train = at("split") == "train";
    if (at("object").empty() || at("image").empty() || (!train && at("split") != "test")) {
      data.problems.push_back(
          {where,
           "an object, an image, and the split train or test were expected; it is left out"});
      continue;
    }
    const bool anomalous = at("label") == "anomaly";
    const bool has_mask = anomalous && !at("mask").empty();
    if (anomalous && !has_mask)
      data.problems.push_back({where,
                               "an anomaly without a mask; it counts for the image scores "
                               "only"});
    add_listed({(root / at("image")).string(), has_mask ? (root / at("mask")).string() : "",
                at("object"), at("label"), anomalous},
               where, train ? data.train : data.test, data.problems);
  }
  return data;
}

}  // namespace anomalyclip::trainer
