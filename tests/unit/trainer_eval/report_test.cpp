#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eval/candidate.h"
#include "eval/charts.h"
#include "eval/html_report.h"
#include "eval/published.h"
#include "eval/tables.h"
#include "expect_error.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

ClassResult class_of(const std::string& name, double auroc, double pixel_auroc) {
  ClassResult one;
  one.name = name;
  one.good = one.anomalous = 1;
  one.samples = {{{"a|b.png", "", name, "good", false}, 0.25f},
                 {{"c.png", "", name, "crack", true}, 0.75f}};
  one.numbers.image = {auroc, auroc, auroc};
  one.numbers.pixel = {pixel_auroc, pixel_auroc, pixel_auroc, pixel_auroc, pixel_auroc, kNone};
  return one;
}

Evaluation evaluation_of(const std::string& name, std::vector<ClassResult> classes) {
  CandidateResult candidate{"prompts", "anomalyclip", 0.5, std::move(classes), {}};
  candidate.mean = mean_of(candidate.classes);
  Evaluation evaluation;
  evaluation.model = "m<odel";
  evaluation.data_sets = {{name, {candidate}, {{"bad.png", "cannot be decoded"}}}};
  evaluation.speed = {2, 1, 10, 20, 30, 40};
  return evaluation;
}

std::vector<ClassResult> btad() {
  return {class_of("01", 0.9, 0.5), class_of("02", 0.8, 0.7), class_of("03", 0.7, kNone)};
}

TEST(MeanOf, IsUnweightedAndSkipsWhatIsNotDefined) {
  const Numbers mean = mean_of(btad());
  EXPECT_NEAR(mean.image.auroc, 0.8, 1e-12);
  EXPECT_NEAR(mean.pixel.auroc, 0.6, 1e-12);
  EXPECT_TRUE(std::isnan(mean.pixel.aupimo));
}

TEST(Published, NumbersAreThePapers) {
  EXPECT_EQ(published("MVTec AD", "mean", "anomalyclip", "image_auroc")->percent, 91.5);
  EXPECT_EQ(published("MVTec AD", "mean", "anomalyclip", "image_auroc")->table, "1");
  EXPECT_EQ(published("VisA", "mean", "vand", "aupro")->percent, 86.8);
  EXPECT_EQ(published("MVTec AD", "carpet", "winclip", "pixel_auroc")->percent, 95.4);
  EXPECT_EQ(published("MVTec AD", "carpet", "winclip", "pixel_auroc")->table, "15");
  EXPECT_EQ(published("Kvasir", "mean", "anomalyclip", "aupro")->percent, 45.6);
  EXPECT_FALSE(published("DTD-Synthetic", "mean", "coop", "aupro"));
  EXPECT_FALSE(published("", "mean", "anomalyclip", "aupro"));
}

TEST(Published, ADataSetIsKnownByItsClassesOrByItsName) {
  EXPECT_EQ(paper_name(evaluation_of("my-folder", btad()).data_sets[0]), "BTAD");
  EXPECT_EQ(paper_name(evaluation_of("kvasir_seg", {class_of("colon", 1, 1)}).data_sets[0]),
            "Kvasir");
  EXPECT_EQ(paper_name(evaluation_of("CVC-ColonDB", {class_of("colon", 1, 1)}).data_sets[0]),
            "CVC-ColonDB");
  EXPECT_EQ(paper_name(evaluation_of("x", {class_of("colon", 1, 1)}).data_sets[0]), "");
  // One class of many is not the data set that the paper's mean is of.
  EXPECT_EQ(paper_name(evaluation_of("mvtec", {class_of("leather", 1, 1)}).data_sets[0]), "");
}

