// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

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

// A flag that is set while this lives.
struct Scope {
  explicit Scope(bool& flag) : flag(flag) { flag = true; }
  ~Scope() { flag = false; }
  bool& flag;
};

}  // namespace

NodeId Graph::append(Node node) {
  node.scope = scope_;
  node.is_gradient = differentiating_;
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size()) - 1;
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
  const Scope differentiating(differentiating_);
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
