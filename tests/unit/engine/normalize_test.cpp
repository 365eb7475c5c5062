#include "image/normalize.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <gtest/gtest.h>

#include "core/device.h"
#include "image/preprocess.h"

namespace anomalyclip {
namespace {

at::Tensor every_byte() {  // [2, 16, 16, 3]
  return at::arange(2 * 16 * 16 * 3, at::kLong).remainder(256).to(at::kByte).view({2, 16, 16, 3});
}

at::Tensor preprocessed(const at::Tensor& pixels) {
  FrameView frame;
  frame.width = frame.height = 16;
  frame.planes[0] = pixels.const_data_ptr<std::uint8_t>();
  frame.strides[0] = 48;
  at::Tensor out = at::empty({3, 16, 16}, at::kFloat);
  preprocess(frame, {0, 0, 16, 16}, 16, out.mutable_data_ptr<float>());
  return out;
}

TEST(Normalize, EqualsTheLastStepOfPreprocess) {
  const at::Tensor pixels = every_byte();
  const at::Tensor normalized = normalize(pixels);
  for (int i = 0; i < 2; ++i)
    EXPECT_LE(normalized[i].sub(preprocessed(pixels[i])).abs().max().item<float>(), 1e-6f);
}

TEST(Normalize, IsTheSameOnAGpuUpToItsReciprocals) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  const at::Tensor pixels = every_byte();
  const at::Tensor found = normalize(pixels.to(at::kCUDA)).cpu();
  EXPECT_LE(found.sub(normalize(pixels)).abs().max().item<float>(), 1e-6f);
}

}  // namespace
}  // namespace anomalyclip
