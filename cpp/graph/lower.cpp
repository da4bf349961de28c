// SPDX-License-Identifier: Apache-2.0
#include "graph/lower.hpp"

#include <algorithm>
#include <map>

#include "base/errors.hpp"
#include "graph/relayout.hpp"
#include "graph/wanted_layouts.hpp"

namespace pronghorn {
namespace {

class Lowering {
 public:
  Lowering(const Graph& graph, const std::vector<NodeId>& outputs)
      : graph_(graph),
        outputs_(outputs),
        wanted_(wanted_layouts(graph, outputs)),
        map_(graph.nodes().size(), kNoNode) {}

  Plan run() {
    plan_.inputs.assign(graph_.inputs().size(), kNoNode);
    for (NodeId id = 0; id < static_cast<NodeId>(wanted_.needed.size()); ++id) {
      if (!wanted_.needed[id]) continue;
      scope_ = graph_.node(id).scope;
      map_[id] = lower_node(id);
    }
    scope_ = nullptr;
    for (NodeId id : outputs_) {
      const NodeId value = convert(map_[id], Layout::kRowMajor);
      plan_.outputs.push_back(plan_.node(plan_.root(value)).variable ? copy(value) : value);
    }
    // Every assigned value gets storage of its own, which may then be the variable's, by whatever
    // shape it is known there.
    std::vector<NodeId> taken;
    for (const Assignment& a : graph_.assignments()) {
      NodeId value = plan_.root(convert(map_[a.value], a.variable->tensor.layout));
      const bool shared = std::find(taken.begin(), taken.end(), value) != taken.end();
      if (shared || plan_.values[value].kind == ValueKind::kLeaf) value = copy(value);
      taken.push_back(value);
      plan_.assignments.push_back({a.variable, value});
    }
    return std::move(plan_);
  }

 private:
  const Value& value(NodeId id) const { return plan_.values[id]; }
  const Shape& shape(NodeId id) const { return value(id).node.shape; }
  DType dtype(NodeId id) const { return value(id).node.dtype; }

  NodeId append(Value v) {
    v.layout = canonical_layout(v.node.shape, v.layout);
    v.node.scope = scope_;
    plan_.values.push_back(std::move(v));
    return static_cast<NodeId>(plan_.values.size()) - 1;
  }
  NodeId append(ValueKind kind, const char* op, std::vector<NodeId> inputs, Shape s, DType d,
                Layout layout, Attributes attributes = {}) {
    Value v;
    v.node.op = &find_op(op);
    v.node.inputs = std::move(inputs);
    v.node.attributes = std::move(attributes);
    v.node.shape = std::move(s);
    v.node.dtype = d;
    v.kind = kind;
    v.layout = layout;
    return append(std::move(v));
  }
  NodeId alias(NodeId id, Shape s, Layout layout) {
    return append(ValueKind::kAlias, "reshape", {id}, std::move(s), dtype(id), layout);
  }

  // The same value in another layout.
  NodeId convert(NodeId id, Layout layout) {
    const Layout wanted = canonical_layout(shape(id), layout);
    if (value(id).layout == wanted) return id;
    const auto key = std::make_pair(id, wanted);
    const auto found = converted_.find(key);
    if (found != converted_.end()) return found->second;
    NodeId result;
    const bool through_row_major = shape(id).size() > 2 && value(id).layout != Layout::kRowMajor &&
                                   wanted != Layout::kRowMajor;
    if (through_row_major) {
      result = convert(convert(id, Layout::kRowMajor), wanted);
    } else if (value(id).node.constant) {
      const Tensor& from = *value(id).node.constant;
      auto to = std::make_shared<Tensor>(from.shape, from.dtype, wanted);
      relayout(from.dtype, from.shape, from.buffer.get(), from.layout, to->buffer.get(), wanted, 0,
               relayout_panels(from.shape, from.layout, wanted));
      Value v = value(id);
      v.node.constant = to;
      v.layout = wanted;
      result = append(std::move(v));
    } else {
      result = append(ValueKind::kRelayout, "copy", {id}, shape(id), dtype(id), wanted);
    }
    converted_.emplace(key, result);
    return result;
  }

