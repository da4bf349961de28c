// SPDX-License-Identifier: Apache-2.0
// The oracle: a "vector" of one double, mathematics from libm. A kernel compiled over it is its own
// reference for all the others. math.hpp sees PRONGHORN_ORACLE and forwards to libm.
#pragma once

#include <cmath>

#include "inline.hpp"

#define PRONGHORN_ORACLE 1

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = double;
  static constexpr int lanes = 1;
  double v;
};
struct Mask {
  bool m;
};
struct UVec {
  uint32_t v;
};
constexpr bool has_fma = true;

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const double* p) { return {*p}; }
PRONGHORN_INLINE void store(double* p, Vec x) { *p = x.v; }
PRONGHORN_INLINE Vec splat(double x) { return {x}; }
PRONGHORN_INLINE Vec zero() { return {0.0}; }

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {-a.v}; }
// a * b + c and c - a * b, rounded once.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return {std::fma(a.v, b.v, c.v)}; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {std::fma(-a.v, b.v, c.v)}; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {std::sqrt(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {std::fabs(a.v)}; }
PRONGHORN_INLINE Vec floor(Vec a) { return {std::floor(a.v)}; }
PRONGHORN_INLINE Vec ceil(Vec a) { return {std::ceil(a.v)}; }
PRONGHORN_INLINE Vec trunc(Vec a) { return {std::trunc(a.v)}; }
// To nearest, half to even.
PRONGHORN_INLINE Vec rint(Vec a) { return {std::nearbyint(a.v)}; }
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  return {std::copysign(magnitude.v, sign.v)};
}

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
PRONGHORN_INLINE Vec one_if(Mask m) { return {m.m ? 1.0 : 0.0}; }

// NaN in either operand gives NaN; of two zeros the second, as on x86.
PRONGHORN_INLINE Vec max(Vec a, Vec b) { return (a.v > b.v || a.v != a.v) ? a : b; }
PRONGHORN_INLINE Vec min(Vec a, Vec b) { return (a.v < b.v || a.v != a.v) ? a : b; }
// NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) { return {x.v < 0.0 ? 0.0 : x.v}; }
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) { return min(high, max(low, x)); }

// ---- exponent bits -----------------------------------------------------------------------------
// 2^n for integral n.
PRONGHORN_INLINE Vec pow2i(Vec n) { return {std::ldexp(1.0, static_cast<int>(n.v))}; }
// x * 2^n for integral n.
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) { return {std::ldexp(x.v, static_cast<int>(n.v))}; }
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3).
PRONGHORN_INLINE Vec exponent(Vec x) {
  int n;
  const double half_to_one = std::frexp(x.v, &n);
  return {static_cast<double>(half_to_one < 2.0 / 3.0 ? n - 1 : n)};
}
PRONGHORN_INLINE Vec mantissa(Vec x) { return {std::ldexp(x.v, -static_cast<int>(exponent(x).v))}; }

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
// (u >> 8) * 2^-24, in [0, 1): the same value as in float.
PRONGHORN_INLINE Vec to_unit_float(UVec u) { return {static_cast<double>(u.v >> 8) * 0x1p-24}; }

// ---- 16 x 16 transpose -------------------------------------------------------------------------
// dst[j][i] = src[i][j]; strides in elements between rows; src and dst do not overlap.
PRONGHORN_INLINE void transpose16(const double* src, ptrdiff_t src_stride, double* dst,
                                  ptrdiff_t dst_stride) {
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) dst[j * dst_stride + i] = src[i * src_stride + j];
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
