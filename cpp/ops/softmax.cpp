// SPDX-License-Identifier: Apache-2.0
// Softmax over the last axis of a matrix, and the cross-entropies: from logits as one kernel; from
// probabilities as Keras computes them, unless the probabilities are a softmax, whose logits are
// then used (more accurate, and one pass less).
#include <cstring>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

const Node& check_matrix(const Builder& g, const Node& node) {
  const Node& x = g.node(node.inputs[0]);
  if (x.shape.size() != 2 || !is_float(x.dtype)) {
    throw Error(std::string(node.op->name) + ": expected a floating-point matrix. Received: " +
                to_string(x.shape) + " " + dtype_name(x.dtype));
  }
  return x;
}
void infer_softmax(const Builder& g, Node& node) {
  const Node& x = check_matrix(g, node);
  node.shape = x.shape;
  node.dtype = x.dtype;
}
std::vector<NodeId> softmax_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId weighted = multiply(g, dy, self);
  const NodeId sum = reduce(g, "sum", weighted, {1}, true);
  return {multiply(g, subtract(g, dy, sum), self)};
}
std::vector<NodeId> log_softmax_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId sum = reduce(g, "sum", dy, {1}, true);
  return {subtract(g, dy, multiply(g, g.add("exp", {self}), sum))};
}

NodeId column(Builder& g, NodeId vector) { return reshape(g, vector, {g.shape(vector)[0], 1}); }

// labels (n,) -> n x classes of 0 and 1
NodeId one_hot(Builder& g, NodeId labels, int64_t classes) {
  Attributes a;
  a.shape = {classes};
  a.dtype = g.node(labels).dtype;
  const NodeId hit = g.add("equal", {column(g, labels), g.add("iota", {}, a)});
  return cast(g, hit, a.dtype);
}

void check_target(const Builder& g, const Node& node, const Shape& expected) {
  const Node& target = g.node(node.inputs[1]);
  if (target.shape.size() != expected.size() ||
      broadcast_shapes(target.shape, expected) != broadcast_shapes(expected, target.shape)) {
    throw Error(std::string(node.op->name) + ": the target must have shape " + to_string(expected) +
                ". Received: " + to_string(target.shape));
  }
  if (target.dtype != g.node(node.inputs[0]).dtype) {
    throw Error(std::string(node.op->name) + ": operands must have one dtype");
  }
}
void infer_cross_entropy(const Builder& g, Node& node) {
  const Node& x = check_matrix(g, node);
  check_target(g, node, x.shape);
  node.shape = {x.shape[0]};
  node.dtype = x.dtype;
}
void infer_sparse_cross_entropy(const Builder& g, Node& node) {
  const Node& x = check_matrix(g, node);
  check_target(g, node, {x.shape[0]});
  node.shape = {x.shape[0]};
  node.dtype = x.dtype;
}
std::vector<NodeId> cross_entropy_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId z = g.node(self).inputs[0], target = g.node(self).inputs[1];
  const NodeId weight = reduce(g, "sum", target, {1}, true);
  const NodeId dz = subtract(g, multiply(g, g.add("softmax", {z}), weight), target);
  return {multiply(g, column(g, dy), dz),
          negative(g, multiply(g, column(g, dy), g.add("log_softmax", {z})))};
}
std::vector<NodeId> sparse_cross_entropy_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId z = g.node(self).inputs[0], labels = g.node(self).inputs[1];
  const NodeId hot = one_hot(g, labels, g.shape(z)[1]);
  return {multiply(g, column(g, dy), subtract(g, g.add("softmax", {z}), hot)), kNoNode};
}

// -sum target log q, q = clip(p / sum p, e, 1 - e)
NodeId from_probabilities(Builder& g, NodeId p, NodeId target) {
  const NodeId share = divide(g, p, reduce(g, "sum", p, {1}, true));
  const NodeId q = g.add(
      "minimum", {g.add("maximum", {share, number(g, kEpsilon, p)}), number(g, 1 - kEpsilon, p)});
  return negative(g, reduce(g, "sum", multiply(g, target, g.add("log", {q})), {1}, false));
}
bool is_softmax(const Builder& g, NodeId p) { return g.node(p).op == &find_op("softmax"); }

NodeId expand_cross_entropy(Builder& g, const std::vector<NodeId>& in, const Attributes&) {
  if (is_softmax(g, in[0])) {
    return g.add("softmax_cross_entropy", {g.node(in[0]).inputs[0], in[1]});
  }
  return from_probabilities(g, in[0], in[1]);
}
NodeId expand_sparse_cross_entropy(Builder& g, const std::vector<NodeId>& in, const Attributes&) {
  if (is_softmax(g, in[0])) {
    return g.add("sparse_softmax_cross_entropy", {g.node(in[0]).inputs[0], in[1]});
  }
  return from_probabilities(g, in[0], one_hot(g, in[1], g.shape(in[0])[1]));
}

}  // namespace

std::vector<Op> softmax_ops() {
  const auto composite = [](const char* name, auto infer, auto expand) {
    return Op{name,    2,     OpKind::kLeaf, infer, nullptr, Elementwise::kCount, Reduction::kCount,
              nullptr, expand};
  };
  const auto row = [](const char* name, int arity, auto infer, auto gradient, Rowwise which) {
    Op op{name, arity, OpKind::kRowwise, infer, gradient};
    op.rowwise = which;
    return op;
  };
  return {
      row("softmax", 1, infer_softmax, softmax_d, Rowwise::kSoftmax),
      row("log_softmax", 1, infer_softmax, log_softmax_d, Rowwise::kLogSoftmax),
      row("softmax_cross_entropy", 2, infer_cross_entropy, cross_entropy_d,
          Rowwise::kSoftmaxCrossEntropy),
      row("sparse_softmax_cross_entropy", 2, infer_sparse_cross_entropy, sparse_cross_entropy_d,
          Rowwise::kSparseSoftmaxCrossEntropy),
      composite("cross_entropy", infer_cross_entropy, expand_cross_entropy),
      composite("sparse_cross_entropy", infer_sparse_cross_entropy, expand_sparse_cross_entropy),
  };
}

}  // namespace pronghorn
