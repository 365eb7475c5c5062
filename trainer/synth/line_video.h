#pragma once

#include <functional>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "line_pieces.h"

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
  int run;                      ///< number of the product, from 0 on: it changes at a changeover
};

/// A production line under a fixed camera: a belt carries parts past it at constant speed. Belt and parts do not move
/// against each other, so the line is one long picture that the camera slides along; light, vibration and noise belong
/// to the camera. A function of the settings alone.
class Line {
 public:
  /// @throws Error kSettings (odd or tiny pictures, no frame at all, a belt that takes more than 4 GiB)
  explicit Line(const LineSettings& settings);

  int frames() const { return frames_; }
  cv::Mat3b frame(int index) const;  ///< RGB

  /// Another good part of a run's product, in the middle of the camera's view: what a line collects to set its thresholds.
  /// @param number  any; none of them is a part of the video
  cv::Mat3b good_part(int run, int number) const;  ///< RGB

  /// The parts in view, their boxes in the frame's pixels and clipped to it; JSON, one line each.
  std::vector<std::string> truth(int index) const;

  const std::vector<LinePart>& parts() const { return parts_; }
  const LineSettings& settings() const { return settings_; }

 private:
  float offset(int index) const { return speed_ * static_cast<float>(index); }
  int part_size() const;  ///< pixels of a square that holds a part
  void require_memory() const;
  void draw_belt();
  void design_products();
  void draw_parts();
  void draw_gain();
  /// @param at  pixels from the belt's left; @param time  seconds, for light and vibration
  cv::Mat3b film(const cv::Mat3f& belt, float at, float time, std::uint64_t noise) const;

  LineSettings settings_;
  int frames_;
  float speed_;  ///< pixels a frame
  std::vector<Product> products_;
  cv::Mat3f tile_;   ///< of the belt: joins itself without a seam
  cv::Mat3f strip_;  ///< the belt with its parts
  cv::Mat1f gain_;
  std::vector<LinePart> parts_;
};

/// Writes good parts of each run's product: `<folder>/<run>/NNNN.png`.
/// @param progress  called with the number of parts done, from any thread, one at a time
/// @throws Error kRead (a file cannot be written)
void write_good_parts(const Line& line, const std::string& folder, int count_of_each,
                      const std::function<void(int)>& progress);

/// Writes the video and its truth (JSON lines, see Line::truth()).
/// @throws Error kSettings, kRead: see VideoWriter
void write_line_video(const Line& line, const std::string& target, const std::string& truth,
                      const std::function<void(int done)>& progress);

}  // namespace anomalyclip::synth
