// SPDX-License-Identifier: Apache-2.0
// AVX2 with FMA: 8 floats. One translation unit, compiled with -mavx2 -mfma.
#pragma once

#include <immintrin.h>

#include "inline.hpp"

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = float;
  static constexpr int lanes = 8;
  __m256 v;
};
struct Mask {
  __m256 m;  // all bits of a lane set or clear
};
struct UVec {
  __m256i v;
};
constexpr bool has_fma = true;

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
PRONGHORN_INLINE void store(float* p, Vec x) { _mm256_storeu_ps(p, x.v); }
PRONGHORN_INLINE Vec splat(float x) { return {_mm256_set1_ps(x)}; }
PRONGHORN_INLINE Vec zero() { return {_mm256_setzero_ps()}; }

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
// a * b + c and c - a * b, rounded once.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
PRONGHORN_INLINE Vec floor(Vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec ceil(Vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec trunc(Vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)};
}
// To nearest, half to even.
PRONGHORN_INLINE Vec rint(Vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  const __m256 sign_bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(sign_bit, magnitude.v), _mm256_and_ps(sign_bit, sign.v))};
}

// ---- comparison and selection ------------------------------------------------------------------
PRONGHORN_INLINE Mask operator<(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
PRONGHORN_INLINE Mask operator<=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
PRONGHORN_INLINE Mask operator>(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
PRONGHORN_INLINE Mask operator>=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
PRONGHORN_INLINE Mask operator==(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
PRONGHORN_INLINE Mask operator!=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
PRONGHORN_INLINE Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.m, b.m)}; }
PRONGHORN_INLINE Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.m, b.m)}; }
PRONGHORN_INLINE Mask not_(Mask a) {
  return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))};
}
PRONGHORN_INLINE Vec select(Mask m, Vec a, Vec b) { return {_mm256_blendv_ps(b.v, a.v, m.m)}; }
PRONGHORN_INLINE Vec one_if(Mask m) { return {_mm256_and_ps(m.m, _mm256_set1_ps(1.0f))}; }

// maxps / minps give the second operand if either is NaN (or both are zeros): a NaN in `a` is put
// back.
PRONGHORN_INLINE Vec max(Vec a, Vec b) {
  return {_mm256_blendv_ps(_mm256_max_ps(a.v, b.v), a.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
PRONGHORN_INLINE Vec min(Vec a, Vec b) {
  return {_mm256_blendv_ps(_mm256_min_ps(a.v, b.v), a.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
// x < 0 ? 0 : x in one instruction: NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) { return {_mm256_max_ps(_mm256_setzero_ps(), x.v)}; }
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) {
  return {_mm256_min_ps(high.v, _mm256_max_ps(low.v, x.v))};
}

// ---- exponent bits -----------------------------------------------------------------------------
PRONGHORN_INLINE __m256 pow2_of_int(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
// 2^n for integral n in [-126, 127].
PRONGHORN_INLINE Vec pow2i(Vec n) { return {pow2_of_int(_mm256_cvtps_epi32(n.v))}; }
// x * 2^n rounded once, for x in [0.5, 4) and integral n in [-160, 160]: two factors, because 2^n
// alone may be out of range; the first product is exact.
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) {
  const __m256i whole = _mm256_cvtps_epi32(n.v);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const __m256 once = _mm256_mul_ps(x.v, pow2_of_int(half));
  return {_mm256_mul_ps(once, pow2_of_int(_mm256_sub_epi32(whole, half)))};
}
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3), the interval
// around 1 that is symmetric after subtracting 1. 0x3f2aaaab is the float nearest to 2/3.
PRONGHORN_INLINE Vec exponent(Vec x) {
  const __m256i above = _mm256_sub_epi32(_mm256_castps_si256(x.v), _mm256_set1_epi32(0x3f2aaaab));
  return {_mm256_cvtepi32_ps(_mm256_srai_epi32(above, 23))};
}
PRONGHORN_INLINE Vec mantissa(Vec x) {
  const __m256i bits = _mm256_castps_si256(x.v);
  const __m256i above = _mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f2aaaab));
  const __m256i shift = _mm256_and_si256(above, _mm256_set1_epi32(static_cast<int>(0xff800000u)));
  return {_mm256_castsi256_ps(_mm256_sub_epi32(bits, shift))};
}

// ---- 32-bit integers (Philox) ------------------------------------------------------------------
PRONGHORN_INLINE UVec uload(const uint32_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
PRONGHORN_INLINE void ustore(uint32_t* p, UVec x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x.v);
}
PRONGHORN_INLINE UVec usplat(uint32_t x) { return {_mm256_set1_epi32(static_cast<int>(x))}; }
PRONGHORN_INLINE UVec operator+(UVec a, UVec b) { return {_mm256_add_epi32(a.v, b.v)}; }
PRONGHORN_INLINE UVec operator^(UVec a, UVec b) { return {_mm256_xor_si256(a.v, b.v)}; }
PRONGHORN_INLINE UVec mullo(UVec a, UVec b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
PRONGHORN_INLINE UVec mulhi(UVec a, UVec b) {
  const __m256i even = _mm256_mul_epu32(a.v, b.v);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a.v, 32), _mm256_srli_epi64(b.v, 32));
  return {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA)};
}
PRONGHORN_INLINE UVec ushr(UVec a, int bits) {
  return {_mm256_srl_epi32(a.v, _mm_cvtsi32_si128(bits))};
}
// (u >> 8) * 2^-24, in [0, 1).
PRONGHORN_INLINE Vec to_unit_float(UVec u) {
  return {_mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_srli_epi32(u.v, 8)), _mm256_set1_ps(0x1p-24f))};
}

// ---- 16 x 16 transpose -------------------------------------------------------------------------
PRONGHORN_INLINE void transpose8(const float* src, ptrdiff_t src_stride, float* dst,
                                 ptrdiff_t dst_stride) {
  __m256 r[8], t[8];
  // Row i beside row i + 4: the exchange of the 128-bit halves happens in the loads.
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const float* upper = src + i * src_stride;
    const float* lower = src + (i + 4) * src_stride;
    r[i] =
        _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper)), _mm_loadu_ps(lower), 1);
    r[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper + 4)),
                                    _mm_loadu_ps(lower + 4), 1);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    t[i + 2] = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);
    t[i + 3] = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
    _mm256_storeu_ps(dst + i * dst_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0x44));
    _mm256_storeu_ps(dst + (i + 1) * dst_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0xEE));
    _mm256_storeu_ps(dst + (i + 2) * dst_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44));
    _mm256_storeu_ps(dst + (i + 3) * dst_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE));
  }
}
// dst[j][i] = src[i][j]; strides in elements between rows; src and dst do not overlap.
PRONGHORN_INLINE void transpose16(const float* src, ptrdiff_t src_stride, float* dst,
                                  ptrdiff_t dst_stride) {
  for (int i = 0; i < 16; i += 8) {
    for (int j = 0; j < 16; j += 8) {
      transpose8(src + i * src_stride + j, src_stride, dst + j * dst_stride + i, dst_stride);
    }
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
