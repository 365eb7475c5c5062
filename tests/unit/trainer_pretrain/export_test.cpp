#include "pretrain/export.h"

#include <filesystem>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <anomalyclip/prompts.h>

#include "checkpoint/model_file.h"
#include "model/vision_transformer.h"
#include "pretrain/captions.h"
#include "pretrain/towers.h"
#include "temporary_folder.h"
#include "tiny_shape.h"

namespace anomalyclip::pretrain {
namespace {

float largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<float>();
}

/// Weights that half precision holds exactly, so that the file and the training module compute with the same numbers.
Tensors half_exact(const Shape& shape) {
  Tensors weights = initial_weights(shape, 11);
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kHalf).to(at::kFloat);
  return weights;
}

class Export : public ::testing::Test {
 protected:
  Export() : shape(tiny_shape()), weights(half_exact(shape)) {
    write_model(path, shape, weights, "{}");
  }

  testing::TemporaryFolder folder;
  std::string path = folder.file("tiny.safetensors");
  Shape shape;
  Tensors weights;
  at::NoGradGuard no_grad;
};

TEST_F(Export, GivesTheNumbersOfTheTrainingModuleThroughTheInferenceTower) {
  at::manual_seed(5);
  for (const std::int64_t size :
       {48, 84}) {  // the trained size, and one with interpolated positions
    const at::Tensor images = at::randn({2, 3, size, size});
    const ImageFeatures trained = encode_images(weights, shape, images);
    VisionRequest request;
    request.features = shape.features;
    request.dpam_from = shape.dpam_from;
    const VisionFeatures inferred =
        VisionTransformer(load_model(path), at::kCPU, at::kFloat).forward(images, request);
    EXPECT_LT(largest_difference(trained.global, inferred.global), 1e-4f);
    ASSERT_EQ(inferred.patches.size(), trained.patches.size());
    for (std::size_t i = 0; i < trained.patches.size(); ++i)
      EXPECT_LT(largest_difference(trained.patches[i], inferred.patches[i][0].slice(1, 1)), 1e-4f)
          << "tap " << i;
  }
}

TEST_F(Export, WritesTheTextFeaturesThatTrainingUsed) {
  const auto prompts = Prompts::load(prompts_path(path));
  const Vocabulary vocabulary = build_vocabulary(shape);
  Tensors small = weights;
  small["token_embedding.weight"] =
      weights.at("token_embedding.weight").index_select(0, at::tensor(vocabulary.token_of_row));
  const at::Tensor text =
      encode_prompts(small, shape, vocabulary.texts.prompt_ids, vocabulary.texts.prompt_eot);
  const at::Tensor written = at::tensor(prompts->text_features).view({2, shape.embed});
  EXPECT_LT(largest_difference(text, written), 1e-5f);
}

TEST_F(Export, BindsThePromptsToTheModel) {
  const auto prompts = Prompts::load(prompts_path(path));
  EXPECT_EQ(prompts->model_fingerprint, fingerprint(load_model(path)));
  EXPECT_EQ(prompts->features, shape.features);
  EXPECT_EQ(prompts->dpam_from, shape.dpam_from);
  EXPECT_EQ(prompts->image_size, 48);
}

TEST(Towers, AgreeInBfloat16WithinItsPrecision) {
  const at::NoGradGuard no_grad;
  const Shape shape = tiny_shape();
  const Tensors weights = half_exact(shape);
  at::manual_seed(6);
  const at::Tensor images = at::randn({1, 3, 48, 48});
  const at::Tensor exact = encode_images(weights, shape, images).global;
  const at::Tensor fast =
      encode_images(weights, shape, images.to(at::kBFloat16)).global.to(at::kFloat);
  EXPECT_GT(at::cosine_similarity(exact, fast).item<float>(), 0.999f);
}

TEST(DemoModel, IsSmallEnoughForTheRepository) {
  const char* folder = std::getenv("ANOMALYCLIP_DATA_DIR");
  ASSERT_NE(folder, nullptr);
  const std::string path = std::string(folder) + "/anomalyclip-demo.safetensors";
  EXPECT_LT(std::filesystem::file_size(path), 25'000'000u);
  EXPECT_EQ(Prompts::load(std::string(folder) + "/anomalyclip-demo-prompts.safetensors")
                ->model_fingerprint,
            fingerprint(load_model(path)));
}

}  // namespace
}  // namespace anomalyclip::pretrain
