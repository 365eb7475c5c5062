#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

#include "core/device.h"
#include "engine/worker_engine.h"

namespace anomalyclip {
namespace {

/// One engine's place: its own lock, so that loading one model does not hold up another.
struct Slot {
  std::mutex mutex;
  std::weak_ptr<WorkerEngine> engine;
};

std::shared_ptr<Slot> slot_of(const std::string& key) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<Slot>> slots;
  const std::lock_guard lock(mutex);
  auto& slot = slots[key];
  if (!slot) slot = std::make_shared<Slot>();
  return slot;
}

/// The file's identity is part of the key: a model that was replaced on disk is another model.
std::string key_of(const EngineConfig& config, const c10::Device& device) {
  std::error_code error;
  const auto path = std::filesystem::canonical(config.model, error);
  if (error)
    throw Error(ErrorCode::kNotFound,
                "the model file " + config.model + " cannot be opened: " + error.message());
  const auto size = std::filesystem::file_size(path, error);
  const auto changed = std::filesystem::last_write_time(path, error).time_since_epoch().count();
  std::ostringstream key;
  key << path.string() << '\n'
      << size << '\n'
      << changed << '\n'
      << device.str() << '\n'
      << to_string(config.precision) << '\n'
      << config.instance_id;
  return key.str();
}

void check_config(const EngineConfig& config) {
  if (config.batch_size < 1)
    throw Error(ErrorCode::kSettings,
                "batch-size should be at least 1 and is " + std::to_string(config.batch_size));
  if (config.batch_timeout_ms < 0)
    throw Error(ErrorCode::kSettings, "batch-timeout should be at least 0 ms and is " +
                                          std::to_string(config.batch_timeout_ms));
  if (config.threads < 0)
    throw Error(ErrorCode::kSettings,
                "threads should be at least 0 and is " + std::to_string(config.threads));
}

}  // namespace

std::shared_ptr<Engine> Engine::acquire(const EngineConfig& config) {
  check_config(config);
  const c10::Device device = resolve_device(config.device);
  const std::shared_ptr<Slot> slot = slot_of(key_of(config, device));
  const std::lock_guard lock(slot->mutex);
  std::shared_ptr<WorkerEngine> engine = slot->engine.lock();
  if (!engine) {
    engine = std::make_shared<WorkerEngine>(config, device);
    slot->engine = engine;
  }
  engine->agree(config);
  return engine;
}

AnomalyResult Engine::inspect(const FrameView& frame, const Recipe& recipe) {
  return submit(frame, recipe).get();
}

}  // namespace anomalyclip
