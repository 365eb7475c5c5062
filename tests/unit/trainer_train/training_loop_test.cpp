#include "loop/training_loop.h"

#include <csignal>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "expect_error.h"
#include "image/load_image.h"
#include "image/save_png.h"
#include "loop/interrupt.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

constexpr int kSize = 8;

/// An image's mean colour, and its pixels as patches.
class MeanEncoder : public FeatureEncoder {
 public:
  VisionFeatures encode(const at::Tensor& images) const override {
    VisionFeatures features;
    features.global = images.mean({2, 3});
    features.patches = {{images.flatten(2).transpose(1, 2).contiguous()}};
    return features;
  }
  std::string recipe() const override { return "means"; }
  int image_size() const override { return kSize; }
  at::Device device() const override { return at::kCPU; }
};

/// Learns one number for each colour: logistic regression of the label.
class Regression : public TrainableMethod {
 public:
  explicit Regression(bool with_momentum = false) : with_momentum_(with_momentum) {}

  NamedTensors parameters() const override { return {{"slope", slope_}}; }
  std::vector<LossTerm> losses(const EncodedBatch& batch,
                               const std::vector<at::Tensor>&) const override {
    if (++calls_ == interrupt_at) std::raise(SIGINT);
    const at::Tensor logit = at::matmul(batch.features.global, slope_) * scale;
    const at::Tensor value = at::binary_cross_entropy_with_logits(
        logit, batch.labels.to(at::kFloat), {}, {}, at::Reduction::Sum);
    return {{"global", 1, value / batch.images}, {"size", 0.1, slope_.square().sum()}};
  }
  std::unique_ptr<torch::optim::Optimizer> make_optimizer() const override {
    const std::vector<at::Tensor> tensors{slope_};
    if (with_momentum_)
      return std::make_unique<torch::optim::SGD>(tensors,
                                                 torch::optim::SGDOptions(0.1).momentum(0.9));
    return std::make_unique<torch::optim::Adam>(tensors, torch::optim::AdamOptions(0.1));
  }
  double learning_rate(int epoch) const override { return 0.1 / epoch; }
  void save(const std::string& path, const std::string& training) const override {
    std::ofstream(path) << training << slope_;
  }
  std::map<std::string, std::string> settings() const override { return {{"scale", "1"}}; }

  int interrupt_at = 0;
  float scale = 1;

 private:
  bool with_momentum_;
  at::Tensor slope_ = at::zeros({3}).requires_grad_(true);
  mutable int calls_ = 0;
};

/// Eleven small pictures, every third anomalous.
struct Pictures {
  explicit Pictures(bool masks = false) {
    for (int i = 0; i < 11; ++i) {
      Image image{PixelFormat::kRGB, kSize, kSize, {}};
      for (int p = 0; p < kSize * kSize * 3; ++p)
        image.pixels.push_back(static_cast<std::uint8_t>((p * 7 + i * 31) % 251));
      const std::string path = folder.file(std::to_string(i) + ".png");
      save_png(path, image.view());
      TrainingImage entry;
      entry.sample = {path, "", "part", "x", i % 3 == 0, Part::kWhole};
      entry.hash = "hash" + std::to_string(i);
      entry.has_mask = masks;
      entry.mosaic_group = masks ? "part" : "";
      set.images.push_back(entry);
    }
  }

  TemporaryFolder folder;
  TrainingSet set;
};

/// One training in a folder of its own.
struct OneRun {
  explicit OneRun(Pictures& pictures, Regression& method, bool resume, int epochs = 3,
                  FeatureCache* cache = nullptr, const std::string& output = "p.safetensors",
                  double mosaics = 0)
      : batches(encoder, pictures.set, cache) {
    LoopSettings settings;
    settings.epochs = epochs;
    settings.batch_size = 4;
    settings.mosaics = mosaics;
    settings.output = pictures.folder.file(output);
    settings.resume = resume;
    loop = std::make_unique<TrainingLoop>(method, batches, pictures.set,
                                          EpochOrder(at::detail::createCPUGenerator(9)), alone,
                                          settings);
  }

  MeanEncoder encoder;
  EncodedBatches batches;
  Processes alone;
  std::unique_ptr<TrainingLoop> loop;
};

