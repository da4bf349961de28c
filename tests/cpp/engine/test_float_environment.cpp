// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/float_environment.hpp"
#include "base/layout.hpp"
#include "check.hpp"
#include "kernels/kernels.hpp"

namespace pronghorn {
namespace {

const char* const kNames[] = {
#define PRONGHORN_ROW(name, arity) #name,
    PRONGHORN_ELEMENTWISE_OPS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
};
constexpr int kArities[] = {
#define PRONGHORN_ROW(name, arity) arity,
    PRONGHORN_ELEMENTWISE_OPS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
};

constexpr double kNumbers[] = {0.0,    -0.0, 0.5,   -0.5,   1.0,   -1.0,  1.5,
                               -2.0,   3.0,  -3.0,  89.0,   -89.0, 710.0, 1e-30,
                               -1e-30, 3e38, -3e38, 1.7e38, 1e20,  -1e20, 1e-38};
constexpr int kCount = sizeof kNumbers / sizeof *kNumbers;

// Calls every operation on the numbers in all combinations (of more than three operands on every
// third number); counts the results that are not finite, and returns how many were not noted.
template <class T>
int results_that_nobody_noted(int& nonfinite) {
  constexpr int kMost = 8;
  int unnoted = 0;
  for (int op = 0; op < kElementwiseCount; ++op) {
    const ElementwiseKernel<T> kernel = kernel_table<T>().elementwise[op];
    const int arity = kArities[op];
    CHECK(arity <= kMost);
    if (!kernel || arity > kMost) continue;
    const int every = arity > 3 ? 3 : 1, choices = kCount / every;
    int calls = 1;
    for (int i = 0; i < arity; ++i) calls *= choices;
    for (int call = 0; call < calls; ++call) {
      alignas(64) T in[kMost][kPanel] = {}, out[kPanel];
      Operand<T> operands[kMost];
      int rest = call;
      for (int i = 0; i < kMost; ++i) {
        for (T& lane : in[i])
          lane = i < arity ? static_cast<T>(kNumbers[rest % choices * every]) : T{0};
        rest /= choices;
        operands[i] = {in[i], kPanel};
      }
      FloatEnvironment::forget();
      kernel(out, operands, 1);
      if (std::isfinite(out[0])) continue;
      ++nonfinite;
      if (FloatEnvironment::has_overflowed() || ++unnoted > 20) continue;
      std::printf("%s(", kNames[op]);
      for (int i = 0; i < arity; ++i) std::printf("%g ", static_cast<double>(in[i][0]));
      std::printf(") = %g\n", static_cast<double>(out[0]));
    }
  }
  return unnoted;
}

TEST(the_processor_notes_every_operation_that_makes_a_nan_or_an_infinity_of_finite_numbers) {
  if (is_emulated()) return;
  const FloatEnvironment environment;
  int nonfinite = 0;
  CHECK(results_that_nobody_noted<float>(nonfinite) == 0);
  CHECK(results_that_nobody_noted<double>(nonfinite) == 0);
  CHECK(nonfinite > 1000);
}

TEST(the_callers_notes_come_back) {
  if (is_emulated()) return;
  FloatEnvironment::forget();
  volatile float large = std::numeric_limits<float>::max();
  volatile float infinite = large + large;
  CHECK(std::isinf(infinite));
  CHECK(FloatEnvironment::has_overflowed());
  {
    const FloatEnvironment environment;
    CHECK(!FloatEnvironment::has_overflowed());
  }
  CHECK(FloatEnvironment::has_overflowed());
  FloatEnvironment::forget();
  {
    const FloatEnvironment environment;
    infinite = large + large;
    CHECK(FloatEnvironment::has_overflowed());
  }
  CHECK(!FloatEnvironment::has_overflowed());
}

}  // namespace
}  // namespace pronghorn
