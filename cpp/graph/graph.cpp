// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include <cmath>
#include <cstring>

#include "base/errors.hpp"

namespace pronghorn {
namespace {

template <class T>
void put(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
void put(std::string& key, const std::vector<T>& values) {
  put(key, values.size());
  for (const T& v : values) put(key, v);
}

std::string identity(const Node& node) {
  std::string key;
  put(key, node.op);
  put(key, node.inputs);
  put(key, node.attributes.shape);
  put(key, node.attributes.axes);
  put(key, node.attributes.begin);
  put(key, node.attributes.step);
  put(key, node.attributes.keepdims);
  put(key, node.attributes.dtype);
  return key;
}

double first_value(const Tensor& t) {
  double value = 0;
  dispatch(t.dtype, [&](auto zero) { value = static_cast<double>(t.data<decltype(zero)>()[0]); });
  return value;
}

}  // namespace

NodeId Graph::append(Node node) {
  node.scope = scope_;
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size()) - 1;
}

// A node that already says the same, or kNoNode.
NodeId Graph::simplified(const Node& node) {
  if (node.inputs.empty()) return kNoNode;
  const NodeId x = node.inputs[0];
  const std::string name = node.op->name;
  const bool same = nodes_[x].shape == node.shape && nodes_[x].dtype == node.dtype;
  if (same && (name == "reshape" || name == "cast" || name == "broadcast_to")) return x;
  const bool repeats = std::strcmp(nodes_[x].op->name, "broadcast_to") == 0;
  if (name == "reshape" && repeats) {  // one number, repeated to whatever shape
    const NodeId number = nodes_[x].inputs[0];
    const Shape& shape = nodes_[number].shape;
    if (is_concrete(shape) && element_count(shape) == 1 && shape.size() <= node.shape.size()) {
      Attributes a;
      a.shape = node.shape;
      return add("broadcast_to", {number}, a);
    }
  }
  if (name == "transpose" && nodes_[x].op == node.op) return nodes_[x].inputs[0];
  if (name == "multiply" || name == "divide") {  // by one
    const auto is_one = [&](NodeId id) {
      const Node& n = nodes_[id];
      return n.constant && element_count(n.shape) == 1 && first_value(*n.constant) == 1;
    };
    if (same && is_one(node.inputs[1])) return x;
    const Node& y = nodes_[node.inputs[1]];
    if (name == "multiply" && is_one(x) && y.shape == node.shape) return node.inputs[1];
  }
  return node.op->kind == OpKind::kElementwise ? folded(node) : kNoNode;
}

// Arithmetic of scalar constants, done now by the kernel that would do it in every step.
NodeId Graph::folded(const Node& node) {
  if (!node.shape.empty() || !is_float(node.dtype)) return kNoNode;
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

NodeId Graph::add(const char* name, std::vector<NodeId> inputs, Attributes attributes) {
  const Op& op = find_op(name);
  if (op.arity >= 0 && static_cast<int>(inputs.size()) != op.arity) {
    throw Error(std::string(name) + ": expected " + std::to_string(op.arity) +
                " operands. Received: " + std::to_string(inputs.size()));
  }
  Node node;
  node.op = &op;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  op.infer(*this, node);
  if (op.expand) return op.expand(*this, node.inputs, node.attributes);

  if (op.kind == OpKind::kElementwise) {
    // Elementwise ops broadcast by themselves.
    for (NodeId& input : node.inputs) {
      if (std::strcmp(nodes_[input].op->name, "broadcast_to") != 0) continue;
      const std::vector<NodeId> before = node.inputs;
      input = nodes_[input].inputs[0];
      Node probe = node;
      op.infer(*this, probe);
      if (probe.shape != node.shape) node.inputs = before;
    }
  } else if (op.kind == OpKind::kReshape && nodes_[node.inputs[0]].op == &op) {
    node.inputs[0] = nodes_[node.inputs[0]].inputs[0];
  }
  const NodeId same = simplified(node);
  if (same != kNoNode) return same;
  const std::string key = identity(node);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  const NodeId id = append(std::move(node));
  known_.emplace(key, id);
  return id;
}

NodeId Graph::constant(double value, DType dtype) {
  std::string key = "#";
  put(key, value);
  put(key, dtype);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  auto tensor = std::make_shared<Tensor>(Shape{}, storage_dtype(dtype), Layout::kRowMajor);
  dispatch(tensor->dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < kPanel; ++i) tensor->data<T>()[i] = static_cast<T>(value);
  });
  Node node;
  node.op = &find_op("constant");
  node.dtype = dtype;
  node.constant = tensor;
  const NodeId id = append(std::move(node));
  known_.emplace(key, id);
  return id;
}

