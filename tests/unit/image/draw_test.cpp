#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <anomalyclip/draw.h>
#include <anomalyclip/error.h>

#include "frames.h"
#include "image/heatmap.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

/// Middle grey, in any format.
void make_grey(TestFrame& frame) {
  for (int plane = 0; plane < frame.info().planes; ++plane)
    std::fill(frame.plane(plane).begin(), frame.plane(plane).end(), std::uint8_t{128});
}

std::vector<std::uint8_t> rgb_of(const TestFrame& frame) {
  std::vector<std::uint8_t> rgb(3 * frame.view().width * frame.view().height);
  to_rgb(frame.view(), frame.all(), rgb.data());
  return rgb;
}

/// Whether pixels differ by more than rounding.
std::vector<bool> changed(const std::vector<std::uint8_t>& before,
                          const std::vector<std::uint8_t>& after) {
  std::vector<bool> result(before.size() / 3);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (std::abs(before[i] - after[i]) > 3) result[i / 3] = true;
  return result;
}

/// 0 but for a disc of `value` in the middle.
std::vector<float> disc(int size, float value) {
  std::vector<float> map(size * size, 0);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      if (std::hypot(x - size / 2, y - size / 2) < size / 4.0) map[y * size + x] = value;
  return map;
}

MapView view_of(const std::vector<float>& map, const Rect& covers) {
  const int size = static_cast<int>(std::lround(std::sqrt(map.size())));
  return {map, size, size, covers};
}

OverlayStyle style_of(Overlay overlay) {
  OverlayStyle style;
  style.overlay = overlay;
  style.pixel_threshold = 0.5;
  return style;
}

class Draw : public ::testing::TestWithParam<PixelFormat> {};

TEST_P(Draw, FrameBelowTheThresholdStaysAsItIs) {
  TestFrame frame(GetParam(), 61, 47, 5), untouched(GetParam(), 61, 47, 5);
  const std::vector<float> map(16, 0.449f);
  for (const auto overlay : {Overlay::kHeatmap, Overlay::kContours, Overlay::kBoth})
    draw_overlay(frame.writable(), view_of(map, frame.all()), {}, style_of(overlay));
  for (int plane = 0; plane < frame.info().planes; ++plane)
    EXPECT_EQ(frame.plane(plane), untouched.plane(plane));
}

TEST_P(Draw, PixelsAwayFromTheDefectStayAsTheyAre) {
  TestFrame frame(GetParam(), 96, 96);
  const auto before = rgb_of(frame);
  draw_overlay(frame.writable(), view_of(disc(24, 0.9f), frame.all()), {},
               style_of(Overlay::kBoth));
  const auto after = rgb_of(frame);
  for (int i = 0; i < 96 * 96; ++i) {
    if (std::hypot(i % 96 - 50, i / 96 - 50) < 34) continue;
    for (int c = 0; c < 3; ++c) ASSERT_EQ(before[3 * i + c], after[3 * i + c]) << i;
  }
}

TEST_P(Draw, EveryFormatIsTintedAtTheSamePlace) {
  for (const auto overlay : {Overlay::kHeatmap, Overlay::kContours, Overlay::kBoth}) {
    TestFrame frame(GetParam(), 96, 75), rgb(PixelFormat::kRGB, 96, 75);
    make_grey(frame);
    make_grey(rgb);
    const auto before = rgb_of(frame), rgb_before = rgb_of(rgb);
    const auto map = disc(24, 0.9f);
    // In grey, a heatmap comes with an outline.
    const bool grey = frame.info().storage == Storage::kGrey;
    const auto reference = grey && overlay == Overlay::kHeatmap ? Overlay::kBoth : overlay;
    draw_overlay(frame.writable(), view_of(map, frame.all()), {}, style_of(overlay));
    draw_overlay(rgb.writable(), view_of(map, rgb.all()), {}, style_of(reference));
    const auto found = changed(before, rgb_of(frame)), expected = changed(rgb_before, rgb_of(rgb));
    ASSERT_TRUE(std::count(expected.begin(), expected.end(), true) > 100);
    for (int y = 0; y < 75; ++y)
      for (int x = 0; x < 96; ++x) {
        // Chroma that pixels share may reach one pixel further.
        bool near = false;
        for (int v = std::max(y - 1, 0); v <= std::min(y + 1, 74); ++v)
          for (int u = std::max(x - 1, 0); u <= std::min(x + 1, 95); ++u)
            near |= expected[96 * v + u];
        ASSERT_TRUE(near || !found[96 * y + x]) << x << "," << y;
        ASSERT_TRUE(found[96 * y + x] || !expected[96 * y + x]) << x << "," << y;
      }
  }
}

