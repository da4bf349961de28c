// SPDX-License-Identifier: Apache-2.0
// Ops on the bits of integers, their divisors, and the neighbours of floating-point numbers. Rare,
// so that they have no kernels.
#include <cmath>
#include <numeric>
#include <type_traits>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

template <bool kOfFloats>
void infer_bits(const Builder& g, Node& node) {
  const Node &x = g.node(node.inputs.front()), &y = g.node(node.inputs.back());
  for (DType dtype : {x.dtype, y.dtype}) {
    if (is_float(dtype) != kOfFloats || dtype == DType::kBool || dtype != x.dtype) {
      throw Error(std::string(node.op->name) + ": expected tensors of one " +
                  (kOfFloats ? "floating-point" : "integer") +
                  " dtype. Received: " + dtype_name(x.dtype) + " and " + dtype_name(y.dtype));
    }
  }
  node.shape = broadcast_shapes(x.shape, y.shape);
  node.dtype = x.dtype;
}

template <class T, class Formula>
void each(const Evaluation& e, Formula formula) {
  const T* x = static_cast<const T*>(e.inputs.front());
  const T* y = static_cast<const T*>(e.inputs.back());
  T* out = static_cast<T*>(e.output);
  const Shape& shape = e.node->shape;
  const Shape dx = broadcast_strides(e.operands.front()->shape, shape);
  const Shape dy = broadcast_strides(e.operands.back()->shape, shape);
  Shape at(shape.size(), 0);
  const int64_t count = element_count(shape);
  for (int64_t i = 0; i < count; ++i) {
    int64_t a = 0, b = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      a += at[d] * dx[d];
      b += at[d] * dy[d];
    }
    out[i] = formula(x[a], y[b]);
    for (int d = static_cast<int>(shape.size()) - 1; d >= 0 && ++at[d] == shape[d]; --d) at[d] = 0;
  }
}
// Formulas compute with unsigned numbers, in which every overflow is defined.
template <class Formula>
void each_integer(const Evaluation& e, Formula formula) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) each<T>(e, formula);
  });
}

template <class T>
T shifted_left(T x, T by) {
  using U = std::make_unsigned_t<T>;
  return static_cast<U>(by) < 8 * sizeof(T) ? static_cast<T>(static_cast<U>(x) << by) : T(0);
}
template <class T>
T shifted_right(T x, T by) {  // the sign comes in from the left
  using U = std::make_unsigned_t<T>;
  return static_cast<U>(by) < 8 * sizeof(T) ? static_cast<T>(x >> by)
                                            : static_cast<T>(x < 0 ? -1 : 0);
}
template <class T>
std::make_unsigned_t<T> magnitude(T x) {
  using U = std::make_unsigned_t<T>;
  return x < 0 ? U(0) - static_cast<U>(x) : static_cast<U>(x);
}
template <class T>
T common_divisor(T x, T y) {
  return static_cast<T>(std::gcd(magnitude(x), magnitude(y)));
}
template <class T>
T common_multiple(T x, T y) {
  if (x == 0 || y == 0) return 0;
  return static_cast<T>(magnitude(x) / std::gcd(magnitude(x), magnitude(y)) * magnitude(y));
}

void evaluate_next_after(const Evaluation& e) {
  if (e.node->dtype == DType::kFloat64) {
    each<double>(e, [](double x, double y) { return std::nextafter(x, y); });
  } else {
    each<float>(e, [](float x, float y) { return std::nextafter(x, y); });
  }
}

}  // namespace

std::vector<Op> bit_ops() {
#define ROW(name, arity, formula)                                                            \
  row_major_op(name, arity, infer_bits<false>, nullptr, [](const Evaluation& e) {            \
    each_integer(e, [](auto x, [[maybe_unused]] auto y) -> decltype(x) { return formula; }); \
  })
  return {
      ROW("bitwise_and", 2, x & y),
      ROW("bitwise_or", 2, x | y),
      ROW("bitwise_xor", 2, x ^ y),
      ROW("bitwise_not", 1, ~x),
      ROW("left_shift", 2, shifted_left(x, y)),
      ROW("right_shift", 2, shifted_right(x, y)),
      ROW("gcd", 2, common_divisor(x, y)),
      ROW("lcm", 2, common_multiple(x, y)),
      row_major_op("nextafter", 2, infer_bits<true>, nullptr, evaluate_next_after),
  };
#undef ROW
}

}  // namespace pronghorn
