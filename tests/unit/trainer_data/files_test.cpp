#include <algorithm>

#include <gtest/gtest.h>

#include "data/csv.h"
#include "data/sample_files.h"
#include "expect_error.h"
#include "golden.h"
#include "tree.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::Tree;

Sample with_mask(const Tree& tree, Part part = Part::kWhole) {
  return {tree.path("0.png"), tree.path("0_mask.png"), "c", "bad", true, part};
}

TEST(SampleFiles, AHalfIsCutFromImageAndMaskAlike) {
  Tree tree({});
  tree.draw("0.png", 4, 11, 0, 5);
  tree.draw("0_mask.png", 4, 11, 5, 6);
  const Image top = load_sample(with_mask(tree, Part::kTopHalf));
  EXPECT_EQ(top.height, 5);
  EXPECT_TRUE(std::all_of(top.pixels.begin(), top.pixels.end(), [](int v) { return v == 255; }));
  EXPECT_EQ(load_sample(with_mask(tree, Part::kBottomHalf)).height, 6);
  EXPECT_TRUE(load_mask(with_mask(tree, Part::kTopHalf), 8).empty());
  const Mask bottom = load_mask(with_mask(tree, Part::kBottomHalf), 8);
  EXPECT_EQ(std::count(bottom.values.begin(), bottom.values.end(), 1), 64);
}

TEST(SampleFiles, AMaskKeepsWhatIsAtLeastHalfDamage) {
  Tree tree({});
  tree.draw("0_mask.png", 8, 8, 0, 3);  // three rows of eight; two rows become one
  const Mask mask = load_mask(with_mask(tree), 4);
  // Bilinear over two rows and half of their neighbours: row 0 is all damage, row 1 has 4/8 (rounded up to 128).
  EXPECT_EQ(std::count(mask.values.begin(), mask.values.begin() + 8, 1), 8);
  EXPECT_EQ(std::count(mask.values.begin() + 8, mask.values.end(), 1), 0);
  EXPECT_EQ(mask.source_width, 8);
  EXPECT_EQ(mask.source_height, 8);
}

TEST(SampleFiles, AnythingAboveBlackIsDamage) {
  Tree tree({});
  const Image faint{PixelFormat::kGRAY8, 4, 4, std::vector<std::uint8_t>(16, 1)};
  save_png(tree.path("0_mask.png"), faint.view());
  EXPECT_FALSE(load_mask(with_mask(tree), 4).empty());
}

TEST(SampleFiles, ASampleWithoutAMaskHasAnEmptyOne) {
  const Mask mask = load_mask({"0.png", "", "c", "good", false}, 4);
  EXPECT_TRUE(mask.empty());
  EXPECT_EQ(mask.values.size(), 16u);
  EXPECT_EQ(mask.source_width, 0);
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLines) {
  Tree tree({});
  tree.write("t.csv",
             "\xEF\xBB\xBF"
             "a,\"b, \"\"c\"\"\"\r\n\r\n\"two\nlines\",\nlast");
  const std::vector<CsvRow> rows = read_csv(tree.path("t.csv"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"a", "b, \"c\""}));
  EXPECT_EQ(rows[1].fields, (std::vector<std::string>{"two\nlines", ""}));
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[2].fields, (std::vector<std::string>{"last"}));
  EXPECT_EQ(rows[2].line, 5);
}

TEST(Csv, AQuoteThatIsNeverClosedIsRefused) {
  Tree tree({});
  tree.write("t.csv", "a\n\"b\n");
  expect_error(
      ErrorCode::kRead, [&] { read_csv(tree.path("t.csv")); }, "t.csv:2", "never closed");
}

}  // namespace
}  // namespace anomalyclip::trainer
