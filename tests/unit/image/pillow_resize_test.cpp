#include "image/pillow_resize.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <gmock/gmock.h>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "image/pillow_kernel.h"

namespace anomalyclip {
namespace {

using ::testing::ElementsAre;

/// 60 x 40 grey: the image of the vectors below, which Pillow 9.5 made.
std::vector<std::uint8_t> pattern() {
  std::vector<std::uint8_t> image;
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 60; ++x)
      image.push_back(static_cast<std::uint8_t>(7 * x + 13 * y + 5 * (x * y % 31)));
  return image;
}

std::vector<int> resized_row(int size, PillowFilter filter, int row, int first, int count) {
  const auto image = pattern();
  std::vector<std::uint8_t> out(size * size);
  pillow_resize(image.data(), 60, 60, 40, 1, size, size, filter, out.data());
  const auto at = out.begin() + row * size + first;
  return {at, at + count};
}

TEST(PillowResize, ShrinksBicubicAsPillowDoes) {
  EXPECT_THAT(resized_row(16, PillowFilter::kBicubic, 0, 0, 8),
              ElementsAre(26, 67, 115, 139, 159, 163, 87, 125));
  EXPECT_THAT(resized_row(16, PillowFilter::kBicubic, 15, 0, 8),
              ElementsAre(99, 92, 117, 154, 170, 170, 142, 118));
}

TEST(PillowResize, EnlargesBicubicAsPillowDoes) {
  EXPECT_THAT(resized_row(70, PillowFilter::kBicubic, 0, 0, 8),
              ElementsAre(0, 4, 9, 16, 22, 26, 33, 39));
  EXPECT_THAT(resized_row(70, PillowFilter::kBicubic, 69, 62, 8),
              ElementsAre(204, 1, 120, 185, 252, 190, 43, 192));
}

TEST(PillowResize, ShrinksBilinearAsPillowDoes) {
  EXPECT_THAT(resized_row(16, PillowFilter::kBilinear, 0, 0, 8),
              ElementsAre(34, 74, 116, 141, 156, 157, 92, 122));
}

TEST(PillowResize, SameSizeIsACopy) {
  const auto image = pattern();
  std::vector<std::uint8_t> out(image.size());
  pillow_resize(image.data(), 60, 60, 40, 1, 60, 40, PillowFilter::kBicubic, out.data());
  EXPECT_EQ(out, image);
  pillow_resize(image.data(), 60, 20, 40, 3, 20, 40, PillowFilter::kBilinear, out.data());
  EXPECT_EQ(out, image);
}

TEST(PillowResize, ChannelsDoNotMix) {
  const auto image = pattern();
  std::vector<std::uint8_t> rgb(3 * image.size());
  for (std::size_t i = 0; i < image.size(); ++i) {
    rgb[3 * i] = image[i];
    rgb[3 * i + 1] = static_cast<std::uint8_t>(255 - image[i]);
    rgb[3 * i + 2] = 77;
  }
  for (const auto& [width, height] : {std::pair{17, 91}, {91, 17}, {1, 1}}) {
    std::vector<std::uint8_t> grey_out(width * height), rgb_out(3 * width * height);
    pillow_resize(image.data(), 60, 60, 40, 1, width, height, PillowFilter::kBicubic,
                  grey_out.data());
    pillow_resize(rgb.data(), 180, 60, 40, 3, width, height, PillowFilter::kBicubic,
                  rgb_out.data());
    for (int i = 0; i < width * height; ++i) {
      EXPECT_EQ(rgb_out[3 * i], grey_out[i]);
      EXPECT_NEAR(rgb_out[3 * i + 1], 255 - grey_out[i],
                  2);  // rounded twice, and not symmetrically
      EXPECT_EQ(rgb_out[3 * i + 2], 77);
    }
  }
}

TEST(PillowResize, EverySizeKeepsAConstantImage) {
  for (int width = 1; width < 40; width += 3)
    for (int height = 1; height < 40; height += 7) {
      const std::vector<std::uint8_t> image(width * height * 3, 200);
      for (const int size : {1, 2, 15, 33}) {
        std::vector<std::uint8_t> out(size * size * 3, 0);
        pillow_resize(image.data(), width * 3, width, height, 3, size, size, PillowFilter::kBicubic,
                      out.data());
        EXPECT_THAT(out, ::testing::Each(200));
      }
    }
}

TEST(PillowKernel, FastLoopsEqualThePortableOnes) {
  std::mt19937 random(3);
  for (const int channels : {1, 3})
    for (const int width : {1, 2, 9, 10, 31, 32, 33, 77}) {
      std::vector<std::uint8_t> image(kLanes / channels * width * channels);
      for (auto& sample : image) sample = static_cast<std::uint8_t>(random());
      std::vector<const std::uint8_t*> rows;
      for (int row = 0; row < kLanes / channels; ++row)
        rows.push_back(&image[row * width * channels]);
      const int quads = (width + kTaps - 1) / kTaps;
      std::vector<std::uint8_t> fast(quads * kRecord), portable(quads * kRecord);
      pack_rows(rows.data(), channels, width, fast.data());
      pack_rows_portably(rows.data(), channels, 0, width, portable.data());
      EXPECT_EQ(fast, portable) << channels << " channels, width " << width;
      std::vector<WeightQuad> weights;
      for (int quad = 0; quad < quads; ++quad) {  // which sum up to no more than real ones
        std::array<std::int32_t, kTaps> w;
        for (auto& weight : w)
          weight = static_cast<std::int32_t>(random() % (1 << 22)) / quads - (1 << 21) / quads;
        weights.emplace_back(w);
      }
      std::uint8_t a[kLanes], b[kLanes];
      weigh_portably(fast.data(), kRecord, weights.data(), quads, b);
      weigh(fast.data(), kRecord, weights.data(), quads, a);
      EXPECT_TRUE(std::equal(a, a + kLanes, b)) << channels << " channels, width " << width;
#if ANOMALYCLIP_AVX2
      if (!has_avx2()) continue;
      weigh_avx2(fast.data(), kRecord, weights.data(), quads, a);
      EXPECT_TRUE(std::equal(a, a + kLanes, b)) << channels << " channels, width " << width;
#endif
    }
}

TEST(PillowKernel, WeightsAreTheSumOfTheirPieces) {
  for (const std::int32_t weight : {0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769,
                                    1 << 22, -(1 << 22), 5'000'000, -4'321'987}) {
    const WeightQuad quad({weight, -weight, weight, -weight});
    for (int i = 0; i < kTaps; ++i) {
      EXPECT_EQ(quad.bytes[0][i] + 256 * quad.bytes[1][i] + 65536 * quad.bytes[2][i],
                quad.whole[i]);
      const auto& pair = i % 2 == 0 ? quad.even : quad.odd;
      EXPECT_EQ(pair.high[i / 2] * 4096 + pair.low[i / 2], quad.whole[i]);
    }
  }
}

TEST(PillowResize, RowsAreAskedForOnceAndInOrder) {
  const auto image = pattern();
  std::vector<int> asked;
  const PillowSource source{60, 40, 1, [&](int y, std::uint8_t*) {
                              asked.push_back(y);
                              return &image[60 * y];
                            }};
  std::vector<std::uint8_t> out(9);
  pillow_resize(source, 3, 3, PillowFilter::kBicubic, out.data());
  ASSERT_EQ(asked.size(), 40u);
  EXPECT_TRUE(std::is_sorted(asked.begin(), asked.end()));
}

TEST(PillowResize, RowsByThemselvesAreThoseOfTheWhole) {
  const auto image = pattern();
  const PillowSource source{60, 40, 1, [&](int y, std::uint8_t*) { return &image[60 * y]; }};
  for (const int height : {1, 3, 17, 40, 90}) {
    std::vector<std::uint8_t> whole(50 * height), rows(50 * height);
    pillow_resize(source, 50, height, PillowFilter::kBicubic, whole.data());
    for (const int bands : {1, 2, 3, 5})
      for (int band = 0; band < bands; ++band) {
        const int first = height * band / bands, last = height * (band + 1) / bands;
        if (first == last) continue;
        std::fill(rows.begin(), rows.end(), 0);
        pillow_resize_rows(source, 50, height, first, last, PillowFilter::kBicubic,
                           rows.data() + 50 * first);
        EXPECT_TRUE(std::equal(rows.begin() + 50 * first, rows.begin() + 50 * last,
                               whole.begin() + 50 * first))
            << first << " to " << last << " of " << height;
      }
  }
}

TEST(PillowResize, RowsAskForNoMoreOfTheSourceThanTheyNeed) {
  const std::vector<std::uint8_t> row(60);
  int least = 1000, most = -1;
  const PillowSource source{60, 960, 1, [&](int y, std::uint8_t*) {
                              least = std::min(least, y);
                              most = std::max(most, y);
                              return row.data();
                            }};
  std::vector<std::uint8_t> out(60 * 10);
  pillow_resize_rows(source, 60, 96, 40, 50, PillowFilter::kBicubic, out.data());
  // 400 to 500, two results' width more at either side, and up to the start of a four.
  EXPECT_GE(least, 400 - 20 - 3);
  EXPECT_LE(least, 400 - 15);
  EXPECT_GE(most, 500 + 14);
  EXPECT_LE(most, 500 + 24);
}

TEST(PillowResize, RowsOutsideOfThePictureAreRefused) {
  const std::uint8_t pixel[3] = {};
  const PillowSource source{1, 1, 3, [&](int, std::uint8_t*) { return pixel; }};
  std::uint8_t out[30];
  for (const auto& [first, last] : {std::pair{-1, 2}, {2, 2}, {3, 2}, {0, 6}})
    EXPECT_THROW(pillow_resize_rows(source, 2, 5, first, last, PillowFilter::kBicubic, out), Error);
}

TEST(PillowResize, ThreadsDoNotDisturbEachOther) {
  const auto image = pattern();
  const auto resize_all = [&](std::vector<std::uint8_t>& out) {
    for (int size = 1; size < 90; ++size)  // more sizes than weights are kept for
      pillow_resize(image.data(), 60, 60, 40, 1, size, size, PillowFilter::kBicubic, out.data());
  };
  std::vector<std::uint8_t> alone(90 * 90), results[3];
  resize_all(alone);
  std::vector<std::thread> threads;
  for (auto& out : results)
    threads.emplace_back([&] { resize_all(out = std::vector<std::uint8_t>(90 * 90)); });
  for (auto& thread : threads) thread.join();
  for (const auto& out : results) EXPECT_EQ(out, alone);
}

TEST(PillowResize, SizesBelowOneAreRefused) {
  const std::uint8_t pixel[3] = {};
  std::uint8_t out[3];
  EXPECT_THROW(pillow_resize(pixel, 3, 0, 1, 3, 1, 1, PillowFilter::kBicubic, out), Error);
  EXPECT_THROW(pillow_resize(pixel, 3, 1, 1, 3, 1, -1, PillowFilter::kBicubic, out), Error);
  EXPECT_THROW(pillow_resize(pixel, 2, 1, 1, 2, 1, 1, PillowFilter::kBicubic, out), Error);
}

}  // namespace
}  // namespace anomalyclip
