#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <anomalyclip/change.h>
#include <anomalyclip/error.h>

#include "cuda_sharing.h"
#include "drawing.h"
#include "handles.h"
#include "latency_report.h"
#include "metadata.h"
#include "session.h"
#include "settings.h"
#include "statistics.h"

namespace anomalyclip::gst {

/// What the element anomalyclip does. Properties, statistics and the latency may be asked for by
/// any thread; the rest belongs to the streaming thread or happens while it stands still.
class Inspector {
 public:
  explicit Inspector(GstBaseTransform* element);

  void set(guint id, const GValue* value);
  void get(guint id, GValue* value) const;

  void start();    ///< READY to PAUSED. @throws Error
  void stop();     ///< PAUSED to READY
  void release();  ///< READY to NULL: the model goes

  /// Frames look like this from now on. @throws Error kSettings when the region of interest lies
  /// outside the first ones
  void set_info(const GstVideoInfo& info);

  /// Takes a frame (or none) and gives back the next one whose turn it is, or none. Frames leave in
  /// the order in which they came, each exactly once.
  UniqueBuffer exchange(UniqueBuffer buffer);

  /// Gives back the next waiting frame, however long its inspection takes, or none.
  UniqueBuffer drain();

  /// Forgets the frames that wait: they have been flushed.
  void flush();

  /// Answers a query for a CUDA context; whether it did. From any thread.
  bool answer_context(GstQuery* query) const { return cuda_.answer(query); }

  /// Takes a context that is offered, if it is one to work in. From any thread.
  void take_context(GstContext* context) { cuda_.take(context); }

  /// Latency that this element adds, as promised to the pipeline; 0 when it is not to be reported.
  GstClockTime latency() const;
  void set_pipeline_latency(GstClockTime latency) { pipeline_latency_ = latency; }

 private:
  struct Frame {
    UniqueBuffer buffer;
    std::uint64_t number = 0;
    GstAnomalyStatus status = GST_ANOMALY_STATUS_INSPECTED;
    std::future<AnomalyResult> result;  ///< of a frame that is inspected
    std::optional<Error> error;         ///< why it could not be submitted
    std::string prompts;                ///< name
    std::chrono::steady_clock::time_point accepted;
  };

  Settings settings() const;
  void note_prompts();
  void change(guint id, const GValue* value);
  void prompts_refused(const std::string& path, const Error& error);
  void check_roi(const Settings& settings) const;

  void accept(UniqueBuffer buffer);
  void adopt_prompts(const Frame& frame);
  GstAnomalyStatus plan(const Frame& frame, const Settings& settings, const Recipe& recipe);
  double change(const Frame& frame, const Recipe& recipe);
  void submit(Frame& frame, const Recipe& recipe);
  Turn turn_of(const Frame& frame) const;
  bool front_is_due() const;

  UniqueBuffer finish_front();
  void collect(Frame& frame);
  void fail(Frame& frame, const Error& error);
  void warn_once(const Error& error);
  void draw(GstBuffer* buffer, const GstAnomalyMeta* meta, const OverlaySettings& settings);
  void decorate(Frame& frame, const Settings& settings, GstClockTime latency);
  void account(const Frame& frame, double latency_ms);
  UniqueStructure stats() const;

  GstBaseTransform* const element_;
  Session session_;
  CudaSharing cuda_;
  Drawing drawing_;
  Statistics statistics_;
  LatencyReport latency_report_;
  std::atomic<GstClockTime> pipeline_latency_ = 0;

  mutable std::mutex mutex_;  ///< guards what follows, up to the blank line
  Settings settings_;
  bool open_ = false;
  ModelInfo model_;
  std::string prompts_in_use_, prompts_path_in_use_;
  GstVideoInfo info_;

  Settings started_;  ///< what properties that are read at start were then
  std::deque<Frame> frames_;
  std::uint64_t next_number_ = 0;
  std::shared_ptr<const Inspection> last_;  ///< of the latest inspected frame; null after a failure
  bool overloaded_ = false;
  std::set<ErrorCode> warned_;

  /// What the latest inspection was made with: another one must not be reused for it.
  struct Basis {
    std::shared_ptr<const Prompts> prompts;
    std::optional<ScoreMode> score;
    std::optional<double> pixel_threshold;
    std::array<double, 4> roi;
    bool keeps_scale;
    bool map;
    bool operator==(const Basis&) const = default;
  };
  static Basis basis_of(const Recipe& recipe);
  std::optional<Basis> basis_;
  int since_inspection_ = 0;
  ChangeDetector changes_;  ///< remembers the frame of the latest inspection
};

}  // namespace anomalyclip::gst
