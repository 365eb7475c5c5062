#pragma once

#include <gst/video/video.h>

#include <anomalyclip/frame.h>

namespace anomalyclip::gst {

/// The formats that the elements take, as a caps string.
#define ANOMALYCLIP_CAPS                                                                     \
  GST_VIDEO_CAPS_MAKE(                                                                       \
      "{ I420, NV12, YUY2, UYVY, RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, " \
      "GRAY8, GRAY16_LE }")

/// A mapped video buffer; unmapped on destruction.
class VideoFrame {
 public:
  /// @throws Error kRead when the memory cannot be mapped or is smaller than the caps say.
  /// @param memory  where `flags` map it
  VideoFrame(GstBuffer* buffer, const GstVideoInfo& info, GstMapFlags flags,
             FrameMemory memory = FrameMemory::kHost);
  ~VideoFrame() { gst_video_frame_unmap(&frame_); }
  VideoFrame(const VideoFrame&) = delete;
  VideoFrame& operator=(const VideoFrame&) = delete;

  /// Borrowed from this object; any stride, any plane offset, the stream's own colorimetry.
  FrameView view() const;
  MutableFrameView mutable_view();  ///< needs GST_MAP_WRITE

 private:
  GstVideoFrame frame_;
  FrameMemory memory_;
};

}  // namespace anomalyclip::gst
