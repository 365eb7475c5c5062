// model-cache-dir.
#include <filesystem>

#include "model/cpu/product.h"
#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

namespace fs = std::filesystem;

class ModelCacheDir : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cpu::available_unit() == cpu::Unit::kNone)
      GTEST_SKIP() << "this CPU has no AVX-512, and packs nothing";
  }
};

const std::string kCaps = video_caps("RGB", 96, 64);

double score(const std::string& properties) {
  UniqueHarness h = harness("anomalyclip " + tiny_properties() + " " + properties, kCaps);
  return inspection(pass(h.get(), picture(96, 64)))->score;
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

TEST_F(ModelCacheDir, LeavesAFileThatTheNextStartTakes) {
  const std::string folder = scratch_folder() + "/cache";
  const double expected = score("");
  EXPECT_EQ(score("model-cache-dir=" + folder), expected);
  const auto files = files_in(folder);
  EXPECT_EQ(files.size(), 1u);
  EXPECT_EQ(score("model-cache-dir=" + folder), expected);
  EXPECT_EQ(files_in(folder), files);
}

TEST_F(ModelCacheDir, ThatIsAFileIsAWarningAndFramesAreInspected) {
  const UniqueElement element(gst_parse_launch(
      ("anomalyclip " + tiny_properties() + " model-cache-dir=" + tiny_model()).c_str(), nullptr));
  const Bus bus(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  const UniqueMessage warning = bus.take(GST_MESSAGE_WARNING);
  ASSERT_TRUE(warning);
  EXPECT_NE(text_of(warning).find(tiny_model() + ": is a file"), std::string::npos)
      << text_of(warning);
}

}  // namespace
}  // namespace anomalyclip::testing
