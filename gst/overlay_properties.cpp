#include "overlay_properties.h"

#include "enums.h"

namespace anomalyclip::gst {
namespace {

enum Offset : guint { kOverlay, kOpacity, kColormap, kShowLabel };

constexpr auto kFlags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                 GST_PARAM_MUTABLE_PLAYING);

}  // namespace

void install_overlay_properties(GObjectClass* object_class, guint first_id,
                                Overlay default_overlay) {
  g_object_class_install_property(
      object_class, first_id + kOverlay,
      g_param_spec_enum("overlay", "Overlay",
                        "What is drawn on the frame. Colours are bound to the pixel threshold: "
                        "nothing is tinted well below it",
                        overlay_type(), static_cast<int>(default_overlay), kFlags));
  g_object_class_install_property(
      object_class, first_id + kOpacity,
      g_param_spec_double("overlay-opacity", "Overlay opacity",
                          "How much of the picture the heatmap hides where it is strongest "
                          "(0: nothing, 1: everything)",
                          0, 1, 0.5, kFlags));
  g_object_class_install_property(
      object_class, first_id + kColormap,
      g_param_spec_enum("colormap", "Colormap", "Colours of the heatmap", colormap_type(),
                        static_cast<int>(Colormap::kTurbo), kFlags));
  g_object_class_install_property(
      object_class, first_id + kShowLabel,
      g_param_spec_boolean("show-label", "Show label",
                           "Write verdict and score in the top left corner, where anything is "
                           "drawn (green: normal, red: anomalous, grey: unknown)",
                           TRUE, kFlags));
}

void set_overlay_property(OverlaySettings& settings, guint offset, const GValue* value) {
  switch (offset) {
    case kOverlay:
      settings.overlay = static_cast<Overlay>(g_value_get_enum(value));
      break;
    case kOpacity:
      settings.opacity = g_value_get_double(value);
      break;
    case kColormap:
      settings.colormap = static_cast<Colormap>(g_value_get_enum(value));
      break;
    case kShowLabel:
      settings.show_label = g_value_get_boolean(value);
      break;
  }
}

void get_overlay_property(const OverlaySettings& settings, guint offset, GValue* value) {
  switch (offset) {
    case kOverlay:
      g_value_set_enum(value, static_cast<int>(settings.overlay));
      break;
    case kOpacity:
      g_value_set_double(value, settings.opacity);
      break;
    case kColormap:
      g_value_set_enum(value, static_cast<int>(settings.colormap));
      break;
    case kShowLabel:
      g_value_set_boolean(value, settings.show_label);
      break;
  }
}

}  // namespace anomalyclip::gst
