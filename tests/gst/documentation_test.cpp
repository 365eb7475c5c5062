// What the documentation promises of the elements.
#include <filesystem>
#include <fstream>
#include <regex>

#include "support.h"

namespace anomalyclip::testing {
namespace {

/// The examples of the SECTION comments; one that is broken over several lines ends with "]|".
std::vector<std::string> launch_lines() {
  std::vector<std::string> lines;
  for (const char* name :
       {"gstanomalyclip.cpp", "gstanomalyoverlay.cpp", "gstanomalypublish.cpp"}) {
    std::ifstream file(std::string(GST_SOURCE_DIR) + "/" + name);
    EXPECT_TRUE(file) << name;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::regex example(R"(\|\[\s*\*\s*gst-launch-1\.0 (?:-\S+ )*([^\]]*)\]\|)");
    for (std::sregex_iterator match(text.begin(), text.end(), example), end; match != end; ++match)
      lines.push_back(std::regex_replace((*match)[1].str(), std::regex(R"(\n \*)"), ""));
  }
  return lines;
}

TEST(Documentation, LaunchLinesParse) {
  const auto lines = launch_lines();
  EXPECT_GE(lines.size(), 5u);
  for (const std::string& line : lines) {
    GError* error = nullptr;
    const UniqueElement pipeline(
        gst_parse_launch_full(line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
    EXPECT_TRUE(pipeline) << line << ": " << (error ? error->message : "");
    g_clear_error(&error);
  }
}

struct Expected {
  const char* name;
  const char* value;  // as gst-launch would print it
  bool playing, controllable;
};

TEST(Documentation, PropertiesHaveTheDefaultsAndTheFreedomThatItSays) {
  const Expected expected[] = {{"model", "NULL", false, false},
                               {"prompts", "NULL", true, false},
                               {"device", "auto", false, false},
                               {"precision", "auto", false, false},
                               {"image-size", "0", false, false},
                               {"score", "prompts", true, false},
                               {"threshold", "-1", true, true},
                               {"pixel-threshold", "-1", true, true},
                               {"roi", "NULL", true, false},
                               {"roi-keep-scale", "false", true, false},
                               {"interval", "1", true, false},
                               {"skip-unchanged", "0", true, false},
                               {"overload", "block", true, false},
                               {"overlay", "none", true, false},
                               {"overlay-opacity", "0.5", true, false},
                               {"colormap", "turbo", true, false},
                               {"show-label", "true", true, false},
                               {"attach-map", "true", true, false},
                               {"model-instance-id", "NULL", false, false},
                               {"batch-size", "1", false, false},
                               {"batch-timeout", "0", false, false},
                               {"queue-depth", "1", false, false},
                               {"threads", "0", false, false},
                               {"model-cache-dir", "NULL", false, false},
                               {"messages", "anomalous", true, false},
                               {"latency-report", "true", false, false}};
  const UniqueElement element(gst_element_factory_make("anomalyclip", nullptr));
  ASSERT_TRUE(element);
  for (const Expected& e : expected) {
    SCOPED_TRACE(e.name);
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), e.name);
    ASSERT_TRUE(spec);
    EXPECT_EQ(bool(spec->flags & GST_PARAM_MUTABLE_PLAYING), e.playing);
    EXPECT_EQ(bool(spec->flags & GST_PARAM_MUTABLE_READY), !e.playing);
    EXPECT_EQ(bool(spec->flags & GST_PARAM_CONTROLLABLE), e.controllable);
    EXPECT_GT(std::string(g_param_spec_get_blurb(spec)).size(), 15u);

    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(element.get()), e.name, &value);
    EXPECT_TRUE(g_param_value_defaults(spec, &value)) << "the value is not the default";
    gchar* text = G_VALUE_HOLDS_STRING(&value)
                      ? g_strdup(g_value_get_string(&value) ? g_value_get_string(&value) : "NULL")
                      : gst_value_serialize(&value);
    EXPECT_STREQ(text, e.value);
    g_free(text);
    g_value_unset(&value);
  }
}

TEST(Documentation, QosIsOff) {
  for (const char* name : {"anomalyclip", "anomalyoverlay", "anomalypublish"}) {
    const UniqueElement element(gst_element_factory_make(name, nullptr));
    ASSERT_TRUE(element) << name;
    gboolean qos = TRUE;
    g_object_get(element.get(), "qos", &qos, nullptr);
    EXPECT_FALSE(qos) << name;
  }
}

TEST(Documentation, EveryPropertyKeepsWhatItIsGiven) {
  const UniqueElement element(gst_parse_launch(
      "anomalyclip model=m prompts=p device=cuda:1 precision=bf16 image-size=336 score=map "
      "threshold=0.25 pixel-threshold=0.5 roi=1,2,3,4 roi-keep-scale=true interval=5 "
      "skip-unchanged=0.5 overload=skip overlay=both "
      "overlay-opacity=0.75 colormap=viridis show-label=false attach-map=false "
      "model-instance-id=i batch-size=4 batch-timeout=20 queue-depth=3 threads=2 model-cache-dir=c "
      "messages=all "
      "latency-report=false",
      nullptr));
  ASSERT_TRUE(element);
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
  for (guint i = 0; i < count; ++i) {
    const std::string name = specs[i]->name;
    if (specs[i]->owner_type != G_OBJECT_TYPE(element.get()) || name == "stats") continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element.get()), name.c_str(), &value);
    EXPECT_FALSE(g_param_value_defaults(specs[i], &value)) << name;
    g_value_unset(&value);
  }
  g_free(specs);
}

}  // namespace
}  // namespace anomalyclip::testing
