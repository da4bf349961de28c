// SPDX-License-Identifier: Apache-2.0
// Elementary functions, written once over the operations of the instruction-set header that was
// included before. Only correctly rounded operations occur (+, -, *, /, fma, rint, shifts of the
// exponent), no rcp or rsqrt: the bits are equal on every set that fuses (AVX2, AVX-512, NEON), and
// equal on the two that do not (SSE2, scalar).
//
// "n ULP" is the largest error over all 2^32 floats against libm in double, rounded up; it holds on
// every set, and tests/cpp/simd/accuracy.cpp asserts it. NaN gives NaN. Subnormal arguments and
// results are exact to the same bound, unless the processor is set to flush them to zero.
// fit_coefficients.py computes the constants.
#pragma once

#ifndef PRONGHORN_INLINE
#error "include an instruction-set header of simd/ before simd/math.hpp"
#endif

#ifdef PRONGHORN_ORACLE
#include "math_oracle.hpp"
#else

namespace pronghorn::PRONGHORN_ISA {
namespace {

// c0 + c1 x + c2 x^2 + ... by Horner's rule.
PRONGHORN_INLINE Vec polynomial(Vec, float c0) { return splat(c0); }
template <class... Rest>
PRONGHORN_INLINE Vec polynomial(Vec x, float c0, Rest... rest) {
  return fma(polynomial(x, rest...), x, splat(c0));
}

// Infinity where the mask holds, else 0. The processor notes it (see base/float_environment.hpp),
// as it must every infinity or NaN that comes of finite numbers. A constant would be no operation,
// and so would be what the compiler makes of one plus itself: hence any x, which is not NaN.
PRONGHORN_INLINE Vec infinity_where(Mask mask, Vec x) {
  const Vec half = select(mask, abs(x) + splat(0x1p127f), zero());
  return half + half;
}

// ---- exponentials ------------------------------------------------------------------------------

// e^x = (1 + p) 2^n with n = rint(x / ln 2), p = e^(x - n ln 2) - 1.
struct ExpParts {
  Vec p, n;
};
PRONGHORN_INLINE ExpParts exp_parts(Vec x) {
  const Vec n = rint(x * splat(0x1.715476p+0f));
  // The first part of ln 2 has 15 bits: its product with n is exact without a fused operation too.
  const Vec r = fnma(n, splat(0x1.7f7d1cp-20f), fnma(n, splat(0x1.62e4p-1f), x));
  const Vec q = polynomial(r, 0x1p-1f, 0x1.555554p-3f, 0x1.5554f8p-5f, 0x1.1112dcp-7f,
                           0x1.6d3a38p-10f, 0x1.9e69e8p-13f);
  return {fma(r * r, q, r), n};
}

// e^x. 1 ULP, also for subnormal results; inf from 88.72284 on, 0 below -103.9721.
PRONGHORN_INLINE Vec exp(Vec x) {
  const ExpParts e = exp_parts(clamp(x, splat(-104.0f), splat(89.0f)));
  return ldexp(splat(1.0f) + e.p, e.n);
}

// e^x - 1. 2 ULP; -1 from about -17.4 downwards, -0 for -0.
PRONGHORN_INLINE Vec expm1(Vec x) {
  const ExpParts e = exp_parts(clamp(x, splat(-18.0f), splat(89.0f)));
  const Vec half_scale = pow2i(e.n - splat(1.0f));  // 2^n alone may be out of range
  const Vec half = fma(half_scale, e.p, half_scale - splat(0.5f));
  return select(abs(x) < splat(0x1p-25f), x, half + half);
}

// tanh x = (e^2x - 1) / (e^2x + 1). 3 ULP; exactly +-1 from 9.02 on, -0 for -0. From 1/2 on
// taken as 1 - 2 / (e^2x + 1), where the errors of the quotient count less.
PRONGHORN_INLINE Vec tanh(Vec x) {
  const Vec magnitude = clamp(abs(x), zero(), splat(10.0f));
  const ExpParts e = exp_parts(magnitude + magnitude);
  const Vec scale = pow2i(e.n);
  const Vec above = fma(scale, e.p, scale + splat(1.0f));
  const Vec below = fma(scale, e.p, scale - splat(1.0f));
  const Mask large = magnitude > splat(0.55f);  // tanh 0.5493 = 1/2
  const Vec quotient = select(large, splat(2.0f), below) / above;
  return copysign(select(large, splat(1.0f) - quotient, quotient), x);
}

// 1 / (1 + e^-x). 3 ULP; 1 from about 17 on, goes to 0 through the subnormals.
PRONGHORN_INLINE Vec sigmoid(Vec x) {
  const Vec e = exp(-abs(x));
  return select(x < zero(), e, splat(1.0f)) / (splat(1.0f) + e);
}

// ---- logarithms --------------------------------------------------------------------------------

// ln((1 + f) 2^n) for f in [-1/3, 1/3].
PRONGHORN_INLINE Vec log_parts(Vec f, Vec n) {
  const Vec q =
      polynomial(f, -0x1p-1f, 0x1.555506p-2f, -0x1.fffef8p-3f, 0x1.99d06p-3f, -0x1.559c82p-3f,
                 0x1.1ed3e8p-3f, -0x1.f333bep-4f, 0x1.1e753cp-3f, -0x1.07bca2p-3f);
  const Vec small = fma(n, splat(0x1.7f7d1cp-20f), f * f * q);
  return fma(n, splat(0x1.62e4p-1f), f + small);
}

// ln x. 1 ULP, also for subnormal x; ln 0 = -inf, NaN below 0, ln inf = inf.
PRONGHORN_INLINE Vec log(Vec x) {
  const Mask tiny = x < splat(0x1p-126f);
  const Vec normal = select(tiny, x * splat(0x1p23f), x);
  const Vec n = exponent(normal) - select(tiny, splat(23.0f), zero());
  const Vec y = log_parts(mantissa(normal) - splat(1.0f), n);
  const Mask special = x <= zero();
  const Vec at_zero = select(x == zero(), -infinity_where(special, x), splat(__builtin_nanf("")));
  // The second comparison is false for inf and NaN, which are their own logarithm.
  return select(special, at_zero, select(x < splat(__builtin_inff()), y, x));
}

// ln(1 + x) for finite x > -1: with 1 + x = m 2^n the argument is m - 1 = x 2^-n + (2^-n - 1),
// where the rounding of 1 + x does not enter.
PRONGHORN_INLINE Vec log1p_finite(Vec x) {
  const Vec n = exponent(splat(1.0f) + x);
  const Vec four_scale = pow2i(splat(2.0f) - n);  // n may be 128, and 2^-128 is subnormal
  const Vec quarter = splat(0.25f);
  const Vec f = fma(x * quarter, four_scale, fma(four_scale, quarter, splat(-1.0f)));
  return select(abs(x) < splat(0x1p-25f), x, log_parts(f, n));
}

// ln(1 + x). 2 ULP; -inf at -1, NaN below, inf for inf, -0 for -0.
PRONGHORN_INLINE Vec log1p(Vec x) {
  const Vec minus_one = splat(-1.0f);
  const Mask special = x <= minus_one;
  const Vec at_minus_one =
      select(x == minus_one, -infinity_where(special, x), splat(__builtin_nanf("")));
  return select(special, at_minus_one, select(x < splat(__builtin_inff()), log1p_finite(x), x));
}

// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). 2 ULP.
PRONGHORN_INLINE Vec softplus(Vec x) { return relu(x) + log1p_finite(exp(-abs(x))); }

// ---- error function ----------------------------------------------------------------------------

// erf x. 2 ULP; exactly +-1 from 3.92 on, -0 for -0. Below 1 an odd polynomial, above
// 1 - e^q(x), where an error of the exponential counts at most a fifth.
PRONGHORN_INLINE Vec erf(Vec x) {
  const Vec magnitude = abs(x);
  const Vec square = x * x;
  const Vec small_q =
      polynomial(square, 0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2ce6p-4f, -0x1.b7f71ap-6f,
                 0x1.53f224p-8f, -0x1.a3515ep-11f, 0x1.4771fcp-14f);
  const Vec limited = clamp(magnitude, zero(), splat(4.0f));
  const Vec large_q = polynomial(limited, -0x1.661cb2p-12f, -0x1.2088eap+0f, -0x1.46baf2p-1f,
                                 -0x1.a652f2p-4f, 0x1.65ca82p-6f, -0x1.82582ep-9f, 0x1.86d73ap-13f);
  const ExpParts e = exp_parts(large_q);
  const Vec scale = pow2i(e.n);
  const Vec large = fnma(scale, e.p, splat(1.0f) - scale);
  return select(magnitude < splat(1.0f), fma(x, small_q, x), copysign(large, x));
}

// ---- circular functions ------------------------------------------------------------------------

// sin(x + shift * pi / 2) for x >= 0: with n = rint(2 x / pi), r = x - n pi / 2 and n + shift in
// the k-th quadrant it is +sin r, +cos r, -sin r, -cos r for k = 0, 1, 2, 3 (mod 4).
PRONGHORN_INLINE Vec sin_shifted(Vec x, Vec shift) {
  const Vec n = rint(x * splat(0x1.45f306p-1f));
  // Products of n (up to 13 bits) with the parts of pi / 2 (11 bits each, the last 24) are exact.
  // The first two differences are exact, what the third loses goes with the last parts: so r is
  // rounded once, even beside a multiple of pi / 2.
  const Vec exact = fnma(n, splat(0x1.fb4p-12f), fnma(n, splat(0x1.92p+0f), x));
  const Vec high = fnma(n, splat(0x1.444p-24f), exact);
  const Vec lost = fnma(n, splat(0x1.444p-24f), exact - high);
  Vec r = high + fnma(n, splat(0x1.68cp-39f), fnma(n, splat(0x1.1a6264p-54f), lost));
  r = clamp(r, splat(-0.787f), splat(0.787f));  // pi / 4 and 0.2 %: only a too large n is outside

  const Vec square = r * r;
  const Vec sin_q = polynomial(square, -0x1.555546p-3f, 0x1.110774p-7f, -0x1.9951f6p-13f);
  const Vec cos_q = polynomial(square, -0x1p-1f, 0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f);
  const Vec quadrant = n + shift;
  const Vec half = floor(quadrant * splat(0.5f));
  const Mask odd = half + half != quadrant;
  const Mask negative = floor(half * splat(0.5f)) * splat(2.0f) != half;
  const Vec value = select(odd, fma(square, cos_q, splat(1.0f)), fma(square * r, sin_q, r));
  return select(negative, -value, value);
}

// sin x. 2 ULP for |x| <= 10000; beyond, finite and in [-1, 1], with an accuracy that falls
// with |x| to none at all. NaN for +-inf, -0 for -0.
PRONGHORN_INLINE Vec sin(Vec x) { return sin_shifted(abs(x), zero()) * copysign(splat(1.0f), x); }

// cos x = sin(|x| + pi / 2). 2 ULP for |x| <= 10000; beyond as sin. NaN for +-inf.
PRONGHORN_INLINE Vec cos(Vec x) { return sin_shifted(abs(x), splat(1.0f)); }

// ---- powers ------------------------------------------------------------------------------------

// high + low, the low part below half a unit in the last place of the high one.
struct Pair {
  Vec high, low;
};
// a + b exactly, for |a| >= |b| or a = 0.
PRONGHORN_INLINE Pair exact_sum(Vec a, Vec b) {
  const Vec sum = a + b;
  return {sum, b - (sum - a)};
}
// a * b exactly (without fused operations by Veltkamp's and Dekker's splitting into 12 bits).
PRONGHORN_INLINE Pair exact_product(Vec a, Vec b) {
  const Vec product = a * b;
  if constexpr (has_fma) {
    return {product, fma(a, b, -product)};
  } else {
    const Vec a_scaled = a * splat(4097.0f), b_scaled = b * splat(4097.0f);
    const Vec a_high = a_scaled - (a_scaled - a), b_high = b_scaled - (b_scaled - b);
    const Vec a_low = a - a_high, b_low = b - b_high;
    return {product,
            ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
  }
}
PRONGHORN_INLINE Pair operator*(Pair a, Pair b) {
  const Pair product = exact_product(a.high, b.high);
  const Vec low = fma(a.high, b.low, fma(a.low, b.high, product.low));
  return exact_sum(product.high, low);
}

// log2 x to a relative error of about 2^-33, for positive normal x, plus `shift`: with
// s = (m - 1) / (m + 1) and t = s^2 it is n + s (2/ln 2 + t (2/(3 ln 2) + t q(t))).
PRONGHORN_INLINE Pair log2_pair(Vec x, Vec shift) {
  const Vec m = mantissa(x), n = exponent(x) + shift;
  const Vec numerator = m - splat(1.0f);
  const Pair denominator = exact_sum(splat(1.0f), m);
  const Vec quotient = numerator / denominator.high;
  const Pair back = exact_product(quotient, denominator.high);
  const Vec residual = fnma(quotient, denominator.low, (numerator - back.high) - back.low);
  const Pair s = {quotient, residual / denominator.high};
  const Pair t = s * s;
  const Vec q = polynomial(t.high, 0x1.2776c2p-1f, 0x1.a61bbp-2f, 0x1.474266p-2f, 0x1.26d0dp-2f);
  const Pair inner = exact_sum(splat(0x1.ec709ep-1f), fma(t.high, q, splat(-0x1.e2fe02p-28f)));
  const Pair product = t * inner;
  const Pair outer = exact_sum(splat(0x1.715476p+1f), product.high);
  const Pair logarithm = s * Pair{outer.high, outer.low + (product.low + splat(0x1.4ae0cp-25f))};
  const Pair sum = exact_sum(n, logarithm.high);
  return {sum.high, sum.low + logarithm.low};
}

// 2^(a.high + a.low), inf above and 0 below the range.
PRONGHORN_INLINE Vec exp2_pair(Pair a) {
  const Vec limited = clamp(a.high, splat(-160.0f), splat(160.0f));
  const Vec low = select(limited == a.high, a.low, zero());
  const Vec n = rint(limited);
  const Vec r = (limited - n) + low;
  const Vec q = polynomial(r, 0x1.62e43p-1f, 0x1.ebfbdcp-3f, 0x1.c6af7cp-5f, 0x1.3b2dep-7f,
                           0x1.5f0838p-10f, 0x1.416b8p-13f);
  return ldexp(fma(r, q, splat(1.0f)), n);
}

// x^y. 2 ULP over the whole range of results. The special values are those of C's pow: 1 for
// y = 0 and for x = 1 even with NaN, NaN for x < 0 with a finite y that is no integer, the sign of
// x for odd y, zeros and infinities.
PRONGHORN_INLINE Vec pow(Vec x, Vec y) {
  const Vec one = splat(1.0f), infinity = splat(__builtin_inff()), nan = splat(__builtin_nanf(""));
  const Vec base = abs(x);
  const Mask tiny = base < splat(0x1p-126f);
  const Vec normal = select(tiny, base * splat(0x1p23f), base);
  const Pair logarithm = log2_pair(normal, select(tiny, splat(-23.0f), zero()));
  const Pair product = exact_product(y, logarithm.high);
  Vec power = exp2_pair({product.high, fma(y, logarithm.low, product.low)});

  const Mask base_is_zero = base == zero(), base_is_infinite = base == infinity;
  const Mask grows = (base_is_zero & (y < zero())) | (base_is_infinite & (y > zero()));
  const Mask integral = rint(y) == y;
  const Mask undefined = (x < zero()) & not_(integral | base_is_infinite);
  // (Where the base is zero or infinite nothing is undefined.)
  power = select(base_is_zero | base_is_infinite, infinity_where(grows | undefined, x), power);
  power = select(base == one, one, power);

  const Vec half_y = y * splat(0.5f);
  const Mask odd = integral & (rint(half_y) != half_y);
  power = select(odd, copysign(power, x), power);
  power = select(undefined | (x != x) | (y != y), nan, power);
  return select((x == one) | (y == zero()), one, power);
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA

#endif  // PRONGHORN_ORACLE
