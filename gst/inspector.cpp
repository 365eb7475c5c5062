#include "inspector.h"

#include <utility>

#include "guard.h"
#include "messages.h"
#include "overload.h"
#include "properties.h"
#include "video_frame.h"

namespace anomalyclip::gst {
namespace {

double ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

Inspector::Inspector(GstBaseTransform* element)
    : element_(element),
      session_(
          GST_ELEMENT_CAST(element),
          [this](const std::string& path, const Error& error) { prompts_refused(path, error); }),
      cuda_(GST_ELEMENT_CAST(element)),
      drawing_(cuda_) {
  gst_video_info_init(&info_);
}

void Inspector::start() {
  started_ = settings();
  session_.open(started_);
  if (const ModelInfo& model = session_.engine().model(); model.takes_gpu_frames) {
    cuda_.open(model.device);
    changes_.use_gpu(model.device);
  }
  statistics_.reset();
  latency_report_.start(session_.warm_up_ms());
  next_number_ = 0;
  overloaded_ = false;
  pipeline_latency_ = 0;
  warned_.clear();
  flush();
  note_prompts();
  const std::lock_guard lock(mutex_);
  gst_video_info_init(&info_);
  model_ = session_.engine().model();
  open_ = true;
}

void Inspector::note_prompts() {
  const std::lock_guard lock(mutex_);
  prompts_in_use_ = session_.prompts()->name;
  // Unset stays unset: it means the demo's.
  prompts_path_in_use_ = settings_.prompts.empty() ? "" : session_.prompts_in_use();
}

void Inspector::stop() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  flush();
  drawing_.close();
  cuda_.close();
  session_.close();
}

void Inspector::release() {
  session_.release();
}

void Inspector::set_info(const GstVideoInfo& info) {
  {
    const std::lock_guard lock(mutex_);
    info_ = info;
  }
  basis_.reset();  // no result fits frames of another size or format
  warned_.clear();
  if (next_number_ == 0) check_roi(settings());
}

UniqueBuffer Inspector::exchange(UniqueBuffer buffer) {
  if (buffer) accept(std::move(buffer));
  return front_is_due() ? finish_front() : nullptr;
}

UniqueBuffer Inspector::drain() {
  return frames_.empty() ? nullptr : finish_front();
}

void Inspector::flush() {
  for (Frame& frame : frames_)
    if (frame.result.valid()) frame.result.wait();
  frames_.clear();
  basis_.reset();
  last_.reset();
}

bool Inspector::front_is_due() const {
  if (frames_.empty()) return false;
  if (frames_.size() >= static_cast<std::size_t>(started_.queue_depth)) return true;
  const std::future<AnomalyResult>& result = frames_.front().result;
  return !result.valid() ||
         result.wait_for(std::chrono::seconds::zero()) == std::future_status::ready;
}

// A frame comes.

void Inspector::accept(UniqueBuffer buffer) {
  Frame frame;
  frame.accepted = std::chrono::steady_clock::now();
  // Writable as to metadata; the pixels are copied only if they are drawn on while others hold
  // them.
  frame.buffer.reset(gst_buffer_make_writable(buffer.release()));
  frame.number = next_number_++;
  adopt_prompts(frame);
  frame.prompts = session_.prompts()->name;

  try {
    const Settings now = settings();
    const Recipe recipe = session_.recipe(now);
    frame.status = plan(frame, now, recipe);
    if (frame.status == GST_ANOMALY_STATUS_INSPECTED) submit(frame, recipe);
  } catch (...) {
    frame.status = GST_ANOMALY_STATUS_INSPECTED;
    frame.error = caught_error();
  }
  frames_.push_back(std::move(frame));
}

void Inspector::adopt_prompts(const Frame& frame) {
  if (!session_.adopt_prompts()) return;
  note_prompts();
  post_prompts_switched(GST_ELEMENT_CAST(element_), session_.prompts()->name,
                        session_.prompts_in_use(), GST_BUFFER_PTS(frame.buffer.get()),
                        frame.number);
}

GstAnomalyStatus Inspector::plan(const Frame& frame, const Settings& settings,
                                 const Recipe& recipe) {
  const bool reusable = basis_ && *basis_ == basis_of(recipe);
  const bool skips = settings.skip_unchanged > 0;
  const bool same = skips && change(frame, recipe) <= settings.skip_unchanged;
  if (reusable && (same || since_inspection_ + 1 < settings.interval)) {
    ++since_inspection_;
    return GST_ANOMALY_STATUS_REUSED;
  }
  const auto usual = static_cast<GstClockTime>(statistics_.latency_percentile(0.5) * 1e6);
  if (settings.overload == Overload::kSkip &&
      is_late(GST_ELEMENT_CAST(element_), element_->segment, info_, frame.buffer.get(),
              pipeline_latency_, usual)) {
    if (!std::exchange(overloaded_, true))
      post_overload(GST_ELEMENT_CAST(element_), GST_BUFFER_PTS(frame.buffer.get()), frame.number,
                    statistics_.frames(GST_ANOMALY_STATUS_SKIPPED));
    return GST_ANOMALY_STATUS_SKIPPED;
  }
  overloaded_ = false;
  basis_ = basis_of(recipe);
  since_inspection_ = 0;
  if (skips)
    changes_.remember();
  else
    changes_.forget();
  return GST_ANOMALY_STATUS_INSPECTED;
}

/// Since the latest inspection.
double Inspector::change(const Frame& frame, const Recipe& recipe) {
  const FrameMemory memory = cuda_.memory_of(frame.buffer.get());
  const VideoFrame mapped(frame.buffer.get(), info_, read_flags(memory), memory);
  const FrameView view = mapped.view();
  return changes_.difference(view, recipe.roi.resolve(view.width, view.height));
}

Inspector::Basis Inspector::basis_of(const Recipe& recipe) {
  return {recipe.prompts,         recipe.score,
          recipe.pixel_threshold, {recipe.roi.x, recipe.roi.y, recipe.roi.width, recipe.roi.height},
          recipe.roi_keeps_scale, recipe.want_map};
}

void Inspector::submit(Frame& frame, const Recipe& recipe) {
  const FrameMemory memory = cuda_.memory_of(frame.buffer.get());
  const VideoFrame mapped(frame.buffer.get(), info_, read_flags(memory), memory);
  frame.result = session_.engine().submit(mapped.view(), recipe, turn_of(frame));
}

/// Its own stream, whatever thread brings the frames; due when the pipeline wants to show the frame.
Turn Inspector::turn_of(const Frame& frame) const {
  Turn turn{.stream = reinterpret_cast<std::uintptr_t>(this), .deadline = {}};
  if (const auto left =
          time_left(GST_ELEMENT_CAST(element_), element_->segment, frame.buffer.get()))
    turn.deadline = frame.accepted + std::chrono::nanoseconds(*left + pipeline_latency_);
  return turn;
}

// A frame goes.

UniqueBuffer Inspector::finish_front() {
  Frame frame = std::move(frames_.front());
  frames_.pop_front();
  collect(frame);

  const double latency_ms = ms_since(frame.accepted);
  decorate(frame, settings(), static_cast<GstClockTime>(latency_ms * 1e6));
  account(frame, ms_since(frame.accepted));
  return std::move(frame.buffer);
}

void Inspector::collect(Frame& frame) {
  if (frame.status == GST_ANOMALY_STATUS_REUSED && !last_) frame.status = GST_ANOMALY_STATUS_FAILED;
  if (frame.status != GST_ANOMALY_STATUS_INSPECTED) return;
  if (frame.error) return fail(frame, *frame.error);
  try {
    last_ = std::make_shared<const Inspection>(frame.result.get(), frame.prompts);
  } catch (...) {
    fail(frame, caught_error());
  }
}

void Inspector::fail(Frame& frame, const Error& error) {
  frame.status = GST_ANOMALY_STATUS_FAILED;
  last_.reset();
  changes_.forget();
  warn_once(error);
}

void Inspector::warn_once(const Error& error) {
  if (warned_.insert(error.code()).second) post_warning(GST_ELEMENT_CAST(element_), error);
}

void Inspector::decorate(Frame& frame, const Settings& settings, GstClockTime latency) {
  const bool has_result =
      frame.status == GST_ANOMALY_STATUS_INSPECTED || frame.status == GST_ANOMALY_STATUS_REUSED;
  const Inspection* inspection = has_result ? last_.get() : nullptr;
  std::optional<double> threshold;
  if (inspection) threshold = inspection->result.threshold;
  if (frame.status == GST_ANOMALY_STATUS_REUSED && settings.threshold >= 0)
    threshold = settings.threshold;

  GstBuffer* buffer = frame.buffer.get();
  GstAnomalyMeta* meta = attach_anomaly(buffer, frame.status, frame.number, inspection, threshold);
  gst_anomaly_meta_set_latency(meta, latency);
  gst_anomaly_meta_set_names(meta, session_.engine().model().name.c_str(),
                             (inspection ? inspection->prompts : frame.prompts).c_str());
  if (inspection) attach_regions_of_interest(buffer, inspection->result);

  draw(buffer, meta, settings.drawing);
  if (!settings.attach_map) gst_anomaly_meta_set_map(meta, nullptr, 0, 0, 0, 0, 0, 0);
  post_anomaly(GST_ELEMENT_CAST(element_), element_->segment, buffer, meta, settings.messages);
}

void Inspector::draw(GstBuffer* buffer, const GstAnomalyMeta* meta,
                     const OverlaySettings& settings) try {
  drawing_.draw(buffer, info_, meta, settings);
} catch (...) {
  warn_once(caught_error());
}

void Inspector::account(const Frame& frame, double latency_ms) {
  const bool inspected = frame.status == GST_ANOMALY_STATUS_INSPECTED;
  statistics_.count(frame.status, latency_ms, inspected ? &last_->result.timings : nullptr);
  if (!inspected || !started_.latency_report) return;
  const auto samples = statistics_.frames(GST_ANOMALY_STATUS_INSPECTED);
  if (latency_report_.update(statistics_.latency_percentile(0.99), samples))
    gst_element_post_message(GST_ELEMENT_CAST(element_),
                             gst_message_new_latency(GST_OBJECT_CAST(element_)));
}

GstClockTime Inspector::latency() const {
  const std::lock_guard lock(mutex_);
  return open_ && started_.latency_report ? latency_report_.promised() : 0;
}

}  // namespace anomalyclip::gst
