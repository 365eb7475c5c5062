#include <cmath>

#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

constexpr const char* kFormats[] = {"I420", "NV12", "YUY2",  "UYVY",     "RGB",  "BGR",
                                    "RGBx", "BGRx", "xRGB",  "xBGR",     "RGBA", "BGRA",
                                    "ARGB", "ABGR", "GRAY8", "GRAY16_LE"};

bool is_yuv(const std::string& format) {
  return format == "I420" || format == "NV12" || format == "YUY2" || format == "UYVY";
}

UniqueBuffer inspect(const std::string& caps, UniqueBuffer buffer,
                     const std::string& properties = "") {
  return converted("anomalyclip " + tiny_properties() + " precision=fp32 " + properties, caps,
                   std::move(buffer));
}

double score(const std::string& caps, UniqueBuffer buffer) {
  return inspection(inspect(caps, std::move(buffer)))->score;
}

UniqueBuffer copy(const UniqueBuffer& buffer) {
  return UniqueBuffer(gst_buffer_copy_deep(buffer.get()));
}

/// The same pixels with padded rows and planes that lie apart.
UniqueBuffer padded(const std::string& caps_text, const UniqueBuffer& buffer) {
  UniqueCaps caps(gst_caps_from_string(caps_text.c_str()));
  GstVideoInfo info, wide;
  gst_video_info_from_caps(&info, caps.get());
  wide = info;
  GstVideoAlignment alignment;
  gst_video_alignment_reset(&alignment);
  alignment.padding_left = 32;
  alignment.padding_right = 48;
  alignment.padding_top = 6;
  alignment.padding_bottom = 10;
  EXPECT_TRUE(gst_video_info_align(&wide, &alignment));

  UniqueBuffer result(gst_buffer_new_allocate(nullptr, wide.size, nullptr));
  gst_buffer_memset(result.get(), 0, 0xCD, wide.size);
  gst_buffer_add_video_meta_full(result.get(), GST_VIDEO_FRAME_FLAG_NONE, info.finfo->format,
                                 guint(info.width), guint(info.height), info.finfo->n_planes,
                                 wide.offset, wide.stride);
  // Whole rows: gst_video_frame_copy() leaves out the last chroma of an odd row of YUY2.
  const auto from = bytes(buffer.get());
  for (guint plane = 0; plane < info.finfo->n_planes; ++plane)
    for (int row = 0; row < GST_VIDEO_INFO_COMP_HEIGHT(&info, plane); ++row)
      gst_buffer_fill(result.get(), wide.offset[plane] + gsize(row * wide.stride[plane]),
                      &from[info.offset[plane] + gsize(row * info.stride[plane])],
                      gsize(info.stride[plane]));
  GST_BUFFER_PTS(result.get()) = 0;
  return result;
}

/// Attaches a map that grows from left to right.
UniqueBuffer with_gradient(UniqueBuffer buffer) {
  constexpr int kSide = 8;
  float values[kSide * kSide];
  for (int i = 0; i < kSide * kSide; ++i) values[i] = float(i % kSide) / (kSide - 1);
  const UniqueBuffer map(gst_buffer_new_memdup(values, sizeof values));
  while (GstAnomalyMeta* old = gst_buffer_get_anomaly_meta(buffer.get()))
    gst_buffer_remove_meta(buffer.get(), &old->meta);
  GstAnomalyMeta* meta = gst_buffer_add_anomaly_meta(buffer.get(), GST_ANOMALY_STATUS_INSPECTED, 0);
  gst_anomaly_meta_set_pixel_threshold(meta, 0.5);
  gst_anomaly_meta_set_map(meta, map.get(), kSide, kSide, 0, 0, 67, 45);
  return buffer;
}

/// The samples of an RGB frame without what pads its rows, which is anything.
std::vector<unsigned char> rgb_samples(GstBuffer* buffer, int width, int height) {
  const std::size_t row = std::size_t(width) * 3, stride = GST_ROUND_UP_4(row);
  const auto all = bytes(buffer);
  std::vector<unsigned char> samples;
  for (std::size_t y = 0; y < std::size_t(height); ++y)
    samples.insert(samples.end(), all.begin() + long(y * stride),
                   all.begin() + long(y * stride + row));
  return samples;
}

double mean_difference(const std::vector<unsigned char>& a, const std::vector<unsigned char>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(double(a[i]) - b[i]);
  return sum / double(a.size());
}

class Formats : public ::testing::TestWithParam<std::tuple<const char*, std::pair<int, int>>> {
 protected:
  // Keeps the model loaded from test to test.
  static void SetUpTestSuite() {
    keeper_ = harness("anomalyclip " + tiny_properties() + " precision=fp32");
  }
  static void TearDownTestSuite() { keeper_.reset(); }
  static inline UniqueHarness keeper_;

  const std::string format_ = std::get<0>(GetParam());
  const int width_ = std::get<1>(GetParam()).first, height_ = std::get<1>(GetParam()).second;
  const std::string caps_ = video_caps(format_, width_, height_);
  const std::string rgb_ = video_caps("RGB", width_, height_);

