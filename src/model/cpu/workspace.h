#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "model/cpu/blocks.h"
#include "model/cpu/bytes.h"

namespace anomalyclip::cpu {

/// Scratch of one thread that encodes, kept from layer to layer and from frame to frame: pages that are already there.
class Workspace {
 public:
  enum Slot {
    kNormed,
    kHidden,
    kValues,
    kRows,
    kColumns = kRows + 3,
    kCollected = kColumns + 3,
    kBytes = kCollected + 4,
    kSlots
  };

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }

  /// Room for an operand of `numbers`; its content is what the last user left.
  Operand operand(int slot, std::int64_t numbers, Form form) {
    return operand_in(memory(slot, numbers * size_of(form)), numbers, form);
  }

  /// Room for an operand of 8-bit numbers.
  ByteOperand bytes(std::int64_t rows, std::int64_t in) {
    std::uint8_t* numbers =
        memory(kBytes, rows * in + rows * static_cast<std::int64_t>(sizeof(float)));
    return {numbers, reinterpret_cast<float*>(numbers + rows * in)};
  }

 private:
  std::uint8_t* memory(int slot, std::int64_t bytes) {
    at::Tensor& buffer = buffers_[static_cast<std::size_t>(slot)];
    if (!buffer.defined() || buffer.numel() < bytes) buffer = at::empty({bytes}, at::kByte);
    return buffer.mutable_data_ptr<std::uint8_t>();
  }

  std::array<at::Tensor, kSlots> buffers_;
};

}  // namespace anomalyclip::cpu