  NodeId copy(NodeId id) {
    return append(ValueKind::kElementwise, "copy", {id}, shape(id), dtype(id), value(id).layout);
  }
  NodeId cast(NodeId id, DType to) {
    if (dtype(id) == to) return id;
    return append(ValueKind::kCast, "cast", {id}, shape(id), to, value(id).layout);
  }
  NodeId row_major(NodeId id) { return convert(id, Layout::kRowMajor); }
  NodeId row_panels(NodeId id) { return convert(id, Layout::kRowPanels); }

  NodeId lower_node(NodeId id) {
    const Node& node = graph_.node(id);
    std::vector<NodeId> inputs;
    for (NodeId input : node.inputs) inputs.push_back(map_[input]);
    switch (node.op->kind) {
      case OpKind::kLeaf:
        return lower_leaf(node);
      case OpKind::kElementwise:
        return lower_elementwise(node, std::move(inputs), wanted_.wants_columns[id]);
      case OpKind::kCast:
        return lower_cast(node, inputs[0]);
      case OpKind::kReshape:
        return lower_reshape(node, inputs[0]);
      case OpKind::kTranspose:
        return lower_transpose(node, inputs[0]);
      case OpKind::kMatmul:
        return lower_matmul(node, inputs[0], inputs[1], wanted_.wants_columns[id]);
      case OpKind::kReduce:
        return lower_reduce(node, inputs[0], wanted_.has_columns[node.inputs[0]]);
      case OpKind::kArgmax:
        return append(ValueKind::kArgmax, "argmax", {row_panels(inputs[0])}, node.shape,
                      storage_dtype(node.dtype), Layout::kRowMajor);
      case OpKind::kRowwise:
        return lower_rowwise(node, inputs);
      case OpKind::kConcatenate:
        return lower_concatenate(node, inputs);
      case OpKind::kUniform:
        return append(ValueKind::kUniform, "uniform", {row_major(inputs[0])}, node.shape,
                      node.dtype,
                      wanted_.wants_columns[id] ? Layout::kColumnPanels
                      : wanted_.wants_rows[id]  ? Layout::kRowPanels
                                                : Layout::kRowMajor,
                      node.attributes);
      case OpKind::kRowMajor:
        break;
    }
    for (NodeId& input : inputs) input = row_major(input);
    return append(ValueKind::kRowMajor, node.op->name, std::move(inputs), node.shape,
                  storage_dtype(node.dtype), Layout::kRowMajor, node.attributes);
  }

  NodeId lower_leaf(const Node& node) {
    Value v;
    v.node = node;
    v.node.dtype = storage_dtype(node.dtype);
    if (node.variable) {
      v.layout = node.variable->tensor.layout;
    } else if (!node.constant && is_float(node.dtype)) {
      v.layout = natural_layout(node.shape);
    }
    const NodeId id = append(std::move(v));
    if (!node.variable && !node.constant) plan_.inputs[node.attributes.index] = id;
    return id;
  }

  Layout elementwise_layout(const Node& node, const std::vector<NodeId>& inputs,
                            bool columns) const {
    if (node.shape.size() < 2) return Layout::kRowMajor;
    if (columns && node.shape.size() == 2) return Layout::kColumnPanels;
    bool broadcasts = false;
    for (NodeId input : inputs) {
      if (shape(input) == node.shape) {
        const Layout layout = value(input).layout;
        if (layout != Layout::kRowMajor) return layout;
      } else {
        broadcasts |= element_count(shape(input)) != 1;
      }
    }
    return broadcasts ? natural_layout(node.shape) : Layout::kRowMajor;
  }

  // An operand as a kernel can read it next to a result of this shape and layout.
  NodeId operand(NodeId id, const Shape& result, Layout layout) {
    if (shape(id) == result) return convert(id, layout);
    if (element_count(shape(id)) == 1) return id;
    if (element_count(shape(id)) == element_count(result)) {
      return convert(alias(row_major(id), result, Layout::kRowMajor), layout);
    }
    Shape padded(result.size() - shape(id).size(), 1);
    padded.insert(padded.end(), shape(id).begin(), shape(id).end());
    if (layout != Layout::kRowMajor) {
      const int64_t count = element_count(shape(id));
      const MatrixView m = matrix_view(result, layout);
      const bool rows = layout == Layout::kRowPanels ? padded.front() == m.rows && count == m.rows
                                                     : padded.back() == 1 && count == m.rows;
      const bool columns = layout == Layout::kRowPanels
                               ? padded.front() == 1 && count == m.columns
                               : padded.back() == m.columns && count == m.columns;
      if (rows || columns) return row_major(id);
    }
    Attributes a;
    a.shape = result;
    return convert(append(ValueKind::kRowMajor, "materialize", {row_major(id)}, result, dtype(id),
                          Layout::kRowMajor, a),
                   layout);
  }

