// SPDX-License-Identifier: Apache-2.0
// cumsum, cumprod: running totals along axes[0].
#include <type_traits>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

void infer_scan(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  node.attributes.axes = {
      normalize_axis(node.attributes.axes.at(0), static_cast<int>(x.shape.size()))};
  node.shape = x.shape;
  node.dtype = x.dtype;
}

// Integers wrap, as in NumPy.
template <class T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;

template <class Combine>
void evaluate_scan(const Evaluation& e, Combine combine) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(e.inputs[0]);
    T* out = static_cast<T*>(e.output);
    const Shape& shape = e.node->shape;
    const int64_t axis = e.node->attributes.axes[0], length = shape[axis];
    const int64_t inner = row_major_strides(shape)[axis], count = element_count(shape);
    for (int64_t i = 0; i < count; ++i) {
      const bool first = i / inner % length == 0;
      out[i] =
          first ? x[i] : static_cast<T>(combine(Wrapping<T>(out[i - inner]), Wrapping<T>(x[i])));
    }
  });
}

NodeId reversed(Builder& g, NodeId x, int64_t axis) {
  Attributes a;
  a.shape = g.shape(x);
  a.begin.assign(a.shape.size(), 0);
  a.step.assign(a.shape.size(), 1);
  a.begin[axis] = a.shape[axis] ? a.shape[axis] - 1 : 0;
  a.step[axis] = -1;
  return g.add("slice", {x}, a);
}
NodeId scan(Builder& g, const char* op, NodeId x, int64_t axis) {
  Attributes a;
  a.axes = {axis};
  return g.add(op, {x}, a);
}
NodeId sum_from_here_on(Builder& g, NodeId x, int64_t axis) {
  return reversed(g, scan(g, "cumsum", reversed(g, x, axis), axis), axis);
}

std::vector<NodeId> cumsum_d(Builder& g, NodeId self, NodeId dy) {
  return {sum_from_here_on(g, dy, g.node(self).attributes.axes[0])};
}

// dx_j sums dy_i y_i / x_j over i >= j. Behind the first zero of a row all y are 0; at that zero
// the quotient stands for the product of the others.
std::vector<NodeId> cumprod_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId x = g.node(self).inputs[0];
  const int64_t axis = g.node(self).attributes.axes[0];
  const NodeId zero = number(g, 0, x), one = number(g, 1, x);
  const NodeId is_zero = g.add("equal", {x, zero});
  const NodeId zeros = scan(g, "cumsum", cast(g, is_zero, g.node(x).dtype), axis);
  const NodeId first_zero = g.add("logical_and", {is_zero, g.add("equal", {zeros, one})});
  const NodeId without_it = scan(g, "cumprod", select(g, first_zero, one, x), axis);
  const NodeId there = sum_from_here_on(g, multiply(g, dy, without_it), axis);
  const NodeId elsewhere =
      divide(g, sum_from_here_on(g, multiply(g, dy, self), axis), select(g, is_zero, one, x));
  return {select(g, first_zero, there, select(g, is_zero, zero, elsewhere))};
}

}  // namespace

std::vector<Op> scan_ops() {
  const auto add = [](const Evaluation& e) {
    evaluate_scan(e, [](auto a, auto b) { return a + b; });
  };
  const auto multiply = [](const Evaluation& e) {
    evaluate_scan(e, [](auto a, auto b) { return a * b; });
  };
  return {
      row_major_op("cumsum", 1, infer_scan, cumsum_d, add),
      row_major_op("cumprod", 1, infer_scan, cumprod_d, multiply),
  };
}

}  // namespace pronghorn
