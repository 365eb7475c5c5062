#include "loop/feature_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <ATen/core/Tensor.h>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors.h"
#include "core/finite.h"
#include "core/sha256.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLeaveFree = 1ull << 30;  // bytes of the disk that others keep
constexpr const char* kFormat = "anomalyclip-features/1";

std::string name_of(std::size_t layer, std::size_t kind) {
  return "patches." + std::to_string(layer) + "." + std::to_string(kind);
}

/// Features without the batch's axis -> tensors of a file.
std::map<std::string, at::Tensor> to_tensors(const VisionFeatures& features) {
  std::map<std::string, at::Tensor> tensors;
  const auto add = [&](const std::string& name, const at::Tensor& values) {
    at::Tensor half = values.cpu().to(at::kHalf);
    if (!all_finite(half))
      throw Error(ErrorCode::kNotFinite,
                  "An image's features hold NaN or are beyond half precision, in which the cache "
                  "keeps them: check the model, or train with --no-cache");
    tensors.emplace(name, half.select(0, 0));
  };
  if (features.global.defined()) add("global", features.global);
  for (std::size_t layer = 0; layer < features.patches.size(); ++layer)
    for (std::size_t kind = 0; kind < features.patches[layer].size(); ++kind)
      add(name_of(layer, kind), features.patches[layer][kind]);
  return tensors;
}

VisionFeatures from_tensors(const std::map<std::string, at::Tensor>& tensors) {
  VisionFeatures features;
  if (const auto global = tensors.find("global"); global != tensors.end())
    features.global = global->second;
  for (std::size_t layer = 0; tensors.contains(name_of(layer, 0)); ++layer) {
    features.patches.emplace_back();
    for (std::size_t kind = 0; tensors.contains(name_of(layer, kind)); ++kind)
      features.patches.back().push_back(tensors.at(name_of(layer, kind)));
  }
  return features;
}

struct CachedFile {
  fs::path path;
  std::uint64_t bytes;
  fs::file_time_type used;
};

/// Files that go away meanwhile are not counted.
std::vector<CachedFile> list_files(const fs::path& root) {
  std::vector<CachedFile> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; it != end; it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    const std::uint64_t bytes = it->file_size(gone);
    const fs::file_time_type used = it->last_write_time(gone);
    if (!gone) files.push_back({it->path(), bytes, used});
  }
  return files;
}

std::uint64_t total_bytes(const std::vector<CachedFile>& files) {
  std::uint64_t sum = 0;
  for (const CachedFile& file : files) sum += file.bytes;
  return sum;
}

}  // namespace

VisionFeatures rounded_to_half(const VisionFeatures& features) {
  const auto rounded = [](const at::Tensor& values) {
    return values.defined() ? values.to(at::kHalf).to(at::kFloat) : values;
  };
  VisionFeatures result = features;
  result.global = rounded(features.global);
  for (auto& layer : result.patches)
    for (at::Tensor& kind : layer) kind = rounded(kind);
  return result;
}

FeatureCache::FeatureCache(const std::string& folder, const std::string& recipe,
                           std::uint64_t limit)
    : root_(folder), recipe_(recipe), limit_(limit) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(recipe)));
  folder_ = (fs::path(root_) / hash.hex().substr(0, 32)).string();
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error(ErrorCode::kSettings, "The feature cache " + folder_ + " cannot be made (" +
                                          error.message() +
                                          "): name another folder with --cache-dir, or train with "
                                          "--no-cache");
  held_ = total_bytes(list_files(root_));
}

std::string FeatureCache::path_of(const std::string& image_hash) const {
  return (fs::path(folder_) / (image_hash + ".safetensors")).string();
}

std::optional<FeatureCache::ImageSize> FeatureCache::find(const std::string& image_hash) const {
  const std::string path = path_of(image_hash);
  if (!fs::exists(path)) return std::nullopt;
  try {
    const auto metadata = read_safetensors(path).metadata;
    return ImageSize{std::stoi(metadata.at("width")), std::stoi(metadata.at("height"))};
  } catch (const std::exception&) {
    return std::nullopt;  // load() removes it
  }
}

std::optional<VisionFeatures> FeatureCache::load(const std::string& image_hash) {
  const std::string path = path_of(image_hash);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    const Safetensors file = read_safetensors(path);
    if (file.metadata.at("format") != kFormat || file.metadata.at("recipe") != recipe_)
      throw std::out_of_range("made in another way");
    const std::scoped_lock lock(mutex_);
    if (used_.insert(path).second)
      fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
    return from_tensors(file.tensors);
  } catch (const std::exception&) {
    fs::remove(path, ignored);
    return std::nullopt;
  }
}

bool FeatureCache::store(const std::string& image_hash, const VisionFeatures& features,
                         ImageSize size) {
  const auto tensors = to_tensors(features);
  std::uint64_t bytes = 4096;
  for (const auto& [name, tensor] : tensors) bytes += tensor.nbytes();
  const std::scoped_lock lock(mutex_);
  if (!make_room(bytes)) {
    refused_.insert(image_hash);
    return false;
  }
  const std::string path = path_of(image_hash);
  write_safetensors(path, tensors,
                    {{"format", kFormat},
                     {"recipe", recipe_},
                     {"width", std::to_string(size.width)},
                     {"height", std::to_string(size.height)}});
  held_ += bytes;
  used_.insert(path);
  return true;
}

bool FeatureCache::make_room(std::uint64_t bytes) {
  std::error_code error;
  const auto space = fs::space(folder_, error);
  if (!error && space.available < bytes + kLeaveFree) return false;
  if (held_ + bytes <= limit_) return true;
  if (!refused_.empty()) return false;  // another look would find what the last one found
  auto files = list_files(root_);
  held_ = total_bytes(files);
  std::ranges::sort(files, {}, &CachedFile::used);
  for (const CachedFile& file : files) {
    if (held_ + bytes <= limit_) break;
    if (!used_.contains(file.path.string()) && fs::remove(file.path, error)) held_ -= file.bytes;
  }
  return held_ + bytes <= limit_;
}

std::int64_t FeatureCache::refused() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::int64_t>(refused_.size());
}

std::string default_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache && *cache ? fs::path(cache)
                        : home && *home ? fs::path(home) / ".cache"
                                        : fs::temp_directory_path();
  return (root / "gst-anomalyclip" / "features").string();
}

}  // namespace anomalyclip::trainer
