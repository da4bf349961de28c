// SPDX-License-Identifier: Apache-2.0
// NEON of AArch64, where it is the baseline and always fuses: 4 floats.
#pragma once

#include <arm_neon.h>

#include "inline.hpp"

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct Vec {
  using Scalar = float;
  static constexpr int lanes = 4;
  float32x4_t v;
};
struct Mask {
  uint32x4_t m;  // all bits of a lane set or clear
};
struct UVec {
  uint32x4_t v;
};
constexpr bool has_fma = true;

// ---- memory and constants ----------------------------------------------------------------------
PRONGHORN_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
PRONGHORN_INLINE void store(float* p, Vec x) { vst1q_f32(p, x.v); }
PRONGHORN_INLINE Vec splat(float x) { return {vdupq_n_f32(x)}; }
PRONGHORN_INLINE Vec zero() { return {vdupq_n_f32(0.0f)}; }

// ---- arithmetic --------------------------------------------------------------------------------
PRONGHORN_INLINE Vec operator+(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator*(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator/(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Vec operator-(Vec a) { return {vnegq_f32(a.v)}; }
// a * b + c and c - a * b, rounded once.
PRONGHORN_INLINE Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
PRONGHORN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }

PRONGHORN_INLINE Vec sqrt(Vec a) { return {vsqrtq_f32(a.v)}; }
PRONGHORN_INLINE Vec abs(Vec a) { return {vabsq_f32(a.v)}; }
PRONGHORN_INLINE Vec floor(Vec a) { return {vrndmq_f32(a.v)}; }
PRONGHORN_INLINE Vec ceil(Vec a) { return {vrndpq_f32(a.v)}; }
PRONGHORN_INLINE Vec trunc(Vec a) { return {vrndq_f32(a.v)}; }
// To nearest, half to even.
PRONGHORN_INLINE Vec rint(Vec a) { return {vrndnq_f32(a.v)}; }
PRONGHORN_INLINE Vec copysign(Vec magnitude, Vec sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)};
}

