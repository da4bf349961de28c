// SPDX-License-Identifier: Apache-2.0
// What every operation of simd/ does, lane by lane, against plain C++: part of accuracy.cpp.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "simd/math.hpp"

namespace simd = pronghorn::PRONGHORN_ISA;
using simd::Mask;
using simd::UVec;
using simd::Vec;
using Scalar = Vec::Scalar;

namespace {

constexpr int lanes = Vec::lanes;
constexpr Scalar inf = std::numeric_limits<Scalar>::infinity();
constexpr Scalar nan_ = std::numeric_limits<Scalar>::quiet_NaN();
int failures = 0;

void fail(const char* what, double x, double y, double got, double expected) {
  if (++failures <= 40)
    std::printf("FAILED %s(%a, %a): got %a, expected %a\n", what, x, y, got, expected);
}

bool same(Scalar a, Scalar b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

float float_of(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

const std::vector<Scalar>& interesting() {
  static const std::vector<Scalar> values = [] {
    // Zero, ties, subnormals, the last fractions and the first integers without neighbours.
    // clang-format off
    std::vector<Scalar> v = {
        0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 1e-45f, 1e-40f, 0x1p-126f, 0x1p-24f, 7.5,
        0x1.fffffep-2f, 0x1.fffffep+21f, 4194304.5, 4194305.5, 8388607, 8388607.5, 0x1p23f,
        8388609, 0x1p24f, 0x1p31f, 3e9f, 1e10f, 0x1.fffffep+127f, inf, nan_};
    // clang-format on
    for (size_t k = 0, n = v.size(); k < n; ++k) v.push_back(-v[k]);
    while (v.size() % 16) v.push_back(1);
    return v;
  }();
  return values;
}

template <class Operation, class Reference>
void check_unary(const char* what, Operation operation, Reference reference) {
  const auto& v = interesting();
  Scalar result[lanes];
  for (size_t k = 0; k < v.size(); k += lanes) {
    simd::store(result, operation(simd::load(&v[k])));
    for (int i = 0; i < lanes; ++i) {
      const Scalar expected = reference(v[k + i]);
      if (!same(result[i], expected)) fail(what, v[k + i], 0, result[i], expected);
    }
  }
}

template <class Operation, class Reference>
void check_binary(const char* what, Operation operation, Reference reference) {
  const auto& v = interesting();
  Scalar result[lanes];
  for (const Scalar y : v) {
    for (size_t k = 0; k < v.size(); k += lanes) {
      simd::store(result, operation(simd::load(&v[k]), simd::splat(y)));
      for (int i = 0; i < lanes; ++i) {
        const Scalar expected = reference(v[k + i], y);
        if (!same(result[i], expected)) fail(what, v[k + i], y, result[i], expected);
      }
    }
  }
}

void check_operations() {
  using S = Scalar;
  check_binary("+", [](Vec a, Vec b) { return a + b; }, [](S a, S b) { return a + b; });
  check_binary("-", [](Vec a, Vec b) { return a - b; }, [](S a, S b) { return a - b; });
  check_binary("*", [](Vec a, Vec b) { return a * b; }, [](S a, S b) { return a * b; });
  check_binary("/", [](Vec a, Vec b) { return a / b; }, [](S a, S b) { return a / b; });
  const S third = S(1) / 3;
  const auto fma_reference = [](S a, S b, S c) {
    return simd::has_fma ? std::fma(a, b, c) : a * b + c;
  };
  check_binary(
      "fma", [&](Vec a, Vec b) { return simd::fma(a, b, simd::splat(third)); },
      [&](S a, S b) { return fma_reference(a, b, third); });
  check_binary(
      "fma c", [&](Vec a, Vec c) { return simd::fma(a, simd::splat(third), c); },
      [&](S a, S c) { return fma_reference(a, third, c); });
  check_binary(
      "fnma c", [&](Vec a, Vec c) { return simd::fnma(a, simd::splat(third), c); },
      [&](S a, S c) { return fma_reference(-a, third, c); });
  check_unary("negation", [](Vec a) { return -a; }, [](S a) { return -a; });
  check_unary("sqrt", [](Vec a) { return simd::sqrt(a); }, [](S a) { return std::sqrt(a); });
  check_unary("abs", [](Vec a) { return simd::abs(a); }, [](S a) { return std::fabs(a); });
  check_unary("floor", [](Vec a) { return simd::floor(a); }, [](S a) { return std::floor(a); });
  check_unary("ceil", [](Vec a) { return simd::ceil(a); }, [](S a) { return std::ceil(a); });
  check_unary("trunc", [](Vec a) { return simd::trunc(a); }, [](S a) { return std::trunc(a); });
  check_unary("rint", [](Vec a) { return simd::rint(a); }, [](S a) { return std::nearbyint(a); });
  check_unary("relu", [](Vec a) { return simd::relu(a); }, [](S a) { return a < 0 ? S(0) : a; });
  check_unary("zero", [](Vec) { return simd::zero(); }, [](S) { return S(0); });
  check_unary(
      "clamp", [](Vec a) { return simd::clamp(a, simd::splat(-1), simd::splat(2)); },
      [](S a) { return a < -1  ? S(-1)
                       : a > 2 ? S(2)
                               : a; });
  check_binary(
      "copysign", [](Vec a, Vec b) { return simd::copysign(a, b); },
      [](S a, S b) { return std::copysign(a, b); });
  // NaN in either operand; of two zeros the second.
  check_binary(
      "max", [](Vec a, Vec b) { return simd::max(a, b); },
      [](S a, S b) {
        return a != a ? a : b != b ? b : a > b ? a : b;
      });
  check_binary(
      "min", [](Vec a, Vec b) { return simd::min(a, b); },
      [](S a, S b) {
        return a != a ? a : b != b ? b : a < b ? a : b;
      });

  check_binary(
      "<", [](Vec a, Vec b) { return simd::one_if(a < b); }, [](S a, S b) { return S(a < b); });
  check_binary(
      "<=", [](Vec a, Vec b) { return simd::one_if(a <= b); }, [](S a, S b) { return S(a <= b); });
  check_binary(
      ">", [](Vec a, Vec b) { return simd::one_if(a > b); }, [](S a, S b) { return S(a > b); });
  check_binary(
      ">=", [](Vec a, Vec b) { return simd::one_if(a >= b); }, [](S a, S b) { return S(a >= b); });
  check_binary(
      "==", [](Vec a, Vec b) { return simd::one_if(a == b); }, [](S a, S b) { return S(a == b); });
  check_binary(
      "!=", [](Vec a, Vec b) { return simd::one_if(a != b); }, [](S a, S b) { return S(a != b); });
  const Vec one = simd::splat(1);
  check_binary(
      "&", [&](Vec a, Vec b) { return simd::one_if((a < b) & (a < one)); },
      [](S a, S b) { return S(a < b && a < 1); });
  check_binary(
      "|", [&](Vec a, Vec b) { return simd::one_if((a < b) | (a < one)); },
      [](S a, S b) { return S(a < b || a < 1); });
  check_binary(
      "not_", [](Vec a, Vec b) { return simd::one_if(simd::not_(a < b)); },
      [](S a, S b) { return S(!(a < b)); });
  check_binary(
      "select", [](Vec a, Vec b) { return simd::select(a < b, a, b); },
      [](S a, S b) { return a < b ? a : b; });
}

void check_exponents() {
  Scalar result[lanes];
  for (int n = -126; n <= 127; ++n) {
    simd::store(result, simd::pow2i(simd::splat(static_cast<Scalar>(n))));
    if (result[lanes - 1] != std::ldexp(1.0, n))
      fail("pow2i", n, 0, result[lanes - 1], std::ldexp(1.0, n));
  }
  for (int n = -160; n <= 160; ++n) {
    for (const Scalar x : {Scalar(0.5), Scalar(0x1.5a9fbep0f), Scalar(0x1.fffffep1f)}) {
      simd::store(result, simd::ldexp(simd::splat(x), simd::splat(static_cast<Scalar>(n))));
      const Scalar expected = std::ldexp(x, n);
      if (!same(result[0], expected)) fail("ldexp", x, n, result[0], expected);
    }
  }
  for (uint32_t bits = 0x00800000; bits < 0x7f800000; bits += 4099) {
    const Vec x = simd::splat(static_cast<Scalar>(float_of(bits)));
    Scalar exponent[lanes], mantissa[lanes];
    simd::store(exponent, simd::exponent(x));
    simd::store(mantissa, simd::mantissa(x));
    const bool in_range = mantissa[0] >= 0x1.555554p-1f && mantissa[0] < 0x1.555558p0f;
    if (!in_range || std::ldexp(static_cast<double>(mantissa[0]), static_cast<int>(exponent[0])) !=
                         float_of(bits)) {
      fail("mantissa, exponent", float_of(bits), exponent[0], mantissa[0], 1);
    }
  }
}

void check_transpose() {
  constexpr int src_stride = 19, dst_stride = 23;
  std::vector<Scalar> src(16 * src_stride), dst(16 * dst_stride, -1);
  for (size_t k = 0; k < src.size(); ++k) src[k] = static_cast<Scalar>(k);
  simd::transpose16(src.data(), src_stride, dst.data(), dst_stride);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < dst_stride; ++j) {
      const Scalar expected = j < 16 ? src[j * src_stride + i] : Scalar(-1);
      if (dst[i * dst_stride + j] != expected)
        fail("transpose16", i, j, dst[i * dst_stride + j], expected);
    }
  }
}

// Ten rounds of Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
void check_integers() {
  uint32_t a[lanes], b[lanes], result[lanes];
  uint32_t state = 12345;
  const auto next = [&] { return state = state * 1664525u + 1013904223u; };
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < lanes; ++i) {
      a[i] = round ? next() : 0xffffffffu;
      b[i] = round ? next() ^ (state >> 16) : 0xffffffffu;
    }
    const auto check = [&](const char* what, UVec got, auto reference) {
      simd::ustore(result, got);
      for (int i = 0; i < lanes; ++i) {
        if (result[i] != reference(a[i], b[i]))
          fail(what, a[i], b[i], result[i], reference(a[i], b[i]));
      }
    };
    const UVec x = simd::uload(a), y = simd::uload(b);
    const int bits = round % 32;
    using U = uint32_t;
    check("integer +", x + y, [](U p, U q) { return p + q; });
    check("integer ^", x ^ y, [](U p, U q) { return p ^ q; });
    check("mullo", simd::mullo(x, y), [](U p, U q) { return p * q; });
    check("mulhi", simd::mulhi(x, y),
          [](U p, U q) { return static_cast<U>(static_cast<uint64_t>(p) * q >> 32); });
    check("ushr", simd::ushr(x, bits), [=](U p, U) { return p >> bits; });
    Scalar unit[lanes];
    simd::store(unit, simd::to_unit_float(x));
    for (int i = 0; i < lanes; ++i) {
      const double expected = (a[i] >> 8) / 16777216.0;
      if (unit[i] != expected) fail("to_unit_float", a[i], 0, unit[i], expected);
    }
  }

  UVec c[4] = {simd::usplat(0), simd::usplat(0), simd::usplat(0), simd::usplat(0)};
  for (uint32_t round = 0; round < 10; ++round) {
    const UVec key[2] = {simd::usplat(round * 0x9E3779B9u), simd::usplat(round * 0xBB67AE85u)};
    const UVec m0 = simd::usplat(0xD2511F53u), m1 = simd::usplat(0xCD9E8D57u);
    const UVec low[2] = {simd::mullo(m0, c[0]), simd::mullo(m1, c[2])};
    const UVec high[2] = {simd::mulhi(m0, c[0]), simd::mulhi(m1, c[2])};
    c[0] = high[1] ^ c[1] ^ key[0];
    c[2] = high[0] ^ c[3] ^ key[1];
    c[1] = low[1];
    c[3] = low[0];
  }
  const uint32_t expected[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  for (int k = 0; k < 4; ++k) {
    simd::ustore(result, c[k]);
    if (result[lanes - 1] != expected[k])
      fail("Philox of zeros", k, 0, result[lanes - 1], expected[k]);
  }
}

}  // namespace
