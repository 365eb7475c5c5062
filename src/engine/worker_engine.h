#pragma once

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <c10/core/Device.h>

#include <anomalyclip/engine.h>

#include "engine/fair_queue.h"
#include "engine/request.h"
#include "engine/scorer.h"
#include "image/gpu_preprocess.h"
#include "model/graphed_vision.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// An engine in this process: immutable weights, one queue, one worker thread that encodes. Callers preprocess in
/// their own threads, and while the worker encodes a batch another thread scores the one before.
class WorkerEngine final : public Engine {
 public:
  /// @throws Error as Engine::acquire
  WorkerEngine(const EngineConfig& config, c10::Device device);

  /// Finishes what is queued, then stops.
  ~WorkerEngine() override;

  const ModelInfo& model() const override { return info_; }
  void check(const Recipe& recipe) const override;
  void warm_up(const Recipe& recipe) override;
  std::future<AnomalyResult> submit(const FrameView& frame, const Recipe& recipe) override;
  std::future<AnomalyResult> submit(const FrameView& frame, const Recipe& recipe,
                                    const Turn& turn) override;
  std::vector<std::future<AnomalyResult>> submit_all(const FrameView& frame,
                                                     const std::vector<Recipe>& recipes) override;

  /// Who shares an engine agrees on the largest batch, the longest wait and the most threads that anybody asked for.
  void agree(const EngineConfig& config);

 private:
  /// @param prepared  requests of the same frame, whose image is shared where it would be equal
  Request prepare(const FrameView& frame, const Recipe& recipe,
                  const std::vector<Request>& prepared) const;
  void make_image(const FrameView& frame, PreparedFrame& prepared) const;
  std::vector<std::future<AnomalyResult>> enqueue(std::vector<Request> requests, const Turn& turn,
                                                  int depth);
  void run();
  std::vector<Exposure> next_batch();
  Encoded encode(std::vector<Exposure> batch) const;
  bool is_idle();
  void limit_threads() const;

  ModelInfo info_;
  std::unique_ptr<const VisionTransformer> vision_;
  std::unique_ptr<GraphedVision> graphed_;             ///< the worker's; null on a CPU
  std::unique_ptr<GpuPreprocessor> gpu_preprocessor_;  ///< null on a CPU, or without kernels

  std::atomic<int> threads_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  FairQueue<Exposure> queue_;
  int batch_size_ = 1, batch_timeout_ms_ = 0;
  bool stopping_ = false;

  Scorer scorer_;
  std::thread worker_;  // last: starts when all else is there, and ends before the scorer
};

}  // namespace anomalyclip
