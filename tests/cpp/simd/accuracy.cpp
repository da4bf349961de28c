// SPDX-License-Identifier: Apache-2.0
// Facts about one instruction set: the operations of simd/ do what their comments say, and the
// functions of math.hpp keep their bounds in ULP against libm in double.
//
// Compile once per set, with the flags the kernels of that set get, for example
//
//     g++ -std=c++17 -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -mavx2 -mfma
//         -I cpp -DPRONGHORN_ISA=avx2 -include cpp/simd/x86_avx2.hpp
//         tests/cpp/simd/accuracy.cpp -o accuracy_avx2
//
//     accuracy_avx2                  every 1021st of the 2^32 floats (about 2 s)
//     accuracy_avx2 1                all of them (minutes per function)
//     accuracy_avx2 1 tanh           one function
//
// The last column is a hash of all result bits (any NaN counts as the same): with the same stride
// it is equal on all sets with a fused multiply-add (avx2, avx512, neon), and equal on the others
// (sse2, scalar). The exit code is 1 if anything failed.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "operations.hpp"

namespace {

// Distance of a result from the exact value, in units of the last place of the exact value.
double ulp_error(double got, double exact) {
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : HUGE_VAL;
  if (std::isinf(static_cast<float>(exact)) && std::isinf(got))
    return std::signbit(got) == std::signbit(exact) ? 0 : HUGE_VAL;
  if (std::isinf(exact)) return HUGE_VAL;
  if (std::isinf(got)) got = std::copysign(0x1p128, got);
  int exponent;
  std::frexp(exact, &exponent);
  if (exact == 0 || exponent < -125) exponent = -125;
  return std::fabs(got - exact) / std::ldexp(1.0, exponent - 24);
}

struct Hash {
  uint64_t value = 0xcbf29ce484222325u;
  void add(Scalar x) {
    const float rounded = static_cast<float>(x);
    uint32_t bits;
    std::memcpy(&bits, &rounded, sizeof bits);
    value = (value ^ (std::isnan(x) ? 0x7fc00000u : bits)) * 0x100000001b3u;
  }
};

double sigmoid_reference(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_reference(double x) {
  return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x)));
}

struct Special {
  double x, value;
};

struct Row {
  const char* name;
  Vec (*function)(Vec);
  double (*reference)(double);
  double bound;    // ULP, also stated in math.hpp
  double largest;  // |x| up to which the bound holds
  std::vector<Special> specials;
};

std::vector<Row> rows() {
  const double tiny = 1e-45f, huge = 0x1.fffffep+127f, i = HUGE_VAL, n = std::nan("");
  return {
      {"exp",
       [](Vec x) { return simd::exp(x); },
       std::exp,
       1,
       i,
       {{0, 1},
        {-0.0, 1},
        {i, i},
        {-i, 0},
        {n, n},
        {huge, i},
        {-huge, 0},
        {89, i},
        {-104, 0},
        {tiny, 1}}},
      {"expm1",
       [](Vec x) { return simd::expm1(x); },
       std::expm1,
       2,
       i,
       {{0, 0},
        {-0.0, -0.0},
        {i, i},
        {-i, -1},
        {n, n},
        {89, i},
        {-89, -1},
        {tiny, tiny},
        {-tiny, -tiny}}},
      {"log",
       [](Vec x) { return simd::log(x); },
       std::log,
       1,
       i,
       {{0, -i}, {-0.0, -i}, {1, 0}, {i, i}, {-1, n}, {-i, n}, {-tiny, n}, {n, n}}},
      {"log1p",
       [](Vec x) { return simd::log1p(x); },
       std::log1p,
       2,
       i,
       {{0, 0}, {-0.0, -0.0}, {-1, -i}, {-1.5, n}, {-i, n}, {i, i}, {n, n}, {tiny, tiny}}},
      {"tanh",
       [](Vec x) { return simd::tanh(x); },
       std::tanh,
       3,
       i,
       {{0, 0},
        {-0.0, -0.0},
        {i, 1},
        {-i, -1},
        {9.02f, 1},
        {-9.02f, -1},
        {huge, 1},
        {n, n},
        {tiny, tiny}}},
      {"sigmoid",
       [](Vec x) { return simd::sigmoid(x); },
       sigmoid_reference,
       3,
       i,
       {{0, 0.5}, {-0.0, 0.5}, {i, 1}, {-i, 0}, {n, n}, {20, 1}, {-huge, 0}}},
      {"softplus",
       [](Vec x) { return simd::softplus(x); },
       softplus_reference,
       2,
       i,
       {{i, i}, {-i, 0}, {n, n}, {huge, huge}, {-huge, 0}, {100, 100}}},
      {"erf",
       [](Vec x) { return simd::erf(x); },
       std::erf,
       2,
       i,
       {{0, 0},
        {-0.0, -0.0},
        {i, 1},
        {-i, -1},
        {3.92f, 1},
        {-3.92f, -1},
        {huge, 1},
        {n, n},
        {tiny, tiny}}},
      {"sin",
       [](Vec x) { return simd::sin(x); },
       std::sin,
       2,
       1e4,
       {{0, 0}, {-0.0, -0.0}, {i, n}, {-i, n}, {n, n}}},
      {"cos",
       [](Vec x) { return simd::cos(x); },
       std::cos,
       2,
       1e4,
       {{0, 1}, {-0.0, 1}, {i, n}, {-i, n}, {n, n}}},
  };
}

