// SPDX-License-Identifier: Apache-2.0
// matmul of matrices (the hot one) and batch_matmul of stacks of them.
#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

void check_product(const Builder& g, const Node& node, int rank) {
  const Node &a = g.node(node.inputs[0]), &b = g.node(node.inputs[1]);
  const auto bad = [&](const std::string& expected) {
    throw Error("matmul: " + expected + ". Received: shapes " + to_string(a.shape) + " and " +
                to_string(b.shape) + ", dtypes " + dtype_name(a.dtype) + " and " +
                dtype_name(b.dtype));
  };
  if (static_cast<int>(a.shape.size()) != rank || static_cast<int>(b.shape.size()) != rank) {
    bad("operands must have rank " + std::to_string(rank));
  }
  if (a.dtype != b.dtype || !is_float(a.dtype)) bad("operands must have one floating-point dtype");
  const int64_t x = a.shape[rank - 1], y = b.shape[rank - 2];
  if (x != y && x != kUnknown && y != kUnknown) {
    bad("the last axis of the first operand must equal the second last of the second");
  }
}

void infer_matmul(const Builder& g, Node& node) {
  check_product(g, node, 2);
  const Node &a = g.node(node.inputs[0]), &b = g.node(node.inputs[1]);
  node.shape = {a.shape[0], b.shape[1]};
  node.dtype = a.dtype;
}
std::vector<NodeId> matmul_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId a = g.node(self).inputs[0], b = g.node(self).inputs[1];
  return {g.add("matmul", {dy, transpose(g, b)}), g.add("matmul", {transpose(g, a), dy})};
}

void infer_batch_matmul(const Builder& g, Node& node) {
  check_product(g, node, 3);
  const Node &a = g.node(node.inputs[0]), &b = g.node(node.inputs[1]);
  node.shape = {broadcast_shapes({a.shape[0]}, {b.shape[0]})[0], a.shape[1], b.shape[2]};
  node.dtype = a.dtype;
}
std::vector<NodeId> batch_matmul_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId a = g.node(self).inputs[0], b = g.node(self).inputs[1];
  const Shape a_shape = g.shape(a), b_shape = g.shape(b);
  const NodeId da = g.add("batch_matmul", {dy, transpose(g, b, {0, 2, 1})});
  const NodeId db = g.add("batch_matmul", {transpose(g, a, {0, 2, 1}), dy});
  return {unbroadcast(g, da, a_shape), unbroadcast(g, db, b_shape)};
}

void evaluate_batch_matmul(const Evaluation& e) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const Shape &a_shape = e.operands[0]->shape, &b_shape = e.operands[1]->shape;
    const int64_t m = a_shape[1], depth = a_shape[2], n = b_shape[2];
    for (int64_t s = 0; s < e.node->shape[0]; ++s) {
      const T* a = static_cast<const T*>(e.inputs[0]) + (a_shape[0] == 1 ? 0 : s) * m * depth;
      const T* b = static_cast<const T*>(e.inputs[1]) + (b_shape[0] == 1 ? 0 : s) * depth * n;
      T* out = static_cast<T*>(e.output) + s * m * n;
      for (int64_t i = 0; i < m; ++i, out += n, a += depth) {
        for (int64_t j = 0; j < n; ++j) out[j] = 0;
        for (int64_t k = 0; k < depth; ++k) {
          for (int64_t j = 0; j < n; ++j) out[j] += a[k] * b[k * n + j];
        }
      }
    }
  });
}

}  // namespace

std::vector<Op> matmul_ops() {
  return {
      {"matmul", 2, OpKind::kMatmul, infer_matmul, matmul_d},
      row_major_op("batch_matmul", 2, infer_batch_matmul, batch_matmul_d, evaluate_batch_matmul),
  };
}

}  // namespace pronghorn
