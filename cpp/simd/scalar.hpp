// SPDX-License-Identifier: Apache-2.0
// Any processor: a vector of one float, plain C++. fma and fnma round twice, as on SSE2 (without a
// fused instruction __builtin_fmaf is a slow library call), so both sets give the same bits.
#pragma once

#include "inline.hpp"

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = float;
  static constexpr int lanes = 1;
  float v;
};
struct Mask {
  bool m;
};
struct UVec {
  uint32_t v;
};
constexpr bool has_fma = false;

PRONGHORN_INLINE uint32_t bits_of(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
PRONGHORN_INLINE float float_of(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const float* p) { return {*p}; }
PRONGHORN_INLINE void store(float* p, Vec x) { *p = x.v; }
PRONGHORN_INLINE Vec splat(float x) { return {x}; }
PRONGHORN_INLINE Vec zero() { return {0.0f}; }

// ---- comparison and selection ------------------------------------------------------------------
PRONGHORN_INLINE Mask operator<(Vec a, Vec b) { return {a.v < b.v}; }
PRONGHORN_INLINE Mask operator<=(Vec a, Vec b) { return {a.v <= b.v}; }
PRONGHORN_INLINE Mask operator>(Vec a, Vec b) { return {a.v > b.v}; }
PRONGHORN_INLINE Mask operator>=(Vec a, Vec b) { return {a.v >= b.v}; }
PRONGHORN_INLINE Mask operator==(Vec a, Vec b) { return {a.v == b.v}; }
PRONGHORN_INLINE Mask operator!=(Vec a, Vec b) { return {a.v != b.v}; }
PRONGHORN_INLINE Mask operator&(Mask a, Mask b) { return {a.m && b.m}; }
PRONGHORN_INLINE Mask operator|(Mask a, Mask b) { return {a.m || b.m}; }
PRONGHORN_INLINE Mask not_(Mask a) { return {!a.m}; }
PRONGHORN_INLINE Vec select(Mask m, Vec a, Vec b) { return m.m ? a : b; }
PRONGHORN_INLINE Vec one_if(Mask m) { return {m.m ? 1.0f : 0.0f}; }

// NaN in either operand gives NaN; of two zeros the second, as on x86.
PRONGHORN_INLINE Vec max(Vec a, Vec b) { return (a.v > b.v || a.v != a.v) ? a : b; }
PRONGHORN_INLINE Vec min(Vec a, Vec b) { return (a.v < b.v || a.v != a.v) ? a : b; }
// NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) { return {x.v < 0.0f ? 0.0f : x.v}; }
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) { return min(high, max(low, x)); }

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {-a.v}; }
// a * b + c and c - a * b, rounded twice.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return c - a * b; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {__builtin_sqrtf(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {__builtin_fabsf(a.v)}; }
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  return {__builtin_copysignf(magnitude.v, sign.v)};
}

// From 2^23 on floats are integers, so such values, the infinities and NaN come back unchanged.
// Below, adding and subtracting 2^23 rounds to nearest even; the sign is put back for -0.
PRONGHORN_INLINE Vec rint(Vec a) {
  const float magnitude = __builtin_fabsf(a.v);
  return magnitude < 0x1p23f ? copysign({(magnitude + 0x1p23f) - 0x1p23f}, a) : a;
}
PRONGHORN_INLINE Vec trunc(Vec a) {
  const float magnitude = __builtin_fabsf(a.v);
  return magnitude < 0x1p23f ? copysign({static_cast<float>(static_cast<int32_t>(magnitude))}, a)
                             : a;
}
PRONGHORN_INLINE Vec floor(Vec a) {
  const Vec toward_zero = trunc(a);
  return copysign(toward_zero - one_if(toward_zero > a), a);
}
PRONGHORN_INLINE Vec ceil(Vec a) {
  const Vec toward_zero = trunc(a);
  return copysign(toward_zero + one_if(toward_zero < a), a);
}

// ---- exponent bits -----------------------------------------------------------------------------
PRONGHORN_INLINE float pow2_of_int(int32_t n) {
  return float_of(static_cast<uint32_t>(n + 127) << 23);
}
// 2^n for integral n in [-126, 127] (any value for NaN).
PRONGHORN_INLINE Vec pow2i(Vec n) {
  return {pow2_of_int(n.v == n.v ? static_cast<int32_t>(n.v) : 0)};
}
// x * 2^n rounded once, for x in [0.5, 4) and integral n in [-160, 160]: two factors, because 2^n
// alone may be out of range; the first product is exact.
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) {
  const int32_t whole = n.v == n.v ? static_cast<int32_t>(n.v) : 0;
  const int32_t half = whole >> 1;
  return {x.v * pow2_of_int(half) * pow2_of_int(whole - half)};
}
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3), the interval
// around 1 that is symmetric after subtracting 1. 0x3f2aaaab is the float nearest to 2/3.
PRONGHORN_INLINE Vec exponent(Vec x) {
  return {static_cast<float>(static_cast<int32_t>(bits_of(x.v) - 0x3f2aaaabu) >> 23)};
}
PRONGHORN_INLINE Vec mantissa(Vec x) {
  const uint32_t bits = bits_of(x.v);
  return {float_of(bits - ((bits - 0x3f2aaaabu) & 0xff800000u))};
}

// ---- 32-bit integers (Philox) ------------------------------------------------------------------
PRONGHORN_INLINE UVec uload(const uint32_t* p) { return {*p}; }
PRONGHORN_INLINE void ustore(uint32_t* p, UVec x) { *p = x.v; }
PRONGHORN_INLINE UVec usplat(uint32_t x) { return {x}; }
PRONGHORN_INLINE UVec operator+(UVec a, UVec b) { return {a.v + b.v}; }
PRONGHORN_INLINE UVec operator^(UVec a, UVec b) { return {a.v ^ b.v}; }
PRONGHORN_INLINE UVec mullo(UVec a, UVec b) { return {a.v * b.v}; }
PRONGHORN_INLINE UVec mulhi(UVec a, UVec b) {
  return {static_cast<uint32_t>(static_cast<uint64_t>(a.v) * b.v >> 32)};
}
PRONGHORN_INLINE UVec ushr(UVec a, int bits) { return {a.v >> bits}; }
// (u >> 8) * 2^-24, in [0, 1).
PRONGHORN_INLINE Vec to_unit_float(UVec u) { return {static_cast<float>(u.v >> 8) * 0x1p-24f}; }

// ---- 16 x 16 transpose -------------------------------------------------------------------------
// dst[j][i] = src[i][j]; strides in elements between rows; src and dst do not overlap.
PRONGHORN_INLINE void transpose16(const float* src, ptrdiff_t src_stride, float* dst,
                                  ptrdiff_t dst_stride) {
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) dst[j * dst_stride + i] = src[i * src_stride + j];
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
