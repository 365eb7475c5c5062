#include "loop/training_loop.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

#include <torch/torch.h>

#include <anomalyclip/error.h>

#include "core/atomic_file.h"
#include "loop/curves.h"
#include "loop/interrupt.h"

namespace anomalyclip::trainer {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string fixed(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

json to_log(const EpochRecord& record, std::size_t images) {
  json line{{"epoch", record.epoch},
            {"loss", record.loss},
            {"seconds", record.seconds},
            {"images", images},
            {"encoded", record.encoded}};
  for (const auto& [name, value] : record.terms) line[name] = value;
  return line;
}

at::Tensor total_of(const std::vector<LossTerm>& terms) {
  at::Tensor total = at::zeros({}, terms.front().value.options().dtype(at::kDouble));
  for (const LossTerm& term : terms) total = total + term.weight * term.value;
  return total;
}

/// Of the losses at the bottleneck; zeros where they do not depend on it.
std::vector<at::Tensor> gradients_at(const std::vector<at::Tensor>& bottleneck,
                                     const at::Tensor& total) {
  std::vector<at::Tensor> gradients(bottleneck.size());
  if (total.requires_grad())
    gradients =
        torch::autograd::grad({total}, bottleneck, {}, std::nullopt, false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(bottleneck[i]);
  return gradients;
}

/// What processes tell each other in each step, as one row of numbers.
class Exchange {
 public:
  Exchange(const std::vector<at::Tensor>& gradients, const std::vector<LossTerm>& terms,
           bool interrupted, std::int64_t encoded) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& gradient : gradients)
      parts.push_back(gradient.flatten().cpu().to(at::kDouble));
    for (const LossTerm& term : terms)
      parts.push_back(term.value.detach().cpu().to(at::kDouble).reshape({1}));
    parts.push_back(
        at::tensor({interrupted ? 1.0 : 0.0, static_cast<double>(encoded)}, at::kDouble));
    values = at::cat(parts);
  }

  /// Takes them from the row, like the tensors that they are of.
  std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& bottleneck) {
    std::vector<at::Tensor> all;
    for (const at::Tensor& of : bottleneck)
      all.push_back(take(of.numel()).reshape(of.sizes()).to(of.options()));
    return all;
  }

  double next() { return take(1).item<double>(); }

  at::Tensor values;  // [n] float64

 private:
  at::Tensor take(std::int64_t count) {
    at_ += count;
    return values.slice(0, at_ - count, at_);
  }

  std::int64_t at_ = 0;
};

}  // namespace

TrainingFiles::TrainingFiles(const std::string& output) : prompts(output) {
  const std::string suffix = ".safetensors";
  const std::string stem =
      output.ends_with(suffix) ? output.substr(0, output.size() - suffix.size()) : output;
  checkpoint = stem + ".checkpoint";
  log = stem + ".log.jsonl";
  curves = stem + ".curves.png";
}

TrainingLoop::TrainingLoop(TrainableMethod& method, EncodedBatches& images, const TrainingSet& set,
                           EpochOrder order, Processes& processes, LoopSettings settings)
    : method_(method),
      images_(images),
      set_(set),
      order_(std::move(order)),
      processes_(processes),
      settings_(std::move(settings)),
      files_(settings_.output),
      optimizer_(method.make_optimizer()) {
  if (processes_.size() > settings_.batch_size)
    throw Error(ErrorCode::kSettings,
                "There are " + std::to_string(processes_.size()) + " processes and only " +
                    std::to_string(settings_.batch_size) + " images in a batch to share: start " +
                    "fewer processes, or pass a larger --batch-size");
  settings_.settings.merge(method_.settings());
  state_.order = order_.state();
  if (!std::filesystem::exists(files_.checkpoint)) return;
  if (settings_.resume) {
    state_ =
        load_checkpoint(files_.checkpoint, method_.parameters(), *optimizer_, settings_.settings);
    order_.restore(state_.order);
    return;
  }
  const TrainingState there = read_progress(files_.checkpoint);
  if (there.epoch < settings_.epochs)
    throw Error(ErrorCode::kSettings, files_.checkpoint +
                                          " is the checkpoint of an unfinished training (" +
                                          std::to_string(there.epoch) +
                                          " epochs done). Go on from it with --resume, or "
                                          "delete it to start afresh.");
}

TrainingLoop::~TrainingLoop() = default;

bool TrainingLoop::run() {
  while (state_.epoch < settings_.epochs) {
    const Outcome outcome = run_epoch();
    if (processes_.first()) save_checkpoint_file();
    if (outcome == Outcome::kInterrupted) return state_.epoch == settings_.epochs;
    first_epoch_of_run_ = false;
  }
  if (first_epoch_of_run_ && processes_.first()) write_reports();
  return true;
}

