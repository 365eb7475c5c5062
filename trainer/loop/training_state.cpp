#include "loop/training_state.h"

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors.h"
#include "common/joined.h"
#include "loop/optimizer_state.h"

namespace anomalyclip::trainer {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "anomalyclip-train/1";
constexpr const char* kOrder = "order";

std::string key_of(const std::string& name) {
  return "parameter." + name;
}

json to_json(const EpochRecord& record) {
  return {{"epoch", record.epoch},
          {"loss", record.loss},
          {"terms", record.terms},
          {"seconds", record.seconds},
          {"encoded", record.encoded}};
}

EpochRecord to_record(const json& value) {
  return {value.at("epoch"), value.at("loss"), value.at("terms"), value.at("seconds"),
          value.at("encoded")};
}

[[noreturn]] void damaged(const std::string& path, const std::string& fault) {
  throw Error(ErrorCode::kRead, path + " is not a whole checkpoint of a training: " + fault +
                                    ". Delete it to start afresh.");
}

const std::string& metadata_of(const Safetensors& file, const std::string& path,
                               const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) damaged(path, "it has no \"" + key + "\"");
  return found->second;
}

TrainingState progress_of(const Safetensors& file, const std::string& path) {
  if (metadata_of(file, path, "format") != kFormat) damaged(path, "it has another format");
  if (!file.tensors.contains(kOrder)) damaged(path, "it has no \"order\"");
  try {
    const json progress = json::parse(metadata_of(file, path, "progress"));
    TrainingState state;
    state.epoch = progress.at("epoch");
    state.step = progress.at("step");
    state.running = to_record(progress.at("running"));
    for (const json& record : progress.at("history")) state.history.push_back(to_record(record));
    state.order = file.tensors.at(kOrder).clone();
    return state;
  } catch (const json::exception& error) {
    damaged(path, error.what());
  }
}

/// Names each setting that differs.
void check_settings(const Safetensors& file, const std::string& path,
                    const std::map<std::string, std::string>& settings) {
  std::map<std::string, std::string> theirs;
  try {
    theirs = json::parse(metadata_of(file, path, "settings"));
  } catch (const json::exception& error) {
    damaged(path, error.what());
  }
  std::vector<std::string> differences;
  const auto value_in = [](const auto& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string("not set") : found->second;
  };
  std::map<std::string, std::string> keys = settings;
  keys.insert(theirs.begin(), theirs.end());
  for (const auto& [key, ignored] : keys)
    if (value_in(theirs, key) != value_in(settings, key))
      differences.push_back(key + " (" + value_in(theirs, key) + " there, " +
                            value_in(settings, key) + " here)");
  if (!differences.empty())
    throw Error(ErrorCode::kMismatch,
                path + " is the checkpoint of another training; these settings differ: " +
                    joined(differences, ", ") +
                    ". Repeat the command that made it, or delete it to start afresh.");
}

}  // namespace

void save_checkpoint(const std::string& path, const TrainableMethod::NamedTensors& parameters,
                     const torch::optim::Optimizer& optimizer, const TrainingState& state,
                     const std::map<std::string, std::string>& settings) {
  std::map<std::string, at::Tensor> tensors = optimizer_state(optimizer, parameters);
  for (const auto& [name, parameter] : parameters) tensors[key_of(name)] = parameter.detach();
  tensors[kOrder] = state.order;
  json history = json::array();
  for (const EpochRecord& record : state.history) history.push_back(to_json(record));
  const json progress{{"epoch", state.epoch},
                      {"step", state.step},
                      {"running", to_json(state.running)},
                      {"history", history}};
  write_safetensors(
      path, tensors,
      {{"format", kFormat}, {"settings", json(settings).dump()}, {"progress", progress.dump()}});
}

TrainingState load_checkpoint(const std::string& path,
                              const TrainableMethod::NamedTensors& parameters,
                              torch::optim::Optimizer& optimizer,
                              const std::map<std::string, std::string>& settings) {
  const Safetensors file = read_safetensors(path);
  TrainingState state = progress_of(file, path);
  check_settings(file, path, settings);
  const at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    const auto found = file.tensors.find(key_of(name));
    if (found == file.tensors.end() || !found->second.sizes().equals(parameter.sizes()))
      damaged(path, "\"" + key_of(name) + "\" is missing or misshapen");
    parameter.copy_(found->second);
  }
  restore_optimizer(optimizer, parameters, file.tensors);
  return state;
}

TrainingState read_progress(const std::string& path) {
  return progress_of(read_safetensors(path), path);
}

}  // namespace anomalyclip::trainer
