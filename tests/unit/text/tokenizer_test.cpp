#include "text/tokenizer.h"

#include <fstream>
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "golden.h"
#include "text/html_entities.h"
#include "text/text_cleaning.h"

namespace anomalyclip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Ids = std::vector<std::int64_t>;

const Tokenizer& tokenizer() {
  static const Tokenizer shared;
  return shared;
}

nlohmann::json read_json(const std::string& file) {
  std::ifstream stream(testing::golden_path(file));
  return nlohmann::json::parse(stream);
}

Ids row(const at::Tensor& ids, std::int64_t i) {
  const std::int64_t* first = ids[i].const_data_ptr<std::int64_t>();
  return Ids(first, first + ids.size(1));
}

std::string cleaned(const std::string& text) {
  std::string utf8;
  return clean_text(text).toUTF8String(utf8);
}

TEST(Tokenizer, EveryGoldenTextIsExact) {
  const nlohmann::json golden = read_json("tokens.json");
  ASSERT_EQ(golden.size(), 16u);
  for (const nlohmann::json& entry : golden)
    EXPECT_EQ(row(tokenizer()({entry.at("text").get<std::string>()}), 0),
              entry.at("ids").get<Ids>())
        << entry.at("text");
}

TEST(Tokenizer, EveryTextThatNeedsCleaningIsExact) {
  for (const nlohmann::json& entry : read_json("more_tokens.json"))
    EXPECT_EQ(tokenizer().encode(entry.at("text").get<std::string>()), entry.at("ids").get<Ids>())
        << entry.at("text");
}

TEST(Tokenizer, ATextThatIsTooLongStillEnds) {
  const at::Tensor ids = tokenizer()({"a b c d e f", "a"}, 4);
  EXPECT_THAT(row(ids, 0), ElementsAre(Tokenizer::kStart, 320, 321, Tokenizer::kEnd));
  EXPECT_THAT(row(ids, 1), ElementsAre(Tokenizer::kStart, 320, Tokenizer::kEnd, 0));
}

TEST(Tokenizer, MalformedUtf8DoesNotThrow) {
  EXPECT_EQ(tokenizer().encode("caf\xC3 \xFF\xFE"), tokenizer().encode("caf\uFFFD \uFFFD\uFFFD"));
}

TEST(Tokenizer, SaysWhereAMissingVocabularyComesFrom) {
  EXPECT_THAT([] { Tokenizer("/nowhere/bpe.gz"); },
              ThrowsMessage<Error>(HasSubstr(
                  "No vocabulary at /nowhere/bpe.gz: it should be bpe_simple_vocab_16e6.txt.gz")));
}

TEST(Tokenizer, RefusesAFileThatIsNoVocabulary) {
  EXPECT_THAT([] { Tokenizer(testing::golden_path("tokens.json")); },
              ThrowsMessage<Error>(
                  HasSubstr("is not CLIP's vocabulary: line 2 should hold two known tokens")));
}

TEST(TextCleaning, CollapsesWhiteSpaceAndLowersCase) {
  EXPECT_EQ(cleaned("  A \t\n Photo\u3000Of  "), "a photo of");
}

TEST(TextCleaning, KeepsEntitiesCurlyWhereThereIsMarkup) {
  EXPECT_EQ(cleaned("&rsquo;"), "'");
  EXPECT_EQ(cleaned("<i>&rsquo;"), "<i>\u2019");
}

TEST(HtmlEntities, ASemicolonMayOnlyBeMissingWhereOldHtmlAllowedIt) {
  const auto unescaped = [](const char* text, bool lenient) {
    std::string utf8;
    return unescape_html(icu::UnicodeString::fromUTF8(text), lenient).toUTF8String(utf8);
  };
  EXPECT_EQ(unescaped("&amp &alpha &alpha;", true), "& &alpha \u03B1");
  EXPECT_EQ(unescaped("&amp &#65 &#65;", false), "&amp &#65 A");
}

}  // namespace
}  // namespace anomalyclip
