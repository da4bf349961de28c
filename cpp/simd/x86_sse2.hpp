// SPDX-License-Identifier: Apache-2.0
// SSE2, the baseline of x86-64: 4 floats. There is no fused multiply-add: fma and fnma round the
// product and the sum, so results differ in the last bits from the sets that fuse.
#pragma once

#include <immintrin.h>

#include "inline.hpp"

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = float;
  static constexpr int lanes = 4;
  __m128 v;
};
struct Mask {
  __m128 m;  // all bits of a lane set or clear
};
struct UVec {
  __m128i v;
};
constexpr bool has_fma = false;

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const float* p) { return {_mm_loadu_ps(p)}; }
PRONGHORN_INLINE void store(float* p, Vec x) { _mm_storeu_ps(p, x.v); }
PRONGHORN_INLINE Vec splat(float x) { return {_mm_set1_ps(x)}; }
PRONGHORN_INLINE Vec zero() { return {_mm_setzero_ps()}; }

// ---- comparison and selection ------------------------------------------------------------------
PRONGHORN_INLINE Mask operator<(Vec a, Vec b) { return {_mm_cmplt_ps(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator<=(Vec a, Vec b) { return {_mm_cmple_ps(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator>(Vec a, Vec b) { return {_mm_cmplt_ps(b.v, a.v)}; }
PRONGHORN_INLINE Mask operator>=(Vec a, Vec b) { return {_mm_cmple_ps(b.v, a.v)}; }
PRONGHORN_INLINE Mask operator==(Vec a, Vec b) { return {_mm_cmpeq_ps(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator!=(Vec a, Vec b) { return {_mm_cmpneq_ps(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator&(Mask a, Mask b) { return {_mm_and_ps(a.m, b.m)}; }
PRONGHORN_INLINE Mask operator|(Mask a, Mask b) { return {_mm_or_ps(a.m, b.m)}; }
PRONGHORN_INLINE Mask not_(Mask a) {
  return {_mm_xor_ps(a.m, _mm_castsi128_ps(_mm_set1_epi32(-1)))};
}
PRONGHORN_INLINE Vec select(Mask m, Vec a, Vec b) {
  return {_mm_or_ps(_mm_and_ps(m.m, a.v), _mm_andnot_ps(m.m, b.v))};
}
PRONGHORN_INLINE Vec one_if(Mask m) { return {_mm_and_ps(m.m, _mm_set1_ps(1.0f))}; }

// maxps / minps give the second operand if either is NaN (or both are zeros): a NaN in `a` is put
// back.
PRONGHORN_INLINE Vec max(Vec a, Vec b) {
  return select({_mm_cmpunord_ps(a.v, a.v)}, a, {_mm_max_ps(a.v, b.v)});
}
PRONGHORN_INLINE Vec min(Vec a, Vec b) {
  return select({_mm_cmpunord_ps(a.v, a.v)}, a, {_mm_min_ps(a.v, b.v)});
}
// x < 0 ? 0 : x in one instruction: NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) { return {_mm_max_ps(_mm_setzero_ps(), x.v)}; }
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) {
  return {_mm_min_ps(high.v, _mm_max_ps(low.v, x.v))};
}

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {_mm_xor_ps(a.v, _mm_set1_ps(-0.0f))}; }
// a * b + c and c - a * b, rounded twice.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return c - a * b; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {_mm_sqrt_ps(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  const __m128 sign_bit = _mm_set1_ps(-0.0f);
  return {_mm_or_ps(_mm_andnot_ps(sign_bit, magnitude.v), _mm_and_ps(sign_bit, sign.v))};
}

// SSE2 rounds only by converting to int32. From 2^23 on floats are integers, so such values, the
// infinities and NaN come back unchanged; the sign is put back for the results -0.
PRONGHORN_INLINE Vec rounded_if_small(Vec a, Vec rounded) {
  return select(abs(a) < splat(0x1p23f), copysign(rounded, a), a);
}
PRONGHORN_INLINE Vec trunc(Vec a) {
  return rounded_if_small(a, {_mm_cvtepi32_ps(_mm_cvttps_epi32(a.v))});
}
// To nearest, half to even.
PRONGHORN_INLINE Vec rint(Vec a) {
  return rounded_if_small(a, {_mm_cvtepi32_ps(_mm_cvtps_epi32(a.v))});
}
PRONGHORN_INLINE Vec floor(Vec a) {
  const Vec toward_zero = {_mm_cvtepi32_ps(_mm_cvttps_epi32(a.v))};
  return rounded_if_small(a, toward_zero - one_if(toward_zero > a));
}
PRONGHORN_INLINE Vec ceil(Vec a) {
  const Vec toward_zero = {_mm_cvtepi32_ps(_mm_cvttps_epi32(a.v))};
  return rounded_if_small(a, toward_zero + one_if(toward_zero < a));
}

// ---- exponent bits -----------------------------------------------------------------------------
PRONGHORN_INLINE __m128 pow2_of_int(__m128i n) {
  return _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(n, _mm_set1_epi32(127)), 23));
}
// 2^n for integral n in [-126, 127].
PRONGHORN_INLINE Vec pow2i(Vec n) { return {pow2_of_int(_mm_cvtps_epi32(n.v))}; }
// x * 2^n rounded once, for x in [0.5, 4) and integral n in [-160, 160]: two factors, because 2^n
// alone may be out of range; the first product is exact.
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) {
  const __m128i whole = _mm_cvtps_epi32(n.v);
  const __m128i half = _mm_srai_epi32(whole, 1);
  const __m128 once = _mm_mul_ps(x.v, pow2_of_int(half));
  return {_mm_mul_ps(once, pow2_of_int(_mm_sub_epi32(whole, half)))};
}
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3), the interval
// around 1 that is symmetric after subtracting 1. 0x3f2aaaab is the float nearest to 2/3.
PRONGHORN_INLINE Vec exponent(Vec x) {
  const __m128i above = _mm_sub_epi32(_mm_castps_si128(x.v), _mm_set1_epi32(0x3f2aaaab));
  return {_mm_cvtepi32_ps(_mm_srai_epi32(above, 23))};
}
PRONGHORN_INLINE Vec mantissa(Vec x) {
  const __m128i bits = _mm_castps_si128(x.v);
  const __m128i above = _mm_sub_epi32(bits, _mm_set1_epi32(0x3f2aaaab));
  const __m128i shift = _mm_and_si128(above, _mm_set1_epi32(static_cast<int>(0xff800000u)));
  return {_mm_castsi128_ps(_mm_sub_epi32(bits, shift))};
}

// ---- 32-bit integers (Philox) ------------------------------------------------------------------
PRONGHORN_INLINE UVec uload(const uint32_t* p) {
  return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))};
}
PRONGHORN_INLINE void ustore(uint32_t* p, UVec x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x.v);
}
PRONGHORN_INLINE UVec usplat(uint32_t x) { return {_mm_set1_epi32(static_cast<int>(x))}; }
PRONGHORN_INLINE UVec operator+(UVec a, UVec b) { return {_mm_add_epi32(a.v, b.v)}; }
PRONGHORN_INLINE UVec operator^(UVec a, UVec b) { return {_mm_xor_si128(a.v, b.v)}; }
// pmuludq multiplies the even lanes to 64 bits; the odd lanes go through it shifted down.
PRONGHORN_INLINE UVec mullo(UVec a, UVec b) {
  const __m128i low_half = _mm_set_epi32(0, -1, 0, -1);
  const __m128i even = _mm_mul_epu32(a.v, b.v);
  const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(a.v, 32), _mm_srli_epi64(b.v, 32));
  return {_mm_or_si128(_mm_and_si128(even, low_half), _mm_slli_epi64(odd, 32))};
}
PRONGHORN_INLINE UVec mulhi(UVec a, UVec b) {
  const __m128i low_half = _mm_set_epi32(0, -1, 0, -1);
  const __m128i even = _mm_mul_epu32(a.v, b.v);
  const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(a.v, 32), _mm_srli_epi64(b.v, 32));
  return {_mm_or_si128(_mm_srli_epi64(even, 32), _mm_andnot_si128(low_half, odd))};
}
PRONGHORN_INLINE UVec ushr(UVec a, int bits) {
  return {_mm_srl_epi32(a.v, _mm_cvtsi32_si128(bits))};
}
// (u >> 8) * 2^-24, in [0, 1).
PRONGHORN_INLINE Vec to_unit_float(UVec u) {
  return {_mm_mul_ps(_mm_cvtepi32_ps(_mm_srli_epi32(u.v, 8)), _mm_set1_ps(0x1p-24f))};
}

// ---- 16 x 16 transpose -------------------------------------------------------------------------
PRONGHORN_INLINE void transpose4(const float* src, ptrdiff_t src_stride, float* dst,
                                 ptrdiff_t dst_stride) {
  __m128 a = _mm_loadu_ps(src);
  __m128 b = _mm_loadu_ps(src + src_stride);
  __m128 c = _mm_loadu_ps(src + 2 * src_stride);
  __m128 d = _mm_loadu_ps(src + 3 * src_stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(dst, a);
  _mm_storeu_ps(dst + dst_stride, b);
  _mm_storeu_ps(dst + 2 * dst_stride, c);
  _mm_storeu_ps(dst + 3 * dst_stride, d);
}
// dst[j][i] = src[i][j]; strides in elements between rows; src and dst do not overlap.
PRONGHORN_INLINE void transpose16(const float* src, ptrdiff_t src_stride, float* dst,
                                  ptrdiff_t dst_stride) {
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 16; j += 4) {
      transpose4(src + i * src_stride + j, src_stride, dst + j * dst_stride + i, dst_stride);
    }
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
