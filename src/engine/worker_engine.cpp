#include "engine/worker_engine.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <new>

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "engine/precision.h"
#include "model/cpu/threads.h"

namespace anomalyclip {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// What libtorch throws, in this library's terms.
std::exception_ptr translate(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error&) {
    return error;
  } catch (const c10::OutOfMemoryError& oom) {
    return std::make_exception_ptr(Error(ErrorCode::kOutOfMemory, oom.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return std::make_exception_ptr(
        Error(ErrorCode::kOutOfMemory, "no memory is left for this frame"));
  } catch (const c10::Error& failure) {
    return std::make_exception_ptr(Error(ErrorCode::kDevice, failure.what_without_backtrace()));
  } catch (...) {
    return error;
  }
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

}  // namespace

WorkerEngine::WorkerEngine(const EngineConfig& config, c10::Device device) {
  const Precision precision = resolve_precision(config.precision, device);
  const Weights weights = load_model(config.model);
  {
    const c10::InferenceMode inference;
    vision_ = make_vision(weights, device, precision);
  }
  info_ = describe(config, weights, vision_->config(), device);
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
  whole.roi = {};  // pixels of another frame size
  submit(frame, whole).get();
}

std::future<AnomalyResult> WorkerEngine::submit(const FrameView& frame, const Recipe& recipe) {
  return std::move(submit_all(frame, {recipe})[0]);
}

std::vector<std::future<AnomalyResult>> WorkerEngine::submit_all(
    const FrameView& frame, const std::vector<Recipe>& recipes) {
  std::vector<Request> requests;
  for (const Recipe& recipe : recipes) requests.push_back(prepare(frame, recipe, requests));
  std::vector<std::future<AnomalyResult>> results;
  for (Request& request : requests) results.push_back(request.promise.get_future());
  enqueue(std::move(requests));
  return results;
}

WorkerEngine::Request WorkerEngine::prepare(const FrameView& frame, const Recipe& recipe,
                                            const std::vector<Request>& prepared) const {
  Request request;
  request.submitted = Clock::now();
  request.frame.recipe = ResolvedRecipe::of(recipe, info_);
  request.frame.covers = recipe.roi.resolve(frame.width, frame.height);
  const int size = request.frame.recipe.image_size;
  for (const Request& other : prepared)
    if (other.frame.recipe.image_size == size && other.frame.covers == request.frame.covers)
      request.frame.image = other.frame.image;
  if (!request.frame.image.defined())
    request.frame.image = prepare_image(frame, request.frame.covers, size, vision_->device());
  request.queued = Clock::now();
  request.frame.timings.preprocess = milliseconds(request.queued - request.submitted);
  return request;
}

/// @param requests  of one frame; those that encode alike are put next to each other
void WorkerEngine::enqueue(std::vector<Request> requests) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = queue_.size();
    for (Request& request : requests) {
      auto place = queue_.end();
      while (place != queue_.begin() + static_cast<std::ptrdiff_t>(before) &&
             !request.frame.recipe.encodes_like(std::prev(place)->frame.recipe))
        --place;
      const bool alone = place == queue_.begin() + static_cast<std::ptrdiff_t>(before);
      queue_.insert(alone ? queue_.end() : place, std::move(request));
    }
  }
  changed_.notify_one();
}

void WorkerEngine::widen_batching(int batch_size, int batch_timeout_ms) {
  const std::lock_guard lock(mutex_);
  batch_size_ = std::max(batch_size_, batch_size);
  batch_timeout_ms_ = std::max(batch_timeout_ms_, batch_timeout_ms);
}

void WorkerEngine::run() {
  const c10::InferenceMode inference;
  if (runs_in_blocks(info_.precision, vision_->device(), info_.vision_width))
    cpu::leave_other_cores_to_run_tasks();
  for (std::vector<Request> batch = next_batch(); !batch.empty(); batch = next_batch())
    process(std::move(batch));
}

/// Called with the lock held and a frame in the queue.
bool WorkerEngine::batch_is_complete() const {
  if (stopping_) return true;
  int images = 0;
  const Request* last = nullptr;
  for (const Request& request : queue_) {
    if (!request.frame.recipe.encodes_like(queue_.front().frame.recipe))
      return true;  // order comes first
    if (!last || !request.frame.image.is_same(last->frame.image)) ++images;
    if (images >= batch_size_) return true;
    last = &request;
  }
  return false;
}

/// The oldest frame and those right behind it that encode alike; empty when the engine stops.
std::vector<WorkerEngine::Request> WorkerEngine::next_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return {};
  const auto deadline = queue_.front().queued + std::chrono::milliseconds(batch_timeout_ms_);
  changed_.wait_until(lock, deadline, [this] { return batch_is_complete(); });

  std::vector<Request> batch;
  int images = 0;
  while (!queue_.empty()) {
    const PreparedFrame& frame = queue_.front().frame;
    if (!batch.empty() && !frame.recipe.encodes_like(batch.front().frame.recipe)) break;
    const bool shared = !batch.empty() && frame.image.is_same(batch.back().frame.image);
    if (!shared && images++ == batch_size_) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void WorkerEngine::process(std::vector<Request> batch) {
  const auto started = Clock::now();
  std::vector<const PreparedFrame*> frames;
  for (Request& request : batch) {
    request.frame.timings.queue = milliseconds(started - request.queued);
    frames.push_back(&request.frame);
  }
  std::vector<Outcome> outcomes;
  try {
    outcomes = inspect_batch(*vision_, frames);
  } catch (...) {
    outcomes.assign(batch.size(), Outcome(std::current_exception()));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto* result = std::get_if<AnomalyResult>(&outcomes[i])) {
      result->timings.total = milliseconds(Clock::now() - batch[i].submitted);
      batch[i].promise.set_value(std::move(*result));
    } else {
      batch[i].promise.set_exception(translate(std::get<std::exception_ptr>(outcomes[i])));
    }
  }
}

}  // namespace anomalyclip