void report(const char* name, double worst, double at, double bound, const Hash& hash) {
  std::printf("%-10s %8.3f ULP at %-16a (bound %g)  %016llx\n", name, worst, at, bound,
              static_cast<unsigned long long>(hash.value));
  if (!(worst <= bound)) fail(name, at, 0, worst, bound);
}

void check_function(const Row& row, uint64_t stride) {
  constexpr int block = 4096;
  std::vector<Scalar> x(block), y(block);
  double worst = 0, worst_at = 0;
  Hash hash;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += stride * block) {
    for (int i = 0; i < block; ++i) {
      const uint64_t index = bits + stride * i;
      x[i] = index >> 32 ? 0.0f : float_of(static_cast<uint32_t>(index));
    }
    for (int i = 0; i < block; i += lanes) simd::store(&y[i], row.function(simd::load(&x[i])));
    for (int i = 0; i < block; ++i) {
      hash.add(y[i]);
      if (std::fabs(x[i]) > row.largest) {
        const bool expected = std::isinf(x[i]) ? std::isnan(y[i]) : std::fabs(y[i]) <= 1;
        if (!expected) fail(row.name, x[i], 0, y[i], 1);
        continue;
      }
      const double error = ulp_error(y[i], row.reference(x[i]));
      if (error > worst) worst = error, worst_at = x[i];
    }
  }
  report(row.name, worst, worst_at, row.bound, hash);
  for (const Special& special : row.specials) {
    const Scalar argument = static_cast<Scalar>(special.x);
    Scalar result[lanes];
    simd::store(result, row.function(simd::splat(argument)));
    const float got = static_cast<float>(result[lanes - 1]),
                expected = static_cast<float>(special.value);
    if (!same(got, expected)) fail(row.name, special.x, 0, got, expected);
  }
}

void check_pow(uint64_t stride) {
  constexpr double bound = 2;
  double worst = 0, worst_at = 0;
  Hash hash;
  Scalar x[lanes], y[lanes], result[lanes];
  const auto check = [&](int count) {
    simd::store(result, simd::pow(simd::load(x), simd::load(y)));
    for (int i = 0; i < count; ++i) {
      hash.add(result[i]);
      const double exact = std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]));
      const double error = ulp_error(result[i], exact);
      if (error > bound || (!std::isnan(exact) && std::signbit(exact) != std::signbit(result[i])))
        fail("pow", x[i], y[i], result[i], exact);
      if (error > worst) worst = error, worst_at = x[i];
    }
  };
  // Positive bases of all sizes, exponents that lead into and just over the range of float; then
  // bases near 1, where the logarithm must be accurate relative to itself. In groups of 16, so that
  // every set sees the same numbers in the same order.
  uint64_t state = 88172645463325252u;
  const auto next = [&] {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  };
  const uint64_t rounds = ((uint64_t{1} << 32) / stride + 15) / 16 * 16;
  for (uint64_t round = 0; round < rounds; round += lanes) {
    for (int i = 0; i < lanes; ++i) {
      const bool near_one = (round + i) % 3 == 0;
      const uint32_t range = near_one ? 0x01000000u : 0x7f800000u,
                     start = near_one ? 0x3f000000u : 0;
      const float base = float_of(start + static_cast<uint32_t>((next() >> 32) % range));
      const double target =
          (static_cast<double>(next() >> 11) * 0x1p-53 - 0.5) * 310;  // log2 of the result
      const double logarithm = std::log2(static_cast<double>(base));
      x[i] = base;
      y[i] = static_cast<float>(logarithm == 0 ? target : target / logarithm);
    }
    check(lanes);
  }
  // Every pair of special values, where C's pow (Annex F) is the reference.
  for (const Scalar a : interesting()) {
    for (const Scalar b : interesting()) {
      for (int i = 0; i < lanes; ++i) x[i] = a, y[i] = b;
      check(1);
    }
  }
  report("pow", worst, worst_at, bound, hash);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1021;
  const char* only = argc > 2 ? argv[2] : nullptr;
  if (stride == 0) {
    std::fprintf(stderr, "usage: %s [stride >= 1 [function]]\n", argv[0]);
    return 2;
  }
  check_operations();
  check_exponents();
  check_transpose();
  check_integers();
  for (const Row& row : rows()) {
    if (!only || std::strcmp(only, row.name) == 0) check_function(row, stride);
  }
  if (!only || std::strcmp(only, "pow") == 0) check_pow(stride);
  if (failures) std::printf("%d failures\n", failures);
  return failures ? 1 : 0;
}
