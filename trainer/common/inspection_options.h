#pragma once

#include <memory>
#include <string>

#include <anomalyclip/engine.h>

namespace CLI {
class App;
}

namespace anomalyclip::trainer {

/// "auto", "fp32", ...
/// @throws Error kSettings (no such precision: says which there are)
Precision parse_precision(const std::string& name);

/// Adds `--model-cache-dir`.
void add_model_cache_dir(CLI::App& command, std::string& folder);

/// Says on standard error what kept an engine's cache folder from serving, if anything did.
void warn_of_cache_fault(const Engine& engine);

/// The options of every command that inspects images, named as the element's properties.
struct InspectionOptions {
  std::string model, prompts;  ///< empty: the demo's
  std::string device = "auto";
  Precision precision = Precision::kAuto;
  std::string model_cache_dir;  ///< empty: none
  Recipe recipe;                ///< without prompts until load()

  void add_to(CLI::App& command);

  std::string model_path() const;
  std::string prompts_path() const;

  /// Loads the prompts into `recipe` and the model into an engine, checks that they fit and warms up.
  /// Says so on standard error when they are the demo's.
  /// Says so on standard error too when the cache folder does not serve.
  /// @throws Error as Prompts::load, Engine::acquire and Engine::check
  std::shared_ptr<Engine> load();
};

}  // namespace anomalyclip::trainer
