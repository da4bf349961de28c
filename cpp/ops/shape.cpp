// SPDX-License-Identifier: Apache-2.0
// reshape (shape), transpose (of a matrix), permute (axes), concatenate (axes[0]), slice (begin,
// step, shape = size of the result) and its gradient (shape = that of the operand).
#include <cstring>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

void infer_reshape(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  Shape shape = node.attributes.shape;
  const auto fail = [&] {
    throw Error("reshape: a tensor of shape " + to_string(x.shape) + " cannot take the shape " +
                to_string(node.attributes.shape));
  };
  node.dtype = x.dtype;
  int64_t known = 1, wildcard = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != kUnknown) {
      known *= shape[i];
    } else if (wildcard >= 0) {
      if (is_concrete(x.shape)) fail();
    } else {
      wildcard = static_cast<int64_t>(i);
    }
  }
  if (is_concrete(x.shape)) {
    const int64_t count = element_count(x.shape);
    if (wildcard >= 0) {
      if (known == 0 || count % known != 0) fail();
      shape[wildcard] = count / known;
    } else if (known != count) {
      fail();
    }
  } else if (wildcard >= 0 && known > 0) {
    // (None, 28, 28) -> (-1, 784): the unknown stays unknown. (2, None) -> (1, -1) as well.
    int64_t operand_known = 1;
    for (int64_t dim : x.shape) operand_known *= dim == kUnknown ? 1 : dim;
    if (operand_known % known != 0 && known % operand_known != 0) fail();
  }
  node.shape = shape;
}
std::vector<NodeId> reshape_d(Builder& g, NodeId self, NodeId dy) {
  const Shape shape = g.shape(g.node(self).inputs[0]);
  return {reshape(g, dy, shape)};
}

void infer_transpose(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  if (x.shape.size() != 2)
    throw Error("transpose: expected a matrix. Received: " + to_string(x.shape));
  node.shape = {x.shape[1], x.shape[0]};
  node.dtype = x.dtype;
}
std::vector<NodeId> transpose_d(Builder& g, NodeId, NodeId dy) { return {transpose(g, dy)}; }

void infer_permute(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  const int rank = static_cast<int>(x.shape.size());
  std::vector<bool> seen(rank, false);
  node.shape.assign(rank, 0);
  bool ok = static_cast<int>(node.attributes.axes.size()) == rank;
  for (int i = 0; ok && i < rank; ++i) {
    const int axis = normalize_axis(node.attributes.axes[i], rank);
    ok = !seen[axis];
    seen[axis] = true;
    node.attributes.axes[i] = axis;
    node.shape[i] = x.shape[axis];
  }
  if (!ok) {
    throw Error("transpose: axes must be a permutation of the " + std::to_string(rank) +
                " axes of the tensor. Received: axes=" + to_string(node.attributes.axes));
  }
  node.dtype = x.dtype;
}
std::vector<NodeId> permute_d(Builder& g, NodeId self, NodeId dy) {
  const std::vector<int64_t> axes = g.node(self).attributes.axes;
  std::vector<int64_t> inverse(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) inverse[axes[i]] = static_cast<int64_t>(i);
  return {transpose(g, dy, inverse)};
}

