#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/cuda_graph.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// VisionTransformer::forward() as a CUDA graph for each batch, size and request that comes again: hundreds of launches
/// become one. Not thread-safe.
class GraphedVision {
 public:
  /// @returns null, and the reason: there are no graphs
  using Factory = std::function<std::unique_ptr<CudaGraph>(std::string& fault)>;

  /// Graphs kept at once: each holds the memory of all its steps. The one used longest ago goes first.
  static constexpr std::size_t kMostGraphs = 4;

  explicit GraphedVision(const VisionTransformer& vision, Factory factory = new_cuda_graph);

  /// What vision.forward() returns, in tensors that later calls leave alone. The first images of a kind go the plain way,
  /// as do all once a recording has failed (libtorch's warning says why), and windows, which are made of more than
  /// launches.
  /// @throws as VisionTransformer::forward()
  VisionFeatures forward(const at::Tensor& images, const VisionRequest& request);

  std::size_t graphs() const;

 private:
  struct Entry {
    std::vector<std::int64_t> shape;
    VisionRequest request;
    std::unique_ptr<CudaGraph> graph;  ///< null: seen once
    at::Tensor images;                 ///< what the graph reads
    VisionFeatures features;           ///< what it writes
  };

  Entry* find(const at::Tensor& images, const VisionRequest& request);
  void remember(const at::Tensor& images, const VisionRequest& request);
  bool record(Entry& entry, const at::Tensor& images);

  const VisionTransformer& vision_;
  Factory factory_;
  bool usable_ = true;
  std::list<Entry> entries_;  ///< used last: first
};

}  // namespace anomalyclip
