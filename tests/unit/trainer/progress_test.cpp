#include "common/progress.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <sstream>

#include <gtest/gtest.h>

namespace anomalyclip::trainer {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Progress, PrintsALineForEveryTenthWhereThereIsNoTerminal) {
  std::ostringstream out;
  Progress progress("Scoring", 200, "images", 0, out, 0);
  for (int i = 0; i < 200; ++i) progress.advance();
  progress.finish();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_THAT(text, HasSubstr("Scoring  10 %  20/200 images"));
  EXPECT_THAT(text, HasSubstr("Scoring 100 %  200/200 images"));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(Progress, DrawsABarInPlaceOnATerminal) {
  std::ostringstream out;
  Progress progress("Scoring", 2, "images", 0, out, 120);
  progress.advance();
  progress.note("a.png: cannot be read");
  progress.advance();
  progress.finish();
  EXPECT_THAT(out.str(), HasSubstr("[........................]   0 %  0/2 images"));
  EXPECT_THAT(
      out.str(),
      HasSubstr("\r\x1b[Ka.png: cannot be read\n\r\x1b[KScoring [############............]  50 %"));
  EXPECT_THAT(out.str(), HasSubstr("[########################] 100 %  2/2 images"));
  EXPECT_THAT(out.str(), EndsWith("\n"));
}

TEST(Progress, NeverWrapsANarrowTerminal) {
  std::ostringstream out;
  Progress("A label that is rather long for it", 100, "images", 0, out, 20).finish();
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line, '\r');) EXPECT_LT(line.size(), 20u + 4) << line;
}

TEST(Progress, WorkOfAnEarlierRunDoesNotCountAsRate) {
  std::ostringstream out;
  Progress progress("Training", 1000000000, "steps", 999999999, out, 200);
  progress.note("resumed");
  EXPECT_THAT(out.str(), Not(HasSubstr("steps/s")));
  EXPECT_THAT(out.str(), HasSubstr("999999999/1000000000 steps"));
}

TEST(Progress, ShowsCountAndRateWhenTheTotalIsUnknown) {
  std::ostringstream out;
  Progress progress("Reading", 0, "frames", 0, out, 0);
  progress.advance(7);
  progress.finish();
  EXPECT_THAT(out.str(), HasSubstr("Reading 7 frames"));
  EXPECT_THAT(out.str(), HasSubstr("frames/s"));
}

TEST(Progress, TimesReadAsPeopleWriteThem) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(67.4), "1:07");
  EXPECT_EQ(clock_text(3 * 3600 + 4 * 60 + 5), "3:04:05");
}

}  // namespace
}  // namespace anomalyclip::trainer