// Copies a box of elements: out is walked in row-major order with its own strides, `in` with the
// given start and strides (all in elements).
void copy_box(char* out, const Shape& out_strides, const char* in, const Shape& in_strides,
              const Shape& box, std::size_t size) {
  if (element_count(box) == 0) return;
  Shape at(box.size(), 0);
  int64_t from = 0, to = 0;
  const int last = static_cast<int>(box.size()) - 1;
  for (;;) {
    if (last < 0) {
      std::memcpy(out, in, size);
      return;
    }
    for (int64_t i = 0; i < box[last]; ++i) {
      std::memcpy(out + (to + i * out_strides[last]) * size,
                  in + (from + i * in_strides[last]) * static_cast<int64_t>(size), size);
    }
    int axis = last - 1;
    for (; axis >= 0; --axis) {
      from += in_strides[axis];
      to += out_strides[axis];
      if (++at[axis] < box[axis]) break;
      from -= at[axis] * in_strides[axis];
      to -= at[axis] * out_strides[axis];
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

std::size_t storage_size(const Node& node) {
  return node.dtype == DType::kFloat64 || node.dtype == DType::kInt64 ? 8 : 4;
}

void evaluate_permute(const Evaluation& e) {
  const Shape strides = row_major_strides(e.operands[0]->shape);
  Shape permuted(strides.size());
  for (std::size_t i = 0; i < strides.size(); ++i)
    permuted[i] = strides[e.node->attributes.axes[i]];
  copy_box(static_cast<char*>(e.output), row_major_strides(e.node->shape),
           static_cast<const char*>(e.inputs[0]), permuted, e.node->shape, storage_size(*e.node));
}

// Row-major copies of a broadcast operand, for the layouts in which a kernel cannot broadcast it.
void infer_materialize(const Builder& g, Node& node) {
  node.shape = node.attributes.shape;
  node.dtype = g.node(node.inputs[0]).dtype;
}
void evaluate_materialize(const Evaluation& e) {
  const Shape repeated = broadcast_strides(e.operands[0]->shape, e.node->shape);
  copy_box(static_cast<char*>(e.output), row_major_strides(e.node->shape),
           static_cast<const char*>(e.inputs[0]), repeated, e.node->shape, storage_size(*e.node));
}

void infer_concatenate(const Builder& g, Node& node) {
  if (node.inputs.empty()) throw Error("concatenate: expected at least one tensor");
  const Node& first = g.node(node.inputs[0]);
  const int rank = static_cast<int>(first.shape.size());
  const int axis = normalize_axis(node.attributes.axes.at(0), rank);
  node.attributes.axes = {axis};
  node.shape = first.shape;
  node.dtype = first.dtype;
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const Node& x = g.node(node.inputs[i]);
    bool ok = x.shape.size() == first.shape.size() && x.dtype == first.dtype;
    for (int d = 0; ok && d < rank; ++d) {
      ok = d == axis || x.shape[d] == node.shape[d] || x.shape[d] == kUnknown ||
           node.shape[d] == kUnknown;
      if (ok && d != axis && node.shape[d] == kUnknown) node.shape[d] = x.shape[d];
    }
    if (!ok) {
      throw Error("concatenate: tensors must agree but for axis " + std::to_string(axis) +
                  ". Received: " + to_string(first.shape) + " " + dtype_name(first.dtype) +
                  " and " + to_string(x.shape) + " " + dtype_name(x.dtype));
    }
    int64_t& total = node.shape[axis];
    total = total == kUnknown || x.shape[axis] == kUnknown ? kUnknown : total + x.shape[axis];
  }
}
std::vector<NodeId> concatenate_d(Builder& g, NodeId self, NodeId dy) {
  const std::vector<NodeId> inputs = g.node(self).inputs;
  const int64_t axis = g.node(self).attributes.axes[0];
  const std::size_t rank = g.shape(self).size();
  std::vector<NodeId> dx;
  int64_t begin = 0;
  for (NodeId input : inputs) {
    Attributes a;
    a.begin.assign(rank, 0);
    a.begin[axis] = begin;
    a.step.assign(rank, 1);
    a.shape = g.shape(input);
    begin += a.shape[axis];
    dx.push_back(g.add("slice", {dy}, a));
  }
  return dx;
}
void evaluate_concatenate(const Evaluation& e) {
  const Shape strides = row_major_strides(e.node->shape);
  const int64_t axis = e.node->attributes.axes[0];
  char* out = static_cast<char*>(e.output);
  for (std::size_t i = 0; i < e.inputs.size(); ++i) {
    const Shape& box = e.operands[i]->shape;
    copy_box(out, strides, static_cast<const char*>(e.inputs[i]), row_major_strides(box), box,
             storage_size(*e.node));
    out += box[axis] * strides[axis] * storage_size(*e.node);
  }
}

void infer_slice(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  const Attributes& a = node.attributes;
  const std::size_t rank = x.shape.size();
  bool ok = a.begin.size() == rank && a.step.size() == rank && a.shape.size() == rank;
  for (std::size_t i = 0; ok && i < rank; ++i) {
    if (x.shape[i] == kUnknown || a.shape[i] == kUnknown || a.shape[i] == 0) continue;
    const int64_t last = a.begin[i] + (a.shape[i] - 1) * a.step[i];
    ok = a.shape[i] > 0 && a.begin[i] >= 0 && a.begin[i] < x.shape[i] && last >= 0 &&
         last < x.shape[i];
  }
  if (!ok) {
    throw Error("slice: the slice from " + to_string(a.begin) + " of size " + to_string(a.shape) +
                " leaves the tensor of shape " + to_string(x.shape));
  }
  node.shape = a.shape;
  node.dtype = x.dtype;
}
std::vector<NodeId> slice_d(Builder& g, NodeId self, NodeId dy) {
  Attributes a = g.node(self).attributes;
  a.shape = g.shape(g.node(self).inputs[0]);
  return {g.add("slice_gradient", {dy}, a)};
}
Shape stepped(const Shape& strides, const Shape& step) {
  Shape out(strides.size());
  for (std::size_t i = 0; i < strides.size(); ++i) out[i] = strides[i] * step[i];
  return out;
}
int64_t offset_of(const Shape& strides, const Shape& begin) {
  int64_t offset = 0;
  for (std::size_t i = 0; i < strides.size(); ++i) offset += strides[i] * begin[i];
  return offset;
}
void evaluate_slice(const Evaluation& e) {
  const Attributes& a = e.node->attributes;
  const Shape strides = row_major_strides(e.operands[0]->shape);
  const std::size_t size = storage_size(*e.node);
  copy_box(static_cast<char*>(e.output), row_major_strides(e.node->shape),
           static_cast<const char*>(e.inputs[0]) +
               offset_of(strides, a.begin) * static_cast<int64_t>(size),
           stepped(strides, a.step), e.node->shape, size);
}

void infer_slice_gradient(const Builder& g, Node& node) {
  node.shape = node.attributes.shape;
  node.dtype = g.node(node.inputs[0]).dtype;
}
std::vector<NodeId> slice_gradient_d(Builder& g, NodeId self, NodeId dy) {
  Attributes a = g.node(self).attributes;
  a.shape = g.shape(g.node(self).inputs[0]);
  return {g.add("slice", {dy}, a)};
}
void evaluate_slice_gradient(const Evaluation& e) {
  const Attributes& a = e.node->attributes;
  const Shape strides = row_major_strides(e.node->shape);
  const std::size_t size = storage_size(*e.node);
  char* out = static_cast<char*>(e.output);
  std::memset(out, 0, element_count(e.node->shape) * size);
  const Shape& box = e.operands[0]->shape;
  copy_box(out + offset_of(strides, a.begin) * static_cast<int64_t>(size), stepped(strides, a.step),
           static_cast<const char*>(e.inputs[0]), row_major_strides(box), box, size);
}

}  // namespace

std::vector<Op> shape_ops() {
  return {
      {"reshape", 1, OpKind::kReshape, infer_reshape, reshape_d},
      {"transpose", 1, OpKind::kTranspose, infer_transpose, transpose_d},
      row_major_op("permute", 1, infer_permute, permute_d, evaluate_permute),
      row_major_op("materialize", 1, infer_materialize, nullptr, evaluate_materialize),
      {"concatenate", -1, OpKind::kConcatenate, infer_concatenate, concatenate_d,
       Elementwise::kCount, Reduction::kCount, evaluate_concatenate},
      row_major_op("slice", 1, infer_slice, slice_d, evaluate_slice),
      row_major_op("slice_gradient", 1, infer_slice_gradient, slice_gradient_d,
                   evaluate_slice_gradient),
  };
}

}  // namespace pronghorn
