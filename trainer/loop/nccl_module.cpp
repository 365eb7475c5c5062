// A module of its own, opened where several processes train on GPUs: it links libtorch's CUDA half, which the command must not.
#define USE_C10D_NCCL

#include <c10/cuda/CUDAGuard.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "loop/gpu_sum.h"

namespace anomalyclip::trainer {
namespace {

class NcclSum final : public GpuSum {
 public:
  explicit NcclSum(const GpuSumPlace& place)
      : gpu_(at::kCUDA, static_cast<at::DeviceIndex>(place.gpu)),
        group_(c10::make_intrusive<c10d::ProcessGroupNCCL>(
            c10::make_intrusive<c10d::PrefixStore>("nccl", place.store), place.rank, place.size)) {}

  void sum(at::Tensor& values) override {
    const c10::cuda::CUDAGuard guard(gpu_);
    std::vector<at::Tensor> there{values.to(gpu_)};
    group_->allreduce(there)
        ->wait();  // the stream's, not this thread's: the copy below waits for it
    values.copy_(there[0]);
  }

 private:
  at::Device gpu_;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group_;
};

}  // namespace
}  // namespace anomalyclip::trainer

extern "C" __attribute__((visibility("default"))) anomalyclip::trainer::GpuSum*
anomalyclip_new_gpu_sum(const anomalyclip::trainer::GpuSumPlace& place);

anomalyclip::trainer::GpuSum* anomalyclip_new_gpu_sum(
    const anomalyclip::trainer::GpuSumPlace& place) {
  return new anomalyclip::trainer::NcclSum(place);
}
