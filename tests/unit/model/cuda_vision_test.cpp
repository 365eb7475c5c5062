#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include "core/device.h"
#include "golden.h"
#include "hashed_weights.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using testing::kTiny;
using testing::max_difference;

/// The tower on a GPU, in inference as the engine runs it: fused steps, stacked paths.
class CudaVision : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!resolve_device("auto").is_cuda())
      GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  }

  static void expect_references(at::ScalarType dtype, double bound) {
    const c10::InferenceMode inference;
    const Golden golden("tiny.safetensors");
    const VisionTransformer tower(testing::hashed_weights(kTiny), at::kCUDA, dtype);
    for (const auto kind : {AttentionKind::kVV, AttentionKind::kQQ, AttentionKind::kKK}) {
      const char* name = kind == AttentionKind::kVV   ? "vv"
                         : kind == AttentionKind::kQQ ? "qq"
                                                      : "kk";
      const VisionRequest request{.features = {2, 6, 7, 8}, .dpam_from = 6, .attention = {kind}};
      for (const std::string size : {"56", "98"}) {
        const at::Tensor images = golden[size + ".input"];
        for (const std::int64_t batch : {images.size(0), std::int64_t{1}}) {
          const VisionFeatures found =
              tower.forward(images.narrow(0, 0, batch).to(at::kCUDA), request);
          EXPECT_LE(
              max_difference(found.global.cpu(), golden[size + ".global"].narrow(0, 0, batch)),
              bound);
          for (std::size_t i = 0; i < request.features.size(); ++i) {
            const std::string key =
                size + "." + name + ".patch." + std::to_string(request.features[i]);
            EXPECT_LE(max_difference(found.patches[i].at(0).cpu(), golden[key].narrow(0, 0, batch)),
                      bound)
                << key << ", batch of " << batch;
          }
        }
      }
    }
  }
};

TEST_F(CudaVision, InFloat32IsTheReferences) {
  expect_references(at::kFloat, 1e-4);
}

TEST_F(CudaVision, InHalfIsNear) {
  expect_references(at::kHalf, 0.0125);
}

TEST_F(CudaVision, InBfloat16IsNear) {
  expect_references(at::kBFloat16, 0.1);
}

}  // namespace
}  // namespace anomalyclip
