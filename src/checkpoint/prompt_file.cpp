#include "checkpoint/prompt_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

#include <ATen/ops/tensor.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/prompt_tensors.h"
#include "checkpoint/safetensors.h"
#include "core/finite.h"

namespace anomalyclip {
namespace {

using Metadata = std::map<std::string, std::string>;

constexpr std::array<std::pair<ScoreMode, std::string_view>, 3> kScores = {
    {{ScoreMode::kGlobal, "global"}, {ScoreMode::kMap, "map"}, {ScoreMode::kMean, "mean"}}};
constexpr std::array<std::pair<AttentionKind, std::string_view>, 4> kAttentions = {
    {{AttentionKind::kVV, "vv"},
     {AttentionKind::kQQ, "qq"},
     {AttentionKind::kKK, "kk"},
     {AttentionKind::kQK, "qk"}}};
constexpr std::array<std::pair<Interpolation, std::string_view>, 2> kInterpolations = {
    {{Interpolation::kBilinear, "bilinear"}, {Interpolation::kBicubic, "bicubic"}}};
constexpr std::array<std::pair<Activation, std::string_view>, 2> kActivations = {
    {{Activation::kQuickGelu, "quick_gelu"}, {Activation::kGelu, "gelu"}}};
constexpr std::array<std::pair<bool, std::string_view>, 2> kBooleans = {
    {{false, "false"}, {true, "true"}}};
constexpr std::array<std::string_view, 6> kMethods = {"anomalyclip", "clip",    "clip-ac",
                                                      "coop",        "winclip", "vand"};
constexpr int kMaxLayers = 1000;  // CLIP's largest has 48

template <typename T>
std::string text_of(T number) {
  std::array<char, 64> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

template <typename Value, std::size_t n>
std::string_view name_of(const std::array<std::pair<Value, std::string_view>, n>& names,
                         Value value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return {};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Takes values out of the metadata; every complaint names the file, the key, what was expected and
/// what was found.
class MetadataReader {
 public:
  MetadataReader(const Metadata& metadata, const std::string& source)
      : metadata_(metadata), source_(source) {}

  [[noreturn]] void fail(const std::string& key, const std::string& expected) const {
    const auto found = metadata_.find(key);
    throw Error(ErrorCode::kRead,
                source_ + ": metadata \"" + key + "\" should be " + expected + ", and " +
                    (found == metadata_.end() ? "is missing" : "is \"" + found->second + "\""));
  }

  bool has(const std::string& key) const { return metadata_.contains(key); }

  std::string text(const std::string& key, const std::string& expected) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) fail(key, expected);
    return found->second;
  }

  std::string optional_text(const std::string& key) const {
    return has(key) ? metadata_.at(key) : std::string();
  }

  int integer(const std::string& key, int lowest, int highest) const {
    const std::string expected =
        "a whole number from " + text_of(lowest) + " to " + text_of(highest);
    const std::optional<int> value = parse<int>(text(key, expected));
    if (!value || *value < lowest || *value > highest) fail(key, expected);
    return *value;
  }

  double number(const std::string& key, double lowest, double highest) const {
    const std::string expected = "a number from " + text_of(lowest) + " to " + text_of(highest);
    const std::optional<double> value = parse<double>(text(key, expected));
    if (!value || !(*value >= lowest && *value <= highest)) fail(key, expected);  // NaN is neither
    return *value;
  }

  std::optional<double> optional_number(const std::string& key, double lowest,
                                        double highest) const {
    if (!has(key)) return std::nullopt;
    return number(key, lowest, highest);
  }

  template <typename Value, std::size_t n>
  Value choice(const std::string& key, const std::string& word, const std::string& expected,
               const std::array<std::pair<Value, std::string_view>, n>& names) const {
    for (const auto& [value, name] : names)
      if (word == name) return value;
    fail(key, expected);
  }

  template <typename Value, std::size_t n>
  std::optional<Value> optional_choice(
      const std::string& key, const std::string& expected,
      const std::array<std::pair<Value, std::string_view>, n>& names) const {
    if (!has(key)) return std::nullopt;
    return choice(key, metadata_.at(key), expected, names);
  }

  template <typename T>
  static std::optional<T> parse(const std::string& word) {
    T value{};
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (result.ec != std::errc() || result.ptr != word.data() + word.size()) return std::nullopt;
    return value;
  }

 private:
  const Metadata& metadata_;
  const std::string& source_;
};

void check_format(const Metadata& metadata, const std::string& source) {
  const auto found = metadata.find("format");
  if (found == metadata.end())
    throw Error(
        ErrorCode::kRead,
        source + ": is not a prompt file: it has no metadata \"format\" (a model, perhaps?)");
  if (found->second != kPromptFormat)
    throw Error(ErrorCode::kRead, source + ": has the format \"" + found->second +
                                      "\", and this version reads \"" + kPromptFormat + "\"");
}

std::string read_fingerprint(const MetadataReader& reader) {
  const std::string expected = "a SHA-256 in 64 lower-case hex digits";
  const std::string value = reader.text("model_fingerprint", expected);
  if (value.size() != 64 || value.find_first_not_of("0123456789abcdef") != std::string::npos)
    reader.fail("model_fingerprint", expected);
  return value;
}

std::string read_method(const MetadataReader& reader) {
  const std::string expected = "anomalyclip, clip, clip-ac, coop, winclip or vand";
  const std::string method = reader.text("method", expected);
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end())
    reader.fail("method", expected);
  return method;
}

std::vector<AttentionKind> read_attention(const MetadataReader& reader) {
  const std::string expected = "vv, qq, kk, qk, or distinct ones of them joined by +";
  std::vector<AttentionKind> kinds;
  for (const std::string& word : split(reader.text("attention", expected), '+')) {
    kinds.push_back(reader.choice("attention", word, expected, kAttentions));
    if (std::count(kinds.begin(), kinds.end(), kinds.back()) > 1)
      reader.fail("attention", expected);
  }
  return kinds;
}

std::vector<int> read_features(const MetadataReader& reader) {
  const std::string expected = "layers from 1, ascending, separated by commas";
  std::vector<int> layers;
  for (const std::string& word : split(reader.text("features", expected), ',')) {
    const std::optional<int> layer = MetadataReader::parse<int>(word);
    if (!layer || *layer < 1 || *layer > kMaxLayers || (!layers.empty() && *layer <= layers.back()))
      reader.fail("features", expected);
    layers.push_back(*layer);
  }
  return layers;
}

[[noreturn]] void fail_features(const std::string& source, const std::string& found) {
  throw Error(
      ErrorCode::kRead,
      source +
          ": tensor \"text_features\" should hold two rows of length 1 in float32, [2, D], and " +
          found);
}

std::vector<float> read_text_features(const std::map<std::string, at::Tensor>& tensors,
                                      const std::string& source) {
  const auto found = tensors.find("text_features");
  if (found == tensors.end()) fail_features(source, "is missing");
  const at::Tensor& features = found->second;
  if (features.scalar_type() != at::kFloat)
    fail_features(source, std::string("is ") + c10::toString(features.scalar_type()));
  if (features.dim() != 2 || features.size(0) != 2 || features.size(1) < 1) {
    std::string shape;
    for (const std::int64_t length : features.sizes())
      shape += (shape.empty() ? "" : ", ") + text_of(length);
    fail_features(source, "has shape [" + shape + "]");
  }
  if (!all_finite(features)) fail_features(source, "holds NaN or infinite values");
  const std::int64_t width = features.size(1);
  const float* data = features.const_data_ptr<float>();
  for (std::int64_t row = 0; row < 2; ++row) {
    double squares = 0;
    for (std::int64_t i = 0; i < width; ++i)
      squares += double(data[row * width + i]) * data[row * width + i];
    if (std::abs(std::sqrt(squares) - 1) > 1e-3)
      fail_features(source, "row " + text_of(row) + " has length " + text_of(std::sqrt(squares)));
  }
  return {data, data + 2 * width};
}

void check_training(const MetadataReader& reader) {
  if (reader.has("training") && !nlohmann::json::accept(reader.optional_text("training")))
    reader.fail("training", "JSON");
}

Prompts parse_prompts(const Safetensors& file, const std::string& path) {
  check_format(file.metadata, path);
  const MetadataReader reader(file.metadata, path);
  Prompts prompts;
  prompts.name = std::filesystem::path(path).filename().string();
  prompts.text_features = read_text_features(file.tensors, path);
  prompts.method = read_method(reader);
  prompts.model_fingerprint = read_fingerprint(reader);
  prompts.image_size = reader.integer("image_size", 1, 16384);
  prompts.dpam_from = reader.integer("dpam_from", 0, kMaxLayers);
  prompts.attention = read_attention(reader);
  prompts.features = read_features(reader);
  prompts.sigma = reader.number("sigma", 0, 1000);
  prompts.temperature = reader.number("temperature", 0.001, 1000);
  const std::string scores = "global, map or mean";
  prompts.score = reader.choice("score", reader.text("score", scores), scores, kScores);
  prompts.global_ln_post =
      reader.optional_choice("global_ln_post", "true or false", kBooleans).value_or(false);
  prompts.positions = reader.optional_choice("positions", "bilinear or bicubic", kInterpolations)
                          .value_or(Interpolation::kBilinear);
  prompts.activation = reader.optional_choice("activation", "quick_gelu or gelu", kActivations);
  prompts.class_name = reader.optional_text("class_name");
  prompts.normal_template = reader.optional_text("normal_template");
  prompts.abnormal_template = reader.optional_text("abnormal_template");
  prompts.threshold = reader.optional_number("threshold", 0, 1);
  prompts.pixel_threshold = reader.optional_number("pixel_threshold", 0, 1);
  prompts.metadata = file.metadata;
  prompts.tensors = read_method_tensors(prompts, file.tensors, path);
  check_training(reader);
  return prompts;
}

template <typename T, typename Name>
std::string joined(const std::vector<T>& values, char separator, Name name) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += separator;
    text += name(value);
  }
  return text;
}

