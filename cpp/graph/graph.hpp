// SPDX-License-Identifier: Apache-2.0
// A trace: nodes in the order they were recorded, which is a topological order. Equal nodes are
// recorded once.
#pragma once
#include <unordered_map>
#include <utility>

#include "graph/variable.hpp"
#include "ops/op.hpp"

namespace pronghorn {

struct Assignment {
  std::shared_ptr<Variable> variable;
  NodeId value;
};

class Graph : public Builder {
 public:
  const Node& node(NodeId id) const override { return nodes_[id]; }
  NodeId add(const char* op, std::vector<NodeId> inputs, Attributes attributes = {}) override;
  NodeId constant(double value, DType dtype) override;

  NodeId input(Shape shape, DType dtype);
  NodeId constant(std::shared_ptr<const Tensor> value, DType dtype);  // row-major storage of it
  // The variable's value at this point of the trace: what was last assigned, or its old value.
  NodeId read(const std::shared_ptr<Variable>& variable);
  void assign(const std::shared_ptr<Variable>& variable, NodeId value);

  // d loss / d each of `wrt`; kNoNode where loss does not depend on it. What the nodes in `leaves`
  // are computed from does not count.
  std::vector<NodeId> gradients(NodeId loss, const std::vector<NodeId>& wrt,
                                const std::vector<NodeId>& leaves = {});

  // The layer that records from now on, for people; "" for none.
  void set_scope(std::string name) {
    scope_ = name.empty() ? nullptr : std::make_shared<const std::string>(std::move(name));
  }

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<NodeId>& inputs() const { return inputs_; }
  const std::vector<Assignment>& assignments() const { return assignments_; }

 private:
  NodeId append(Node node);
  // Simpler ways to say the same (simplify.cpp), or kNoNode.
  NodeId simplified(const Node& node);
  NodeId folded(const Node& node);
  NodeId of_one_number(const Node& node);
  NodeId as_number(NodeId id) const;
  bool is_number(NodeId id, double value) const;
  bool deviates_from_mean(NodeId id, const std::vector<int64_t>& axes) const;
  bool is_mean(NodeId id, NodeId x, const std::vector<int64_t>& axes) const;
  bool is_constant_along(NodeId id, const Shape& whole, const std::vector<int64_t>& axes) const;

  std::shared_ptr<const std::string> scope_;
  std::vector<Node> nodes_;
  std::vector<NodeId> inputs_;
  std::vector<Assignment> assignments_;
  std::unordered_map<std::string, NodeId> known_;  // by the bytes that identify a node
  std::unordered_map<const Variable*, NodeId> reads_;
  bool differentiating_ = false;
};

}  // namespace pronghorn
