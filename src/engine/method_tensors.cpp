#include "engine/method_tensors.h"

#include <mutex>
#include <vector>

#include <ATen/ops/from_blob.h>

namespace anomalyclip {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

at::Tensor borrowed(const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);
}

std::shared_ptr<const Tensors> borrow(const Prompts& prompts) {
  auto tensors = std::make_shared<Tensors>();
  for (const auto& [key, tensor] : prompts.tensors)
    tensors->emplace(key, borrowed(tensor.values, tensor.shape));
  tensors->emplace("text_features", borrowed(prompts.text_features, {2, prompts.embed_dim()}));
  return tensors;
}

/// What lies on devices other than the CPU. A bank of references is large: a copy a frame would cost
/// more than the frame.
class DeviceCopies {
 public:
  std::shared_ptr<const Tensors> get(const std::shared_ptr<const Prompts>& prompts,
                                     at::Device device) {
    const std::lock_guard lock(mutex_);
    std::erase_if(copies_, [](const Copy& copy) { return copy.prompts.expired(); });
    for (const Copy& copy : copies_)
      if (copy.device == device && copy.prompts.lock() == prompts) return copy.tensors;
    auto tensors = std::make_shared<Tensors>();
    for (const auto& [key, tensor] : *borrow(*prompts)) tensors->emplace(key, tensor.to(device));
    copies_.push_back({prompts, device, tensors});
    return tensors;
  }

 private:
  struct Copy {
    std::weak_ptr<const Prompts> prompts;
    at::Device device;
    std::shared_ptr<const Tensors> tensors;
  };
  std::mutex mutex_;
  std::vector<Copy> copies_;
};

}  // namespace

MethodTensors MethodTensors::of(const std::shared_ptr<const Prompts>& prompts, at::Device device) {
  static DeviceCopies copies;
  return MethodTensors(device.is_cpu() ? borrow(*prompts) : copies.get(prompts, device));
}

}  // namespace anomalyclip