  UniqueBuffer in_this_format() const {
    return converted("videoconvert ! capsfilter caps=" + caps_, rgb_, picture(width_, height_, 5));
  }
  std::vector<unsigned char> samples(const UniqueBuffer& rgb) const {
    return rgb_samples(rgb.get(), width_, height_);
  }
  UniqueBuffer in_rgb(UniqueBuffer buffer) const {
    return converted("videoconvert ! capsfilter caps=" + rgb_, caps_, std::move(buffer));
  }
};

TEST_P(Formats, GiveRgbsScoreWithinWhatTheConversionAllows) {
  UniqueBuffer buffer = in_this_format();
  const double expected = score(rgb_, in_rgb(copy(buffer)));
  // RGB in another order is the same picture. videoconvert rounds Y'CbCr and interpolates chroma in
  // its own way, and at odd widths I420 and NV12 of the same pixels differ there.
  const double for_chroma = width_ % 2 ? 0.015 : 0.005;
  const double allowed = is_yuv(format_) ? for_chroma : format_.starts_with("GRAY") ? 0.004 : 0;
  EXPECT_NEAR(score(caps_, std::move(buffer)), expected, allowed);
}

TEST_P(Formats, RowsAndPlanesMayLieApart) {
  UniqueBuffer buffer = in_this_format();
  UniqueBuffer apart = padded(caps_, buffer);
  EXPECT_EQ(score(caps_, std::move(apart)), score(caps_, std::move(buffer)));
}

TEST_P(Formats, UndrawnPixelsStayTheSameMemory) {
  UniqueBuffer buffer = in_this_format();
  const GstMemory* memory = gst_buffer_peek_memory(buffer.get(), 0);
  const auto before = bytes(buffer.get());
  UniqueBuffer out = inspect(caps_, std::move(buffer));
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), memory);
  EXPECT_EQ(bytes(out.get()), before);
}

TEST_P(Formats, AreDrawnOnInPlaceAsRgbIs) {
  const std::string draw = "anomalyoverlay overlay=heatmap show-label=false";
  UniqueBuffer buffer = with_gradient(in_this_format());
  UniqueBuffer reference = with_gradient(in_rgb(copy(buffer)));
  const auto before = samples(reference);
  const auto expected = samples(converted(draw, rgb_, std::move(reference)));
  const auto found = samples(in_rgb(converted(draw, caps_, std::move(buffer))));
  EXPECT_GT(mean_difference(before, found), 5);
  if (format_.starts_with("GRAY")) return;  // a tint has no colour there
  // Chroma of half the size blurs a tint by a pixel.
  EXPECT_LT(mean_difference(expected, found), is_yuv(format_) ? 4 : 0.5);
}

TEST_P(Formats, DrawingLeavesPaddingAlone) {
  UniqueBuffer apart = padded(caps_, in_this_format());
  const auto before = bytes(apart.get());
  UniqueBuffer out = inspect(caps_, std::move(apart), "overlay=both pixel-threshold=0.4");
  const auto after = bytes(out.get());
  // The left padding of the first plane's rows, and everything before the first row.
  const auto* video = gst_buffer_get_video_meta(out.get());
  for (gsize i = 0; i < video->offset[0]; ++i) ASSERT_EQ(after[i], 0xCD) << i;
  EXPECT_NE(before, after);
}

TEST_P(Formats, DrawingLeavesOtherHoldersOfThePixelsAlone) {
  UniqueBuffer buffer = in_this_format();
  UniqueBuffer other(gst_buffer_ref(buffer.get()));
  const auto before = bytes(other.get());
  UniqueBuffer out = inspect(caps_, std::move(buffer), "overlay=both pixel-threshold=0.4");
  EXPECT_EQ(bytes(other.get()), before);
  EXPECT_NE(bytes(out.get()), before);
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         ::testing::Combine(::testing::ValuesIn(kFormats),
                                            ::testing::Values(std::pair{96, 64},
                                                              std::pair{67, 45})));

// So the tolerance above would not hide channels in the wrong order.
TEST(Frames, OfSwappedChannelsScoreOtherwise) {
  for (const auto& [width, height] : {std::pair{96, 64}, std::pair{67, 45}}) {
    const double straight = score(video_caps("RGB", width, height), picture(width, height, 5));
    const double swapped = score(video_caps("BGR", width, height), picture(width, height, 5));
    EXPECT_GT(std::abs(straight - swapped), 0.015);
  }
}

TEST(Frames, MayBeOnePixel) {
  for (const char* format : kFormats) {
    const std::string caps = video_caps(format, 1, 1);
    EXPECT_EQ(inspection(inspect(caps, frame(caps), "overlay=both"))->status,
              GST_ANOMALY_STATUS_INSPECTED)
        << format;
  }
}

TEST(Frames, ColorimetryIsTheStreams) {
  const std::string caps = video_caps("I420", 96, 64);
  UniqueBuffer buffer = converted("videoconvert ! capsfilter caps=" + caps,
                                  video_caps("RGB", 96, 64), picture(96, 64));
  const double narrow = score(caps + ",colorimetry=bt601", copy(buffer));
  const double full = score(caps + ",colorimetry=(string)1:4:0:0", std::move(buffer));
  EXPECT_GT(std::abs(narrow - full), 1e-4);
}

}  // namespace
}  // namespace anomalyclip::testing
