#include "core/compute_capability.h"

#include <gtest/gtest.h>

#include "core/device.h"
#include "expect_error.h"

namespace anomalyclip {
namespace {

TEST(ComputeCapability, From8Point9OnMultiplies8BitFloats) {
  for (const ComputeCapability with : {ComputeCapability{8, 9}, {9, 0}, {10, 0}, {12, 0}})
    EXPECT_TRUE(multiplies_float8(with)) << to_string(with);
  for (const ComputeCapability without : {ComputeCapability{7, 5}, {8, 0}, {8, 6}, {8, 7}})
    EXPECT_FALSE(multiplies_float8(without)) << to_string(without);
}

TEST(ComputeCapability, IsWrittenAsNvidiaWritesIt) {
  EXPECT_EQ(to_string(ComputeCapability{12, 1}), "12.1");
}

TEST(ComputeCapability, OfAGpuThatIsAbsentIsAnErrorThatNamesTheDriver) {
  testing::expect_error(
      ErrorCode::kDevice, [] { compute_capability(c10::Device(c10::DeviceType::CUDA, 127)); },
      "cuda:127", "driver");
}

TEST(ComputeCapability, OfAGpuIsAtLeastWhatLibtorchRunsOn) {
  const c10::Device device = resolve_device("auto");
  if (!device.is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  EXPECT_GE(compute_capability(device), (ComputeCapability{7, 5}));
}

}  // namespace
}  // namespace anomalyclip