TEST(Tables, MarkdownHasThePapersNumberBesideEach) {
  const std::string text = to_markdown(evaluation_of("btad", btad()), true);
  EXPECT_THAT(text,
              HasSubstr("| **mean** | 3 | 3 | 80.0 [88.3] | 80.0 [87.3] | 80.0 | 60.0 [94.2]"));
  EXPECT_THAT(text, HasSubstr("| 03 | 1 | 1 | 70.0 | 70.0 | 70.0 | – |"));
  EXPECT_THAT(text, HasSubstr("BTAD, Table 1."));
  EXPECT_THAT(text, HasSubstr("`bad.png`: cannot be decoded"));
  EXPECT_THAT(text, Not(HasSubstr("AUPIMO")));  // no class has it
  EXPECT_THAT(to_markdown(evaluation_of("btad", btad()), false), Not(HasSubstr("[88.3]")));
}

TEST(Tables, CsvHasALineANumber) {
  const std::string text = to_csv(evaluation_of("a,b", btad()), true);
  EXPECT_THAT(text, HasSubstr("\"a,b\",prompts,anomalyclip,01,2,image_auroc,90.000000,,,,\n"));
  EXPECT_THAT(text, HasSubstr("mean,6,image_auroc,80.000000,,,88.3,Table 1\n"));
}

TEST(Tables, JsonHoldsEveryScore) {
  const auto json = nlohmann::json::parse(to_json(evaluation_of("btad", btad()), true));
  const auto& candidate = json["data_sets"][0]["candidates"][0];
  EXPECT_EQ(candidate["mean"]["image_auroc"]["paper"], 88.3);
  EXPECT_EQ(candidate["classes"][1]["images"][1]["score"], 0.75);
  EXPECT_FALSE(candidate["classes"][2]["metrics"].contains("pixel_auroc"));
}

TEST(HtmlReport, EscapesNamesAndCountsAtTheThreshold) {
  const Evaluation evaluation = evaluation_of("<set>", btad());
  const Galleries galleries(1, {std::vector<Gallery>(3)});
  const std::string page = to_html(evaluation, galleries, false);
  EXPECT_THAT(page, HasSubstr("&lt;set&gt;"));
  EXPECT_THAT(page, HasSubstr("m&lt;odel"));
  EXPECT_THAT(page, HasSubstr("<tr><td>good</td><td>1</td><td>0</td></tr><tr><td>anomalous</"
                              "td><td>0</td><td>1</td></tr>"));
  EXPECT_THAT(page, HasSubstr("2.0 images/s"));
  EXPECT_THAT(page, Not(HasSubstr("http")));  // it loads nothing
}

TEST(Charts, AreLeftOutWhereOneKindIsMissing) {
  EXPECT_EQ(roc_chart({{0.5f}, {1}}), "");
  EXPECT_EQ(precision_recall_chart({{0.5f}, {1}}), "");
  EXPECT_THAT(score_histogram({{0.5f}, {1}}, 0.5), HasSubstr("class=\"bad\""));
  EXPECT_THAT(roc_chart({{0.5f, 0.1f}, {1, 0}}), HasSubstr("polyline"));
}

TEST(Candidate, AnUnknownYardstickIsRefusedWithThoseThereAre) {
  testing::expect_error(
      ErrorCode::kSettings, [] { saliency_candidate("saliency-x", 64); }, "saliency-local-contrast",
      "saliency-x");
}

TEST(Candidate, SaliencyFindsASpotOnAGrainyImage) {
  auto image = std::make_shared<Image>();
  *image = {PixelFormat::kGRAY8, 64, 64, std::vector<std::uint8_t>(64 * 64)};
  for (std::size_t i = 0; i < image->pixels.size(); ++i)
    image->pixels[i] = static_cast<std::uint8_t>(100 + i * i % 23);
  for (int y = 40; y < 46; ++y)
    for (int x = 10; x < 16; ++x) image->pixels[static_cast<std::size_t>(y * 64 + x)] = 250;
  for (const std::string& name : saliency_names()) {
    const std::vector<Candidate> candidates = {saliency_candidate(name, 64)};
    const Verdicts found = inspect_with(nullptr, candidates, image)[0].get();
    const auto& values = found.map->values;
    EXPECT_EQ(found.score, *std::max_element(values.begin(), values.end())) << name;
    EXPECT_GT(values[43 * 64 + 13], 1.5f * values[10 * 64 + 50]) << name;
  }
}

}  // namespace
}  // namespace anomalyclip::trainer