NodeId Graph::constant(std::shared_ptr<const Tensor> value, DType dtype) {
  Node node;
  node.op = &find_op("constant");
  node.shape = value->shape;
  node.dtype = dtype;
  node.constant = std::move(value);
  return append(std::move(node));
}

NodeId Graph::input(Shape shape, DType dtype) {
  Node node;
  node.op = &find_op("input");
  node.attributes.index = static_cast<int64_t>(inputs_.size());
  node.shape = std::move(shape);
  node.dtype = dtype;
  inputs_.push_back(append(std::move(node)));
  return inputs_.back();
}

NodeId Graph::read(const std::shared_ptr<Variable>& variable) {
  const auto found = reads_.find(variable.get());
  if (found != reads_.end()) return found->second;
  Node node;
  node.op = &find_op("variable");
  node.shape = variable->tensor.shape;
  node.dtype = variable->tensor.dtype;
  node.variable = variable;
  const NodeId id = append(std::move(node));
  reads_.emplace(variable.get(), id);
  return id;
}

void Graph::assign(const std::shared_ptr<Variable>& variable, NodeId value) {
  const Node& v = nodes_[value];
  if (v.shape != variable->tensor.shape || storage_dtype(v.dtype) != variable->tensor.dtype) {
    throw Error("assign: expected a value of shape " + to_string(variable->tensor.shape) +
                " and dtype " + dtype_name(variable->tensor.dtype) +
                ". Received: " + to_string(v.shape) + " " + dtype_name(v.dtype));
  }
  read(variable);  // what was read before stays the old value
  reads_[variable.get()] = value;
  for (Assignment& a : assignments_) {
    if (a.variable == variable) {
      a.value = value;
      return;
    }
  }
  assignments_.push_back({variable, value});
}

std::vector<NodeId> Graph::gradients(NodeId loss, const std::vector<NodeId>& wrt,
                                     const std::vector<NodeId>& leaves) {
  if (!is_float(nodes_[loss].dtype) || element_count(nodes_[loss].shape) != 1) {
    throw Error("gradients: expected a floating-point scalar to differentiate. Received: " +
                to_string(nodes_[loss].shape) + " " + dtype_name(nodes_[loss].dtype));
  }
  // Which nodes lie on a path from `wrt` to the loss: the others get no gradient nodes.
  const NodeId count = loss + 1;
  std::vector<char> relevant(nodes_.size(), 0), is_leaf(nodes_.size(), 0);
  for (NodeId id : wrt) relevant[id] = 1;
  for (NodeId id : leaves) is_leaf[id] = 1;
  for (NodeId id = 0; id < count; ++id) {
    if (is_leaf[id]) continue;
    for (NodeId input : nodes_[id].inputs) relevant[id] |= relevant[input];
  }
  std::vector<NodeId> gradient(count, kNoNode);
  gradient[loss] = constant(1, nodes_[loss].dtype);
  if (!nodes_[loss].shape.empty()) {
    Attributes a;
    a.shape = nodes_[loss].shape;
    gradient[loss] = add("broadcast_to", {gradient[loss]}, a);
  }
  for (NodeId id = loss; id >= 0; --id) {
    if (gradient[id] == kNoNode || !relevant[id] || is_leaf[id]) continue;
    if (!nodes_[id].op->gradient) continue;
    const std::vector<NodeId> inputs = nodes_[id].inputs;
    const std::vector<NodeId> dx = nodes_[id].op->gradient(*this, id, gradient[id]);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (dx[i] == kNoNode || !relevant[inputs[i]] || !is_float(nodes_[inputs[i]].dtype)) continue;
      NodeId& total = gradient[inputs[i]];
      total = total == kNoNode ? dx[i] : add("add", {total, dx[i]});
    }
  }
  std::vector<NodeId> result;
  for (NodeId id : wrt) result.push_back(id < count && relevant[id] ? gradient[id] : kNoNode);
  return result;
}

}  // namespace pronghorn
