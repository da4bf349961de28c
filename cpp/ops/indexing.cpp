// SPDX-License-Identifier: Apache-2.0
// iota (0, 1, 2, ... of a shape (n,)); take: slices of a tensor along axes[0] by integer indices of
// any shape. scatter_add, its gradient: adds slices into zeros of a shape; scatter_max, scatter_min
// and scatter_prod combine them otherwise, beginning with what changes nothing. last_pick: which of
// the indices, a vector, is the last one that names each place of a shape (n,); -1 for none.
#include <algorithm>
#include <limits>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

void infer_iota(const Builder&, Node& node) {
  if (node.attributes.shape.size() != 1) throw Error("arange: expected one length");
  node.shape = node.attributes.shape;
  node.dtype = node.attributes.dtype;
}
void evaluate_iota(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < e.node->shape[0]; ++i) static_cast<T*>(e.output)[i] = static_cast<T>(i);
  });
}

void check_indices(const Node& indices) {
  if (indices.dtype != DType::kInt32 && indices.dtype != DType::kInt64) {
    throw Error(std::string("take: indices must be int32 or int64. Received: ") +
                dtype_name(indices.dtype));
  }
}

void infer_take(const Builder& g, Node& node) {
  const Node &x = g.node(node.inputs[0]), &indices = g.node(node.inputs[1]);
  check_indices(indices);
  const int axis = normalize_axis(node.attributes.axes.at(0), static_cast<int>(x.shape.size()));
  node.attributes.axes = {axis};
  node.shape.assign(x.shape.begin(), x.shape.begin() + axis);
  node.shape.insert(node.shape.end(), indices.shape.begin(), indices.shape.end());
  node.shape.insert(node.shape.end(), x.shape.begin() + axis + 1, x.shape.end());
  node.dtype = x.dtype;
}
std::vector<NodeId> take_d(Builder& g, NodeId self, NodeId dy) {
  Attributes a = g.node(self).attributes;
  const NodeId indices = g.node(self).inputs[1];
  a.shape = g.shape(g.node(self).inputs[0]);
  return {g.add("scatter_add", {dy, indices}, a), kNoNode};
}

// Calls f(slice number in the tensor, slice number in the picked tensor, elements of a slice). An
// index outside the axis, negative ones counted from the end, is an Error.
template <class F>
void for_each_pick(const Shape& shape, int64_t axis, const Node& indices, const void* values, F f) {
  const int64_t outer = element_count(Shape(shape.begin(), shape.begin() + axis));
  const int64_t inner = element_count(Shape(shape.begin() + axis + 1, shape.end()));
  const int64_t picks = element_count(indices.shape), length = shape[axis];
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < picks; ++i) {
      int64_t index = indices.dtype == DType::kInt64 ? static_cast<const int64_t*>(values)[i]
                                                     : static_cast<const int32_t*>(values)[i];
      if (index < 0) index += length;
      if (index < 0 || index >= length) {
        throw Error("take: index " + std::to_string(index) +
                    " is out of range for an axis of size " + std::to_string(length));
      }
      f(o * length + index, o * picks + i, inner);
    }
  }
}

void evaluate_take(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(e.inputs[0]);
    T* out = static_cast<T*>(e.output);
    for_each_pick(e.operands[0]->shape, e.node->attributes.axes[0], *e.operands[1], e.inputs[1],
                  [&](int64_t from, int64_t to, int64_t inner) {
                    std::copy_n(x + from * inner, inner, out + to * inner);
                  });
  });
}

void infer_scatter(const Builder& g, Node& node) {
  node.shape = node.attributes.shape;
  node.dtype = g.node(node.inputs[0]).dtype;
}
std::vector<NodeId> scatter_add_d(Builder& g, NodeId self, NodeId dy) {
  const Attributes a = g.node(self).attributes;
  return {g.add("take", {dy, g.node(self).inputs[1]}, a), kNoNode};
}
// Equal ones share the gradient, as in a reduction.
std::vector<NodeId> scatter_extremum_d(Builder& g, NodeId self, NodeId dy) {
  const Attributes a = g.node(self).attributes;
  const NodeId x = g.node(self).inputs[0], indices = g.node(self).inputs[1];
  const NodeId hit =
      cast(g, g.add("equal", {x, g.add("take", {self, indices}, a)}), g.node(x).dtype);
  const NodeId count = g.add("scatter_add", {hit, indices}, a);
  return {multiply(g, hit, g.add("take", {divide(g, dy, count), indices}, a)), kNoNode};
}

