// SPDX-License-Identifier: Apache-2.0
// Shorthands for gradients: each adds one node.
#pragma once
#include "ops/op.hpp"

namespace pronghorn::build {

inline NodeId add(Builder& g, NodeId a, NodeId b) { return g.add("add", {a, b}); }
inline NodeId subtract(Builder& g, NodeId a, NodeId b) { return g.add("subtract", {a, b}); }
inline NodeId multiply(Builder& g, NodeId a, NodeId b) { return g.add("multiply", {a, b}); }
inline NodeId divide(Builder& g, NodeId a, NodeId b) { return g.add("divide", {a, b}); }
inline NodeId negative(Builder& g, NodeId a) { return g.add("negative", {a}); }
inline NodeId select(Builder& g, NodeId c, NodeId a, NodeId b) {
  return g.add("select", {c, a, b});
}
inline NodeId number(Builder& g, double value, NodeId like) {
  return g.constant(value, g.node(like).dtype);
}

inline NodeId reshape(Builder& g, NodeId x, const Shape& shape) {
  if (g.shape(x) == shape) return x;
  Attributes a;
  a.shape = shape;
  return g.add("reshape", {x}, a);
}
inline NodeId broadcast_to(Builder& g, NodeId x, const Shape& shape) {
  if (g.shape(x) == shape) return x;
  Attributes a;
  a.shape = shape;
  return g.add("broadcast_to", {x}, a);
}
inline NodeId reduce(Builder& g, const char* kind, NodeId x, std::vector<int64_t> axes,
                     bool keepdims) {
  Attributes a;
  a.axes = std::move(axes);
  a.keepdims = keepdims;
  return g.add(kind, {x}, a);
}
inline NodeId cast(Builder& g, NodeId x, DType dtype) {
  if (g.node(x).dtype == dtype) return x;
  Attributes a;
  a.dtype = dtype;
  return g.add("cast", {x}, a);
}
// Of a matrix, or by a permutation of the axes.
inline NodeId transpose(Builder& g, NodeId x, std::vector<int64_t> permutation = {}) {
  if (permutation.empty()) return g.add("transpose", {x});
  Attributes a;
  a.axes = std::move(permutation);
  return g.add("permute", {x}, a);
}

// Sums a gradient over the axes along which its operand was broadcast.
NodeId unbroadcast(Builder& g, NodeId dy, const Shape& shape);

}  // namespace pronghorn::build