TrainingLoop::Outcome TrainingLoop::run_epoch() {
  const Clock::time_point start = Clock::now();
  state_.order = order_.state();
  const auto order = order_.next(static_cast<std::int64_t>(set_.images.size()));
  std::vector<BatchShare> batches =
      share_batches(set_, order, settings_.batch_size, processes_.rank(), processes_.size());
  const auto all = static_cast<std::int64_t>(batches.size());
  batches.erase(batches.begin(), batches.begin() + state_.step);
  seen_ = std::min<std::int64_t>(state_.step * settings_.batch_size,
                                 static_cast<std::int64_t>(order.size()));
  const auto progress = make_progress(seen_);
  images_.start(batches, draw_mosaics(set_, settings_.mosaics, order_.seed()));
  // Alone, a process may stop between two images; several stop after the same step.
  const auto give_up = [this] { return processes_.size() == 1 && InterruptWatch::interrupted(); };
  bool interrupted = false;
  for (std::size_t i = 0; i < batches.size() && !interrupted; ++i) {
    const auto batch = images_.next(give_up);
    interrupted = !batch || step(*batch);
    if (!batch) break;
    ++state_.step;
    seen_ += static_cast<std::int64_t>(batches[i].images);
    if (progress) show(*progress);
  }
  state_.running.seconds += seconds_since(start);
  if (state_.step == all) {
    finish_epoch();
    const std::string line = epoch_line(state_.history.back());
    if (progress)
      progress->replace(line);
    else if (processes_.first())
      std::fprintf(stderr, "%s\n", line.c_str());
  }
  return interrupted ? Outcome::kInterrupted : Outcome::kDone;
}

bool TrainingLoop::step(const EncodedBatch& batch) {
  for (auto& group : optimizer_->param_groups())
    group.options().set_lr(method_.learning_rate(state_.epoch + 1));
  optimizer_->zero_grad();
  const std::vector<at::Tensor> bottleneck = method_.bottleneck(batch);
  const std::vector<LossTerm> terms = method_.losses(batch, bottleneck);
  const std::int64_t encoded = images_.encoded() - encoded_told_;
  encoded_told_ += encoded;
  Exchange exchange(gradients_at(bottleneck, total_of(terms)), terms, InterruptWatch::interrupted(),
                    encoded);
  processes_.sum(exchange.values);
  if (!at::isfinite(exchange.values).all().item<bool>())
    throw Error(ErrorCode::kNotFinite,
                "Training diverged in epoch " + std::to_string(state_.epoch + 1) + ", step " +
                    std::to_string(state_.step + 1) +
                    ": its loss or gradient is not finite. Lower --learning-rate; the last " +
                    "checkpoint is as it was.");
  torch::autograd::backward(bottleneck, exchange.gradients(bottleneck));
  optimizer_->step();
  EpochRecord& running = state_.running;
  for (const LossTerm& term : terms) {
    const double value = exchange.next() * batch.images;
    running.terms[term.name] += value;
    running.loss += term.weight * value;
  }
  const bool interrupted = exchange.next() > 0;
  running.encoded += static_cast<std::int64_t>(exchange.next());
  return interrupted;
}

void TrainingLoop::finish_epoch() {
  EpochRecord record = std::move(state_.running);
  record.epoch = ++state_.epoch;
  record.loss /= static_cast<double>(seen_);
  for (auto& [name, value] : record.terms) value /= static_cast<double>(seen_);
  state_.history.push_back(std::move(record));
  state_.running = {};
  state_.step = 0;
  state_.order = order_.state();
  if (processes_.first()) write_reports();
}

void TrainingLoop::save_checkpoint_file() {
  save_checkpoint(files_.checkpoint, method_.parameters(), *optimizer_, state_, settings_.settings);
}

void TrainingLoop::write_reports() {
  json training = settings_.training;
  training["epochs"] = settings_.epochs;
  training["epochs_done"] = state_.epoch;
  training["losses"] = json::array();
  for (const EpochRecord& record : state_.history) training["losses"].push_back(record.loss);
  method_.save(files_.prompts, training.dump());
  std::string log = json{{"settings", settings_.settings}}.dump() + "\n";
  for (const EpochRecord& record : state_.history)
    log += to_log(record, set_.images.size()).dump() + "\n";
  write_file_atomically(files_.log, log);
  save_curves(files_.curves, state_.history);
}

std::string TrainingLoop::epoch_line(const EpochRecord& record) const {
  std::string line = "epoch " + std::to_string(record.epoch) + "/" +
                     std::to_string(settings_.epochs) + "  loss " + fixed(record.loss);
  for (const auto& [name, value] : record.terms) line += "  " + name + " " + fixed(value);
  char rate[96];
  std::snprintf(rate, sizeof rate, "  %.1f s, %.1f images/s", record.seconds,
                static_cast<double>(set_.images.size()) / std::max(record.seconds, 1e-9));
  line += rate;
  if (record.encoded > 0) line += ", " + std::to_string(record.encoded) + " encoded";
  return line;
}

std::unique_ptr<Progress> TrainingLoop::make_progress(std::int64_t done) const {
  // Away from a terminal there is a line an epoch; only the first one, which encodes, shows its tenths.
  if (!processes_.first() || (!first_epoch_of_run_ && !::isatty(STDERR_FILENO))) return nullptr;
  const std::string label =
      "Epoch " + std::to_string(state_.epoch + 1) + "/" + std::to_string(settings_.epochs);
  return std::make_unique<Progress>(label, static_cast<std::int64_t>(set_.images.size()), "images",
                                    done);
}

void TrainingLoop::show(Progress& progress) const {
  progress.detail("loss " + fixed(state_.running.loss / static_cast<double>(seen_)));
  progress.set(seen_);
}

}  // namespace anomalyclip::trainer
