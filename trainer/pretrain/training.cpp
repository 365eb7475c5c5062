#include "training.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <torch/torch.h>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors.h"

namespace anomalyclip::pretrain {

namespace {

constexpr std::int64_t kPreviewed = 48;

/// Images until the cycle's last step, a whole number of steps in each stage.
std::int64_t images_of(const Cycle& cycle) {
  std::int64_t images = 0;
  float end = 0;
  for (const Stage& stage : cycle.stages) {
    end += stage.share;
    while (static_cast<float>(images) < end * static_cast<float>(cycle.images))
      images += stage.batch;
  }
  return images;
}

/// Warm-up, then a cosine to zero.
float rate_at(float done) {
  return std::min(1.f, done / 0.03f + 1e-3f) *
         (0.5f + 0.5f * std::cos(std::numbers::pi_v<float> * done));
}

Tensors small_weights(const TrainingSettings& settings, const Vocabulary& vocabulary) {
  Shape shape = settings.shape;
  shape.vocabulary = static_cast<std::int64_t>(vocabulary.token_of_row.size());
  return initial_weights(shape, settings.seed);
}

/// Leaves of a graph of their own that share the weights' memory: each thread differentiates its half of the batch.
Tensors leaves(const Tensors& weights) {
  Tensors out;
  for (const auto& [name, weight] : weights) out[name] = weight.detach().requires_grad_(true);
  return out;
}

std::vector<at::Tensor> values(const Tensors& tensors) {
  std::vector<at::Tensor> out;
  for (const auto& [name, tensor] : tensors) out.push_back(tensor);
  return out;
}

}  // namespace

void TrainingSettings::quicken() {
  cycles = {{110'000, 1.f, 32, 0.f, {{1.f, 96, 48}}}, {55'000, 0.5f, 8, 0.6f, {{1.f, 192, 24}}}};
  lines = false;
  shape.inspect_at = 240;
}

Training::Training(const TrainingSettings& settings)
    : settings_(settings),
      vocabulary_(build_vocabulary(settings.shape)),
      weights_(small_weights(settings, vocabulary_)),
      optimizer_(weights_, settings.optimizer),
      samples_(settings.seed, settings.lines) {}

std::int64_t Training::total() const {
  std::int64_t images = 0;
  for (const Cycle& cycle : settings_.cycles) images += images_of(cycle);
  return images;
}

Training::Place Training::place() const {
  std::int64_t first = 0;
  for (const Cycle& cycle : settings_.cycles) {
    const auto done = static_cast<float>(images_ - first), all = static_cast<float>(cycle.images);
    float end = 0;
    for (const Stage& stage : cycle.stages) {
      end += stage.share;
      if (done < end * all) return {&cycle, &stage, cycle.rate * rate_at(done / all)};
    }
    first += images_of(cycle);
  }
  throw std::logic_error("a step after the last stage's end");
}

Progress Training::step() {
  if (steps_ == 0)
    equalize_filters(weights_, settings_.shape,
                     samples_.preview(kPreviewed, settings_.cycles.front().stages.front().size));
  const Place place = this->place();
  const Views views{place.stage->size, place.cycle->reuse, place.cycle->whole};
  const std::int64_t share = place.stage->batch / Team::kMembers;
  std::vector<at::Tensor> gradients[Team::kMembers];
  Losses lost[Team::kMembers];
  team_.run([&](int member) {
    const Batch batch = samples_.batch(images_ + member * share, share, views);
    const Tensors mine = leaves(weights_);
    Losses& loss = lost[member];
    loss = losses(mine, settings_.shape, vocabulary_.texts, batch, settings_.losses);
    gradients[member] = torch::autograd::grad({loss.total}, values(mine), {}, false, false, true);
    for (std::size_t i = 0; i < gradients[member].size(); ++i)
      if (!gradients[member][i].defined()) gradients[member][i] = at::zeros_like(values(mine)[i]);
  });
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < gradients[0].size(); ++i)
    gradients[0][i].add_(gradients[1][i]).mul_(0.5);
  const bool finite = optimizer_.step(gradients[0], place.rate, [&](const auto& work) {
    team_.run([&](int member) {
      const at::NoGradGuard no_grad_either;
      work(member);
    });
  });
  skipped_in_a_row_ = finite ? 0 : skipped_in_a_row_ + 1;
  if (skipped_in_a_row_ >= 20)
    throw Error(ErrorCode::kNotFinite,
                "Training diverged: 20 steps in a row had gradients that are not finite. "
                "Resume from the last checkpoint with another seed.");
  images_ += Team::kMembers * share;
  ++steps_;
  const auto mean = [&](float Losses::*term) { return (lost[0].*term + lost[1].*term) / 2; };
  return {steps_,
          images_,
          views.size,
          mean(&Losses::local),
          mean(&Losses::global),
          mean(&Losses::peak),
          mean(&Losses::caption),
          !finite};
}

std::string Training::describe() const {
  const Shape& s = settings_.shape;
  const auto text = [](auto... numbers) { return ((std::to_string(numbers) + ' ') + ...); };
  std::string cycles;
  for (const Cycle& cycle : settings_.cycles) {
    cycles += text(cycle.images, cycle.rate, cycle.reuse, cycle.whole);
    for (const Stage& stage : cycle.stages) cycles += text(stage.share, stage.size, stage.batch);
  }
  return cycles +
         text(settings_.seed, s.width, s.layers, s.patch, s.resolution, s.embed, s.text_width,
              s.text_layers, s.dpam_from) +
         (settings_.lines ? "" : "no lines");
}

void Training::save(const std::string& path) const {
  Tensors all = optimizer_.state();
  for (const auto& [name, weight] : weights_) all["weight." + name] = weight;
  write_safetensors(path, all,
                    {{"format", "anomalyclip-pretrain/1"},
                     {"settings", describe()},
                     {"step", std::to_string(steps_)},
                     {"images", std::to_string(images_)},
                     {"optimizer_steps", std::to_string(optimizer_.steps())}});
}

void Training::resume(const std::string& path) {
  const Safetensors file = read_safetensors(path);
  const auto meta = [&](const char* key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  if (meta("format") != "anomalyclip-pretrain/1" || meta("settings") != describe())
    throw Error(
        ErrorCode::kMismatch,
        path + " is a checkpoint of other settings, not of this training: it was made with \"" +
            meta("settings") + "\", and these are \"" + describe() +
            "\". Delete it to start afresh.");
  const at::NoGradGuard no_grad;
  for (auto& [name, weight] : weights_) weight.copy_(file.tensors.at("weight." + name));
  optimizer_.restore(file.tensors, std::stoll(meta("optimizer_steps")));
  steps_ = std::stoll(meta("step"));
  images_ = std::stoll(meta("images"));
}

Tensors Training::result() const {
  Tensors out;
  for (const auto& [name, weight] : optimizer_.average()) out[name] = weight.clone();
  const at::Tensor rows = out["token_embedding.weight"];
  at::Tensor table = at::zeros({settings_.shape.vocabulary, rows.size(1)});
  table.index_copy_(0, at::tensor(vocabulary_.token_of_row), rows);
  out["token_embedding.weight"] = table;
  return out;
}

}  // namespace anomalyclip::pretrain