at::Tensor slope(const Regression& method) {
  return method.parameters()[0].second.detach();
}

TEST(TrainingLoop, GoesOnBitForBitFromAnyStep) {
  for (const bool with_momentum : {false, true}) {
    Pictures pictures;
    Regression whole(with_momentum);
    OneRun uninterrupted(pictures, whole, false);
    ASSERT_TRUE(uninterrupted.loop->run());
    ASSERT_GT(slope(whole).abs().max().item<float>(), 0.01);
    for (const int step : {1, 2, 3, 5}) {
      const InterruptWatch watch;
      const std::string output = std::to_string(step) + ".safetensors";
      Regression first(with_momentum);
      first.interrupt_at = step;
      EXPECT_FALSE(OneRun(pictures, first, false, 3, nullptr, output).loop->run());
      const InterruptWatch again;
      Regression second(with_momentum);
      OneRun resumed(pictures, second, true, 3, nullptr, output);
      EXPECT_TRUE(resumed.loop->run());
      EXPECT_TRUE(slope(second).equal(slope(whole))) << "interrupted in step " << step;
      const auto &expected = uninterrupted.loop->state().history,
                 &found = resumed.loop->state().history;
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].loss, expected[i].loss);
    }
  }
}

TEST(TrainingLoop, GoesOnBitForBitInTheMiddleOfMosaics) {
  Pictures pictures(true);
  FeatureCache cache(pictures.folder.file("cache"), "means", 1 << 30);
  const auto train = [&](Regression& method, bool resume, const std::string& output,
                         double mosaics) {
    const InterruptWatch watch;
    OneRun run(pictures, method, resume, 3, &cache, output, mosaics);
    return run.loop->run();
  };
  Regression plain, whole;
  ASSERT_TRUE(train(plain, false, "plain.safetensors", 0));
  ASSERT_TRUE(train(whole, false, "whole.safetensors", 0.5));
  EXPECT_FALSE(slope(whole).equal(slope(plain)));
  for (const int step : {1, 2, 4, 8}) {
    const std::string output = std::to_string(step) + ".safetensors";
    Regression first, second;
    first.interrupt_at = step;
    EXPECT_FALSE(train(first, false, output, 0.5));
    EXPECT_TRUE(train(second, true, output, 0.5));
    EXPECT_TRUE(slope(second).equal(slope(whole))) << "interrupted in step " << step;
  }
}

TEST(TrainingLoop, MosaicsAreEncodedInEveryEpochAndNotKept) {
  Pictures pictures(true);
  FeatureCache cache(pictures.folder.file("cache"), "means", 1 << 30);
  Regression method;
  OneRun run(pictures, method, false, 3, &cache, "p.safetensors", 1);
  ASSERT_TRUE(run.loop->run());
  EXPECT_EQ(run.batches.encoded(), 33);
  EXPECT_FALSE(cache.find("hash0"));
}

TEST(TrainingLoop, AFinishedTrainingCanBeMadeLonger) {
  Pictures pictures;
  Regression three, five;
  OneRun(pictures, five, false, 5, nullptr, "five.safetensors").loop->run();
  OneRun(pictures, three, false, 3).loop->run();
  Regression longer;
  EXPECT_TRUE(OneRun(pictures, longer, true, 5).loop->run());
  EXPECT_TRUE(slope(longer).equal(slope(five)));
}

TEST(TrainingLoop, DoesNotOverwriteAnUnfinishedTraining) {
  Pictures pictures;
  const InterruptWatch watch;
  Regression first;
  first.interrupt_at = 5;
  OneRun(pictures, first, false).loop->run();
  Regression second;
  expect_error(
      ErrorCode::kSettings, [&] { OneRun(pictures, second, false); }, "p.checkpoint",
      "1 epochs done", "--resume");
}

TEST(TrainingLoop, RefusesACheckpointOfAnotherTraining) {
  class Other : public Regression {
    std::map<std::string, std::string> settings() const override { return {{"scale", "2"}}; }
  };
  Pictures pictures;
  Regression first;
  OneRun(pictures, first, false).loop->run();
  Other other;
  expect_error(
      ErrorCode::kMismatch, [&] { OneRun(pictures, other, true); }, "scale (1 there, 2 here)");
}

