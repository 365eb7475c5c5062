// A module of its own, opened where a GPU is: it links libtorch's CUDA half, which the library must not.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "core/cuda_graph.h"

namespace anomalyclip {
namespace {

/// The legacy default stream cannot record; libtorch's own streams can.
class TorchGraph final : public CudaGraph {
 public:
  void capture(const std::function<void()>& work) override {
    const c10::cuda::CUDAStream caller = c10::cuda::getCurrentCUDAStream();
    const c10::cuda::CUDAStream recording = c10::cuda::getStreamFromPool();
    caller.synchronize();  // what `work` reads is there
    const c10::cuda::CUDAStreamGuard guard(recording);
    work();
    recording.synchronize();
    // Other threads prepare frames meanwhile, and may allocate.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      abandon();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override { graph_.replay(); }

 private:
  /// Ends a recording that has failed already; what went wrong first is what is reported.
  void abandon() noexcept {
    try {
      graph_.capture_end();
    } catch (const c10::Error&) {
      cudaGetLastError();  // not to be found by a later launch
    }
  }

  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace anomalyclip

extern "C" __attribute__((visibility("default"))) anomalyclip::CudaGraph*
anomalyclip_new_cuda_graph();

anomalyclip::CudaGraph* anomalyclip_new_cuda_graph() {
  return new anomalyclip::TorchGraph;
}
