#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace anomalyclip {

// What the encoder's matrix products leave to do, as the work of one lane or of one group of elements: float32
// arithmetic whatever the storage T is (float, or a 16-bit type that converts to and from float).

/// Elements that are read and written at once.
template <typename T>
struct alignas(4 * sizeof(T)) Quad {
  T values[4];
};

template <typename T>
ANOMALYCLIP_HOST_DEVICE inline const Quad<T>& quad_at(const T* row, std::int64_t index) {
  return *reinterpret_cast<const Quad<T>*>(row + index);
}
template <typename T>
ANOMALYCLIP_HOST_DEVICE inline Quad<T>& quad_at(T* row, std::int64_t index) {
  return *reinterpret_cast<Quad<T>*>(row + index);
}

/// Lanes that share one row of a layer norm: a warp.
inline constexpr int kRowLanes = 32;

/// The residual stream plus what a product gave, and its layer norm. Rows are contiguous, width is a multiple of 4.
template <typename T>
struct AddNormJob {
  const float* x;              ///< [rows, width]
  std::int64_t x_stride;       ///< from one row to the next
  const T* addend;             ///< [rows, width]; null: the layer norm alone
  float* sum;                  ///< [rows, width]: x + addend; null where there is no addend
  const float *weight, *bias;  ///< [width]
  T* out;                      ///< [rows, width]: the layer norm of the sum
  std::int64_t rows;
  std::int32_t width;
};

/// One row of it, from the first step to the last.
template <typename T>
class AddNormRow {
 public:
  ANOMALYCLIP_HOST_DEVICE AddNormRow(const AddNormJob<T>& job, std::int64_t row)
      : job_(job),
        x_(job.x + row * job.x_stride),
        addend_(job.addend ? job.addend + row * job.width : nullptr),
        sum_(job.sum ? job.sum + row * job.width : nullptr),
        out_(job.out + row * job.width) {}

  /// Adds this lane's elements, and returns their sum: a thirty-second of the row's.
  ANOMALYCLIP_HOST_DEVICE float add(int lane) const {
    float total = 0;
    for (int i = 4 * lane; i < job_.width; i += 4 * kRowLanes) {
      Quad<float> quad = quad_at(x_, i);
      if (addend_) {
        const Quad<T> more = quad_at(addend_, i);
        for (int k = 0; k < 4; ++k) quad.values[k] += static_cast<float>(more.values[k]);
        quad_at(sum_, i) = quad;
      }
      for (int k = 0; k < 4; ++k) total += quad.values[k];
    }
    return total;
  }

  /// @param total  of all lanes' add()
  ANOMALYCLIP_HOST_DEVICE float mean(float total) const {
    return total / static_cast<float>(job_.width);
  }

  /// This lane's share of the squared differences from the mean.
  ANOMALYCLIP_HOST_DEVICE float spread(int lane, float mean) const {
    float total = 0;
    for (int i = 4 * lane; i < job_.width; i += 4 * kRowLanes) {
      const Quad<float> quad = quad_at(added(), i);
      for (int k = 0; k < 4; ++k) total += (quad.values[k] - mean) * (quad.values[k] - mean);
    }
    return total;
  }

  /// @param total  of all lanes' spread()
  ANOMALYCLIP_HOST_DEVICE float inverse_deviation(float total) const {
    return 1.0f / sqrtf(total / static_cast<float>(job_.width) + 1e-5f);
  }

  /// Writes this lane's elements.
  ANOMALYCLIP_HOST_DEVICE void normalise(int lane, float mean, float inverse_deviation) const {
    for (int i = 4 * lane; i < job_.width; i += 4 * kRowLanes) {
      const Quad<float> quad = quad_at(added(), i);
      const Quad<float> weight = quad_at(job_.weight, i), bias = quad_at(job_.bias, i);
      Quad<T> out;
      for (int k = 0; k < 4; ++k)
        out.values[k] = static_cast<T>(
            (quad.values[k] - mean) * inverse_deviation * weight.values[k] + bias.values[k]);
      quad_at(out_, i) = out;
    }
  }

 private:
  ANOMALYCLIP_HOST_DEVICE const float* added() const { return sum_ ? sum_ : x_; }

  const AddNormJob<T>& job_;
  const float* x_;
  const T* addend_;
  float* sum_;
  T* out_;
};

/// A product's bias and QuickGELU, in place. Width is a multiple of 4.
template <typename T>
struct BiasGeluJob {
  T* values;      ///< [rows, width]
  const T* bias;  ///< [width]
  std::int64_t rows;
  std::int32_t width;

  ANOMALYCLIP_HOST_DEVICE std::int64_t quads() const { return rows * width / 4; }
};

/// x sigmoid(1.702 x)
ANOMALYCLIP_HOST_DEVICE inline float quick_gelu(float x) {
  return x / (1.0f + expf(-1.702f * x));
}

/// @param index  below quads()
template <typename T>
ANOMALYCLIP_HOST_DEVICE inline void bias_quick_gelu(const BiasGeluJob<T>& job, std::int64_t index) {
  Quad<T>& quad = quad_at(job.values, 4 * index);
  const Quad<T> bias = quad_at(job.bias, 4 * index % job.width);
  Quad<T> out;
  for (int k = 0; k < 4; ++k)
    out.values[k] = static_cast<T>(
        quick_gelu(static_cast<float>(quad.values[k]) + static_cast<float>(bias.values[k])));
  quad = out;
}

}  // namespace anomalyclip