TEST(TrainingLoop, TheCacheDoesNotDecideTheResult) {
  Pictures pictures;
  const std::string folder = pictures.folder.file("cache");
  FeatureCache cold(folder, "means", 1 << 30), warm(folder, "means", 1 << 30),
      full(pictures.folder.file("none"), "means", 0);
  Regression with_cold, with_warm, with_none, without;
  OneRun first(pictures, with_cold, false, 3, &cold, "cold.safetensors");
  first.loop->run();
  EXPECT_EQ(first.batches.encoded(), 11);
  OneRun second(pictures, with_warm, false, 3, &warm, "warm.safetensors");
  second.loop->run();
  EXPECT_EQ(second.batches.encoded(), 0);
  OneRun third(pictures, with_none, false, 3, &full, "none.safetensors");
  third.loop->run();
  EXPECT_EQ(third.batches.encoded(), 33);
  EXPECT_TRUE(slope(with_warm).equal(slope(with_cold)));
  EXPECT_TRUE(slope(with_none).equal(slope(with_cold)));
  OneRun(pictures, without, false, 3, nullptr, "without.safetensors").loop->run();
  EXPECT_LE((slope(without) - slope(with_cold)).abs().max().item<float>(), 1e-3);
}

TEST(TrainingLoop, DivergenceIsAnErrorAndKeepsTheCheckpoint) {
  Pictures pictures;
  Regression method;
  method.scale = INFINITY;
  OneRun run(pictures, method, false);
  expect_error(
      ErrorCode::kNotFinite, [&] { run.loop->run(); }, "epoch 1, step 1", "--learning-rate");
  EXPECT_EQ(slope(method).abs().max().item<float>(), 0);
}

TEST(TrainingLoop, WritesALogOfEveryEpochAndAPictureOfThem) {
  Pictures pictures;
  Regression method;
  OneRun(pictures, method, false).loop->run();
  std::istringstream log(testing::bytes_of_file(pictures.folder.file("p.log.jsonl")));
  std::string line;
  std::getline(log, line);
  EXPECT_EQ(nlohmann::json::parse(line).at("settings").at("scale"), "1");
  for (int epoch = 1; epoch <= 3; ++epoch) {
    ASSERT_TRUE(std::getline(log, line));
    const auto record = nlohmann::json::parse(line);
    EXPECT_EQ(record.at("epoch"), epoch);
    EXPECT_NEAR(record.at("loss").get<double>(),
                record.at("global").get<double>() + 0.1 * record.at("size").get<double>(), 1e-6);
  }
  const Image curves = load_image(pictures.folder.file("p.curves.png"));
  EXPECT_EQ(curves.width, 900);
}

TEST(ShareBatches, EveryImageOfABatchIsOneProcesssOnce) {
  Pictures pictures;
  pictures.set.images[2].has_mask = true;
  const std::vector<std::int64_t> order{5, 2, 9, 0, 1, 3, 4};
  const auto first = share_batches(pictures.set, order, 4, 0, 2),
             second = share_batches(pictures.set, order, 4, 1, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].mine, (std::vector<std::int64_t>{5, 9}));
  EXPECT_EQ(second[0].mine, (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(first[0].images, 4);
  EXPECT_EQ(first[0].images_with_mask, 1);
  EXPECT_EQ(second[1].images, 3);
  EXPECT_TRUE(share_batches(pictures.set, {5, 2}, 4, 3, 4)[0].mine.empty());
}

TEST(EncodedBatches, AProcessWithoutAShareGetsAnEmptyBatchOfTheRightShape) {
  Pictures pictures;
  const MeanEncoder encoder;
  EncodedBatches batches(encoder, pictures.set, nullptr);
  batches.start(share_batches(pictures.set, {5, 2}, 4, 3, 4));
  const auto batch = batches.next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->features.global.sizes(), (at::IntArrayRef{0, 3}));
  EXPECT_EQ(batch->labels.size(0), 0);
  EXPECT_EQ(batch->images, 2);
}

}  // namespace
}  // namespace anomalyclip::trainer
