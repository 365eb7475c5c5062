#pragma once

#include <memory>
#include <string>

#include <opencv2/core.hpp>

namespace anomalyclip::synth {

/// Where frames go.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  virtual void write(const cv::Mat3b& rgb) = 0;

  /// Ends the video; until then a file is not there under its name. @throws Error kRead (disk full)
  virtual void finish() = 0;

  /// `*.y4m`: uncompressed YUV4MPEG2 4:2:0, which GStreamer's y4mdec reads; `-`: the same on standard output; any
  /// name without an extension: a folder of PNG files.
  /// @throws Error kSettings (another extension: says how to encode it), kRead (cannot be written)
  static std::unique_ptr<VideoWriter> open(const std::string& target, int width, int height,
                                           int fps);
};

}  // namespace anomalyclip::synth
