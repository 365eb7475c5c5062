#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

TEST(Roi, EmptyTextIsTheWholeFrame) {
  EXPECT_TRUE(Roi::parse("").whole());
  EXPECT_EQ(Roi::parse("").resolve(640, 480), (Rect{0, 0, 640, 480}));
}

TEST(Roi, NumbersAboveOneArePixels) {
  EXPECT_EQ(Roi::parse("10,20,300,200").resolve(640, 480), (Rect{10, 20, 300, 200}));
}

TEST(Roi, NumbersUpToOneAreFractions) {
  EXPECT_EQ(Roi::parse("0.25,0.5,0.5,0.25").resolve(640, 480), (Rect{160, 240, 320, 120}));
  EXPECT_EQ(Roi::parse("0,0,1,1").resolve(640, 480), (Rect{0, 0, 640, 480}));
}

TEST(Roi, IsClippedToTheFrame) {
  EXPECT_EQ(Roi::parse("600,400,100,100").resolve(640, 480), (Rect{600, 400, 40, 80}));
}

TEST(Roi, OutsideTheFrameIsRefused) {
  try {
    Roi::parse("700,0,50,50").resolve(640, 480);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSettings);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("640x480"));
  }
}

class MalformedRoi : public ::testing::TestWithParam<const char*> {};

TEST_P(MalformedRoi, IsRefusedWithTheTextInTheMessage) {
  try {
    Roi::parse(GetParam());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSettings);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, MalformedRoi,
                         ::testing::Values("1", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,4,",
                                           "-1,0,5,5", "0,0,0,5", "0,0,5,0", "0,0,nan,5",
                                           "0,0,5 5,5", "0;0;5;5"));

}  // namespace
}  // namespace anomalyclip
