#include "image/load_image.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include <climits>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "core/mapped_file.h"
#include "image/pixel_format.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorCode::kRead, path + ": " + why);
}

/// libjpeg fills up with grey what a file that was cut short does not hold, and only prints a warning. A whole one has an
/// end marker after its last scan (a thumbnail, which has its own, comes before).
bool is_cut_jpeg(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (!bytes.starts_with("\xff\xd8\xff"sv)) return false;
  const std::size_t scan = bytes.rfind("\xff\xda"sv);
  return scan == bytes.npos || bytes.find("\xff\xd9"sv, scan) == bytes.npos;
}

cv::Mat decode(const std::string& path, std::span<std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (is_cut_jpeg(text)) refuse(path, "this JPEG image is cut short");
  if (bytes.empty() || bytes.size() > INT_MAX) refuse(path, "not an image that can be decoded");
  const cv::Mat1b buffer(1, static_cast<int>(bytes.size()),
                         reinterpret_cast<std::uint8_t*>(bytes.data()));
  cv::Mat image;
  try {
    image =
        cv::imdecode(buffer, cv::IMREAD_UNCHANGED);  // unchanged: orientation, depth and channels
  } catch (const cv::Exception& error) {
    refuse(path, "not an image that can be decoded (" + error.err + ")");
  }
  if (image.empty()) refuse(path, "not an image that can be decoded, or cut short");
  return image;
}

/// Upper bytes of 16-bit samples.
cv::Mat to_8_bit(const std::string& path, const cv::Mat& image) {
  if (image.depth() == CV_8U) return image;
  if (image.depth() != CV_16U)
    refuse(path, "expected an image of 8 or 16 bits a sample, and found " +
                     cv::typeToString(image.type()));
  cv::Mat bytes(image.size(), CV_8UC(image.channels()));
  const int samples = image.cols * image.channels();
  for (int y = 0; y < image.rows; ++y) {
    const auto* in = image.ptr<std::uint16_t>(y);
    std::transform(in, in + samples, bytes.ptr(y),
                   [](std::uint16_t sample) { return static_cast<std::uint8_t>(sample >> 8); });
  }
  return bytes;
}

cv::Mat to_rgb_or_grey(const std::string& path, const cv::Mat& image) {
  cv::Mat converted;
  switch (image.channels()) {
    case 1:
      return image;
    case 3:
      cv::cvtColor(image, converted, cv::COLOR_BGR2RGB);
      return converted;
    case 4:
      cv::cvtColor(image, converted, cv::COLOR_BGRA2RGB);
      return converted;
    default:
      refuse(path, "expected an image of 1, 3 or 4 channels, and found " +
                       std::to_string(image.channels()));
  }
}

}  // namespace

MutableFrameView Image::writable() {
  MutableFrameView frame;
  frame.format = format;
  frame.width = width;
  frame.height = height;
  frame.planes[0] = pixels.data();
  frame.strides[0] = row_bytes(format_info(format), 0, width);
  return frame;
}

FrameView Image::view() const {
  return read_only(const_cast<Image*>(this)->writable());
}

Image load_image(const std::string& path) {
  const auto file = MappedFile::open(path);
  const cv::Mat decoded = to_rgb_or_grey(path, to_8_bit(path, decode(path, file->bytes())));
  Image image;
  image.format = decoded.channels() == 1 ? PixelFormat::kGRAY8 : PixelFormat::kRGB;
  image.width = decoded.cols;
  image.height = decoded.rows;
  const std::size_t row = decoded.cols * decoded.elemSize();
  image.pixels.resize(row * decoded.rows);
  for (int y = 0; y < decoded.rows; ++y) std::memcpy(&image.pixels[y * row], decoded.ptr(y), row);
  return image;
}

Image to_rgb_image(const FrameView& frame) {
  validate(frame);
  Image image;
  image.width = frame.width;
  image.height = frame.height;
  image.pixels.resize(std::size_t{3} * frame.width * frame.height);
  to_rgb(frame, {0, 0, frame.width, frame.height}, image.pixels.data());
  return image;
}

}  // namespace anomalyclip
