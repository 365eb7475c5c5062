#pragma once

#include <optional>
#include <string>

#include <anomalyclip/draw.h>
#include <anomalyclip/engine.h>

namespace anomalyclip::gst {

enum class Overload { kBlock, kSkip };
enum class Messages { kNone, kAnomalous, kAll };

/// How an inspection is drawn.
struct OverlaySettings {
  Overlay overlay = Overlay::kNone;
  double opacity = 0.5;
  Colormap colormap = Colormap::kTurbo;
  bool show_label = true;
};

/// The properties of anomalyclip; empty or -1: not set.
struct Settings {
  // Read at start.
  std::string model;
  std::string device = "auto";
  Precision precision = Precision::kAuto;
  int image_size = 0;
  std::string instance_id;
  int batch_size = 1;
  int batch_timeout_ms = 0;
  int queue_depth = 1;
  int threads = 0;
  std::string model_cache_dir;
  bool latency_report = true;
  // Read at every frame.
  std::string prompts;
  std::optional<ScoreMode> score;
  double threshold = -1;
  double pixel_threshold = -1;
  std::string roi;
  bool roi_keep_scale = false;
  int interval = 1;
  double skip_unchanged = 0;
  Overload overload = Overload::kBlock;
  OverlaySettings drawing;
  bool attach_map = true;
  Messages messages = Messages::kAnomalous;
};

}  // namespace anomalyclip::gst