// ---- comparison and selection ------------------------------------------------------------------
PRONGHORN_INLINE Mask operator<(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator<=(Vec a, Vec b) { return {vcleq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator>(Vec a, Vec b) { return {vcgtq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator>=(Vec a, Vec b) { return {vcgeq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator==(Vec a, Vec b) { return {vceqq_f32(a.v, b.v)}; }
PRONGHORN_INLINE Mask operator!=(Vec a, Vec b) { return {vmvnq_u32(vceqq_f32(a.v, b.v))}; }
PRONGHORN_INLINE Mask operator&(Mask a, Mask b) { return {vandq_u32(a.m, b.m)}; }
PRONGHORN_INLINE Mask operator|(Mask a, Mask b) { return {vorrq_u32(a.m, b.m)}; }
PRONGHORN_INLINE Mask not_(Mask a) { return {vmvnq_u32(a.m)}; }
PRONGHORN_INLINE Vec select(Mask m, Vec a, Vec b) { return {vbslq_f32(m.m, a.v, b.v)}; }
PRONGHORN_INLINE Vec one_if(Mask m) {
  return {vreinterpretq_f32_u32(vandq_u32(m.m, vdupq_n_u32(0x3f800000u)))};
}

// fmax would do, but for two zeros it prefers +0 where x86 takes the second operand: compare and
// select, for equal bits.
PRONGHORN_INLINE Vec max(Vec a, Vec b) { return select((a > b) | (a != a), a, b); }
PRONGHORN_INLINE Vec min(Vec a, Vec b) { return select((a < b) | (a != a), a, b); }
// x < 0 ? 0 : x: NaN and -0 come back as they are.
PRONGHORN_INLINE Vec relu(Vec x) {
  return {vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x.v), vcltzq_f32(x.v)))};
}
// x limited to [low, high], bounds that are no NaN; a NaN x comes back.
PRONGHORN_INLINE Vec clamp(Vec x, Vec low, Vec high) {
  return {vminq_f32(high.v, vmaxq_f32(low.v, x.v))};
}

// ---- exponent bits -----------------------------------------------------------------------------
PRONGHORN_INLINE float32x4_t pow2_of_int(int32x4_t n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}
// 2^n for integral n in [-126, 127].
PRONGHORN_INLINE Vec pow2i(Vec n) { return {pow2_of_int(vcvtq_s32_f32(n.v))}; }
// x * 2^n rounded once, for x in [0.5, 4) and integral n in [-160, 160]: two factors, because 2^n
// alone may be out of range; the first product is exact.
PRONGHORN_INLINE Vec ldexp(Vec x, Vec n) {
  const int32x4_t whole = vcvtq_s32_f32(n.v);
  const int32x4_t half = vshrq_n_s32(whole, 1);
  const float32x4_t once = vmulq_f32(x.v, pow2_of_int(half));
  return {vmulq_f32(once, pow2_of_int(vsubq_s32(whole, half)))};
}
// A positive normal x is mantissa(x) * 2^exponent(x) with the mantissa in [2/3, 4/3), the interval
// around 1 that is symmetric after subtracting 1. 0x3f2aaaab is the float nearest to 2/3.
PRONGHORN_INLINE Vec exponent(Vec x) {
  const int32x4_t above = vsubq_s32(vreinterpretq_s32_f32(x.v), vdupq_n_s32(0x3f2aaaab));
  return {vcvtq_f32_s32(vshrq_n_s32(above, 23))};
}
PRONGHORN_INLINE Vec mantissa(Vec x) {
  const uint32x4_t bits = vreinterpretq_u32_f32(x.v);
  const uint32x4_t above = vsubq_u32(bits, vdupq_n_u32(0x3f2aaaabu));
  return {vreinterpretq_f32_u32(vsubq_u32(bits, vandq_u32(above, vdupq_n_u32(0xff800000u))))};
}

// ---- 32-bit integers (Philox) ------------------------------------------------------------------
PRONGHORN_INLINE UVec uload(const uint32_t* p) { return {vld1q_u32(p)}; }
PRONGHORN_INLINE void ustore(uint32_t* p, UVec x) { vst1q_u32(p, x.v); }
PRONGHORN_INLINE UVec usplat(uint32_t x) { return {vdupq_n_u32(x)}; }
PRONGHORN_INLINE UVec operator+(UVec a, UVec b) { return {vaddq_u32(a.v, b.v)}; }
PRONGHORN_INLINE UVec operator^(UVec a, UVec b) { return {veorq_u32(a.v, b.v)}; }
PRONGHORN_INLINE UVec mullo(UVec a, UVec b) { return {vmulq_u32(a.v, b.v)}; }
PRONGHORN_INLINE UVec mulhi(UVec a, UVec b) {
  const uint64x2_t low = vmull_u32(vget_low_u32(a.v), vget_low_u32(b.v));
  const uint64x2_t high = vmull_high_u32(a.v, b.v);
  return {vuzp2q_u32(vreinterpretq_u32_u64(low), vreinterpretq_u32_u64(high))};
}
PRONGHORN_INLINE UVec ushr(UVec a, int bits) { return {vshlq_u32(a.v, vdupq_n_s32(-bits))}; }
// (u >> 8) * 2^-24, in [0, 1).
PRONGHORN_INLINE Vec to_unit_float(UVec u) {
  return {vmulq_f32(vcvtq_f32_u32(vshrq_n_u32(u.v, 8)), vdupq_n_f32(0x1p-24f))};
}

// ---- 16 x 16 transpose -------------------------------------------------------------------------
PRONGHORN_INLINE void transpose4(const float* src, ptrdiff_t src_stride, float* dst,
                                 ptrdiff_t dst_stride) {
  const float32x4x2_t ab = vtrnq_f32(vld1q_f32(src), vld1q_f32(src + src_stride));
  const float32x4x2_t cd =
      vtrnq_f32(vld1q_f32(src + 2 * src_stride), vld1q_f32(src + 3 * src_stride));
  vst1q_f32(dst, vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0])));
  vst1q_f32(dst + dst_stride, vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1])));
  vst1q_f32(dst + 2 * dst_stride, vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0])));
  vst1q_f32(dst + 3 * dst_stride, vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1])));
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