  NodeId lower_elementwise(const Node& node, std::vector<NodeId> inputs, bool columns) {
    DType compute = storage_dtype(graph_.node(node.inputs.back()).dtype);
    for (NodeId& input : inputs)
      input = cast(input, compute);  // a condition, to its operands' type
    const Layout layout = canonical_layout(node.shape, elementwise_layout(node, inputs, columns));
    for (NodeId& input : inputs) input = operand(input, node.shape, layout);
    const NodeId id = append(ValueKind::kElementwise, node.op->name, std::move(inputs), node.shape,
                             compute, layout);
    return cast(id, storage_dtype(node.dtype));
  }

  NodeId lower_cast(const Node& node, NodeId x) {
    const DType from = dtype(x);
    if (node.dtype != DType::kBool || graph_.node(node.inputs[0]).dtype == DType::kBool) {
      return cast(x, storage_dtype(node.dtype));
    }
    auto zero = std::make_shared<Tensor>(Shape{}, from, Layout::kRowMajor);
    Value c;
    c.node.op = &find_op("constant");
    c.node.dtype = from;
    c.node.constant = zero;
    const NodeId compared = append(ValueKind::kElementwise, "not_equal", {x, append(std::move(c))},
                                   shape(x), from, value(x).layout);
    return cast(compared, DType::kFloat32);
  }

  NodeId lower_reshape(const Node& node, NodeId x) {
    // Row panels survive when the first dimension does: (n, 28, 28) -> (n, 784).
    const bool same_rows = !shape(x).empty() && !node.shape.empty() &&
                           shape(x).front() == node.shape.front() &&
                           value(x).layout == Layout::kRowPanels;
    return same_rows ? alias(x, node.shape, Layout::kRowPanels)
                     : alias(row_major(x), node.shape, Layout::kRowMajor);
  }

  NodeId lower_transpose(const Node& node, NodeId x) {
    if (value(x).layout == Layout::kRowMajor) x = convert(x, natural_layout(shape(x)));
    const Layout layout = value(x).layout;
    if (layout == Layout::kRowMajor) return alias(x, node.shape, layout);  // a single row or column
    return alias(x, node.shape,
                 layout == Layout::kRowPanels ? Layout::kColumnPanels : Layout::kRowPanels);
  }

  NodeId lower_matmul(const Node& node, NodeId a, NodeId b, bool columns) {
    // A weight's gradient for a single unit: the batch lies along lanes already.
    const bool sums_over_lanes = node.shape[1] == 1 && value(a).layout == Layout::kColumnPanels &&
                                 graph_.node(node.inputs[0]).op->kind == OpKind::kTranspose;
    if (sums_over_lanes) {
      return append(ValueKind::kDotLanes, "matmul", {a, row_major(b)}, node.shape, node.dtype,
                    Layout::kRowMajor);
    }
    // What a single row sends back through a weight: the weight's outputs lie along lanes already.
    if (node.is_gradient && node.shape[0] == 1 && value(b).layout == Layout::kRowPanels) {
      const NodeId weight = alias(b, {shape(b)[1], shape(b)[0]}, Layout::kColumnPanels);
      return append(ValueKind::kDotLanes, "matmul", {weight, row_major(a)}, node.shape, node.dtype,
                    Layout::kRowMajor);
    }
    const bool lanes_over_columns = columns || node.shape[0] < kRowsForRowPanels;
    const auto panels = [&](NodeId id) {  // the other operand may be in either panel layout
      return is_panels(id) ? id : convert(id, natural_layout(shape(id)));
    };
    if (lanes_over_columns) {
      return append(ValueKind::kMatmul, "matmul", {panels(a), convert(b, Layout::kColumnPanels)},
                    node.shape, node.dtype, Layout::kColumnPanels);
    }
    return append(ValueKind::kMatmul, "matmul", {row_panels(a), panels(b)}, node.shape, node.dtype,
                  Layout::kRowPanels);
  }
  bool is_panels(NodeId id) const {
    return value(id).layout != Layout::kRowMajor || shape(id)[0] == 1 || shape(id)[1] == 1;
  }

