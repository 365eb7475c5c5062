#include "engine/worker_engine.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <c10/core/InferenceMode.h>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "core/cuda_launch.h"
#include "core/torch_errors.h"
#include "engine/load_tower.h"
#include "engine/precision.h"
#include "model/cpu/threads.h"

namespace anomalyclip {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// For frames whose stream nobody names: they are their thread's.
std::uint64_t stream_of_this_thread() {
  static thread_local const char address = 0;
  return reinterpret_cast<std::uintptr_t>(&address);
}

/// One exposure for the requests that share an image and what is read off it; those that encode alike follow each other.
std::vector<Exposure> exposures_of(std::vector<Request> requests) {
  std::vector<Exposure> exposures;
  for (Request& request : requests) {
    Exposure one;
    one.requests.push_back(std::move(request));
    const auto alike = std::find_if(exposures.rbegin(), exposures.rend(),
                                    [&](const Exposure& other) { return one.joins(other); });
    const auto same = std::find_if(alike, exposures.rend(), [&](const Exposure& other) {
      return one.joins(other) && one.frame().image.is_same(other.frame().image);
    });
    if (same != exposures.rend())
      same->requests.push_back(std::move(one.requests.front()));
    else
      exposures.insert(alike == exposures.rend() ? exposures.end() : alike.base(), std::move(one));
  }
  return exposures;
}

ModelInfo describe(const EngineConfig& config, const Weights& weights, const ClipConfig& clip,
                   c10::Device device) {
  ModelInfo info;
  info.name = std::filesystem::path(config.model).filename().string();
  info.fingerprint = fingerprint(weights);
  info.patch_size = static_cast<int>(clip.patch_size);
  info.image_resolution = static_cast<int>(clip.image_resolution);
  info.vision_width = static_cast<int>(clip.vision_width);
  info.vision_layers = static_cast<int>(clip.vision_layers);
  info.embed_dim = static_cast<int>(clip.embed_dim);
  info.device = device.str();
  info.precision = resolve_precision(config.precision, device);
  return info;
}

void require_host(const FrameView& frame, const std::string& device) {
  if (frame.memory != FrameMemory::kHost)
    throw Error(ErrorCode::kSettings,
                "The frame lies in GPU memory, and this engine, on " + device +
                    ", takes frames from host memory only (ModelInfo::takes_gpu_frames)");
}

}  // namespace

WorkerEngine::WorkerEngine(const EngineConfig& config, c10::Device device)
    : threads_(config.threads) {
  const Precision precision = resolve_precision(config.precision, device);
  LoadedTower tower = [&] {
    const c10::InferenceMode inference;
    return load_tower(config, device, precision);
  }();
  vision_ = std::move(tower.vision);
  if (device.is_cuda() && has_cuda_kernels())
    gpu_preprocessor_ = std::make_unique<GpuPreprocessor>(device);
  if (device.is_cuda()) graphed_ = std::make_unique<GraphedVision>(*vision_);
  info_ = describe(config, tower.weights, vision_->config(), device);
  info_.cache_fault = std::move(tower.cache_fault);
  info_.takes_gpu_frames = gpu_preprocessor_ != nullptr;
  worker_ = std::thread([this] { run(); });
}

WorkerEngine::~WorkerEngine() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

void WorkerEngine::check(const Recipe& recipe) const {
  vision_->check(ResolvedRecipe::of(recipe, info_).vision);
}

void WorkerEngine::warm_up(const Recipe& recipe) {
  const int size = ResolvedRecipe::of(recipe, info_).image_size;
  const std::vector<std::uint8_t> blank(static_cast<std::size_t>(size) * size * 3, 128);
  FrameView frame;
  frame.width = frame.height = size;
  frame.planes[0] = blank.data();
  frame.strides[0] = std::ptrdiff_t{3} * size;
  Recipe whole = recipe;
  whole.roi = {};         // pixels of another frame size
  whole.queue_depth = 1;  // there are no others to wait for
  submit(frame, whole).get();
}

std::future<AnomalyResult> WorkerEngine::submit(const FrameView& frame, const Recipe& recipe) {
  return submit(frame, recipe, {});
}

std::future<AnomalyResult> WorkerEngine::submit(const FrameView& frame, const Recipe& recipe,
                                                const Turn& turn) {
  std::vector<Request> requests;
  requests.push_back(prepare(frame, recipe, {}));
  return std::move(enqueue(std::move(requests), turn, recipe.queue_depth)[0]);
}

std::vector<std::future<AnomalyResult>> WorkerEngine::submit_all(
    const FrameView& frame, const std::vector<Recipe>& recipes) {
  std::vector<Request> requests;
  int depth = 1;
  for (const Recipe& recipe : recipes) {
    requests.push_back(prepare(frame, recipe, requests));
    depth = std::max(depth, recipe.queue_depth);
  }
  return enqueue(std::move(requests), {}, depth);
}