TEST_P(Draw, NothingIsWrittenBesideTheRowsAtAnySize) {
  Region region;
  region.box = {-3, 1, 400, 2};
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {3, 5}, {641, 479}}) {
    TestFrame frame(GetParam(), width, height, 11), untouched(GetParam(), width, height, 11);
    for (const auto overlay : {Overlay::kHeatmap, Overlay::kContours, Overlay::kBoth}) {
      OverlayStyle style = style_of(overlay);
      style.label = "0.97 anomalous";
      const std::vector<float> map(25, 1);
      draw_overlay(frame.writable(), view_of(map, frame.all()), {}, style);
      draw_overlay(frame.writable(), {}, {&region, 1}, style);
    }
    for (int plane = 0; plane < frame.info().planes; ++plane) {
      const std::ptrdiff_t row = row_bytes(frame.info(), plane, width);
      for (int y = 0; y + 1 < plane_rows(frame.info(), plane, height); ++y) {
        const std::ptrdiff_t end = y * (row + 11) + row;
        ASSERT_TRUE(std::equal(&frame.plane(plane)[end], &frame.plane(plane)[end] + 11,
                               &untouched.plane(plane)[end]));
      }
    }
  }
}

TEST_P(Draw, BoxesStandInForAMapThatIsNotThere) {
  TestFrame frame(GetParam(), 64, 48);
  make_grey(frame);
  const auto before = rgb_of(frame);
  Region region;
  region.box = {10, 10, 20, 16};
  draw_overlay(frame.writable(), {}, {&region, 1}, style_of(Overlay::kHeatmap));
  const auto edges = changed(before, rgb_of(frame));
  EXPECT_TRUE(edges[64 * 10 + 20]) << "top";
  EXPECT_TRUE(edges[64 * 25 + 20]) << "bottom";
  EXPECT_TRUE(edges[64 * 18 + 10]) << "left";
  EXPECT_TRUE(edges[64 * 18 + 29]) << "right";
  EXPECT_FALSE(edges[64 * 18 + 20]) << "inside";
  EXPECT_FALSE(edges[64 * 40 + 20]) << "outside";
}

INSTANTIATE_TEST_SUITE_P(Formats, Draw, ::testing::ValuesIn(kAllFormats), format_name);

/// Draws on middle grey RGB.
std::vector<std::uint8_t> drawn(int width, int height, const MapView& map,
                                const OverlayStyle& style) {
  TestFrame frame(PixelFormat::kRGB, width, height);
  make_grey(frame);
  draw_overlay(frame.writable(), map, {}, style);
  return rgb_of(frame);
}

TEST(DrawColours, OpaqueHeatmapShowsTheColormapItself) {
  OverlayStyle style = style_of(Overlay::kHeatmap);
  style.opacity = 1;
  for (const auto colormap :
       {Colormap::kTurbo, Colormap::kJet, Colormap::kInferno, Colormap::kViridis}) {
    style.colormap = colormap;
    for (const auto& [value, index] : {std::pair{0.5f, 128}, {1.0f, 255}}) {
      const std::vector<float> map(1, value);
      const auto rgb = drawn(1, 1, view_of(map, {0, 0, 1, 1}), style);
      EXPECT_EQ((Rgb{rgb[0], rgb[1], rgb[2]}), colormap_table(colormap)[index]);
    }
  }
}

TEST(DrawColours, DependOnTheThresholdAndNotOnTheRestOfTheMap) {
  const std::vector<float> alone = {.6f, .6f, 0, 0}, beside = {.6f, .6f, 1, 1};
  const OverlayStyle style = style_of(Overlay::kHeatmap);
  const MapView a{alone, 2, 2, {0, 0, 8, 8}}, b{beside, 2, 2, {0, 0, 8, 8}};
  const auto first = drawn(8, 8, a, style), second = drawn(8, 8, b, style);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + 24, second.begin())) << "top row: both .6";
  OverlayStyle higher = style;
  higher.pixel_threshold = 0.55;
  EXPECT_FALSE(std::equal(first.begin(), first.begin() + 24, drawn(8, 8, a, higher).begin()));
}

TEST(DrawColours, OpacityZeroLeavesNoHeatmap) {
  OverlayStyle style = style_of(Overlay::kHeatmap);
  style.opacity = 0;
  const std::vector<float> map(1, 1);
  EXPECT_EQ(drawn(4, 4, view_of(map, {0, 0, 4, 4}), style), std::vector<std::uint8_t>(48, 128));
}

TEST(DrawColours, NanLeavesNoTrace) {
  const std::vector<float> map(4, NAN);
  EXPECT_EQ(drawn(4, 4, view_of(map, {0, 0, 4, 4}), style_of(Overlay::kBoth)),
            std::vector<std::uint8_t>(48, 128));
}

TEST(DrawColours, OverlayNoneLeavesTheFrame) {
  const std::vector<float> map(1, 1);
  EXPECT_EQ(drawn(4, 4, view_of(map, {0, 0, 4, 4}), style_of(Overlay::kNone)),
            std::vector<std::uint8_t>(48, 128));
}

TEST(DrawPlace, HeatmapKeepsToTheRectangleThatTheMapCovers) {
  const std::vector<float> map(4, 1);
  for (const Rect& covers :
       {Rect{3, 2, 5, 4}, Rect{-4, -4, 10, 10}, Rect{10, 7, 100, 100}, Rect{50, 50, 5, 5},
        Rect{-2000000000, 0, 2000000010, 5}, Rect{0, 0, 0, 0}, Rect{2147483647, 3, 5, 5}}) {
    const auto rgb = drawn(16, 12, view_of(map, covers), style_of(Overlay::kHeatmap));
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 16; ++x) {
        const bool inside = x >= covers.x && x < std::int64_t{covers.x} + covers.width &&
                            y >= covers.y && y < std::int64_t{covers.y} + covers.height;
        ASSERT_EQ(rgb[3 * (16 * y + x)] != 128, inside) << x << "," << y;
      }
  }
}

