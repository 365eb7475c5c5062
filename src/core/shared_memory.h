#pragma once

#include <atomic>
#include <cstdint>

#include "core/host_device.h"

namespace anomalyclip {

// Integers that several threads of a kernel, or of the host, change at the same time. In no order but that of each integer by
// itself: a value that is read may have been replaced meanwhile.

ANOMALYCLIP_HOST_DEVICE inline std::int32_t shared_value(std::int32_t* at) {
#ifdef __CUDA_ARCH__
  return *static_cast<volatile std::int32_t*>(at);
#else
  return std::atomic_ref(*at).load(std::memory_order_relaxed);
#endif
}

ANOMALYCLIP_HOST_DEVICE inline void set_shared(std::int32_t* at, std::int32_t value) {
#ifdef __CUDA_ARCH__
  *static_cast<volatile std::int32_t*>(at) = value;
#else
  std::atomic_ref(*at).store(value, std::memory_order_relaxed);
#endif
}

/// Each of these returns what was there before.
ANOMALYCLIP_HOST_DEVICE inline std::int32_t add_shared(std::int32_t* at, std::int32_t value) {
#ifdef __CUDA_ARCH__
  return atomicAdd(at, value);
#else
  return std::atomic_ref(*at).fetch_add(value, std::memory_order_relaxed);
#endif
}

ANOMALYCLIP_HOST_DEVICE inline std::int32_t lower_shared(std::int32_t* at, std::int32_t value) {
#ifdef __CUDA_ARCH__
  return atomicMin(at, value);
#else
  const std::atomic_ref shared(*at);
  std::int32_t before = shared.load(std::memory_order_relaxed);
  while (value < before &&
         !shared.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
  }
  return before;
#endif
}

ANOMALYCLIP_HOST_DEVICE inline std::int32_t raise_shared(std::int32_t* at, std::int32_t value) {
#ifdef __CUDA_ARCH__
  return atomicMax(at, value);
#else
  const std::atomic_ref shared(*at);
  std::int32_t before = shared.load(std::memory_order_relaxed);
  while (value > before &&
         !shared.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
  }
  return before;
#endif
}

}  // namespace anomalyclip
