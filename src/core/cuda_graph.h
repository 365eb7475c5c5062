#pragma once

#include <functional>
#include <memory>
#include <string>

namespace anomalyclip {

/// Work of a GPU that was recorded once and is started as one thing from then on.
class CudaGraph {
 public:
  virtual ~CudaGraph() = default;

  /// Calls `work` twice: to make everything that is made at its first use, and to record it. What it allocates stays
  /// the graph's; nothing in it may wait for the GPU or copy from ordinary memory.
  /// @throws c10::Error where something in it cannot be recorded; the graph is then of no use
  virtual void capture(const std::function<void()>& work) = 0;

  /// Starts what was recorded, on the current stream of the calling thread: the same memory is read and written.
  virtual void replay() = 0;
};

/// A new graph, from a module of its own that links libtorch's CUDA half; null where that cannot be opened.
/// @param fault  set where the result is null: why
std::unique_ptr<CudaGraph> new_cuda_graph(std::string& fault);

}  // namespace anomalyclip
