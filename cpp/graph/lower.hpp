// SPDX-License-Identifier: Apache-2.0
// From a trace to what the machine stores: only nodes that matter, storage dtypes, a layout for
// each value, and the conversions between layouts.
#pragma once
#include "graph/graph.hpp"

namespace pronghorn {

enum class ValueKind {
  kLeaf,
  kAlias,  // the bytes of inputs[0] under another name
  kElementwise,
  kCast,
  kRelayout,
  kMatmul,
  kReduceGroups,  // over the lines of each panel
  kReduceLanes,   // over the lanes of all panels
  kDotLanes,      // the same of the product with a vector
  kArgmax,
  kRowwise,
  kConcatenatePanels,
  kUniform,
  kRowMajor,  // op->evaluate
};

struct Value {
  Node node;  // inputs are values; dtype is one of storage
  ValueKind kind = ValueKind::kLeaf;
  Layout layout = Layout::kRowMajor;
};

struct Plan {
  std::vector<Value> values;            // in topological order
  std::vector<NodeId> inputs;           // leaves, by number of the input; kNoNode if unused
  std::vector<NodeId> outputs;          // row-major
  std::vector<Assignment> assignments;  // each value in its variable's layout

  const Node& node(NodeId id) const { return values[id].node; }
  // The value whose storage this one reads.
  NodeId root(NodeId id) const {
    while (values[id].kind == ValueKind::kAlias) id = values[id].node.inputs[0];
    return id;
  }
};

Plan lower(const Graph& graph, const std::vector<NodeId>& outputs);

}  // namespace pronghorn
