#include "convert/clip_settings.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "convert/json_file.h"
#include "model/clip_config.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& key,
                         const std::string& expected, const Json& found) {
  throw Error(ErrorCode::kMismatch,
              path + ": \"" + key + "\" should be " + expected + ", and is " + found.dump());
}

// Hugging Face's defaults are those of CLIP ViT-B/32.
std::string hugging_face_tower(const std::string& path, const Json& config,
                               const std::string& tower) {
  const Json section = config.value(tower, Json::object());
  const Json activation = section.value("hidden_act", Json("quick_gelu"));
  if (activation != "quick_gelu" && activation != "gelu")
    refuse(path, tower + ".hidden_act", "quick_gelu or gelu", activation);
  const Json width = section.value("hidden_size", Json()),
             heads = section.value("num_attention_heads", Json());
  if (width.is_number_integer() && heads.is_number_integer() &&
      heads.get<std::int64_t>() * kHeadWidth != width.get<std::int64_t>())
    refuse(path, tower + ".num_attention_heads",
           "hidden_size / 64, which is " + std::to_string(width.get<std::int64_t>() / kHeadWidth),
           heads);
  return activation.get<std::string>();
}

std::string hugging_face_activation(const std::string& path) {
  const Json config = read_json(path);
  if (!config.contains("vision_config") && !config.contains("text_config"))
    return "";  // not CLIP's
  const std::string vision = hugging_face_tower(path, config, "vision_config"),
                    text = hugging_face_tower(path, config, "text_config");
  if (vision != text && config.contains("text_config"))
    refuse(path, "text_config.hidden_act", "as vision_config.hidden_act", text);
  return vision;
}

std::string open_clip_activation(const std::string& path) {
  const Json json = read_json(path), config = json.value("model_cfg", Json::object());
  const Json vision = config.value("vision_cfg", Json::object());
  const Json head_width = vision.value("head_width", Json(kHeadWidth));
  if (head_width != kHeadWidth) refuse(path, "vision_cfg.head_width", "64", head_width);
  return config.value("quick_gelu", Json(false)) == true ? "quick_gelu" : "gelu";
}

}  // namespace

ClipSettings read_clip_settings(const std::string& folder) {
  const fs::path base(folder);
  std::string hugging_face, open_clip;
  try {
    if (fs::exists(base / "config.json"))
      hugging_face = hugging_face_activation((base / "config.json").string());
    if (fs::exists(base / "open_clip_config.json"))
      open_clip = open_clip_activation((base / "open_clip_config.json").string());
  } catch (const Json::exception& error) {
    throw Error(
        ErrorCode::kRead,
        folder + ": its configuration holds a value of an unexpected kind: " + error.what());
  }
  return {hugging_face.empty() ? open_clip : hugging_face};
}

}  // namespace anomalyclip::trainer
