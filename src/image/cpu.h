#pragma once

// Hot loops exist twice: for any CPU of the architecture, and for AVX2 (the hottest also for AVX-512
// as Ice Lake and Zen 4 have it), chosen when the program runs. Elsewhere than on x86 the compiler's vectoriser has to do (NEON is always there on 64-bit
// ARM).
#if defined(__x86_64__) && defined(__GNUC__)
#define ANOMALYCLIP_AVX2 1
#define ANOMALYCLIP_TARGET_AVX2 __attribute__((target("avx2")))
#define ANOMALYCLIP_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))
#else
#define ANOMALYCLIP_AVX2 0
#define ANOMALYCLIP_TARGET_AVX2
#define ANOMALYCLIP_TARGET_AVX512
#endif
/// A loop's body, compiled once into each of its two callers.
#define ANOMALYCLIP_INLINE __attribute__((always_inline)) inline

namespace anomalyclip {

inline bool has_avx2() {
#if ANOMALYCLIP_AVX2
  static const bool found = __builtin_cpu_supports("avx2") > 0;
  return found;
#else
  return false;
#endif
}

inline bool has_avx512() {
#if ANOMALYCLIP_AVX2
  static const bool found =
      __builtin_cpu_supports("avx512bw") > 0 && __builtin_cpu_supports("avx512vl") > 0 &&
      __builtin_cpu_supports("avx512vbmi") > 0 && __builtin_cpu_supports("avx512vnni") > 0;
  return found;
#else
  return false;
#endif
}

}  // namespace anomalyclip
