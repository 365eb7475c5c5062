#include "train/initial_prompts.h"

#include <gmock/gmock.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "golden.h"
#include "loop/epoch_order.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::ElementsAre;
using testing::max_difference;

ClipConfig published_model() {
  ClipConfig config;
  config.embed_dim = 768;
  config.image_resolution = 336;
  config.patch_size = 14;
  config.vision_width = 1024;
  config.vision_layers = 24;
  config.text_width = 768;
  config.text_layers = 12;
  config.context_length = 77;
  config.vocabulary = 49408;
  return config;
}

std::vector<std::int64_t> first_eight(std::vector<std::int64_t> order) {
  order.resize(8);
  return order;
}

TEST(InitialPrompts, TheReferencesSeedGivesItsPromptsAndItsShuffling) {
  InitialPrompts initial = draw_initial_prompts(published_model(), {}, 19, 111);
  const LearnedPrompts& learned = initial.learned;
  ASSERT_EQ(learned.compound_prompts_text.size(), 8u);
  const auto start = [](const at::Tensor& tensor, std::int64_t n) {
    return tensor.flatten().slice(0, 0, n);
  };
  EXPECT_LE(max_difference(start(learned.ctx_pos, 4),
                           at::tensor({-0.0071012f, -0.0165972f, -0.0499469f, -0.0090767f})),
            1e-7);
  EXPECT_LE(max_difference(start(learned.ctx_neg, 4),
                           at::tensor({0.0075758f, 0.0362084f, -0.0159565f, 0.0008523f})),
            1e-7);
  EXPECT_LE(max_difference(start(learned.compound_prompts_text[0], 3),
                           at::tensor({0.0277602f, 0.0117230f, 0.0295392f})),
            1e-7);
  EXPECT_LE(max_difference(start(learned.compound_prompts_text[7], 3),
                           at::tensor({0.0089926f, -0.0229868f, 3.941e-5f})),
            1e-7);

  // MVTec AD's test split has 1725 images, VisA's 2162; both orders are of the same draws.
  EpochOrder mvtec(initial.generator.clone()), visa(initial.generator);
  EXPECT_THAT(first_eight(mvtec.next(1725)),
              ElementsAre(1210, 652, 1113, 1049, 501, 1379, 1652, 1355));
  EXPECT_THAT(first_eight(mvtec.next(1725)), ElementsAre(145, 341, 603, 23, 366, 1130, 1686, 1207));
  EXPECT_THAT(first_eight(visa.next(2162)),
              ElementsAre(1440, 2062, 642, 1654, 1683, 1326, 1011, 986));
  EXPECT_THAT(first_eight(visa.next(2162)),
              ElementsAre(1318, 1815, 1857, 1880, 1129, 1115, 187, 384));
}

TEST(EpochOrder, GoesOnFromASavedState) {
  EpochOrder order(at::detail::createCPUGenerator(5));
  order.next(20);
  const at::Tensor state = order.state();
  const auto expected = order.next(20);
  EpochOrder other(at::detail::createCPUGenerator(6));
  other.restore(state);
  EXPECT_EQ(other.next(20), expected);
}

}  // namespace
}  // namespace anomalyclip::trainer
