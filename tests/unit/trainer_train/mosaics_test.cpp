#include "loop/mosaics.h"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "data/mosaic.h"
#include "image/save_png.h"
#include "loop/encoded_batches.h"
#include "loop/epoch_order.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

/// `good` and `cracked` images of each of two classes.
TrainingSet samples(int good, int cracked) {
  TrainingSet set;
  for (const char* name : {"nut", "bolt"})
    for (int i = 0; i < good + cracked; ++i) {
      TrainingImage image;
      image.sample.class_name = image.mosaic_group = name;
      image.sample.anomalous = i >= good;
      image.sample.defect = i < good ? "good" : "crack";
      image.has_mask = true;
      set.images.push_back(image);
    }
  return set;
}

const TrainingImage& at_index(const TrainingSet& set, std::int64_t index) {
  return set.images.at(static_cast<std::size_t>(index));
}

TEST(DrawMosaics, ReplacesTheSharesThatItIsToldTo) {
  const TrainingSet set = samples(900, 100);
  // Five standard deviations of 2000 draws.
  EXPECT_NEAR(static_cast<double>(draw_mosaics(set, 0.2, 1).size()) / 2000, 0.2, 0.045);
  EXPECT_EQ(draw_mosaics(set, 1, 1).size(), 2000u);
  EXPECT_TRUE(draw_mosaics(set, 0, 1).empty());
}

TEST(DrawMosaics, TilesAreOfTheGroupOfTheSampleThatGivesWay) {
  const TrainingSet set = samples(30, 10);
  for (const auto& [index, tiles] : draw_mosaics(set, 1, 2))
    for (const std::int64_t tile : tiles)
      EXPECT_EQ(at_index(set, tile).mosaic_group, at_index(set, index).mosaic_group);
}

TEST(DrawMosaics, EveryDefectIsAsLikelyHoweverFewItsImagesAre) {
  const TrainingSet set = samples(990, 10);
  int cracked = 0;
  std::map<std::int64_t, int> times;
  for (const auto& [index, tiles] : draw_mosaics(set, 1, 3))
    for (const std::int64_t tile : tiles) {
      cracked += at_index(set, tile).sample.anomalous ? 1 : 0;
      ++times[tile];
    }
  EXPECT_NEAR(cracked / 8000.0, 0.5, 0.03);
  for (std::int64_t i = 990; i < 1000; ++i) EXPECT_NEAR(times[i], 200, 75) << i;
}

TEST(DrawMosaics, SamplesWithoutAGroupStayAndAreNoTiles) {
  TrainingSet set = samples(20, 20);
  for (std::size_t i = 0; i < set.images.size(); i += 2) set.images[i].mosaic_group.clear();
  const Mosaics mosaics = draw_mosaics(set, 1, 4);
  EXPECT_EQ(mosaics.size(), 40u);
  for (const auto& [index, tiles] : mosaics)
    for (const std::int64_t i : {index, tiles[0], tiles[1], tiles[2], tiles[3]})
      EXPECT_EQ(i % 2, 1);
}

TEST(DrawMosaics, TheSeedAloneDecides) {
  const TrainingSet set = samples(30, 10);
  EXPECT_EQ(draw_mosaics(set, 0.3, 5), draw_mosaics(set, 0.3, 5));
  EXPECT_NE(draw_mosaics(set, 0.3, 5), draw_mosaics(set, 0.3, 6));
}

Image flat(PixelFormat format, int width, int height, std::uint8_t level) {
  const auto values =
      static_cast<std::size_t>(width * height * (format == PixelFormat::kRGB ? 3 : 1));
  return {format, width, height, std::vector<std::uint8_t>(values, level)};
}

TEST(Stitched, PutsTwoAboveAndTwoBelow) {
  const auto grey = [](std::uint8_t level) { return flat(PixelFormat::kGRAY8, 2, 1, level); };
  const Image whole = stitched({grey(1), grey(2), grey(3), grey(4)});
  EXPECT_EQ(whole.format, PixelFormat::kGRAY8);
  EXPECT_EQ(whole.width, 4);
  EXPECT_EQ(whole.pixels, (std::vector<std::uint8_t>{1, 1, 2, 2, 3, 3, 4, 4}));
}

