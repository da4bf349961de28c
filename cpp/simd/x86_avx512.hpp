// SPDX-License-Identifier: Apache-2.0
// AVX-512 (F, VL, BW, DQ): 16 floats. One translation unit, compiled with
// -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma -mprefer-vector-width=512.
#pragma once

#include "inline.hpp"

// GCC 12's own header reads `undefined` vectors on purpose and warns about it (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = float;
  static constexpr int lanes = 16;
  __m512 v;
};
struct Mask {
  __mmask16 m;
};
struct UVec {
  __m512i v;
};
constexpr bool has_fma = true;

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
PRONGHORN_INLINE void store(float* p, Vec x) { _mm512_storeu_ps(p, x.v); }
PRONGHORN_INLINE Vec splat(float x) { return {_mm512_set1_ps(x)}; }
PRONGHORN_INLINE Vec zero() { return {_mm512_setzero_ps()}; }

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
// a * b + c and c - a * b, rounded once.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
PRONGHORN_INLINE Vec floor(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec ceil(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec trunc(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)};
}
// To nearest, half to even.
PRONGHORN_INLINE Vec rint(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  // Ternary logic: the sign bit of `sign`, all other bits of `magnitude`.
  const __m512i bits =
      _mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), _mm512_castps_si512(sign.v),
                                _mm512_castps_si512(magnitude.v), 0xCA);
  return {_mm512_castsi512_ps(bits)};
}

// ---- comparison and selection ------------------------------------------------------------------
PRONGHORN_INLINE Mask operator<(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
PRONGHORN_INLINE Mask operator<=(Vec a, Vec b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)};
}
PRONGHORN_INLINE Mask operator>(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
PRONGHORN_INLINE Mask operator>=(Vec a, Vec b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)};
}
PRONGHORN_INLINE Mask operator==(Vec a, Vec b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)};
}
PRONGHORN_INLINE Mask operator!=(Vec a, Vec b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)};
}
PRONGHORN_INLINE Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
PRONGHORN_INLINE Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.m | b.m)}; }
PRONGHORN_INLINE Mask not_(Mask a) { return {static_cast<__mmask16>(~a.m)}; }
PRONGHORN_INLINE Vec select(Mask m, Vec a, Vec b) { return {_mm512_mask_blend_ps(m.m, b.v, a.v)}; }
PRONGHORN_INLINE Vec one_if(Mask m) { return {_mm512_maskz_mov_ps(m.m, _mm512_set1_ps(1.0f))}; }

// maxps / minps give the second operand if either is NaN (or both are zeros): a NaN in `a` is kept
// by not touching its lane.
PRONGHORN_INLINE Vec max(Vec a, Vec b) {
  return {_mm512_mask_max_ps(a.v, _mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q), a.v, b.v)};
}
PRONGHORN_INLINE Vec min(Vec a, Vec b) {
  return {_mm512_mask_min_ps(a.v, _mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q), a.v, b.v)};
}
// x < 0 ? 0 : x in one instruction: NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) { return {_mm512_max_ps(_mm512_setzero_ps(), x.v)}; }
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) {
  return {_mm512_min_ps(high.v, _mm512_max_ps(low.v, x.v))};
}

// ---- exponent bits -----------------------------------------------------------------------------
// 2^n for integral n in [-126, 127].
PRONGHORN_INLINE Vec pow2i(Vec n) { return {_mm512_scalef_ps(_mm512_set1_ps(1.0f), n.v)}; }
// x * 2^n rounded once, for x in [0.5, 4) and integral n in [-160, 160].
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) { return {_mm512_scalef_ps(x.v, n.v)}; }
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3), the interval
// around 1 that is symmetric after subtracting 1. 0x3f2aaaab is the float nearest to 2/3.
PRONGHORN_INLINE Vec exponent(Vec x) {
  const __m512i above = _mm512_sub_epi32(_mm512_castps_si512(x.v), _mm512_set1_epi32(0x3f2aaaab));
  return {_mm512_cvtepi32_ps(_mm512_srai_epi32(above, 23))};
}
PRONGHORN_INLINE Vec mantissa(Vec x) {
  const __m512i bits = _mm512_castps_si512(x.v);
  const __m512i above = _mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f2aaaab));
  const __m512i shift = _mm512_and_si512(above, _mm512_set1_epi32(static_cast<int>(0xff800000u)));
  return {_mm512_castsi512_ps(_mm512_sub_epi32(bits, shift))};
}

// ---- 32-bit integers (Philox) ------------------------------------------------------------------
PRONGHORN_INLINE UVec uload(const uint32_t* p) { return {_mm512_loadu_si512(p)}; }
PRONGHORN_INLINE void ustore(uint32_t* p, UVec x) { _mm512_storeu_si512(p, x.v); }
PRONGHORN_INLINE UVec usplat(uint32_t x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
PRONGHORN_INLINE UVec operator+(UVec a, UVec b) { return {_mm512_add_epi32(a.v, b.v)}; }
PRONGHORN_INLINE UVec operator^(UVec a, UVec b) { return {_mm512_xor_si512(a.v, b.v)}; }
PRONGHORN_INLINE UVec mullo(UVec a, UVec b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
PRONGHORN_INLINE UVec mulhi(UVec a, UVec b) {
  const __m512i even = _mm512_mul_epu32(a.v, b.v);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), _mm512_srli_epi64(b.v, 32));
  return {_mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd)};
}
PRONGHORN_INLINE UVec ushr(UVec a, int bits) {
  return {_mm512_srl_epi32(a.v, _mm_cvtsi32_si128(bits))};
}
// (u >> 8) * 2^-24, in [0, 1).
PRONGHORN_INLINE Vec to_unit_float(UVec u) {
  return {_mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_srli_epi32(u.v, 8)), _mm512_set1_ps(0x1p-24f))};
}

// ---- 16 x 16 transpose -------------------------------------------------------------------------
// dst[j][i] = src[i][j]; strides in elements between rows; src and dst do not overlap.
// 64 shuffles: pairs of rows, pairs of pairs, then 128-bit quarters twice.
PRONGHORN_INLINE void transpose16(const float* src, ptrdiff_t src_stride, float* dst,
                                  ptrdiff_t dst_stride) {
  __m512 r[16], t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_ps(src + i * src_stride);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  // r[4g + c]: column c of each 4 x 4 block of the rows 4g .. 4g + 3.
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
    r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    const __m512 low_01 = _mm512_shuffle_f32x4(r[c], r[c + 4], 0x44);
    const __m512 low_23 = _mm512_shuffle_f32x4(r[c], r[c + 4], 0xEE);
    const __m512 high_01 = _mm512_shuffle_f32x4(r[c + 8], r[c + 12], 0x44);
    const __m512 high_23 = _mm512_shuffle_f32x4(r[c + 8], r[c + 12], 0xEE);
    _mm512_storeu_ps(dst + c * dst_stride, _mm512_shuffle_f32x4(low_01, high_01, 0x88));
    _mm512_storeu_ps(dst + (c + 4) * dst_stride, _mm512_shuffle_f32x4(low_01, high_01, 0xDD));
    _mm512_storeu_ps(dst + (c + 8) * dst_stride, _mm512_shuffle_f32x4(low_23, high_23, 0x88));
    _mm512_storeu_ps(dst + (c + 12) * dst_stride, _mm512_shuffle_f32x4(low_23, high_23, 0xDD));
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
