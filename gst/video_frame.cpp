#include "video_frame.h"

#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip::gst {
namespace {

PixelFormat pixel_format(GstVideoFormat format) {
  switch (format) {
    // clang-format off: one line a format.
    case GST_VIDEO_FORMAT_I420:
      return PixelFormat::kI420;
    case GST_VIDEO_FORMAT_NV12:
      return PixelFormat::kNV12;
    case GST_VIDEO_FORMAT_YUY2:
      return PixelFormat::kYUY2;
    case GST_VIDEO_FORMAT_UYVY:
      return PixelFormat::kUYVY;
    case GST_VIDEO_FORMAT_RGB:
      return PixelFormat::kRGB;
    case GST_VIDEO_FORMAT_BGR:
      return PixelFormat::kBGR;
    case GST_VIDEO_FORMAT_RGBx:
      return PixelFormat::kRGBx;
    case GST_VIDEO_FORMAT_BGRx:
      return PixelFormat::kBGRx;
    case GST_VIDEO_FORMAT_xRGB:
      return PixelFormat::kxRGB;
    case GST_VIDEO_FORMAT_xBGR:
      return PixelFormat::kxBGR;
    case GST_VIDEO_FORMAT_RGBA:
      return PixelFormat::kRGBA;
    case GST_VIDEO_FORMAT_BGRA:
      return PixelFormat::kBGRA;
    case GST_VIDEO_FORMAT_ARGB:
      return PixelFormat::kARGB;
    case GST_VIDEO_FORMAT_ABGR:
      return PixelFormat::kABGR;
    case GST_VIDEO_FORMAT_GRAY8:
      return PixelFormat::kGRAY8;
    case GST_VIDEO_FORMAT_GRAY16_LE:
      return PixelFormat::kGRAY16_LE;
    // clang-format on
    default:
      throw Error(ErrorCode::kSettings, std::string("The format ") +
                                            gst_video_format_to_string(format) +
                                            " is not supported; put videoconvert before.");
  }
}

// FCC and SMPTE 240M are rounding errors away from BT.601 and BT.709.
ColorMatrix color_matrix(const GstVideoInfo& info) {
  switch (info.colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
      return ColorMatrix::kBT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return ColorMatrix::kBT2020;
    default:
      return ColorMatrix::kBT601;
  }
}

ColorRange color_range(const GstVideoInfo& info) {
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235) return ColorRange::kLimited;
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255) return ColorRange::kFull;
  return GST_VIDEO_INFO_IS_YUV(&info) ? ColorRange::kLimited : ColorRange::kFull;
}

template <typename View>
View describe(const GstVideoFrame& frame) {
  View view;
  view.format = pixel_format(GST_VIDEO_FRAME_FORMAT(&frame));
  view.width = GST_VIDEO_FRAME_WIDTH(&frame);
  view.height = GST_VIDEO_FRAME_HEIGHT(&frame);
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); ++plane) {
    view.planes[plane] = static_cast<std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    view.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
  }
  view.matrix = color_matrix(frame.info);
  view.range = color_range(frame.info);
  return view;
}

}  // namespace

VideoFrame::VideoFrame(GstBuffer* buffer, const GstVideoInfo& info, GstMapFlags flags,
                       FrameMemory memory)
    : memory_(memory) {
  const auto no_ref = static_cast<GstMapFlags>(int(flags) | GST_VIDEO_FRAME_MAP_FLAG_NO_REF);
  if (!gst_video_frame_map(&frame_, const_cast<GstVideoInfo*>(&info), buffer, no_ref))
    throw Error(ErrorCode::kRead,
                "A frame of " + std::to_string(gst_buffer_get_size(buffer)) +
                    " bytes cannot be mapped as " + gst_video_format_to_string(info.finfo->format) +
                    " of " + std::to_string(info.width) + "x" + std::to_string(info.height) + ".");
}

FrameView VideoFrame::view() const {
  FrameView view = describe<FrameView>(frame_);
  view.memory = memory_;
  return view;
}

MutableFrameView VideoFrame::mutable_view() {
  return describe<MutableFrameView>(frame_);
}

}  // namespace anomalyclip::gst
