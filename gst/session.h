#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <gst/gst.h>

#include <anomalyclip/engine.h>

#include "prompt_loader.h"
#include "settings.h"

namespace anomalyclip::gst {

/// The engine and the prompts that an element works with: opened from READY to PAUSED, closed on
/// the way back; the engine stays loaded until release(). Used by the streaming thread while open;
/// request_prompts() by any.
class Session {
 public:
  /// @param prompts_refused  called from another thread when a requested prompt file is not taken
  Session(GstElement* element, PromptLoader::Failed prompts_refused);

  /// Loads what is not loaded yet, checks that all of it fits, and runs a blank frame.
  /// @throws Error
  void open(const Settings& settings);
  void close();
  void release();

  /// Has another prompt file loaded and checked aside; does nothing while closed.
  void request_prompts(const std::string& path);

  /// The file that these settings mean: `prompts`, or the demo's. @throws Error kSettings
  static std::string prompts_path(const Settings& settings);

  /// Takes over prompts that have been loaded since; whether there were any.
  bool adopt_prompts();

  Recipe recipe(const Settings& settings) const;
  Engine& engine() const { return *engine_; }
  const std::shared_ptr<const Prompts>& prompts() const { return prompts_; }
  const std::string& prompts_in_use() const { return prompts_path_; }
  double warm_up_ms() const { return warm_up_ms_; }

 private:
  void acquire_engine(const Settings& settings);
  void warm_up(const Recipe& recipe);
  void announce(const Settings& settings);
  void start_loader(const Settings& settings);

  GstElement* const element_;
  const PromptLoader::Failed prompts_refused_;
  EngineConfig config_;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<const Prompts> prompts_;
  std::string prompts_path_;
  double warm_up_ms_ = 0;
  std::mutex loader_mutex_;  ///< guards the pointer: prompts may be set while the element stops
  std::unique_ptr<PromptLoader> loader_;
};

}  // namespace anomalyclip::gst
