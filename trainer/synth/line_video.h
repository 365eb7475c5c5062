#pragma once

#include <functional>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

namespace anomalyclip::synth {

struct LineSettings {
  int width = 640, height = 480, fps = 25;  ///< pixels, even; frames a second
  double seconds = 24;
  std::uint64_t seed = 0;
  float defect_share = 0.4f;  ///< of the parts
  int products = 3;           ///< one after the other, as after a changeover
};

/// One part on the belt.
struct LinePart {
  int id;
  std::string product, defect;  ///< shape's name; `defect` is empty for a good part
  cv::Rect box, defect_box;     ///< on the belt: pixels; the camera sees them shifted
};

/// A production line under a fixed camera: a belt carries parts past it at constant speed. Belt and parts do not move
/// against each other, so the line is one long picture that the camera slides along; light, vibration and noise belong
/// to the camera. A function of the settings alone.
class Line {
 public:
  /// @throws Error kSettings (odd or tiny pictures, no frame at all)
  explicit Line(const LineSettings& settings);

  int frames() const { return frames_; }
  cv::Mat3b frame(int index) const;  ///< RGB

  /// The parts in view, their boxes in the frame's pixels and clipped to it; JSON, one line each.
  std::vector<std::string> truth(int index) const;

  const std::vector<LinePart>& parts() const { return parts_; }
  const LineSettings& settings() const { return settings_; }

 private:
  float offset(int index) const { return speed_ * static_cast<float>(index); }
  void draw_belt();
  void draw_parts();

  LineSettings settings_;
  int frames_;
  float speed_;  ///< pixels a frame
  cv::Mat3f strip_;
  cv::Mat1f gain_;
  std::vector<LinePart> parts_;
};

/// Writes the video and its truth (JSON lines, see Line::truth()).
/// @throws Error kSettings, kRead: see VideoWriter
void write_line_video(const Line& line, const std::string& target, const std::string& truth,
                      const std::function<void(int done)>& progress);

}  // namespace anomalyclip::synth
