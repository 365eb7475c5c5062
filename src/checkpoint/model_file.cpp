#include "checkpoint/model_file.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <anomalyclip/error.h>

#include "checkpoint/clip_names.h"
#include "checkpoint/safetensors.h"
#include "core/finite.h"
#include "core/sha256.h"

namespace anomalyclip {

void require_finite(const Weights& weights) {
  std::vector<std::pair<std::string, at::Tensor>> tensors(weights.tensors().begin(),
                                                          weights.tensors().end());
  std::atomic<std::size_t> next{0}, first_bad{tensors.size()};
  const auto work = [&] {
    for (std::size_t i = next++; i < tensors.size(); i = next++) {
      const bool finite = all_finite(tensors[i].second);
      weights.let_go_of(tensors[i].first);
      if (finite) continue;
      for (std::size_t known = first_bad;
           i < known && !first_bad.compare_exchange_weak(known, i);) {
      }
    }
  };
  {
    // Own threads: the memory is read at its full speed with two or three, and torch's pool may be
    // busy with frames.
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < count; ++i) workers.emplace_back(work);
    work();
  }
  if (first_bad < tensors.size())
    throw Error(ErrorCode::kNotFinite,
                weights.source() + ": tensor \"" + tensors[first_bad].first +
                    "\" holds NaN or infinite values: the file is damaged, or its training failed");
}

namespace {

Weights view_model(const std::string& path, ReadAhead ahead) {
  Safetensors file = read_safetensors(path, ahead);
  ClipTensors clip = to_openai_names(file.tensors, path);
  return Weights(std::move(clip.tensors), std::move(file.metadata), path,
                 Weights::Storage::kUnwrittenFile);
}

}  // namespace

Weights load_model(const std::string& path) {
  Weights weights = view_model(path, ReadAhead::kYes);
  require_finite(weights);
  return weights;
}

Weights open_model(const std::string& path) {
  return view_model(path, ReadAhead::kNo);
}

std::string fingerprint(const Weights& weights) {
  Sha256 hash;
  for (const char* key : {"visual.class_embedding", "visual.positional_embedding", "visual.proj",
                          "text_projection"}) {
    if (!weights.has(key))
      throw Error(ErrorCode::kMismatch,
                  weights.source() + " has no tensor \"" + key +
                      "\", without which prompts cannot be checked against the model: "
                      "convert a checkpoint that holds both of CLIP's towers");
    const at::Tensor values = weights.get(key).cpu().to(at::kFloat).contiguous();
    hash.update({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
  return hash.hex();
}

}  // namespace anomalyclip
