#include "model/graphed_vision.h"

#include <algorithm>

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>

namespace anomalyclip {
namespace {

/// Tensors of their own: the next replay overwrites the graph's.
VisionFeatures copied(const VisionFeatures& features) {
  VisionFeatures copy;
  if (features.global.defined()) copy.global = features.global.clone();
  for (const auto& kinds : features.patches) {
    auto& tokens = copy.patches.emplace_back();
    for (const at::Tensor& kind : kinds) tokens.push_back(kind.clone());
  }
  return copy;
}

}  // namespace

GraphedVision::GraphedVision(const VisionTransformer& vision, Factory factory)
    : vision_(vision), factory_(std::move(factory)) {}

VisionFeatures GraphedVision::forward(const at::Tensor& images, const VisionRequest& request) {
  const c10::DeviceGuard guard(vision_.device());
  if (!usable_ || !request.windows.empty()) return vision_.forward(images, request);
  Entry* entry = find(images, request);
  if (!entry) {
    VisionFeatures features =
        vision_.forward(images, request);  // first: only what works is remembered
    remember(images, request);
    return features;
  }
  if (!entry->graph && !record(*entry, images)) return vision_.forward(images, request);
  entry->images.copy_(images);
  entry->graph->replay();
  return copied(entry->features);
}

std::size_t GraphedVision::graphs() const {
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.graph != nullptr; }));
}

GraphedVision::Entry* GraphedVision::find(const at::Tensor& images, const VisionRequest& request) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return images.sizes() == entry.shape && entry.request == request;
  });
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found);
  return &entries_.front();
}

void GraphedVision::remember(const at::Tensor& images, const VisionRequest& request) {
  if (entries_.size() == kMostGraphs) entries_.pop_back();
  entries_.push_front({images.sizes().vec(), request, nullptr, {}, {}});
}

/// @returns false where this and every later call has to go the plain way
bool GraphedVision::record(Entry& entry, const at::Tensor& images) {
  std::string fault;
  try {
    std::unique_ptr<CudaGraph> graph = factory_(fault);
    if (graph) {
      entry.images = images.clone();
      graph->capture([&] { entry.features = vision_.forward(entry.images, entry.request); });
      entry.graph = std::move(graph);
      return true;
    }
  } catch (const c10::Error& error) {
    fault = error.what_without_backtrace();
  }
  usable_ = false;
  entries_.clear();
  TORCH_WARN("The encoder goes on without a CUDA graph: ", fault);
  return false;
}

}  // namespace anomalyclip
