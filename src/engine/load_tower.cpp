#include "engine/load_tower.h"

#include <utility>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "checkpoint/model_identity.h"
#include "core/packed_folder.h"
#include "engine/precision.h"
#include "model/cpu/blocked_layer.h"

namespace anomalyclip {
namespace {

LoadedTower load_uncached(const EngineConfig& config, c10::Device device, Precision precision,
                          std::string cache_fault = "") {
  Weights weights = load_model(config.model);
  auto vision = make_vision(weights, device, precision);
  return {std::move(vision), std::move(weights), std::move(cache_fault)};
}

/// Packs into the file and publishes it.
LoadedTower fill(const EngineConfig& config, c10::Device device, Precision precision,
                 PackedFile& packed, const PackedFolder& folder, const PackedContent& content,
                 const std::string& identity) {
  Weights weights = load_model(config.model);
  auto vision = make_vision(weights, device, precision, &packed);
  LoadedTower tower{std::move(vision), std::move(weights), ""};
  if (model_identity(config.model) != identity) {
    tower.cache_fault = config.model + " changed while it was packed, which is not kept therefore";
  } else {
    try {
      folder.publish(packed, content);
    } catch (const Error& error) {
      tower.cache_fault = error.what();
    }
  }
  return tower;
}

}  // namespace

LoadedTower load_tower(const EngineConfig& config, c10::Device device, Precision precision) {
  if (config.model_cache_dir.empty()) return load_uncached(config, device, precision);

  const std::string identity = model_identity(config.model);
  Weights unread = open_model(config.model);
  PackedContent content;
  content.key = "layout " + std::to_string(cpu::kPackedVersion) + "\nprecision " +
                to_string(precision) + "\n" + identity;
  content.sections = packed_sections(ClipConfig::infer(unread), device, precision);
  if (content.sections.empty()) return load_uncached(config, device, precision);

  const PackedFolder folder(config.model_cache_dir);
  std::unique_ptr<PackedFile> packed;
  std::string fault;
  try {
    packed = folder.acquire(content, &fault);
  } catch (const Error& error) {
    return load_uncached(config, device, precision, error.what());
  }
  // What is mapped now is the file that the key names only if neither has changed between.
  if (packed->filled() && model_identity(config.model) != identity)
    return load_uncached(config, device, precision, config.model + " changed while it was read");
  if (packed->filled()) {
    auto vision = make_vision(unread, device, precision, packed.get());
    return {std::move(vision), std::move(unread), ""};
  }
  LoadedTower tower = fill(config, device, precision, *packed, folder, content, identity);
  if (tower.cache_fault.empty()) tower.cache_fault = fault;
  return tower;
}

}  // namespace anomalyclip
