#include "core/device.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;

bool has_cuda() {
  return resolve_device("auto").is_cuda();
}

TEST(Device, CpuIsAlwaysThere) {
  EXPECT_TRUE(resolve_device("cpu").is_cpu());
}

TEST(Device, AutoFallsBackToTheCpuWithoutAnError) {
  EXPECT_NO_THROW(resolve_device("auto"));
}

TEST(Device, OtherNamesAreRefusedWithTheListOfGoodOnes) {
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"}) {
    try {
      resolve_device(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kSettings) << name;
      EXPECT_THAT(error.what(), HasSubstr("auto, cpu, cuda or cuda:N"));
    }
  }
}

TEST(Device, CudaThatIsAbsentSaysWhatIsMissing) {
  const std::string name = has_cuda() ? "cuda:127" : "cuda";
  try {
    resolve_device(name);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDevice);
    EXPECT_THAT(error.what(), HasSubstr(has_cuda() ? "CUDA device(s)" : "driver"));
  }
}

}  // namespace
}  // namespace anomalyclip
