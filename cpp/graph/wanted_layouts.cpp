// SPDX-License-Identifier: Apache-2.0
#include "graph/wanted_layouts.hpp"

namespace pronghorn {
namespace {

// What the results depend on; and, backwards from the assignments to weights in column panels,
// which values are wanted in that layout, so that an update never changes layout.
void mark_needed_and_columns(const Graph& graph, const std::vector<NodeId>& outputs,
                             WantedLayouts& w) {
  for (NodeId id : outputs) w.needed[id] = 1;
  for (const Assignment& a : graph.assignments()) {
    w.needed[a.value] = 1;
    if (a.variable->tensor.layout == Layout::kColumnPanels) w.wants_columns[a.value] = 1;
  }
  for (NodeId id = static_cast<NodeId>(w.needed.size()) - 1; id >= 0; --id) {
    if (!w.needed[id]) continue;
    const Node& node = graph.node(id);
    for (NodeId input : node.inputs) w.needed[input] = 1;
    if (!w.wants_columns[id]) continue;
    if (node.op->kind == OpKind::kElementwise) {
      for (NodeId input : node.inputs) {
        w.wants_columns[input] |= graph.shape(input) == node.shape && node.shape.size() == 2;
      }
    } else if (node.op->kind == OpKind::kMatmul) {
      w.has_columns[node.inputs[1]] = 1;
    }
  }
}

// Those that may be made in any layout (random numbers) are then made in row panels.
void mark_rows(const Graph& graph, WantedLayouts& w) {
  const NodeId count = static_cast<NodeId>(graph.nodes().size());
  std::vector<char> lies_in_rows(count, 0);
  for (NodeId id = 0; id < count; ++id) {
    const Node& node = graph.node(id);
    if (natural_layout(node.shape) != Layout::kRowPanels) continue;
    const OpKind kind = node.op->kind;
    const bool is_input = kind == OpKind::kLeaf && !node.variable && !node.constant;
    const bool is_transposed = kind == OpKind::kTranspose && node.shape.size() == 2;
    const Variable* variable = is_transposed ? graph.node(node.inputs[0]).variable.get() : nullptr;
    const bool was_columns = variable && variable->tensor.layout == Layout::kColumnPanels;
    if ((is_input && is_float(node.dtype)) || kind == OpKind::kMatmul || kind == OpKind::kRowwise ||
        was_columns) {
      lies_in_rows[id] = 1;
    } else if (kind == OpKind::kElementwise || kind == OpKind::kReshape) {
      for (NodeId input : node.inputs) {
        const Shape& s = graph.shape(input);
        const bool same = kind == OpKind::kReshape ? !s.empty() && s.front() == node.shape.front()
                                                   : s == node.shape;
        lies_in_rows[id] |= same && lies_in_rows[input];
      }
    }
  }
  for (NodeId id = count - 1; id >= 0; --id) {
    const Node& node = graph.node(id);
    if (node.op->kind != OpKind::kElementwise || !(lies_in_rows[id] || w.wants_rows[id])) continue;
    for (NodeId input : node.inputs) w.wants_rows[input] |= graph.shape(input) == node.shape;
  }
}

}  // namespace

WantedLayouts wanted_layouts(const Graph& graph, const std::vector<NodeId>& outputs) {
  const std::vector<char> none(graph.nodes().size(), 0);
  WantedLayouts w{none, none, none, none};
  mark_needed_and_columns(graph, outputs, w);
  mark_rows(graph, w);
  return w;
}

}  // namespace pronghorn
