// SPDX-License-Identifier: Apache-2.0
// One formula per row of elementwise_ops.hpp, over the vector of the instruction set.
#pragma once

namespace pronghorn::PRONGHORN_ISA {
namespace {

using T = Vec::Scalar;
constexpr int kVectors = 16 / Vec::lanes;  // per group

#define PRONGHORN_UNARY(name, formula)                                               \
  struct name##_op {                                                                 \
    static PRONGHORN_INLINE Vec apply(Vec x, Vec, Vec, Vec, Vec) { return formula; } \
  };
#define PRONGHORN_BINARY(name, formula)                                                \
  struct name##_op {                                                                   \
    static PRONGHORN_INLINE Vec apply(Vec x, Vec y, Vec, Vec, Vec) { return formula; } \
  };
#define PRONGHORN_TERNARY(name, formula)                                                 \
  struct name##_op {                                                                     \
    static PRONGHORN_INLINE Vec apply(Vec x, Vec y, Vec z, Vec, Vec) { return formula; } \
  };

PRONGHORN_INLINE Vec floor_quotient(Vec x, Vec y) { return floor(x / y); }

PRONGHORN_BINARY(add, x + y)
PRONGHORN_BINARY(subtract, x - y)
PRONGHORN_BINARY(multiply, x* y)
PRONGHORN_BINARY(divide, x / y)
PRONGHORN_BINARY(floor_divide, floor_quotient(x, y))
PRONGHORN_BINARY(mod, fnma(floor_quotient(x, y), y, x))
PRONGHORN_BINARY(power, pow(x, y))
PRONGHORN_BINARY(maximum, max(x, y))
PRONGHORN_BINARY(minimum, min(x, y))
PRONGHORN_BINARY(equal, one_if(x == y))
PRONGHORN_BINARY(not_equal, one_if(x != y))
PRONGHORN_BINARY(less, one_if(x < y))
PRONGHORN_BINARY(less_equal, one_if(x <= y))
PRONGHORN_BINARY(logical_and, one_if((x != zero()) & (y != zero())))
PRONGHORN_BINARY(logical_or, one_if((x != zero()) | (y != zero())))
PRONGHORN_UNARY(logical_not, one_if(x == zero()))
PRONGHORN_TERNARY(select, select(x != zero(), y, z))
PRONGHORN_TERNARY(fma, fma(x, y, z))
PRONGHORN_TERNARY(fnma, fnma(x, y, z))
PRONGHORN_TERNARY(approach, fma(x - y, z, y))
PRONGHORN_BINARY(add_to_sqrt, sqrt(x) + y)
PRONGHORN_TERNARY(approach_square, fma(x* x - y, z, y))
PRONGHORN_TERNARY(divide_by_sqrt, z / (sqrt(x) + y))
PRONGHORN_UNARY(copy, x)
PRONGHORN_UNARY(negative, -x)
PRONGHORN_UNARY(absolute, abs(x))
PRONGHORN_UNARY(sign, select(x == zero(), x, select(x == x, copysign(splat(T(1)), x), x)))
PRONGHORN_UNARY(square, x* x)
PRONGHORN_UNARY(sqrt, sqrt(x))
PRONGHORN_UNARY(rsqrt, splat(T(1)) / sqrt(x))
PRONGHORN_UNARY(reciprocal, splat(T(1)) / x)
PRONGHORN_UNARY(exp, exp(x))
PRONGHORN_UNARY(expm1, expm1(x))
PRONGHORN_UNARY(log, log(x))
PRONGHORN_UNARY(log1p, log1p(x))
PRONGHORN_UNARY(sin, sin(x))
PRONGHORN_UNARY(cos, cos(x))
PRONGHORN_UNARY(tanh, tanh(x))
PRONGHORN_UNARY(sigmoid, sigmoid(x))
PRONGHORN_UNARY(softplus, softplus(x))
PRONGHORN_UNARY(erf, erf(x))
PRONGHORN_UNARY(floor, floor(x))
PRONGHORN_UNARY(ceil, ceil(x))
PRONGHORN_UNARY(round, rint(x))
PRONGHORN_UNARY(isnan, one_if(x != x))
PRONGHORN_UNARY(isfinite, one_if((x - x) == zero()))
PRONGHORN_UNARY(relu, relu(x))
PRONGHORN_BINARY(relu_gradient, select(y > zero(), x, zero()))
PRONGHORN_BINARY(tanh_gradient, x* fnma(y, y, splat(T(1))))
PRONGHORN_BINARY(sigmoid_gradient, x*(y* fnma(splat(T(1)), y, splat(T(1)))))

struct step_by_sqrt_op {
  static PRONGHORN_INLINE Vec apply(Vec x, Vec y, Vec z, Vec rate, Vec from) {
    return fnma(rate, z / (sqrt(x) + y), from);
  }
};

#undef PRONGHORN_UNARY
#undef PRONGHORN_BINARY
#undef PRONGHORN_TERNARY

template <class Op, int kArity>
void elementwise(T* out, const Operand<T>* operands, int64_t groups) {
  const T* in[kArity];
  int64_t stride[kArity];
  for (int i = 0; i < kArity; ++i) {
    in[i] = operands[i].data;
    stride[i] = operands[i].stride;
  }
  for (int64_t g = 0; g < groups; ++g) {
    for (int v = 0; v < kVectors; ++v) {
      Vec x[5];
      for (int i = 0; i < 5; ++i) x[i] = i < kArity ? load(in[i] + v * Vec::lanes) : zero();
      store(out + v * Vec::lanes, Op::apply(x[0], x[1], x[2], x[3], x[4]));
    }
    for (int i = 0; i < kArity; ++i) in[i] += stride[i];
    out += 16;
  }
}

void spread(T* out, const T* in, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const Vec x = splat(in[i]);
    for (int v = 0; v < kVectors; ++v) store(out + i * 16 + v * Vec::lanes, x);
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