Request WorkerEngine::prepare(const FrameView& frame, const Recipe& recipe,
                              const std::vector<Request>& prepared) const {
  Request request;
  request.submitted = Clock::now();
  request.frame.recipe = ResolvedRecipe::of(recipe, info_);
  request.frame.covers = recipe.roi.resolve(frame.width, frame.height);
  request.frame.recipe.look_at(request.frame.covers, frame.width, frame.height);
  const Size size = request.frame.recipe.image;
  for (const Request& other : prepared)
    if (other.frame.recipe.image == size && other.frame.covers == request.frame.covers) {
      request.frame.image = other.frame.image;
      request.frame.ready = other.frame.ready;
    }
  if (!request.frame.image.defined()) make_image(frame, request.frame);
  request.queued = Clock::now();
  request.frame.timings.preprocess = milliseconds(request.queued - request.submitted);
  return request;
}

/// What libtorch may throw comes to the caller as this library's errors.
void WorkerEngine::make_image(const FrameView& frame, PreparedFrame& prepared) const try {
  const Size& size = prepared.recipe.image;
  if (!gpu_preprocessor_) {
    require_host(frame, info_.device);
    const cpu::TaskLimit limit(threads_);
    prepared.image = prepare_image(frame, prepared.covers, size, vision_->device());
    return;
  }
  GpuImage made = (*gpu_preprocessor_)(frame, prepared.covers, size);
  prepared.image = std::move(made.pixels);
  prepared.ready = std::move(made.ready);
} catch (...) {
  std::rethrow_exception(translated(std::current_exception()));
}

std::vector<std::future<AnomalyResult>> WorkerEngine::enqueue(std::vector<Request> requests,
                                                              const Turn& turn, int depth) {
  std::vector<std::future<AnomalyResult>> results;
  for (Request& request : requests) results.push_back(request.promise.get_future());
  const auto now = Clock::now();
  const Ticket ticket{.stream = turn.stream != 0 ? turn.stream : stream_of_this_thread(),
                      .queued = now,
                      .deadline = turn.deadline.value_or(now),
                      .depth = depth};
  std::vector<Exposure> exposures = exposures_of(std::move(requests));
  {
    const std::lock_guard lock(mutex_);
    for (Exposure& exposure : exposures) {
      exposure.ticket = ticket;
      // Its tokens, but for a factor.
      exposure.ticket.cost = static_cast<double>(exposure.frame().recipe.image.area());
      queue_.push(std::move(exposure));
    }
  }
  changed_.notify_one();
  return results;
}

void WorkerEngine::agree(const EngineConfig& config) {
  const std::lock_guard lock(mutex_);
  batch_size_ = std::max(batch_size_, config.batch_size);
  batch_timeout_ms_ = std::max(batch_timeout_ms_, config.batch_timeout_ms);
  const bool all = config.threads == 0 || threads_ == 0;
  threads_ = all ? 0 : std::max<int>(threads_, config.threads);
}

void WorkerEngine::run() {
  const c10::InferenceMode inference;
  for (std::vector<Exposure> batch = next_batch(); !batch.empty(); batch = next_batch()) {
    limit_threads();
    Encoded encoded = encode(std::move(batch));
    // With nothing to encode meanwhile, another thread would only be a detour.
    if (is_idle())
      finish(std::move(encoded));
    else
      scorer_.take(std::move(encoded));
  }
}

/// Of the worker, which calls this: no other thread's.
void WorkerEngine::limit_threads() const {
  if (runs_in_blocks(info_.precision, vision_->device(), info_.vision_width)) {
    cpu::leave_other_cores_to_run_tasks();
    cpu::limit_tasks(threads_);
  } else {
    cpu::limit_operators(threads_);
  }
}

/// Whether this thread has nothing to encode, and no result may be overtaken.
bool WorkerEngine::is_idle() {
  if (!scorer_.idle()) return false;
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

/// Empty when the engine stops and nothing is left.
std::vector<Exposure> WorkerEngine::next_batch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return {};
    const auto size = static_cast<std::size_t>(batch_size_);
    const auto due = queue_.due(size, std::chrono::milliseconds(batch_timeout_ms_));
    if (stopping_ || due <= Clock::now()) return queue_.take(size);
    changed_.wait_until(lock, due);
  }
}

Encoded WorkerEngine::encode(std::vector<Exposure> batch) const {
  const auto started = Clock::now();
  Encoded encoded;
  for (Exposure& exposure : batch)
    for (Request& request : exposure.requests) encoded.requests.push_back(std::move(request));
  std::vector<const PreparedFrame*> frames;
  for (Request& request : encoded.requests) {
    request.frame.timings.queue = milliseconds(started - request.queued);
    frames.push_back(&request.frame);
  }
  try {
    encoded.features = encode_batch(*vision_, graphed_.get(), frames);
  } catch (...) {
    encoded.features = std::current_exception();
  }
  return encoded;
}

}  // namespace anomalyclip
