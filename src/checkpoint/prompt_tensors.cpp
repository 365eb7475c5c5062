#include "checkpoint/prompt_tensors.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <anomalyclip/error.h>

#include "core/finite.h"

namespace anomalyclip {
namespace {

constexpr std::int64_t kAny = -1;
using Shape = std::vector<std::int64_t>;

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t length : shape)
    text += (text.empty() ? "" : ", ") + (length == kAny ? "n" : std::to_string(length));
  return "[" + text + "]";
}

bool fits(const at::Tensor& tensor, const Shape& shape) {
  return std::ranges::equal(tensor.sizes(), shape, [](std::int64_t found, std::int64_t expected) {
    return found > 0 && (expected == kAny || found == expected);
  });
}

bool unit_rows(const at::Tensor& tensor) {
  const at::Tensor lengths = at::linalg_vector_norm(tensor, 2, at::IntArrayRef{1});
  return (lengths - 1).abs().max().item<float>() < 1e-3f;
}

/// Picks the tensors of one method; what is left over belongs to another.
class TensorReader {
 public:
  TensorReader(const Prompts& prompts, const std::map<std::string, at::Tensor>& tensors,
               const std::string& source)
      : method_(prompts.method), all_(tensors), source_(source) {}

  bool has_any(const std::string& prefix) const {
    return std::ranges::any_of(all_,
                               [&](const auto& entry) { return entry.first.starts_with(prefix); });
  }

  const at::Tensor& take(const std::string& key, const Shape& shape) {
    const auto found = all_.find(key);
    const std::string expected = "float32 of shape " + shape_text(shape);
    if (found == all_.end()) fail(key, expected, "is missing");
    const at::Tensor& tensor = found->second;
    if (tensor.scalar_type() != at::kFloat || !fits(tensor, shape)) {
      std::ostringstream text;
      text << "is " << c10::toString(tensor.scalar_type()) << " of shape " << tensor.sizes();
      fail(key, expected, text.str());
    }
    if (!all_finite(tensor)) fail(key, expected, "holds NaN or infinite values");
    taken_[key] = to_prompt_tensor(tensor);
    return tensor;
  }

  const at::Tensor& take_rows(const std::string& key, std::int64_t width) {
    const at::Tensor& tensor = take(key, {kAny, width});
    if (!unit_rows(tensor)) fail(key, "rows of length 1", "has others");
    return tensor;
  }

  std::map<std::string, PromptTensor> finish() {
    for (const auto& entry : all_)
      if ((entry.first.starts_with("adapters.") || entry.first.starts_with("references.")) &&
          !taken_.contains(entry.first))
        throw Error(ErrorCode::kRead, source_ + ": tensor \"" + entry.first +
                                          "\" is none of those that the method \"" + method_ +
                                          "\" reads with these \"features\"");
    return std::move(taken_);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& expected,
                         const std::string& found) const {
    throw Error(ErrorCode::kRead, source_ + ": tensor \"" + key + "\" of the method \"" + method_ +
                                      "\" should be " + expected + ", and " + found);
  }

  const std::string& method_;
  const std::map<std::string, at::Tensor>& all_;
  const std::string& source_;
  std::map<std::string, PromptTensor> taken_;
};

void read_vand(TensorReader& reader, const Prompts& prompts) {
  std::int64_t width = kAny;  // of the vision tower: the same for every layer
  const std::int64_t embed = prompts.embed_dim();
  const bool references = reader.has_any("references.");
  for (const int layer : prompts.features) {
    width = reader.take(adapter_key(layer, "weight"), {embed, width}).size(1);
    reader.take(adapter_key(layer, "bias"), {embed});
    if (references) reader.take_rows(reference_key(layer), width);
  }
}

void read_winclip(TensorReader& reader, const Prompts& prompts) {
  if (!reader.has_any("references.")) return;
  for (const int side : kWindowSides)
    reader.take_rows(window_reference_key(side), prompts.embed_dim());
  reader.take_rows(kPatchReferences, kAny);
}

}  // namespace

std::map<std::string, PromptTensor> read_method_tensors(
    const Prompts& prompts, const std::map<std::string, at::Tensor>& tensors,
    const std::string& source) {
  TensorReader reader(prompts, tensors, source);
  if (prompts.method == "vand") read_vand(reader, prompts);
  if (prompts.method == "winclip") read_winclip(reader, prompts);
  return reader.finish();
}

at::Tensor to_tensor(const PromptTensor& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t length : tensor.shape) count *= length;
  if (count != static_cast<std::int64_t>(tensor.values.size()))
    throw Error(ErrorCode::kSettings, "a tensor of shape " + shape_text(tensor.shape) + " has " +
                                          std::to_string(tensor.values.size()) + " values");
  auto* values = const_cast<float*>(tensor.values.data());
  return at::from_blob(values, tensor.shape, at::kFloat).clone();
}

PromptTensor to_prompt_tensor(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* first = values.const_data_ptr<float>();
  return {values.sizes().vec(), {first, first + values.numel()}};
}

std::string reference_key(int layer) {
  return "references." + std::to_string(layer);
}

std::string adapter_key(int layer, const std::string& part) {
  return "adapters." + std::to_string(layer) + "." + part;
}

std::string window_reference_key(int side) {
  return "references.windows." + std::to_string(side);
}

}  // namespace anomalyclip
