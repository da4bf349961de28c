// SPDX-License-Identifier: Apache-2.0
// iota (0, 1, 2, ... of a shape (n,)); take: slices of a tensor along axes[0] by integer indices of
// any shape; scatter_add, its gradient: adds slices into zeros of a shape.
#include <cstring>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

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

void infer_take(const Builder& g, Node& node) {
  const Node &x = g.node(node.inputs[0]), &indices = g.node(node.inputs[1]);
  if (indices.dtype != DType::kInt32 && indices.dtype != DType::kInt64) {
    throw Error(std::string("take: indices must be int32 or int64. Received: ") +
                dtype_name(indices.dtype));
  }
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
                    std::memcpy(out + to * inner, x + from * inner, inner * sizeof(T));
                  });
  });
}

void infer_scatter_add(const Builder& g, Node& node) {
  node.shape = node.attributes.shape;
  node.dtype = g.node(node.inputs[0]).dtype;
}
std::vector<NodeId> scatter_add_d(Builder& g, NodeId self, NodeId dy) {
  const Attributes a = g.node(self).attributes;
  return {g.add("take", {dy, g.node(self).inputs[1]}, a), kNoNode};
}
void evaluate_scatter_add(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(e.inputs[0]);
    T* out = static_cast<T*>(e.output);
    std::memset(out, 0, element_count(e.node->shape) * sizeof(T));
    for_each_pick(e.node->shape, e.node->attributes.axes[0], *e.operands[1], e.inputs[1],
                  [&](int64_t to, int64_t from, int64_t inner) {
                    for (int64_t i = 0; i < inner; ++i) out[to * inner + i] += x[from * inner + i];
                  });
  });
}

}  // namespace

std::vector<Op> indexing_ops() {
  const auto row = [](const char* name, int arity, auto infer, auto gradient, auto evaluate) {
    return Op{
        name,    arity, OpKind::kRowMajor, infer, gradient, Elementwise::kCount, Reduction::kCount,
        evaluate};
  };
  return {
      row("iota", 0, infer_iota, nullptr, evaluate_iota),
      row("take", 2, infer_take, take_d, evaluate_take),
      row("scatter_add", 2, infer_scatter_add, scatter_add_d, evaluate_scatter_add),
  };
}

}  // namespace pronghorn
