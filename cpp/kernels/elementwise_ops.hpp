// SPDX-License-Identifier: Apache-2.0
// The elementwise operations that have a kernel: X(name, number of operands). The rows make the
// enum, the kernel tables of every instruction set, and the names of the op table. The formulas of
// floating-point numbers are in elementwise.hpp, those of integers in integer.cpp.
#pragma once
#include <cstdint>

#define PRONGHORN_ELEMENTWISE_OPS(X)                       \
  X(add, 2)                                                \
  X(subtract, 2)                                           \
  X(multiply, 2)                                           \
  X(divide, 2)                                             \
  X(floor_divide, 2)                                       \
  X(mod, 2)                                                \
  X(power, 2)                                              \
  X(maximum, 2)                                            \
  X(minimum, 2)                                            \
  X(equal, 2)                                              \
  X(not_equal, 2)                                          \
  X(less, 2)                                               \
  X(less_equal, 2)                                         \
  X(logical_and, 2)                                        \
  X(logical_or, 2)                                         \
  X(logical_not, 1)                                        \
  X(select, 3)          /* condition, if true, if false */ \
  X(fma, 3)             /* a*b + c */                      \
  X(fnma, 3)            /* c - a*b */                      \
  X(approach, 3)        /* b + (a - b) c */                \
  X(add_to_sqrt, 2)     /* sqrt(a) + b */                  \
  X(approach_square, 3) /* b + (a a - b) c */              \
  X(divide_by_sqrt, 3)  /* c / (sqrt(a) + b) */            \
  X(step_by_sqrt, 5)    /* e - d (c / (sqrt(a) + b)) */    \
  X(copy, 1)                                               \
  X(negative, 1)                                           \
  X(absolute, 1)                                           \
  X(sign, 1)                                               \
  X(square, 1)                                             \
  X(sqrt, 1)                                               \
  X(rsqrt, 1)                                              \
  X(reciprocal, 1)                                         \
  X(exp, 1)                                                \
  X(expm1, 1)                                              \
  X(log, 1)                                                \
  X(log1p, 1)                                              \
  X(sin, 1)                                                \
  X(cos, 1)                                                \
  X(tanh, 1)                                               \
  X(sigmoid, 1)                                            \
  X(softplus, 1)                                           \
  X(erf, 1)                                                \
  X(floor, 1)                                              \
  X(ceil, 1)                                               \
  X(round, 1)                                              \
  X(isnan, 1)                                              \
  X(isfinite, 1)                                           \
  X(relu, 1)                                               \
  X(relu_gradient, 2)    /* dy, y: dy where y > 0 */       \
  X(tanh_gradient, 2)    /* dy, y: dy (1 - y^2) */         \
  X(sigmoid_gradient, 2) /* dy, y: dy y (1 - y) */

namespace pronghorn {

enum class Elementwise : int {
#define PRONGHORN_ROW(name, arity) k_##name,
  PRONGHORN_ELEMENTWISE_OPS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
      kCount
};

constexpr int kElementwiseCount = static_cast<int>(Elementwise::kCount);

}  // namespace pronghorn
