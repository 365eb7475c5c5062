#include "model/cpu/product.h"

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
         __builtin_cpu_supports("avx512bf16");
}

Unit find_unit() {
  const char* wish = std::getenv("ANOMALYCLIP_CPU");
  const std::string_view limit = wish ? wish : "";
  if (limit == "none" || !has_avx512()) return Unit::kNone;
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
void amx_product(const Half* left, std::int64_t strip, const Half* right, float* c, int steps,
                 bool accumulate) {
  constexpr int kRow = kBlock * sizeof(float), kTileRow = 64;
  if (accumulate) {
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
  for (int k = 0; k < steps; ++k, left += kTile, right += 2 * kTile) {
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

/// Eight rows at a time: 16 sums in registers, each right operand is read four times in all.
void avx512_product(const Half* left, std::int64_t strip, const Half* right, float* c, int steps,
                    bool accumulate) {
  constexpr int kRows = 8;
  for (int first = 0; first < kBlock; first += kRows) {
    const Half* rows = left + (first / 16) * strip + (first % 16) * kBlock;
    __m512 sum[kRows][2];
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        sum[r][half] = accumulate ? _mm512_loadu_ps(c + (first + r) * kBlock + half * 16)
                                  : _mm512_setzero_ps();
    for (int k = 0; k < steps; ++k) {
      const Half* a = rows + k * kTile;
      const Half* b = right + k * 2 * kTile;
      for (int pair = 0; pair < 16; ++pair) {
        const __m512bh b0 = (__m512bh)_mm512_loadu_si512(b + pair * 32);
        const __m512bh b1 = (__m512bh)_mm512_loadu_si512(b + kTile + pair * 32);
        for (int r = 0; r < kRows; ++r) {
          std::int32_t two;
          std::memcpy(&two, a + r * kBlock + 2 * pair, sizeof two);
          const __m512bh both = (__m512bh)_mm512_set1_epi32(two);
          sum[r][0] = _mm512_dpbf16_ps(sum[r][0], both, b0);
          sum[r][1] = _mm512_dpbf16_ps(sum[r][1], both, b1);
        }
      }
    }
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        _mm512_storeu_ps(c + (first + r) * kBlock + half * 16, sum[r][half]);
  }
}

/// As amx_product(): a tile's row is 64 bytes whatever the numbers.
void amx_byte_product(const std::uint8_t* left, std::int64_t strip, const std::int8_t* right,
                      std::int32_t* c, int steps, bool accumulate) {
  constexpr int kRow = kBlock * sizeof(std::int32_t), kTileRow = 64, kTileBytes = 16 * kTileRow;
  if (accumulate) {
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
  for (int k = 0; k < steps; ++k, left += kTileBytes, right += 2 * kTileBytes) {
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

/// As avx512_product(), four numbers at a time.
void vnni_product(const std::uint8_t* left, std::int64_t strip, const std::int8_t* right,
                  std::int32_t* c, int steps, bool accumulate) {
  constexpr int kRows = 8, kTileRow = 64, kTileBytes = 16 * kTileRow;
  for (int first = 0; first < kBlock; first += kRows) {
    const std::uint8_t* rows = left + (first / 16) * strip + (first % 16) * kTileRow;
    __m512i sum[kRows][2];
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        sum[r][half] = accumulate ? _mm512_loadu_si512(c + (first + r) * kBlock + half * 16)
                                  : _mm512_setzero_si512();
    for (int k = 0; k < steps; ++k) {
      const std::uint8_t* a = rows + k * kTileBytes;
      const std::int8_t* b = right + k * 2 * kTileBytes;
      for (int quad = 0; quad < 16; ++quad) {
        const __m512i b0 = _mm512_loadu_si512(b + quad * 64);
        const __m512i b1 = _mm512_loadu_si512(b + kTileBytes + quad * 64);
        for (int r = 0; r < kRows; ++r) {
          std::int32_t four;
          std::memcpy(&four, a + r * kTileRow + 4 * quad, sizeof four);
          const __m512i all = _mm512_set1_epi32(four);
          sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], all, b0);
          sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], all, b1);
        }
      }
    }
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half)
        _mm512_storeu_si512(c + (first + r) * kBlock + half * 16, sum[r][half]);
  }
}

}  // namespace
#pragma GCC pop_options

Unit available_unit() {
  static const Unit found = find_unit();
  return found;
}

Product product_on(Unit unit) {
  return unit == Unit::kAmx ? amx_product : avx512_product;
}

ByteProduct byte_product_on(Unit unit) {
  if (unit == Unit::kAmx && __builtin_cpu_supports("amx-int8")) return amx_byte_product;
  return unit != Unit::kNone && __builtin_cpu_supports("avx512vnni") ? vnni_product : nullptr;
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
Product product_on(Unit) {
  return nullptr;
}
ByteProduct byte_product_on(Unit) {
  return nullptr;
}
ProductSession::ProductSession(Unit unit) : unit_(unit) {}
ProductSession::~ProductSession() = default;

#endif

}  // namespace anomalyclip::cpu