// As of a product: without zeros the quotient; one zero gets the product of the others.
std::vector<NodeId> scatter_prod_d(Builder& g, NodeId self, NodeId dy) {
  const Attributes a = g.node(self).attributes;
  const NodeId x = g.node(self).inputs[0], indices = g.node(self).inputs[1];
  const NodeId zero = number(g, 0, x), one = number(g, 1, x);
  const NodeId is_zero = g.add("equal", {x, zero});
  const NodeId others = select(g, is_zero, one, x);
  const auto to_all = [&](NodeId value) { return g.add("take", {value, indices}, a); };
  const NodeId product = to_all(g.add("scatter_prod", {others, indices}, a));
  const NodeId zeros =
      to_all(g.add("scatter_add", {cast(g, is_zero, g.node(x).dtype), indices}, a));
  const NodeId at_zero = select(g, g.add("equal", {zeros, one}), product, zero);
  const NodeId elsewhere =
      select(g, g.add("equal", {zeros, zero}), divide(g, product, others), zero);
  return {multiply(g, to_all(dy), select(g, is_zero, at_zero, elsewhere)), kNoNode};
}

template <class T>
T combine(Reduction kind, T a, T b) {
  if (kind == Reduction::kSum) return a + b;
  if (kind == Reduction::kProduct) return a * b;
  if (b != b) return b;
  return (kind == Reduction::kMax ? b > a : b < a) ? b : a;
}
template <class T>
T neutral(Reduction kind) {
  if (kind == Reduction::kSum) return 0;
  if (kind == Reduction::kProduct) return 1;
  using Limits = std::numeric_limits<T>;
  if (Limits::has_infinity)
    return kind == Reduction::kMax ? -Limits::infinity() : Limits::infinity();
  return kind == Reduction::kMax ? Limits::lowest() : Limits::max();
}

template <Reduction kKind>
void evaluate_scatter(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(e.inputs[0]);
    T* out = static_cast<T*>(e.output);
    std::fill_n(out, element_count(e.node->shape), neutral<T>(kKind));
    for_each_pick(e.node->shape, e.node->attributes.axes[0], *e.operands[1], e.inputs[1],
                  [&](int64_t to, int64_t from, int64_t inner) {
                    for (int64_t i = 0; i < inner; ++i) {
                      T& place = out[to * inner + i];
                      place = combine(kKind, place, x[from * inner + i]);
                    }
                  });
  });
}

void infer_last_pick(const Builder& g, Node& node) {
  check_indices(g.node(node.inputs[0]));
  node.shape = node.attributes.shape;
  node.dtype = DType::kInt32;
}
void evaluate_last_pick(const Evaluation& e) {
  int32_t* out = static_cast<int32_t*>(e.output);
  std::fill_n(out, element_count(e.node->shape), -1);
  for_each_pick(e.node->shape, 0, *e.operands[0], e.inputs[0],
                [&](int64_t to, int64_t from, int64_t) { out[to] = static_cast<int32_t>(from); });
}

}  // namespace

std::vector<Op> indexing_ops() {
  return {
      row_major_op("iota", 0, infer_iota, nullptr, evaluate_iota),
      row_major_op("take", 2, infer_take, take_d, evaluate_take),
      row_major_op("scatter_add", 2, infer_scatter, scatter_add_d,
                   evaluate_scatter<Reduction::kSum>),
      row_major_op("scatter_max", 2, infer_scatter, scatter_extremum_d,
                   evaluate_scatter<Reduction::kMax>),
      row_major_op("scatter_min", 2, infer_scatter, scatter_extremum_d,
                   evaluate_scatter<Reduction::kMin>),
      row_major_op("scatter_prod", 2, infer_scatter, scatter_prod_d,
                   evaluate_scatter<Reduction::kProduct>),
      row_major_op("last_pick", 1, infer_last_pick, nullptr, evaluate_last_pick),
  };
}

}  // namespace pronghorn