TEST(Stitched, KeepsEachTileToItsPlaceWhateverItsSize) {
  const auto grey = [](int width, int height, std::uint8_t level) {
    return flat(PixelFormat::kGRAY8, width, height, level);
  };
  const Image whole = stitched({grey(2, 2, 1), grey(3, 3, 2), grey(1, 1, 3), grey(2, 1, 4)});
  EXPECT_EQ(whole.pixels, (std::vector<std::uint8_t>{1, 1, 2, 2,  //
                                                     1, 1, 2, 2,  //
                                                     3, 0, 4, 4,  //
                                                     0, 0, 0, 0}));
}

TEST(Stitched, IsInColourAsSoonAsOneTileIs) {
  const Image grey = flat(PixelFormat::kGRAY8, 1, 1, 7), colour = flat(PixelFormat::kRGB, 1, 1, 9);
  const Image whole = stitched({grey, colour, grey, grey});
  EXPECT_EQ(whole.format, PixelFormat::kRGB);
  EXPECT_EQ(whole.pixels, (std::vector<std::uint8_t>{7, 7, 7, 9, 9, 9, 7, 7, 7, 7, 7, 7}));
}

constexpr int kSize = 8;

/// The pixels themselves, as the encoder saw them.
class SeenPixels : public FeatureEncoder {
 public:
  VisionFeatures encode(const at::Tensor& images) const override {
    VisionFeatures features;
    features.patches = {{images.clone()}};
    return features;
  }
  std::string recipe() const override { return "pixels"; }
  int image_size() const override { return kSize; }
  at::Device device() const override { return at::kCPU; }
};

/// A class in MVTec's layout: two good images and two cracked ones, 4 x 4, each of another grey, damaged where it is odd.
struct Parts {
  Parts() {
    int level = 40;
    for (const char* name : {"crack/0", "crack/1", "good/0", "good/1"}) {
      draw(std::string("part/test/") + name + ".png", [&](int, int) { return level; });
      level += 40;
    }
    draw("part/ground_truth/crack/0_mask.png", [](int x, int y) { return x == 1 && y > 1; });
    draw("part/ground_truth/crack/1_mask.png", [](int x, int y) { return y == 0 && x < 2; });
    set = list_samples({folder.path()}, {});
    look_at_samples(set, kSize, nullptr, [] {});
  }

  template <typename Level>
  void draw(const std::string& name, const Level& level) const {
    Image image = flat(PixelFormat::kGRAY8, 4, 4, 0);
    for (int i = 0; i < 16; ++i)
      image.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(level(i % 4, i / 4));
    std::filesystem::create_directories(std::filesystem::path(folder.file(name)).parent_path());
    save_png(folder.file(name), image.view());
  }

  testing::TemporaryFolder folder;
  TrainingSet set;
};

/// What is learned from with one process of several, for these samples in this order.
EncodedBatch batch_of(const Parts& parts, const std::vector<std::int64_t>& order,
                      const Mosaics& mosaics, FeatureCache* cache = nullptr, int rank = 0,
                      int size = 1) {
  const SeenPixels encoder;
  EncodedBatches batches(encoder, parts.set, cache);
  batches.start(share_batches(parts.set, order, 8, rank, size), mosaics);
  return *batches.next();
}

TEST(EncodedBatches, AMosaicShowsItsTilesAndTheirDamageInTheirPlaces) {
  const Parts parts;
  ASSERT_EQ(parts.set.images.size(), 4u);
  // In reading order: cracked, good, good, cracked. Tiles of 4 x 4 fill the 8 x 8 of the encoder as they are.
  const EncodedBatch batch = batch_of(parts, {2}, {{2, {0, 2, 3, 1}}});
  const at::Tensor seen = batch.features.patches[0][0][0];  // [3, 8, 8]
  const at::Tensor alone = batch_of(parts, {0, 2, 3, 1}, {}).features.patches[0][0];
  at::Tensor expected = at::empty_like(seen), damage = at::zeros({kSize, kSize});
  for (int tile = 0; tile < 4; ++tile)
    expected.narrow(1, tile / 2 * 4, 4)
        .narrow(2, tile % 2 * 4, 4)
        .copy_(alone[tile].narrow(1, 0, 4).narrow(2, 0, 4));
  damage.index_put_({at::tensor({2, 3}), at::tensor({1, 1})}, 1.f);
  damage.index_put_({at::tensor({4, 4}), at::tensor({4, 5})}, 1.f);
  EXPECT_TRUE(seen.equal(expected));
  EXPECT_TRUE(batch.masks[0].equal(damage)) << batch.masks[0];
  EXPECT_EQ(batch.labels.item<std::int64_t>(), 1);
  EXPECT_EQ(batch.class_names, (std::vector<std::string>{"part"}));
  EXPECT_EQ(batch.images_with_mask, 1);
}

