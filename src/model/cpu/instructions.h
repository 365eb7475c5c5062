#pragma once

// The CPU encoder is compiled for AVX-512 on x86-64, function by function, and chosen when the program runs
// (available_unit()); the rest of the library runs on any CPU of the architecture. Elsewhere the encoder is absent, and
// libtorch's own operators do the work.
#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__)
#define ANOMALYCLIP_AVX512 1
#else
#define ANOMALYCLIP_AVX512 0
#endif