TEST(DrawPlace, MapIsEnlargedBilinearly) {
  // Between 0 and 1 the threshold of one half is crossed in the middle.
  const std::vector<float> map = {0, 1, 0, 1};
  const auto rgb = drawn(40, 2, view_of(map, {0, 0, 40, 2}), style_of(Overlay::kContours));
  const int first = 20;
  EXPECT_EQ((Rgb{rgb[3 * first], rgb[3 * first + 1], rgb[3 * first + 2]}), (Rgb{255, 230, 0}))
      << "the line, inside";
  EXPECT_EQ(rgb[3 * (first - 1)], 0) << "the rim, outside";
  EXPECT_EQ(rgb[3 * (first - 2)], 128);
}

TEST(DrawPlace, OutlineClosesWhereTheMapEnds) {
  const std::vector<float> map(4, 1);
  const auto rgb = drawn(20, 20, view_of(map, {5, 5, 10, 10}), style_of(Overlay::kContours));
  const auto red = [&](int x, int y) { return rgb[3 * (20 * y + x)]; };
  for (int i = 5; i < 15; ++i) {
    EXPECT_EQ(red(i, 5), 255);
    EXPECT_EQ(red(i, 14), 255);
    EXPECT_EQ(red(5, i), 255);
    EXPECT_EQ(red(14, i), 255);
  }
  EXPECT_EQ(red(10, 10), 128);
  EXPECT_EQ(red(10, 4), 0);
}

TEST(DrawPlace, FourthByteOfAPixelStaysAsItIs) {
  for (const PixelFormat format : kAllFormats) {
    TestFrame frame(format, 16, 16), untouched(format, 16, 16);
    if (frame.info().pixel_stride != 4) continue;
    const std::vector<float> map(4, 1);
    draw_overlay(frame.writable(), view_of(map, frame.all()), {}, style_of(Overlay::kHeatmap));
    const int spare = std::min(frame.info().offset[0], frame.info().offset[2]) == 0 ? 3 : 0;
    for (std::size_t i = spare; i < frame.plane(0).size(); i += 4)
      ASSERT_EQ(frame.plane(0)[i], untouched.plane(0)[i]) << frame.info().name;
  }
}

TEST(DrawPlace, MapOfAnotherSizeThanItSaysIsRefused) {
  TestFrame frame(PixelFormat::kRGB, 4, 4);
  const std::vector<float> map(5, 1);
  EXPECT_THROW(draw_overlay(frame.writable(), {map, 2, 2, frame.all()}, {}, {}), Error);
}

/// The means of R, G, B where the label's text is: the brightest pixels.
std::array<int, 3> text_colour(Verdict verdict) {
  OverlayStyle style;
  style.overlay = Overlay::kNone;
  style.label = "###";
  style.verdict = verdict;
  const auto rgb = drawn(1280, 960, {}, style);
  std::array<int, 3> brightest{};
  for (std::size_t i = 0; i < rgb.size(); i += 3)
    if (rgb[i] + rgb[i + 1] + rgb[i + 2] > 400) brightest = {rgb[i], rgb[i + 1], rgb[i + 2]};
  return brightest;
}

TEST(DrawLabel, TellsTheVerdictByItsColour) {
  const auto normal = text_colour(Verdict::kNormal), anomalous = text_colour(Verdict::kAnomalous),
             unknown = text_colour(Verdict::kUnknown);
  EXPECT_GT(normal[1], normal[0] + 80) << "green";
  EXPECT_GT(anomalous[0], anomalous[1] + 80) << "red";
  EXPECT_GT(unknown[0], 200);
  EXPECT_EQ(unknown[0], unknown[1]) << "grey";
}

TEST(DrawLabel, GrowsWithTheFrameAndKeepsToTheTopLeft) {
  const auto height_of = [](int width, int height) {
    OverlayStyle style;
    style.overlay = Overlay::kNone;
    style.label = "0.5";
    const auto rgb = drawn(width, height, {}, style);
    int rows = 0;
    while (rgb[3 * width * rows] != 128) ++rows;
    EXPECT_EQ(rgb[3 * (width - 1)], 128) << "top right";
    return rows;
  };
  EXPECT_NEAR(height_of(1920, 1080), 2.25 * height_of(640, 480), 8);
}

TEST(DrawLabel, TextThatIsNoAsciiIsDrawnAsQuestionMarks) {
  const auto with = [](const std::string& label) {
    OverlayStyle style;
    style.overlay = Overlay::kNone;
    style.label = label;
    return drawn(320, 240, {}, style);
  };
  EXPECT_EQ(with("caf\xc3\xa9\n"), with("caf??"));
  EXPECT_NE(with("caf?"), with("caf!"));
}

}  // namespace
}  // namespace anomalyclip
