#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <anomalyclip/engine.h>

#include "image/load_image.h"
#include "saliency/saliency.h"

namespace anomalyclip::trainer {

/// One way to score images: a prompt file in the engine, or a saliency method, which knows nothing.
struct Candidate {
  std::string name;    ///< the prompt file's, or the method's
  std::string method;  ///< "anomalyclip", "winclip", "saliency-local-contrast", ...
  Recipe recipe;       ///< without prompts for saliency
  saliency::Method saliency = nullptr;
  std::string pattern;  ///< path of prompt files, with {} for the class's name; empty: one for all
  int saliency_size = 0;    ///< pixels along each side of its map
  float saliency_unit = 1;  ///< of its map: what files hold as a half

  /// A map's values within 0..1, as files hold them: a prompt file's as they are, v of saliency, which has no upper bound,
  /// as v / (v + unit): no two values change places, whatever image they are of.
  std::vector<float> to_file(const AnomalyMap& map) const;

  std::optional<double> threshold() const;
};

/// Whether a path stands for a prompt file a class.
bool names_class(const std::string& path);

/// The path with the class's name in the place of {}.
std::string path_for(const std::string& pattern, const std::string& class_name);

/// The candidate with the prompts of one class; itself where it has one prompt file for all.
/// @throws Error as Prompts::load() and Engine::check()
Candidate for_class(const Candidate& candidate, const std::string& class_name,
                    const Engine* engine);

/// The names that `eval --method` takes.
std::vector<std::string> saliency_names();

/// @throws Error kSettings (an unknown name: says which there are)
Candidate saliency_candidate(const std::string& name, int size);

/// What a candidate says of one image.
struct Verdicts {
  float score = 0;
  std::shared_ptr<const AnomalyMap> map;  ///< of saliency: in the method's own unit, 0 or more
  StageTimings timings;
};

/// Scores one image with several candidates; those in the engine share its preprocessing and encoding. The results come
/// through futures, which throw as Engine::submit()'s; saliency is computed by get().
/// @param engine  null where no candidate needs it
/// @throws Error as Engine::submit()
std::vector<std::future<Verdicts>> inspect_with(Engine* engine,
                                                const std::vector<Candidate>& candidates,
                                                const std::shared_ptr<const Image>& image);

}  // namespace anomalyclip::trainer
