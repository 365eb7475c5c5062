#include "checkpoint/model_identity.h"

#include <filesystem>
#include <thread>

#include <ATen/ops/ones.h>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

namespace fs = std::filesystem;

class ModelIdentity : public ::testing::Test {
 protected:
  void SetUp() override { write("m", "a"); }
  std::string write(const std::string& name, const std::string& tensor) const {
    write_safetensors(folder_.file(name), {{tensor, at::ones({8})}});
    return folder_.file(name);
  }
  std::string identity() const { return model_identity(folder_.file("m")); }

  const testing::TemporaryFolder folder_;
};

TEST_F(ModelIdentity, StaysWhileNothingChanges) {
  EXPECT_EQ(identity(), identity());
}

TEST_F(ModelIdentity, IsTheSameThroughALink) {
  fs::create_symlink("m", folder_.file("link"));
  EXPECT_EQ(model_identity(folder_.file("link")), identity());
}

TEST_F(ModelIdentity, OfACopyIsAnother) {
  fs::copy_file(folder_.file("m"), folder_.file("copy"));
  EXPECT_NE(model_identity(folder_.file("copy")), identity());
}

TEST_F(ModelIdentity, OfAReplacedFileIsAnotherThoughItHasTheSameSizeHeaderAndTime) {
  const std::string before = identity();
  const auto time = fs::last_write_time(folder_.file("m"));
  fs::rename(write("other", "a"), folder_.file("m"));
  fs::last_write_time(folder_.file("m"), time);
  EXPECT_NE(identity(), before);
}

TEST_F(ModelIdentity, OfAChangedFileIsAnotherThoughItsTimeIsSetBack) {
  const std::string before = identity();
  const auto time = fs::last_write_time(folder_.file("m"));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(20));  // the kernel's clock ticks in up to 10
  std::fstream(folder_.file("m"), std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  fs::last_write_time(folder_.file("m"), time);
  EXPECT_NE(identity(), before);
}

TEST_F(ModelIdentity, IsGivenOfAnyFileThatIsThere) {
  for (const std::string content : {"", "short", "\xff\xff\xff\xff\xff\xff\xff\xff{"})
    EXPECT_FALSE(model_identity(folder_.write("odd", content)).empty());
  testing::expect_error(
      ErrorCode::kNotFound, [&] { model_identity(folder_.file("none")); }, "none: no such file");
}

}  // namespace
}  // namespace anomalyclip
