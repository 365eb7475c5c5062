#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The tensors of a file that PyTorch wrote.
struct TorchArchive {
  std::string kind;  ///< "TorchScript archive", "state dict", "state dict (before PyTorch 1.6)"
  std::vector<std::string>
      unwrapped;  ///< keys of the dicts around the tensors: {"state_dict"}; outermost first
  std::map<std::string, at::Tensor>
      tensors;  ///< on the CPU, contiguous; submodules' and nested dicts' names joined by "."
};

/// Reads what torch.save (zip, and the older plain format) and torch.jit.save write, and executes
/// none of it: neither the pickle's program (see pickle::read()) nor TorchScript's code. A dict
/// around the tensors is unwrapped where its key is state_dict, model_state_dict, model or
/// prompt_learner; numbers and strings beside the tensors are left out. Tensors that were saved on
/// a GPU are read all the same.
/// @throws Error kNotFound, kRead (malformed, truncated, or a pickle that asks for more than
/// tensors: names it)
TorchArchive read_torch_archive(const std::string& path);

/// Whether the file begins as one of these does; false where it cannot be read.
bool is_torch_archive(const std::string& path);

}  // namespace anomalyclip
