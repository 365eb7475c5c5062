#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// What a method scores with besides its text features, taken out of a prompt file's tensors:
///   vand     `adapters.{layer}.weight` [D, V] and `.bias` [D] for every layer of `features`;
///            with references also `references.{layer}` [n, V], unit rows
///   winclip  with references `references.windows.2`, `references.windows.3` [n, D] and
///            `references.patches` [n, V], unit rows
/// All float32. Other methods have none, and a file that holds some for them is refused: ignoring
/// them would give other scores than it was made for.
/// @param source  the file's name, for messages
/// @throws Error kRead (names the tensor, what was expected and what was found)
std::map<std::string, PromptTensor> read_method_tensors(
    const Prompts& prompts, const std::map<std::string, at::Tensor>& tensors,
    const std::string& source);

/// [shape...] float32, a copy.
/// @throws Error kSettings (as many values as the shape says are expected)
at::Tensor to_tensor(const PromptTensor& tensor);

/// @param tensor  any floating-point dtype, device and strides
PromptTensor to_prompt_tensor(const at::Tensor& tensor);

/// The file's name of a layer's reference tokens, and of its adapter's parts.
std::string reference_key(int layer);
std::string adapter_key(int layer, const std::string& part);

/// WinCLIP's windows, in patches a side.
inline constexpr int kWindowSides[] = {2, 3};
std::string window_reference_key(int side);
inline constexpr const char* kPatchReferences = "references.patches";

}  // namespace anomalyclip
