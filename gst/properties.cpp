#include "properties.h"

#include "enums.h"

namespace anomalyclip::gst {
namespace {

constexpr auto flags(int more) {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | more);
}
constexpr auto kReady = flags(GST_PARAM_MUTABLE_READY);
constexpr auto kPlaying = flags(GST_PARAM_MUTABLE_PLAYING);
constexpr auto kControllable = flags(GST_PARAM_MUTABLE_PLAYING | GST_PARAM_CONTROLLABLE);

void install_what_runs(GObjectClass* c) {
  g_object_class_install_property(
      c, kPropModel,
      g_param_spec_string("model", "Model",
                          "Path of the CLIP vision transformer (*.safetensors, see `anomalyclip "
                          "convert`). Unset: the demo model, which only knows drawn parts",
                          nullptr, flags(GST_PARAM_MUTABLE_READY | GST_PARAM_DOC_SHOW_DEFAULT)));
  g_object_class_install_property(
      c, kPropPrompts,
      g_param_spec_string(
          "prompts", "Prompts",
          "Path of the prompt file: what to look for and how. While playing, a new "
          "file is loaded and checked aside and takes over between two frames (see "
          "message anomaly-prompts); a bad one changes nothing and posts a warning. "
          "Unset: the demo model's",
          nullptr, flags(GST_PARAM_MUTABLE_PLAYING | GST_PARAM_DOC_SHOW_DEFAULT)));
  g_object_class_install_property(
      c, kPropDevice,
      g_param_spec_string("device", "Device",
                          "Where the model runs: auto (the first CUDA device, else the CPU), cpu, "
                          "cuda, cuda:1",
                          "auto", kReady));
  g_object_class_install_property(
      c, kPropPrecision,
      g_param_spec_enum("precision", "Precision",
                        "Arithmetic of the encoder; everything after it is 32-bit float",
                        precision_type(), static_cast<int>(Precision::kAuto), kReady));
  g_object_class_install_property(
      c, kPropImageSize,
      g_param_spec_uint("image-size", "Image size",
                        "Side of the square that a frame is resized to, in pixels: a multiple of "
                        "the model's patch size (0: what the prompt file says)",
                        0, 8192, 0, kReady));
}

void install_how_it_judges(GObjectClass* c) {
  g_object_class_install_property(
      c, kPropScore,
      g_param_spec_enum("score", "Score", "Which number is the image score (0 to 1)", score_type(),
                        -1, kPlaying));
  g_object_class_install_property(
      c, kPropThreshold,
      g_param_spec_double("threshold", "Threshold",
                          "Score (0 to 1) from which on a frame is anomalous; without one the "
                          "verdict is unknown (-1: what the prompt file says)",
                          -1, 1, -1, kControllable));
  g_object_class_install_property(
      c, kPropPixelThreshold,
      g_param_spec_double(
          "pixel-threshold", "Pixel threshold",
          "Value of the anomaly map (0 to 1) from which on a pixel belongs to a "
          "region; without one there are no regions (-1: what the prompt file says)",
          -1, 1, -1, kControllable));
  g_object_class_install_property(
      c, kPropRoi,
      g_param_spec_string(
          "roi", "Region of interest",
          "Part of the frame to inspect, \"x,y,w,h\" in pixels, or in fractions of "
          "the frame when all are at most 1; pixels outside never change the score. "
          "Unset: the whole frame",
          nullptr, kPlaying));
  g_object_class_install_property(
      c, kPropRoiKeepScale,
      g_param_spec_boolean("roi-keep-scale", "Keep the scale of the region of interest",
                           "Encode the region of interest at the scale that the whole frame has "
                           "at image-size, so that the cost follows its area. Otherwise it is "
                           "enlarged to image-size: finer, and as dear as a whole frame",
                           FALSE, kPlaying));
  g_object_class_install_property(
      c, kPropInterval,
      g_param_spec_uint("interval", "Interval",
                        "Inspect every n-th frame; those in between carry its result, with status "
                        "reused",
                        1, G_MAXINT, 1, kPlaying));
  g_object_class_install_property(
      c, kPropSkipUnchanged,
      g_param_spec_double("skip-unchanged", "Skip unchanged",
                          "Frames carry the last result, with status reused, while no cell of 8x8 "
                          "pixels of the inspected region has changed in its mean by more than "
                          "this part of full scale since that inspection (0: inspect every frame)",
                          0, 1, 0, kPlaying));
  g_object_class_install_property(
      c, kPropOverload,
      g_param_spec_enum("overload", "Overload",
                        "What happens when frames come faster than they can be inspected. No frame "
                        "is ever dropped",
                        overload_type(), static_cast<int>(Overload::kBlock), kPlaying));
}

void install_how_it_shares(GObjectClass* c) {
  g_object_class_install_property(
      c, kPropModelInstanceId,
      g_param_spec_string("model-instance-id", "Model instance",
                          "Elements with equal model, device, precision and instance share one set "
                          "of weights; give different ones to keep them apart",
                          nullptr, kReady));
  g_object_class_install_property(
      c, kPropBatchSize,
      g_param_spec_uint(
          "batch-size", "Batch size",
          "Frames that are encoded at once, at most, over all elements that share the "
          "model",
          1, 256, 1, kReady));
  g_object_class_install_property(
      c, kPropBatchTimeout,
      g_param_spec_uint("batch-timeout", "Batch timeout",
                        "How long a frame waits for others to share its batch, in milliseconds", 0,
                        60000, 0, kReady));
  g_object_class_install_property(
      c, kPropQueueDepth,
      g_param_spec_uint("queue-depth", "Queue depth",
                        "Frames of this stream in flight. 1: each leaves before the next is taken; "
                        "more overlap the inspection of a frame with the arrival of the next ones "
                        "and add as many frame durations to the latency",
                        1, 64, 1, kReady));
  g_object_class_install_property(
      c, kPropThreads,
      g_param_spec_uint("threads", "Threads",
                        "Threads that encode on the CPU, at most, for all elements that share the "
                        "model (0: one a core, or OMP_NUM_THREADS). Concerns the encoder alone, "
                        "never the rest of the process",
                        0, 1024, 0, kReady));
  g_object_class_install_property(
      c, kPropModelCacheDir,
      g_param_spec_string("model-cache-dir", "Model cache folder",
                          "Folder that keeps the weights as they are packed for this CPU, about "
                          "as large as the model file: the next start maps them, and processes "
                          "share one copy in memory. Made where it is missing. Unset: none",
                          nullptr, kReady));
}

void install_what_it_says(GObjectClass* c) {
  g_object_class_install_property(
      c, kPropAttachMap,
      g_param_spec_boolean("attach-map", "Attach map",
                           "Attach the anomaly map to the frame's GstAnomalyMeta, for "
                           "anomalyoverlay and for applications",
                           TRUE, kPlaying));
  g_object_class_install_property(
      c, kPropMessages,
      g_param_spec_enum("messages", "Messages",
                        "For which frames an element message `anomaly` is posted on the bus",
                        messages_type(), static_cast<int>(Messages::kAnomalous), kPlaying));
  g_object_class_install_property(
      c, kPropLatencyReport,
      g_param_spec_boolean("latency-report", "Latency report",
                           "In live pipelines, add the measured latency (99th percentile and "
                           "headroom) to the LATENCY query and tell the pipeline when it moves",
                           TRUE, kReady));
  g_object_class_install_property(
      c, kPropStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Since start: frames-inspected, -reused, -skipped, -failed; "
                         "latency-p50-ms, -p95-ms, -p99-ms and fps over the latest frames; mean "
                         "milliseconds of each stage; device, precision, model, prompts",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

std::string text(const GValue* value) {
  const char* string = g_value_get_string(value);
  return string ? string : "";
}

void put_text(GValue* value, const std::string& string) {
  g_value_set_string(value, string.empty() ? nullptr : string.c_str());
}

void put_score(GValue* value, const std::optional<ScoreMode>& score) {
  g_value_set_enum(value, score ? static_cast<int>(*score) : -1);
}

std::optional<ScoreMode> score_of(const GValue* value) {
  const int score = g_value_get_enum(value);
  return score < 0 ? std::nullopt : std::optional(static_cast<ScoreMode>(score));
}

}  // namespace

void install_properties(GObjectClass* object_class) {
  install_what_runs(object_class);
  install_how_it_judges(object_class);
  install_overlay_properties(object_class, kPropOverlayFirst, Overlay::kNone);
  install_what_it_says(object_class);
  install_how_it_shares(object_class);
}

bool read_at_start(guint id) {
  switch (id) {
    case kPropModel:
    case kPropDevice:
    case kPropPrecision:
    case kPropImageSize:
    case kPropModelInstanceId:
    case kPropBatchSize:
    case kPropBatchTimeout:
    case kPropQueueDepth:
    case kPropThreads:
    case kPropModelCacheDir:
    case kPropLatencyReport:
      return true;
    default:
      return false;
  }
}

// clang-format off: one line a property.
void set_property(Settings& s, guint id, const GValue* value) {
  switch (id) {
    case kPropModel:
      s.model = text(value);
      break;
    case kPropPrompts:
      s.prompts = text(value);
      break;
    case kPropDevice:
      s.device = text(value);
      break;
    case kPropPrecision:
      s.precision = static_cast<Precision>(g_value_get_enum(value));
      break;
    case kPropImageSize:
      s.image_size = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropScore:
      s.score = score_of(value);
      break;
    case kPropThreshold:
      s.threshold = g_value_get_double(value);
      break;
    case kPropPixelThreshold:
      s.pixel_threshold = g_value_get_double(value);
      break;
    case kPropRoi:
      s.roi = text(value);
      break;
    case kPropRoiKeepScale:
      s.roi_keep_scale = g_value_get_boolean(value);
      break;
    case kPropInterval:
      s.interval = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropSkipUnchanged:
      s.skip_unchanged = g_value_get_double(value);
      break;
    case kPropOverload:
      s.overload = static_cast<Overload>(g_value_get_enum(value));
      break;
    case kPropAttachMap:
      s.attach_map = g_value_get_boolean(value);
      break;
    case kPropModelInstanceId:
      s.instance_id = text(value);
      break;
    case kPropBatchSize:
      s.batch_size = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropBatchTimeout:
      s.batch_timeout_ms = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropQueueDepth:
      s.queue_depth = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropThreads:
      s.threads = static_cast<int>(g_value_get_uint(value));
      break;
    case kPropModelCacheDir:
      s.model_cache_dir = text(value);
      break;
    case kPropMessages:
      s.messages = static_cast<Messages>(g_value_get_enum(value));
      break;
    case kPropLatencyReport:
      s.latency_report = g_value_get_boolean(value);
      break;
    default:
      set_overlay_property(s.drawing, id - kPropOverlayFirst, value);
      break;
  }
}

void get_property(const Settings& s, guint id, GValue* value) {
  switch (id) {
    case kPropModel:
      put_text(value, s.model);
      break;
    case kPropPrompts:
      put_text(value, s.prompts);
      break;
    case kPropDevice:
      put_text(value, s.device);
      break;
    case kPropPrecision:
      g_value_set_enum(value, static_cast<int>(s.precision));
      break;
    case kPropImageSize:
      g_value_set_uint(value, static_cast<guint>(s.image_size));
      break;
    case kPropScore:
      put_score(value, s.score);
      break;
    case kPropThreshold:
      g_value_set_double(value, s.threshold);
      break;
    case kPropPixelThreshold:
      g_value_set_double(value, s.pixel_threshold);
      break;
    case kPropRoi:
      put_text(value, s.roi);
      break;
    case kPropRoiKeepScale:
      g_value_set_boolean(value, s.roi_keep_scale);
      break;
    case kPropInterval:
      g_value_set_uint(value, static_cast<guint>(s.interval));
      break;
    case kPropSkipUnchanged:
      g_value_set_double(value, s.skip_unchanged);
      break;
    case kPropOverload:
      g_value_set_enum(value, static_cast<int>(s.overload));
      break;
    case kPropAttachMap:
      g_value_set_boolean(value, s.attach_map);
      break;
    case kPropModelInstanceId:
      put_text(value, s.instance_id);
      break;
    case kPropBatchSize:
      g_value_set_uint(value, static_cast<guint>(s.batch_size));
      break;
    case kPropBatchTimeout:
      g_value_set_uint(value, static_cast<guint>(s.batch_timeout_ms));
      break;
    case kPropQueueDepth:
      g_value_set_uint(value, static_cast<guint>(s.queue_depth));
      break;
    case kPropThreads:
      g_value_set_uint(value, static_cast<guint>(s.threads));
      break;
    case kPropModelCacheDir:
      put_text(value, s.model_cache_dir);
      break;
    case kPropMessages:
      g_value_set_enum(value, static_cast<int>(s.messages));
      break;
    case kPropLatencyReport:
      g_value_set_boolean(value, s.latency_report);
      break;
    default:
      get_overlay_property(s.drawing, id - kPropOverlayFirst, value);
      break;
  }
}
// clang-format on

}  // namespace anomalyclip::gst
