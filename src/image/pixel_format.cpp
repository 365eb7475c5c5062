#include "image/pixel_format.h"

#include <cstdlib>
#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

// In the order of PixelFormat.
constexpr FormatInfo kFormats[] = {
    {"I420", Storage::kPlanarYuv, 3, 1, {0, 0, 0}},
    {"NV12", Storage::kSemiPlanarYuv, 2, 1, {0, 0, 1}},
    {"YUY2", Storage::kPackedYuv, 1, 2, {0, 1, 3}},
    {"UYVY", Storage::kPackedYuv, 1, 2, {1, 0, 2}},
    {"RGB", Storage::kPackedRgb, 1, 3, {0, 1, 2}},
    {"BGR", Storage::kPackedRgb, 1, 3, {2, 1, 0}},
    {"RGBx", Storage::kPackedRgb, 1, 4, {0, 1, 2}},
    {"BGRx", Storage::kPackedRgb, 1, 4, {2, 1, 0}},
    {"xRGB", Storage::kPackedRgb, 1, 4, {1, 2, 3}},
    {"xBGR", Storage::kPackedRgb, 1, 4, {3, 2, 1}},
    {"RGBA", Storage::kPackedRgb, 1, 4, {0, 1, 2}},
    {"BGRA", Storage::kPackedRgb, 1, 4, {2, 1, 0}},
    {"ARGB", Storage::kPackedRgb, 1, 4, {1, 2, 3}},
    {"ABGR", Storage::kPackedRgb, 1, 4, {3, 2, 1}},
    {"GRAY8", Storage::kGrey, 1, 1, {0, 0, 0}},
    {"GRAY16_LE", Storage::kGrey, 1, 2, {1, 1, 1}},
};

[[noreturn]] void refuse(const FrameView& frame, const std::string& what) {
  throw Error(ErrorCode::kSettings, "frame of " + std::to_string(frame.width) + "x" +
                                        std::to_string(frame.height) + " pixels, format " +
                                        format_info(frame.format).name + ": " + what);
}

std::string to_string(const Rect& rect) {
  return std::to_string(rect.width) + "x" + std::to_string(rect.height) + " at (" +
         std::to_string(rect.x) + ", " + std::to_string(rect.y) + ")";
}

}  // namespace

const FormatInfo& format_info(PixelFormat format) {
  const auto index = static_cast<std::size_t>(format);
  if (index >= std::size(kFormats))
    throw Error(ErrorCode::kSettings, "pixel format number " + std::to_string(index) +
                                          " is none of the " + std::to_string(std::size(kFormats)) +
                                          " supported");
  return kFormats[index];
}

std::ptrdiff_t row_bytes(const FormatInfo& info, int plane, int width) {
  const std::ptrdiff_t columns = width, pairs = (columns + 1) / 2;
  switch (info.storage) {
    case Storage::kPlanarYuv:
      return plane == 0 ? columns : pairs;
    case Storage::kSemiPlanarYuv:
      return plane == 0 ? columns : 2 * pairs;
    case Storage::kPackedYuv:
      return 4 * pairs;
    case Storage::kPackedRgb:
    case Storage::kGrey:
      break;
  }
  return columns * info.pixel_stride;
}

int plane_rows(const FormatInfo& info, int plane, int height) {
  return plane > 0 && info.halves_rows() ? height / 2 + height % 2 : height;
}

bool is_full_range(PixelFormat format, ColorRange range) {
  const FormatInfo& info = format_info(format);
  if (info.storage == Storage::kPackedRgb) return true;
  if (range == ColorRange::kDefault) return info.storage == Storage::kGrey;
  return range == ColorRange::kFull;
}

FrameView read_only(const MutableFrameView& frame) {
  FrameView view;
  view.format = frame.format;
  view.width = frame.width;
  view.height = frame.height;
  for (std::size_t i = 0; i < view.planes.size(); ++i) view.planes[i] = frame.planes[i];
  view.strides = frame.strides;
  view.matrix = frame.matrix;
  view.range = frame.range;
  return view;
}

void validate(const FrameView& frame) {
  const FormatInfo& info = format_info(frame.format);
  if (frame.width < 1 || frame.height < 1) refuse(frame, "width and height have to be at least 1");
  for (int plane = 0; plane < info.planes; ++plane) {
    if (frame.planes[plane] == nullptr)
      refuse(frame, "expected " + std::to_string(info.planes) + " planes, and plane " +
                        std::to_string(plane) + " is null");
    const std::ptrdiff_t needed = row_bytes(info, plane, frame.width);
    const std::ptrdiff_t stride = frame.strides[plane];
    // One row needs no stride to the next.
    if (std::abs(stride) < needed && plane_rows(info, plane, frame.height) > 1)
      refuse(frame, "a row of plane " + std::to_string(plane) + " takes " + std::to_string(needed) +
                        " bytes, and the stride is " + std::to_string(stride));
  }
}

void validate(const FrameView& frame, const Rect& roi) {
  validate(frame);
  const bool empty = roi.width < 1 || roi.height < 1;
  const bool inside = roi.x >= 0 && roi.y >= 0 && roi.x <= frame.width - roi.width &&
                      roi.y <= frame.height - roi.height;
  if (empty || !inside)
    refuse(frame,
           "expected a region of interest of at least 1x1 pixels inside the frame, and found " +
               to_string(roi));
}

}  // namespace anomalyclip