TEST(EncodedBatches, AMosaicOfGoodTilesIsUndamaged) {
  const Parts parts;
  const EncodedBatch batch = batch_of(parts, {0}, {{0, {2, 3, 3, 2}}});
  EXPECT_EQ(batch.labels.item<std::int64_t>(), 0);
  EXPECT_EQ(batch.masks.abs().max().item<float>(), 0);
}

TEST(EncodedBatches, MosaicsAreRoundedAsTheCacheRoundsAndAreNotKeptInIt) {
  const Parts parts;
  FeatureCache cache(parts.folder.file("cache"), "pixels", 1 << 30);
  const Mosaics mosaics{{2, {0, 2, 3, 1}}};
  const at::Tensor exact = batch_of(parts, {2}, mosaics).features.patches[0][0],
                   rounded = batch_of(parts, {2}, mosaics, &cache).features.patches[0][0];
  EXPECT_TRUE(rounded.equal(exact.to(at::kHalf).to(at::kFloat)));
  for (const TrainingImage& image : parts.set.images) EXPECT_FALSE(cache.find(image.hash));
  // Nor does the sample in whose place it stands come from the cache.
  batch_of(parts, {2}, {}, &cache);
  EXPECT_TRUE(cache.find(parts.set.images[2].hash));
  EXPECT_TRUE(batch_of(parts, {2}, mosaics, &cache).features.patches[0][0].equal(rounded));
}

TEST(EncodedBatches, SeveralProcessesSeeTheMosaicsOfOne) {
  const Parts parts;
  const Mosaics mosaics{{1, {0, 2, 3, 1}}, {3, {1, 1, 0, 2}}};
  const std::vector<std::int64_t> order{3, 0, 1, 2};
  const EncodedBatch whole = batch_of(parts, order, mosaics);
  for (const int rank : {0, 1}) {
    const EncodedBatch share = batch_of(parts, order, mosaics, nullptr, rank, 2);
    const at::Tensor rows = at::tensor({rank, rank + 2});
    EXPECT_TRUE(
        share.features.patches[0][0].equal(whole.features.patches[0][0].index_select(0, rows)));
    EXPECT_TRUE(share.masks.equal(whole.masks.index_select(0, rows)));
  }
}

TEST(EpochOrder, GivesEachEpochASeedOfItsOwnAndTheSameOneAgain) {
  EpochOrder order(at::detail::createCPUGenerator(5));
  const at::Tensor state = order.state();
  order.next(7);
  const std::uint64_t first = order.seed();
  order.next(7);
  EXPECT_NE(order.seed(), first);
  order.restore(state);
  order.next(7);
  EXPECT_EQ(order.seed(), first);
}

TEST(TrainingSet, SamplesInMvtecsLayoutMayBecomeMosaicsWithTheirOwnClass) {
  const Parts parts;
  for (const TrainingImage& image : parts.set.images) EXPECT_EQ(image.mosaic_group, "1/part");
  const TrainingSet twice = list_samples({parts.folder.path(), parts.folder.path()}, {});
  EXPECT_NE(twice.images[0].mosaic_group, twice.images[4].mosaic_group);
}

TEST(TrainingSet, OtherLayoutsTheTrainSplitAndImagesWithoutMasksGiveNoMosaics) {
  const Parts parts;
  parts.draw("part/train/good/0.png", [](int, int) { return 9; });
  std::filesystem::remove(parts.folder.file("part/ground_truth/crack/1_mask.png"));
  const auto groups = [&](const std::string& folder, SampleChoice::Split split) {
    std::vector<std::string> names;
    for (const TrainingImage& image : list_samples({folder}, {split, {}}).images)
      names.push_back(image.mosaic_group);
    return names;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(groups(parts.folder.path(), SampleChoice::Split::kAll),
              ElementsAre("", "1/part", "", "1/part", "1/part"));
  parts.draw("plain/good/0.png", [](int, int) { return 9; });
  parts.draw("plain/crack/0.png", [](int, int) { return 9; });
  parts.draw("plain/ground_truth/crack/0_mask.png", [](int, int) { return 9; });
  ASSERT_TRUE(list_samples({parts.folder.file("plain")}, {}).images[0].has_mask);
  EXPECT_THAT(groups(parts.folder.file("plain"), SampleChoice::Split::kTest), ElementsAre("", ""));
}

}  // namespace
}  // namespace anomalyclip::trainer