void put_optional(Metadata& metadata, const std::string& key, const std::optional<double>& value) {
  metadata.erase(key);
  if (value) metadata[key] = text_of(*value);
}

void put_text(Metadata& metadata, const std::string& key, const std::string& value) {
  metadata.erase(key);
  if (!value.empty()) metadata[key] = value;
}

Metadata metadata_of(const Prompts& prompts) {
  Metadata metadata = prompts.metadata;
  metadata["format"] = kPromptFormat;
  metadata["method"] = prompts.method;
  metadata["model_fingerprint"] = prompts.model_fingerprint;
  metadata["image_size"] = text_of(prompts.image_size);
  metadata["dpam_from"] = text_of(prompts.dpam_from);
  metadata["attention"] =
      joined(prompts.attention, '+', [](AttentionKind kind) { return name_of(kAttentions, kind); });
  metadata["features"] = joined(prompts.features, ',', [](int layer) { return text_of(layer); });
  metadata["sigma"] = text_of(prompts.sigma);
  metadata["temperature"] = text_of(prompts.temperature);
  metadata["score"] = name_of(kScores, prompts.score);
  put_text(metadata, "global_ln_post", prompts.global_ln_post ? "true" : "");
  put_text(metadata, "positions",
           prompts.positions == Interpolation::kBicubic ? "bicubic" : "");  // absent: the default
  put_text(metadata, "activation",
           prompts.activation ? std::string(name_of(kActivations, *prompts.activation)) : "");
  put_text(metadata, "class_name", prompts.class_name);
  put_text(metadata, "normal_template", prompts.normal_template);
  put_text(metadata, "abnormal_template", prompts.abnormal_template);
  put_optional(metadata, "threshold", prompts.threshold);
  put_optional(metadata, "pixel_threshold", prompts.pixel_threshold);
  return metadata;
}

}  // namespace

std::shared_ptr<const Prompts> Prompts::load(const std::string& path) {
  try {
    return std::make_shared<const Prompts>(parse_prompts(read_safetensors(path), path));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound, std::string("the prompt file ") + error.what());
  }
}

void save_prompts(const std::string& path, const Prompts& prompts,
                  const std::map<std::string, at::Tensor>& extra) {
  Safetensors file{extra, metadata_of(prompts)};
  for (const auto& [key, tensor] : prompts.tensors) file.tensors[key] = to_tensor(tensor);
  const auto width = static_cast<std::int64_t>(prompts.text_features.size() / 2);
  file.tensors["text_features"] = at::tensor(at::ArrayRef<float>(prompts.text_features), at::kFloat)
                                      .slice(0, 0, 2 * width)
                                      .view({2, width});
  try {
    parse_prompts(file, path);  // nothing is written that could not be read again
  } catch (const Error& error) {
    throw Error(ErrorCode::kSettings, std::string("cannot write these prompts: ") + error.what());
  }
  write_safetensors(path, file.tensors, file.metadata);
}

}  // namespace anomalyclip
