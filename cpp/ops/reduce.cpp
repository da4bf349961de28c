// SPDX-License-Identifier: Apache-2.0
// Reductions over `axes` (empty: all), with or without the reduced axes kept as 1.
#include <algorithm>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

std::vector<bool> reduced_axes(const Node& node, int rank) {
  std::vector<bool> reduced(rank, node.attributes.axes.empty());
  for (int64_t axis : node.attributes.axes) reduced[normalize_axis(axis, rank)] = true;
  return reduced;
}

Shape kept_shape(const Shape& shape, const std::vector<bool>& reduced) {
  Shape kept = shape;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (reduced[i]) kept[i] = 1;
  }
  return kept;
}

void infer_reduce(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  const std::vector<bool> reduced = reduced_axes(node, static_cast<int>(x.shape.size()));
  node.dtype = x.dtype;
  node.shape.clear();
  for (std::size_t i = 0; i < x.shape.size(); ++i) {
    if (reduced[i] && x.shape[i] == 0 && node.op->reduction != Reduction::kSum &&
        node.op->reduction != Reduction::kProduct) {
      throw Error(std::string(node.op->name) +
                  ": the reduced axis is empty: " + to_string(x.shape));
    }
    if (!reduced[i]) node.shape.push_back(x.shape[i]);
    if (reduced[i] && node.attributes.keepdims) node.shape.push_back(1);
  }
}

// The result of a reduction, or its gradient, in the shape that broadcasts against the operand.
NodeId aligned(Builder& g, NodeId self, NodeId value) {
  const Node& node = g.node(self);
  const Shape& shape = g.shape(node.inputs[0]);
  return reshape(g, value, kept_shape(shape, reduced_axes(node, static_cast<int>(shape.size()))));
}

std::vector<NodeId> sum_d(Builder& g, NodeId self, NodeId dy) {
  const Shape shape = g.shape(g.node(self).inputs[0]);
  return {broadcast_to(g, aligned(g, self, dy), shape)};
}

// Ties share the gradient equally.
std::vector<NodeId> extremum_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId x = g.node(self).inputs[0];
  const Attributes attributes = g.node(self).attributes;
  const NodeId hit = cast(g, g.add("equal", {x, aligned(g, self, self)}), g.node(x).dtype);
  const NodeId count = reduce(g, "sum", hit, attributes.axes, true);
  return {multiply(g, hit, divide(g, aligned(g, self, dy), count))};
}

// d prod / dx_i is the product of the others: prod / x_i without zeros; with one zero it is nonzero
// at that zero only.
std::vector<NodeId> product_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId x = g.node(self).inputs[0];
  const Attributes attributes = g.node(self).attributes;
  const NodeId zero = number(g, 0, x), one = number(g, 1, x);
  const NodeId is_zero = g.add("equal", {x, zero});
  const NodeId zeros = reduce(g, "sum", cast(g, is_zero, g.node(x).dtype), attributes.axes, true);
  const NodeId others = select(g, is_zero, one, x);
  const NodeId product = reduce(g, "prod", others, attributes.axes, true);
  const NodeId at_zero = select(g, g.add("equal", {zeros, one}), product, zero);
  const NodeId elsewhere =
      select(g, g.add("equal", {zeros, zero}), divide(g, product, others), zero);
  return {multiply(g, aligned(g, self, dy), select(g, is_zero, at_zero, elsewhere))};
}

void infer_argmax(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  if (x.shape.size() != 2)
    throw Error("argmax: expected a matrix. Received: " + to_string(x.shape));
  if (x.shape[1] == 0) throw Error("argmax: the reduced axis is empty: " + to_string(x.shape));
  node.shape = {x.shape[0]};
  node.dtype = x.dtype;
}

// Any axes of a row-major tensor: the slow road, for what is neither a row nor a column reduction.
void evaluate_reduce(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const Shape& shape = e.operands[0]->shape;
    const std::vector<bool> reduced = reduced_axes(*e.node, static_cast<int>(shape.size()));
    const Shape strides = row_major_strides(kept_shape(shape, reduced));
    const T* x = static_cast<const T*>(e.inputs[0]);
    T* out = static_cast<T*>(e.output);
    const Reduction kind = e.node->op->reduction;
    const int64_t results = element_count(e.node->shape), count = element_count(shape);
    for (int64_t i = 0; i < results; ++i) out[i] = kind == Reduction::kProduct ? T(1) : T(0);
    std::vector<char> seen(results, 0);
    Shape at(shape.size(), 0);
    for (int64_t i = 0; i < count; ++i) {
      int64_t to = 0;
      for (std::size_t d = 0; d < shape.size(); ++d) to += reduced[d] ? 0 : at[d] * strides[d];
      T& r = out[to];
      if (kind == Reduction::kSum) r += x[i];
      if (kind == Reduction::kProduct) r *= x[i];
      if (kind == Reduction::kMax && (!seen[to] || x[i] > r || x[i] != x[i])) r = x[i];
      if (kind == Reduction::kMin && (!seen[to] || x[i] < r || x[i] != x[i])) r = x[i];
      seen[to] = 1;
      for (int d = static_cast<int>(shape.size()) - 1; d >= 0 && ++at[d] == shape[d]; --d)
        at[d] = 0;
    }
  });
}

}  // namespace

std::vector<Op> reduce_ops() {
  const auto row = [](const char* name, Reduction which, auto gradient) {
    return Op{
        name,           1, OpKind::kReduce, infer_reduce, gradient, Elementwise::kCount, which,
        evaluate_reduce};
  };
  return {
      row("sum", Reduction::kSum, sum_d),
      row("max", Reduction::kMax, extremum_d),
      row("min", Reduction::kMin, extremum_d),
      row("prod", Reduction::kProduct, product_d),
      // The index is returned in the dtype of the operand; the caller casts.
      {"argmax", 1, OpKind::kArgmax, infer_argmax},
  };
}

}  // namespace pronghorn
