#pragma once

/// Marks the work of one element: a kernel calls it for its thread's index, and the unit tests call the same function
/// for every index on a machine without a GPU. Nothing outside nvcc.
#ifdef __CUDACC__
#define ANOMALYCLIP_HOST_DEVICE __host__ __device__
#else
#define ANOMALYCLIP_HOST_DEVICE
#endif
