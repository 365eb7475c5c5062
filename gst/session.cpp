#include "session.h"

#include <chrono>
#include <tuple>
#include <utility>

#include <anomalyclip/demo.h>

#include "guard.h"

namespace anomalyclip::gst {
namespace {

Recipe make_recipe(const Settings& settings, std::shared_ptr<const Prompts> prompts) {
  const auto set = [](double threshold) {
    return threshold < 0 ? std::nullopt : std::optional(threshold);
  };
  Recipe recipe;
  recipe.prompts = std::move(prompts);
  recipe.image_size = settings.image_size;
  recipe.score = settings.score;
  recipe.threshold = set(settings.threshold);
  recipe.pixel_threshold = set(settings.pixel_threshold);
  recipe.roi = Roi::parse(settings.roi);
  recipe.roi_keeps_scale = settings.roi_keep_scale;
  recipe.want_map = settings.attach_map || settings.drawing.overlay != Overlay::kNone;
  recipe.queue_depth = settings.queue_depth;
  return recipe;
}

/// Where its weights were kept makes no other engine.
bool same(const EngineConfig& a, const EngineConfig& b) {
  const auto fields = [](const EngineConfig& c) {
    return std::tie(c.model, c.device, c.precision, c.instance_id, c.batch_size, c.batch_timeout_ms,
                    c.threads);
  };
  return fields(a) == fields(b);
}

}  // namespace

Session::Session(GstElement* element, PromptLoader::Failed prompts_refused)
    : element_(element), prompts_refused_(std::move(prompts_refused)) {}

void Session::open(const Settings& settings) {
  acquire_engine(settings);
  prompts_path_ = prompts_path(settings);
  prompts_ = Prompts::load(prompts_path_);
  const Recipe first = recipe(settings);
  engine_->check(first);

  warm_up(first);

  start_loader(settings);
  announce(settings);
}

void Session::warm_up(const Recipe& recipe) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    engine_->warm_up(recipe);
  } catch (const Error& error) {
    // What may befall any frame does not keep a stream from starting: frames that fail say so themselves.
    if (error.code() != ErrorCode::kNotFinite && error.code() != ErrorCode::kOutOfMemory) throw;
    GST_WARNING_OBJECT(element_, "a blank frame cannot be inspected: %s", error.what());
  }
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - begin;
  warm_up_ms_ = elapsed.count();
}

std::string Session::prompts_path(const Settings& settings) {
  if (!settings.prompts.empty()) return settings.prompts;
  if (settings.model.empty()) return demo_prompts_path();
  throw Error(ErrorCode::kSettings,
              "The property prompts is not set: the model " + settings.model +
                  " needs a prompt file that says what to look for. Make one with `anomalyclip "
                  "train`, `anomalyclip prompts` or `anomalyclip convert --prompts`.");
}

void Session::acquire_engine(const Settings& settings) {
  const EngineConfig config{settings.model.empty() ? demo_model_path() : settings.model,
                            settings.device,
                            settings.precision,
                            settings.instance_id,
                            settings.batch_size,
                            settings.batch_timeout_ms,
                            settings.threads,
                            settings.model_cache_dir};
  if (engine_ && same(config, config_)) return;
  engine_.reset();  // first: two models need not fit into memory
  engine_ = Engine::acquire(config);
  config_ = config;
}

void Session::announce(const Settings& settings) {
  const ModelInfo& model = engine_->model();
  GST_INFO_OBJECT(element_, "%s with %s on %s, %s", model.name.c_str(), prompts_->name.c_str(),
                  model.device.c_str(), to_string(model.precision));
  if (!settings.model_cache_dir.empty() && !model.cache_fault.empty())
    post_warning(element_, Error(ErrorCode::kSettings, "model-cache-dir: " + model.cache_fault));
  if (settings.model.empty())
    post_info(element_,
              "This is the demo model, which only knows drawn parts. For photographs set the "
              "properties model and prompts.");
  if (settings.device == "auto" && model.device == "cpu")
    post_info(element_, "device=auto: there is no CUDA device to use, so " + model.name +
                            " runs on the CPU.");
}

void Session::start_loader(const Settings& settings) {
  const auto load = [engine = engine_, settings](const std::string& path) {
    auto prompts = Prompts::load(path);
    engine->check(make_recipe(settings, prompts));
    return prompts;
  };
  const std::lock_guard lock(loader_mutex_);
  loader_ = std::make_unique<PromptLoader>(load, prompts_refused_);
}

void Session::close() {
  std::unique_ptr<PromptLoader> loader;
  {
    const std::lock_guard lock(loader_mutex_);
    loader = std::move(loader_);
  }
  loader.reset();  // waits for a file that is being read, without the lock
  prompts_.reset();
}

void Session::release() {
  close();
  engine_.reset();
}

void Session::request_prompts(const std::string& path) {
  loader_->request(path);
}

bool Session::adopt_prompts() {
  auto loaded = loader_->take();
  if (!loaded) return false;
  prompts_ = std::move(loaded->prompts);
  prompts_path_ = std::move(loaded->path);
  return true;
}

Recipe Session::recipe(const Settings& settings) const {
  return make_recipe(settings, prompts_);
}

}  // namespace anomalyclip::gst
