#include "model/cpu/product.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "model/cpu/instructions.h"

#if ANOMALYCLIP_AVX512
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace anomalyclip::cpu {

#if ANOMALYCLIP_AVX512
namespace {

/// Linux lends AMX's state to a process that asks.
bool may_use_amx() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

Unit find_unit() {
  const char* wish = std::getenv("ANOMALYCLIP_CPU");
  const std::string_view limit = wish ? wish : "";
  if (limit == "none" || !has_avx512()) return Unit::kNone;
  if (limit == "avx512f" || !__builtin_cpu_supports("avx512bf16")) return Unit::kAvx512F;
  return limit != "avx512" && may_use_amx() ? Unit::kAmx : Unit::kAvx512;
}

}  // namespace

#pragma GCC push_options
// GCC 12 takes the undefined operands inside its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target( \
    "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,fma,amx-tile,amx-bf16,amx-int8")

namespace {

/// Eight tiles of 16 rows of 64 bytes. A constant in memory: the intrinsic does not tell the compiler that all of it is
/// read.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
const TileShapes kTileShapes;

void configure_tiles() {
  _tile_loadconfig(&kTileShapes);
}

void release_tiles() {
  _tile_release();
}

/// Tiles 0 to 3 hold the block of c, 4 and 5 the two strips on the left, 6 and 7 the panel's halves on the right.
void amx_product(const Half* left, std::int64_t strip, const Half* right, float* c,
                 const Extent& extent) {
  constexpr int kRow = kBlock * sizeof(float), kTileRow = 64;
  if (extent.accumulate) {
    _tile_loadd(0, c, kRow);
    _tile_loadd(1, c + 16, kRow);
    _tile_loadd(2, c + 16 * kBlock, kRow);
    _tile_loadd(3, c + 16 * kBlock + 16, kRow);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int k = 0; k < extent.steps; ++k, left += kTile, right += 2 * kTile) {
    _tile_stream_loadd(4, left, kTileRow);
    _tile_loadd(6, right, kTileRow);
    _tile_stream_loadd(5, left + strip, kTileRow);
    _tile_loadd(7, right + kTile, kTileRow);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, kRow);
  _tile_stored(1, c + 16, kRow);
  _tile_stored(2, c + 16 * kBlock, kRow);
  _tile_stored(3, c + 16 * kBlock + 16, kRow);
}

/// One step of a product in vectors of 64 bytes: the numbers of a row of the left tile are taken four bytes at a time, and
/// as many rows of the right one.
struct HalfStep {
  static constexpr int kGroups = 16;  // of four bytes in a row
  using Sum = __m512;
  static Sum add(Sum sum, __m512i left, __m512i right) {
    return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right);
  }
};
struct FullStep {
  static constexpr int kGroups = 32;
  using Sum = __m512;
  static Sum add(Sum sum, __m512i left, __m512i right) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum);
  }
};
struct ByteStep {
  static constexpr int kGroups = 16;
  using Sum = __m512i;
  static Sum add(Sum sum, __m512i left, __m512i right) {
    return _mm512_dpbusd_epi32(sum, left, right);
  }
};

