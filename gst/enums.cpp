#include "enums.h"

#include "settings.h"

namespace anomalyclip::gst {
namespace {

template <typename Enum>
constexpr int value(Enum e) {
  return static_cast<int>(e);
}

GType register_once(gsize* type, const char* name, const GEnumValue* values) {
  if (g_once_init_enter(type)) {
    const GType registered = g_enum_register_static(name, values);
    gst_type_mark_as_plugin_api(registered, static_cast<GstPluginAPIFlags>(0));
    g_once_init_leave(type, registered);
  }
  return *type;
}

}  // namespace

GType precision_type() {
  static const GEnumValue values[] = {
      {value(Precision::kAuto), "Chosen for the device", "auto"},
      {value(Precision::kFP32), "32-bit float: the reference's numbers", "fp32"},
      {value(Precision::kBF16x3), "32-bit float in three bfloat16 products, on a CPU that has them",
       "bf16x3"},
      {value(Precision::kBF16), "bfloat16 matrix products", "bf16"},
      {value(Precision::kFP16), "16-bit float matrix products", "fp16"},
      {value(Precision::kINT8), "8-bit integer matrix products, on a CPU with VNNI or AMX", "int8"},
      {value(Precision::kFP8),
       "8-bit float matrix products, on CUDA of compute capability 8.9 or more", "fp8"},
      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipPrecision", values);
}

GType score_type() {
  static const GEnumValue values[] = {
      {-1, "What the prompt file says", "prompts"},
      {value(ScoreMode::kGlobal), "The whole image against both prompts", "global"},
      {value(ScoreMode::kMap), "Mean of the largest 0.1 % of the anomaly map", "map"},
      {value(ScoreMode::kMean), "Mean of global and map", "mean"},
      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipScore", values);
}

GType overload_type() {
  static const GEnumValue values[] = {
      {value(Overload::kBlock), "Upstream waits: every frame is inspected", "block"},
      {value(Overload::kSkip), "Late frames pass uninspected, with status skipped", "skip"},
      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipOverload", values);
}

GType overlay_type() {
  static const GEnumValue values[] = {
      {value(Overlay::kNone), "Pixels stay untouched", "none"},
      {value(Overlay::kHeatmap), "The anomaly map as colours", "heatmap"},
      {value(Overlay::kContours), "Outlines of the regions", "contours"},
      {value(Overlay::kBoth), "Colours and outlines", "both"},
      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipOverlay", values);
}

GType colormap_type() {
  static const GEnumValue values[] = {{value(Colormap::kTurbo), "Turbo", "turbo"},
                                      {value(Colormap::kJet), "Jet", "jet"},
                                      {value(Colormap::kInferno), "Inferno", "inferno"},
                                      {value(Colormap::kViridis), "Viridis", "viridis"},
                                      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipColormap", values);
}

GType messages_type() {
  static const GEnumValue values[] = {
      {value(Messages::kNone), "No message", "none"},
      {value(Messages::kAnomalous), "One for each anomalous frame that was inspected", "anomalous"},
      {value(Messages::kAll), "One for each frame", "all"},
      {0, nullptr, nullptr}};
  static gsize type = 0;
  return register_once(&type, "GstAnomalyClipMessages", values);
}

}  // namespace anomalyclip::gst
