#include "convert/model_source.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors.h"
#include "checkpoint/torch_archive.h"
#include "convert/clip_settings.h"
#include "convert/json_file.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

// As transformers and open_clip name them, what is safe to read first.
constexpr std::string_view kWeightFiles[] = {
    "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors",
    "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin"};

ModelSource read_file(const std::string& path) {
  ModelSource source;
  if (is_torch_archive(path)) {
    TorchArchive archive = read_torch_archive(path);
    source.kind = archive.kind;
    for (const std::string& key : archive.unwrapped) source.kind += ", inside \"" + key + "\"";
    source.tensors = std::move(archive.tensors);
  } else {
    Safetensors file = read_safetensors(path);
    source.kind = "safetensors";
    source.tensors = std::move(file.tensors);
    source.metadata = std::move(file.metadata);
    source.metadata.erase("format");  // "pt", where a Python library wrote it
    if (source.metadata.contains("activation"))
      source.activation = source.metadata.at("activation");
  }
  return source;
}

ModelSource read_shards(const fs::path& index) {
  const auto json = read_json(index.string());
  const auto map = json.find("weight_map");
  if (map == json.end() || !map->is_object())
    throw Error(ErrorCode::kRead,
                index.string() + ": should hold a \"weight_map\" of tensors to files");
  std::map<std::string, ModelSource> files;
  ModelSource source;
  for (const auto& [tensor, file] : map->items()) {
    const auto name = file.is_string() ? file.get<std::string>() : std::string();
    if (name.empty() || fs::path(name).filename() != name)
      throw Error(ErrorCode::kRead,
                  index.string() + ": \"" + tensor + "\" should name a file beside it");
    if (!files.contains(name))
      files.emplace(name, read_file((index.parent_path() / name).string()));
    const auto& tensors = files.at(name).tensors;
    if (!tensors.contains(tensor))
      throw Error(ErrorCode::kMismatch,
                  index.string() + ": \"" + tensor + "\" should be in " + name + ", and is not");
    source.tensors.emplace(tensor, tensors.at(tensor));
  }
  source.kind = std::to_string(files.size()) + " files";
  return source;
}

ModelSource read_folder(const fs::path& folder) {
  for (const std::string_view name : kWeightFiles) {
    if (!fs::exists(folder / name)) continue;
    ModelSource source = fs::path(name).extension() == ".json"
                             ? read_shards(folder / name)
                             : read_file((folder / name).string());
    source.kind = "folder with " + std::string(name) + " (" + source.kind + ")";
    return source;
  }
  std::string names;
  for (const std::string_view name : kWeightFiles)
    names += (names.empty() ? "" : ", ") + std::string(name);
  throw Error(ErrorCode::kNotFound,
              folder.string() + ": holds no weights; one of these was expected: " + names);
}

}  // namespace

ModelSource read_model_source(const std::string& path) {
  const bool folder = fs::is_directory(path);
  ModelSource source = folder ? read_folder(path) : read_file(path);
  if (!source.activation.empty()) return source;
  const fs::path file(path);
  // A stray config.json beside "ViT-L-14.pt" says nothing of it.
  const bool described =
      folder || std::ranges::find(kWeightFiles, file.filename().string()) != std::end(kWeightFiles);
  if (described)
    source.activation = read_clip_settings(folder ? path : file.parent_path().string()).activation;
  return source;
}

}  // namespace anomalyclip::trainer