/// A block by vectors, eight rows at a time: 16 sums in registers, each right operand is read four times in all.
template <typename Step>
void vector_product(const std::byte* left, std::int64_t strip_bytes, const std::byte* right,
                    std::byte* c, const Extent& extent) {
  using Sum = typename Step::Sum;
  constexpr int kRows = 8, kVector = 64, kRow = 4 * Step::kGroups, kLeftTile = 16 * kRow,
                kRightTile = Step::kGroups * kVector;
  for (int first = 0; first < kBlock; first += kRows) {
    std::byte* to = c + first * 2 * kVector;
    if (first >= extent.rows) {
      if (!extent.accumulate) std::memset(to, 0, kRows * 2 * kVector);
      continue;
    }
    const std::byte* rows = left + (first / 16) * strip_bytes + (first % 16) * kRow;
    Sum sum[kRows][2];
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        sum[r][half] =
            extent.accumulate ? (Sum)_mm512_loadu_si512(to + (2 * r + half) * kVector) : Sum{};
    for (int k = 0; k < extent.steps; ++k) {
      const std::byte* a = rows + k * kLeftTile;
      const std::byte* b = right + k * 2 * kRightTile;
      for (int group = 0; group < Step::kGroups; ++group) {
        const __m512i b0 = _mm512_loadu_si512(b + group * kVector);
        const __m512i b1 = _mm512_loadu_si512(b + kRightTile + group * kVector);
        for (int r = 0; r < kRows; ++r) {
          std::int32_t numbers;
          std::memcpy(&numbers, a + r * kRow + 4 * group, sizeof numbers);
          const __m512i everywhere = _mm512_set1_epi32(numbers);
          sum[r][0] = Step::add(sum[r][0], everywhere, b0);
          sum[r][1] = Step::add(sum[r][1], everywhere, b1);
        }
      }
    }
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        _mm512_storeu_si512(to + (2 * r + half) * kVector, (__m512i)sum[r][half]);
  }
}

template <typename Step, typename Left, typename Right, typename Sum>
void by_vectors(const Left* left, std::int64_t strip, const Right* right, Sum* c,
                const Extent& extent) {
  vector_product<Step>(
      reinterpret_cast<const std::byte*>(left), strip * static_cast<std::int64_t>(sizeof(Left)),
      reinterpret_cast<const std::byte*>(right), reinterpret_cast<std::byte*>(c), extent);
}

/// As amx_product(): a tile's row is 64 bytes whatever the numbers.
void amx_byte_product(const std::uint8_t* left, std::int64_t strip, const std::int8_t* right,
                      std::int32_t* c, const Extent& extent) {
  constexpr int kRow = kBlock * sizeof(std::int32_t), kTileRow = 64, kTileBytes = 16 * kTileRow;
  if (extent.accumulate) {
    _tile_loadd(0, c, kRow);
    _tile_loadd(1, c + 16, kRow);
    _tile_loadd(2, c + 16 * kBlock, kRow);
    _tile_loadd(3, c + 16 * kBlock + 16, kRow);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int k = 0; k < extent.steps; ++k, left += kTileBytes, right += 2 * kTileBytes) {
    _tile_stream_loadd(4, left, kTileRow);
    _tile_loadd(6, right, kTileRow);
    _tile_stream_loadd(5, left + strip, kTileRow);
    _tile_loadd(7, right + kTileBytes, kTileRow);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_stored(0, c, kRow);
  _tile_stored(1, c + 16, kRow);
  _tile_stored(2, c + 16 * kBlock, kRow);
  _tile_stored(3, c + 16 * kBlock + 16, kRow);
}

}  // namespace
#pragma GCC pop_options

Unit available_unit() {
  static const Unit found = find_unit();
  return found;
}

Products products_on(Unit unit) {
  return {unit == Unit::kAmx ? amx_product : by_vectors<HalfStep, Half, Half, float>,
          by_vectors<FullStep, float, float, float>};
}

ByteProduct byte_product_on(Unit unit) {
  if (unit == Unit::kAmx && __builtin_cpu_supports("amx-int8")) return amx_byte_product;
  return multiplies_bfloat16(unit) && __builtin_cpu_supports("avx512vnni")
             ? by_vectors<ByteStep, std::uint8_t, std::int8_t, std::int32_t>
             : nullptr;
}

ProductSession::ProductSession(Unit unit) : unit_(unit) {
  if (unit_ == Unit::kAmx) configure_tiles();
}

ProductSession::~ProductSession() {
  if (unit_ == Unit::kAmx) release_tiles();
}

#else

Unit available_unit() {
  return Unit::kNone;
}
Products products_on(Unit) {
  return {};
}
ByteProduct byte_product_on(Unit) {
  return nullptr;
}
ProductSession::ProductSession(Unit unit) : unit_(unit) {}
ProductSession::~ProductSession() = default;

#endif

}  // namespace anomalyclip::cpu
