// SPDX-License-Identifier: Apache-2.0
// What a new node need not compute, because a simpler one says the same.
#include <algorithm>
#include <string_view>

#include "graph/graph.hpp"

namespace pronghorn {
namespace {

double first_value(const Tensor& t) {
  double value = 0;
  dispatch(t.dtype, [&](auto zero) { value = static_cast<double>(t.data<decltype(zero)>()[0]); });
  return value;
}

bool is_single(const Shape& shape) { return is_concrete(shape) && element_count(shape) == 1; }

}  // namespace

NodeId Graph::simplified(const Node& node) {
  if (node.inputs.empty()) return kNoNode;
  const std::string_view name = node.op->name;
  const NodeId x = node.inputs[0], y = node.inputs.back();
  const auto same = [&](NodeId id) {
    return nodes_[id].shape == node.shape && nodes_[id].dtype == node.dtype;
  };
  if (same(x) && (name == "reshape" || name == "cast" || name == "broadcast_to")) return x;
  if (name == "transpose" && nodes_[x].op == node.op) return nodes_[x].inputs[0];
  if (same(x) && (name == "multiply" || name == "divide") && is_number(y, 1)) return x;
  if (same(y) && name == "multiply" && is_number(x, 1)) return y;
  if (differentiating_) {
    if (same(x) && name == "add" && is_number(y, 0)) return x;
    if (same(y) && name == "add" && is_number(x, 0)) return y;
    if (name == "sum" && is_float(node.dtype) && deviates_from_mean(x, node.attributes.axes)) {
      Attributes a;
      a.shape = node.shape;
      return add("broadcast_to", {constant(0, node.dtype)}, a);
    }
  }
  const NodeId number = folded(node);
  return number == kNoNode ? of_one_number(node) : number;
}

// Arithmetic of scalar constants, done now by the kernel that would do it in every step.
NodeId Graph::folded(const Node& node) {
  const bool is_arithmetic = node.op->kind == OpKind::kElementwise && is_float(node.dtype);
  if (!is_arithmetic || !node.shape.empty()) return kNoNode;
  for (NodeId input : node.inputs) {
    if (!nodes_[input].constant || nodes_[input].dtype != node.dtype) return kNoNode;
  }
  double value = 0;
  dispatch(node.dtype, [&](auto zero) {
    using T = decltype(zero);
    Operand<T> operands[3] = {};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      operands[i] = {nodes_[node.inputs[i]].constant->data<T>(), 0};
    }
    T lanes[kPanel];
    kernel_table<T>().elementwise[static_cast<int>(node.op->elementwise)](lanes, operands, 1);
    value = static_cast<double>(lanes[0]);
  });
  return constant(value, node.dtype);
}

// One number, repeated to whatever shape, is computed once and then repeated.
NodeId Graph::of_one_number(const Node& node) {
  const bool is_map = node.op->kind == OpKind::kElementwise;
  if (!is_map && std::string_view(node.op->name) != "reshape") return kNoNode;
  if (!is_concrete(node.shape)) return kNoNode;
  std::vector<NodeId> numbers;
  bool repeats = false;
  for (NodeId input : node.inputs) {
    numbers.push_back(as_number(input));
    if (numbers.back() == kNoNode) return kNoNode;
    repeats |= numbers.back() != input;
  }
  if (!repeats || nodes_[numbers[0]].shape.size() > node.shape.size()) return kNoNode;
  Attributes a;
  a.shape = node.shape;
  return add("broadcast_to", {is_map ? add(node.op->name, numbers, node.attributes) : numbers[0]},
             a);
}

// The number of which all elements are copies, or kNoNode.
NodeId Graph::as_number(NodeId id) const {
  const Node& node = nodes_[id];
  if (std::string_view(node.op->name) == "broadcast_to") return as_number(node.inputs[0]);
  return is_single(node.shape) ? id : kNoNode;
}

bool Graph::is_number(NodeId id, double value) const {
  const NodeId number = as_number(id);
  return number != kNoNode && nodes_[number].constant &&
         first_value(*nodes_[number].constant) == value;
}

// Is it x - mean(x) over these axes, times what does not change along them? The sum of that, which
// batch normalization sends back through the mean, is zero. A NaN does not get lost with it: the
// deviations also belong to the gradient of x itself.
bool Graph::deviates_from_mean(NodeId id, const std::vector<int64_t>& axes) const {
  const Node& node = nodes_[id];
  const std::string_view name = node.op->name;
  if (name == "negative") return deviates_from_mean(node.inputs[0], axes);
  if (name == "subtract") return is_mean(node.inputs[1], node.inputs[0], axes);
  if (name != "multiply") return false;
  const auto deviates = [&](NodeId x, NodeId factor) {
    return nodes_[x].shape == node.shape && is_constant_along(factor, node.shape, axes) &&
           deviates_from_mean(x, axes);
  };
  const NodeId a = node.inputs[0], b = node.inputs[1];
  return deviates(a, b) || deviates(b, a);
}

bool Graph::is_constant_along(NodeId id, const Shape& whole,
                              const std::vector<int64_t>& axes) const {
  const Shape& shape = nodes_[id].shape;
  if (is_single(shape)) return true;
  if (shape.size() != whole.size() || axes.empty()) return false;
  const int rank = static_cast<int>(shape.size());
  return std::all_of(axes.begin(), axes.end(),
                     [&](int64_t axis) { return shape[normalize_axis(axis, rank)] == 1; });
}

// Is it sum(x) / n over these axes, which are kept?
bool Graph::is_mean(NodeId id, NodeId x, const std::vector<int64_t>& axes) const {
  const auto is = [](const Node& node, const char* op) {
    return std::string_view(op) == node.op->name;
  };
  const Node& quotient = nodes_[id];
  if (!is(quotient, "divide")) return false;
  const Node& sum = nodes_[quotient.inputs[0]];
  if (!is(sum, "sum") || sum.inputs[0] != x || sum.attributes.axes != axes) return false;
  const Shape& shape = nodes_[x].shape;
  if (!sum.attributes.keepdims || !is_concrete(shape) || element_count(sum.shape) == 0)
    return false;
  return is_number(quotient.inputs[1],
                   static_cast<double>(element_count(shape) / element_count(sum.shape)));
}

}  // namespace pronghorn
