#include "eval/candidate.h"

#include <algorithm>

#include <anomalyclip/error.h>

#include "image/pillow_resize.h"

namespace anomalyclip::trainer {
namespace {

struct NamedSaliency {
  const char* name;
  saliency::Method method;
  float unit;  ///< some way above what a plain surface has
};

constexpr NamedSaliency kSaliency[] = {
    {"saliency-local-contrast", saliency::local_contrast, 10},
    {"saliency-spectral-residual", saliency::spectral_residual, 16384},
    {"saliency-mahalanobis", saliency::mahalanobis_in_image, 4},
};

/// The image as the encoder would see it, so that all candidates are judged on the same pixels.
cv::Mat3b resized(const Image& image, int size) {
  const Image rgb = to_rgb_image(image.view());
  cv::Mat3b out(size, size);
  pillow_resize(rgb.pixels.data(), std::ptrdiff_t{3} * rgb.width, rgb.width, rgb.height, 3, size,
                size, PillowFilter::kBicubic, out.data);
  return out;
}

/// The image's score is the map's highest value.
Verdicts inspect_saliency(const Candidate& candidate, const Image& image) {
  const cv::Mat1f map = candidate.saliency(resized(image, candidate.saliency_size));
  auto out = std::make_shared<AnomalyMap>();
  out->width = map.cols;
  out->height = map.rows;
  out->values.assign(map.begin(), map.end());
  out->covers = {0, 0, image.width, image.height};
  const float highest = *std::max_element(out->values.begin(), out->values.end());
  return {highest, std::move(out), {}};
}

}  // namespace

bool names_class(const std::string& path) {
  return path.find("{}") != path.npos;
}

std::string path_for(const std::string& pattern, const std::string& class_name) {
  std::string path = pattern;
  for (std::size_t at = path.find("{}"); at != path.npos;
       at = path.find("{}", at + class_name.size()))
    path.replace(at, 2, class_name);
  return path;
}

Candidate for_class(const Candidate& candidate, const std::string& class_name,
                    const Engine* engine) {
  if (candidate.pattern.empty()) return candidate;
  Candidate own = candidate;
  own.recipe.prompts = Prompts::load(path_for(candidate.pattern, class_name));
  engine->check(own.recipe);
  return own;
}

std::optional<double> Candidate::threshold() const {
  if (!recipe.prompts || !pattern.empty()) return {};  // classes may have one each
  return recipe.threshold ? recipe.threshold : recipe.prompts->threshold;
}

std::vector<float> Candidate::to_file(const AnomalyMap& map) const {
  std::vector<float> values = map.values;
  if (saliency)
    for (float& value : values) value = value / (value + saliency_unit);
  return values;
}

std::vector<std::string> saliency_names() {
  std::vector<std::string> names;
  for (const NamedSaliency& entry : kSaliency) names.emplace_back(entry.name);
  return names;
}

Candidate saliency_candidate(const std::string& name, int size) {
  for (const NamedSaliency& entry : kSaliency)
    if (name == entry.name) {
      Candidate candidate;
      candidate.name = candidate.method = name;
      candidate.saliency = entry.method;
      candidate.saliency_size = size;
      candidate.saliency_unit = entry.unit;
      return candidate;
    }
  std::string known;
  for (const NamedSaliency& entry : kSaliency)
    known += std::string(known.empty() ? "" : ", ") + entry.name;
  throw Error(ErrorCode::kSettings, "the method should be one of " + known + " and is " + name +
                                        "; other methods are chosen by the prompt file");
}

std::vector<std::future<Verdicts>> inspect_with(Engine* engine,
                                                const std::vector<Candidate>& candidates,
                                                const std::shared_ptr<const Image>& image) {
  std::vector<Recipe> recipes;
  for (const Candidate& candidate : candidates)
    if (!candidate.saliency) recipes.push_back(candidate.recipe);
  std::vector<std::future<AnomalyResult>> results;
  if (!recipes.empty()) results = engine->submit_all(image->view(), recipes);
  auto next = results.begin();
  std::vector<std::future<Verdicts>> out;
  for (const Candidate& candidate : candidates) {
    if (candidate.saliency)
      out.push_back(std::async(std::launch::deferred, [&candidate, image] {
        return inspect_saliency(candidate, *image);
      }));
    else
      out.push_back(std::async(std::launch::deferred, [future = std::move(*next++)]() mutable {
        AnomalyResult result = future.get();
        return Verdicts{result.score, result.map, result.timings};
      }));
  }
  return out;
}

}  // namespace anomalyclip::trainer
