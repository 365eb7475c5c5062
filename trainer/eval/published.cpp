#include "eval/published.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "eval/paper_tables.h"

namespace anomalyclip::trainer {
namespace {

struct KnownSet {
  const char* name;
  std::set<std::string> classes;
};

const std::vector<KnownSet>& sets_by_classes() {
  static const std::vector<KnownSet> kSets = {
      {"MVTec AD",
       {"bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut", "pill",
        "screw", "tile", "toothbrush", "transistor", "wood", "zipper"}},
      {"VisA",
       {"candle", "capsules", "cashew", "chewinggum", "fryum", "macaroni1", "macaroni2", "pcb1",
        "pcb2", "pcb3", "pcb4", "pipe_fryum"}},
      {"MPDD",
       {"bracket_black", "bracket_brown", "bracket_white", "connector", "metal_plate", "tubes"}},
      {"BTAD", {"01", "02", "03"}},
      {"SDD", {"electrical commutators"}},
      {"DAGM",
       {"Class1", "Class2", "Class3", "Class4", "Class5", "Class6", "Class7", "Class8", "Class9",
        "Class10"}},
      {"DTD-Synthetic",
       {"Woven_001", "Woven_127", "Woven_104", "Stratified_154", "Blotchy_099", "Woven_068",
        "Woven_125", "Marbled_078", "Perforated_037", "Mesh_114", "Fibrous_183", "Matted_069"}},
      {"ISIC", {"skin"}},
      {"TN3K", {"thyroid"}},
      {"COVID-19", {"chest"}},
  };
  return kSets;
}

/// Those that share their one class with others, by what their names have in common.
constexpr std::array<std::pair<const char*, const char*>, 7> kSetsByName = {{
    {"clinicdb", "CVC-ClinicDB"},
    {"colondb", "CVC-ColonDB"},
    {"kvasir", "Kvasir"},
    {"endo", "Endo"},
    {"headct", "HeadCT"},
    {"brainmri", "BrainMRI"},
    {"br35h", "Br35H"},
}};

std::string letters_and_digits(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::stringstream stream(line + ",");
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  return fields;
}

using Key = std::array<std::string, 4>;  // data set, class, method, metric

std::map<Key, Published> read_tables() {
  std::map<Key, Published> numbers;
  std::stringstream stream(kPaperTables);
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> titles = split(line);
  while (std::getline(stream, line)) {
    const std::vector<std::string> fields = split(line);
    for (std::size_t i = 4; i < fields.size() && i < titles.size(); ++i)
      if (!fields[i].empty())
        numbers[{fields[1], fields[2], titles[i], fields[3]}] = {std::stod(fields[i]), fields[0]};
  }
  return numbers;
}

}  // namespace

std::string paper_name(const DataSetResult& data) {
  std::set<std::string> classes;
  for (const ClassResult& one : data.candidates.front().classes) classes.insert(one.name);
  for (const KnownSet& known : sets_by_classes())
    if (known.classes == classes) return known.name;
  if (classes != std::set<std::string>{"colon"} && classes != std::set<std::string>{"brain"})
    return "";
  const std::string name = letters_and_digits(data.name);
  for (const auto& [part, known] : kSetsByName)
    if (name.find(part) != name.npos) return known;
  return "";
}

std::optional<Published> published(const std::string& data_set, const std::string& class_name,
                                   const std::string& method, const std::string& metric) {
  static const std::map<Key, Published> kNumbers = read_tables();
  const auto found = kNumbers.find({data_set, class_name, method, metric});
  if (found == kNumbers.end()) return {};
  return found->second;
}

}  // namespace anomalyclip::trainer
