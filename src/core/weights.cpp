#include "core/weights.h"

#include <sstream>

#include <anomalyclip/error.h>

#include "core/mapped_file.h"

namespace anomalyclip {

const at::Tensor& Weights::get(const std::string& key) const {
  const auto found = tensors_.find(key);
  if (found == tensors_.end())
    throw Error(ErrorCode::kMismatch,
                source_ + " has no tensor \"" + key +
                    "\": this is not a CLIP ViT checkpoint, or it is incomplete");
  return found->second;
}

const at::Tensor& Weights::get(const std::string& key, at::IntArrayRef shape) const {
  const at::Tensor& tensor = get(key);
  if (tensor.sizes() != shape) {
    std::ostringstream message;
    message << source_ << ": tensor \"" << key << "\" should have shape " << shape << " and has "
            << tensor.sizes();
    throw Error(ErrorCode::kMismatch, message.str());
  }
  return tensor;
}

std::string Weights::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string() : found->second;
}

void Weights::let_go_of(const std::string& prefix) const {
  if (storage_ != Storage::kUnwrittenFile) return;
  for (auto at = tensors_.lower_bound(prefix);
       at != tensors_.end() && at->first.starts_with(prefix); ++at)
    let_go_of_pages(at->second.const_data_ptr(), at->second.nbytes());
}

}  // namespace anomalyclip