  NodeId lower_reduce(const Node& node, NodeId x, bool columns_exist) {
    const Shape& s = shape(x);
    const int rank = static_cast<int>(s.size());
    std::vector<bool> reduced(rank, node.attributes.axes.empty());
    for (int64_t axis : node.attributes.axes) reduced[normalize_axis(axis, rank)] = true;
    bool any = false, all = true, leading = true, trailing = true;
    for (int i = 0; i < rank; ++i) {
      if (s[i] == 1) continue;
      any |= reduced[i];
      all &= reduced[i];
      leading &= reduced[i] == (i == 0);
      trailing &= reduced[i] == (i != 0);
    }
    if (!any) return alias(row_major(x), node.shape, Layout::kRowMajor);
    const auto reduce = [&](ValueKind kind, NodeId from, Shape to) {
      return append(kind, node.op->name, {from}, std::move(to), dtype(from), Layout::kRowMajor);
    };
    if (all) {
      if (value(x).layout != Layout::kRowMajor) {
        const MatrixView m = matrix_view(s, value(x).layout);
        const bool by_rows = value(x).layout == Layout::kRowPanels;
        x = reduce(ValueKind::kReduceGroups, x, {by_rows ? m.rows : m.columns});
      }
      return reduce(ValueKind::kReduceLanes, x, node.shape);
    }
    if (value(x).layout == Layout::kRowMajor && rank == 2) {
      x = convert(x, leading ? Layout::kColumnPanels : Layout::kRowPanels);
    }
    if (leading && rank == 2 && columns_exist) x = convert(x, Layout::kColumnPanels);
    const Layout layout = value(x).layout;
    if (leading && layout != Layout::kRowMajor && (rank == 2 || layout == Layout::kRowPanels)) {
      return reduce(
          layout == Layout::kRowPanels ? ValueKind::kReduceLanes : ValueKind::kReduceGroups, x,
          node.shape);
    }
    if (trailing && layout != Layout::kRowMajor && (rank == 2 || layout == Layout::kRowPanels)) {
      return reduce(
          layout == Layout::kRowPanels ? ValueKind::kReduceGroups : ValueKind::kReduceLanes, x,
          node.shape);
    }
    return append(ValueKind::kRowMajor, node.op->name, {row_major(x)}, node.shape, dtype(x),
                  Layout::kRowMajor, node.attributes);
  }

  NodeId lower_rowwise(const Node& node, std::vector<NodeId> inputs) {
    for (NodeId& input : inputs) {
      input = shape(input).size() == 2 ? row_panels(input) : row_major(input);
    }
    return append(ValueKind::kRowwise, node.op->name, std::move(inputs), node.shape, node.dtype,
                  node.shape.size() == 2 ? Layout::kRowPanels : Layout::kRowMajor);
  }

  NodeId lower_concatenate(const Node& node, std::vector<NodeId> inputs) {
    const bool panels = node.shape.size() == 2 && node.attributes.axes[0] == 1 &&
                        natural_layout(node.shape) == Layout::kRowPanels;
    for (NodeId& input : inputs) input = panels ? row_panels(input) : row_major(input);
    return append(panels ? ValueKind::kConcatenatePanels : ValueKind::kRowMajor, "concatenate",
                  std::move(inputs), node.shape, storage_dtype(node.dtype),
                  panels ? Layout::kRowPanels : Layout::kRowMajor, node.attributes);
  }

  std::shared_ptr<const std::string> scope_;  // of the node that is being lowered
  const Graph& graph_;
  const std::vector<NodeId>& outputs_;
  const WantedLayouts wanted_;
  std::vector<NodeId> map_;
  Plan plan_;
  std::map<std::pair<NodeId, Layout>, NodeId> converted_;
};

}  // namespace

Plan lower(const Graph& graph, const std::vector<NodeId>& outputs) {
  return Lowering(graph, outputs).run();
}

}  // namespace pronghorn
