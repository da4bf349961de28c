// SPDX-License-Identifier: Apache-2.0
#include "runtime/program_builder.hpp"

#include <algorithm>
#include <iterator>

#include "base/errors.hpp"

namespace pronghorn {
namespace {

// Work of a step for which all threads are tried first (about a millisecond on one).
constexpr double kLongWork = 1e7;

}  // namespace

ProgramBuilder::ProgramBuilder(Program& program, const Graph& graph,
                               const std::vector<NodeId>& outputs, bool watched)
    : p_(program), plan_(program.plan_), buffer_of_(plan_.values.size(), -1) {
  const Schedule s = schedule(plan_);
  for (std::size_t i = 0; i < plan_.assignments.size(); ++i) {
    if (s.in_place[i]) home_[plan_.assignments[i].value] = plan_.assignments[i].variable.get();
  }
  for (NodeId id : plan_.outputs) wanted_outside_.push_back(plan_.root(id));
  for (const Assignment& a : plan_.assignments) wanted_outside_.push_back(a.value);
  group_of_.assign(plan_.values.size(), -1);
  for (std::size_t g = 0; g < s.groups.size(); ++g) {
    for (NodeId id : s.groups[g].members) group_of_[id] = static_cast<int>(g);
  }
  for (const Group& group : s.groups) emit(group);
  for (std::size_t i = 0; i < plan_.assignments.size(); ++i) {
    if (!s.in_place[i]) emit_copy(plan_.assignments[i]);
  }
  make_ports(graph, outputs);
  if (watched) check_loss();
  make_phases(watched);
  place_buffers();
}

int ProgramBuilder::buffer(NodeId id) {
  const NodeId root = plan_.root(id);
  int& b = buffer_of_[root];
  if (b >= 0) return b;
  const Value& v = value(root);
  char* fixed = nullptr;
  if (v.node.variable) {
    fixed = v.node.variable->tensor.data<char>();
  } else if (v.node.constant) {
    fixed = v.node.constant->data<char>();
  } else if (home_.count(root)) {
    fixed = home_[root]->tensor.data<char>();
  }
  b = static_cast<int>(p_.buffers_.size());
  p_.buffers_.push_back({fixed, 0, root, -1});
  sizes_.push_back(fixed ? 0 : storage_count(v.node.shape, v.layout) * dtype_size(v.node.dtype));
  return b;
}

void ProgramBuilder::check_loss() const {
  const std::vector<Program::Port>& outputs = p_.outputs_;
  if (outputs.empty() || element_count(outputs[0].shape) != 1 || !is_float(outputs[0].dtype)) {
    throw Error("a watched program needs a loss, one number, as its first output");
  }
}

bool ProgramBuilder::is_stored(NodeId id) const {
  if (std::find(wanted_outside_.begin(), wanted_outside_.end(), id) != wanted_outside_.end()) {
    return true;
  }
  for (std::size_t other = 0; other < plan_.values.size(); ++other) {
    const Value& v = plan_.values[other];
    if (v.kind == ValueKind::kAlias || group_of_[other] < 0) continue;
    for (NodeId input : v.node.inputs) {
      if (plan_.root(input) != id) continue;
      if (group_of_[other] != group_of_[id]) return true;
    }
  }
  return false;
}

void ProgramBuilder::emit(const Group& group) {
  const NodeId first = group.members.front();
  const Value& v = value(first);
  Step step;
  step.kind = v.kind;
  step.dtype = v.node.dtype;
  step.value = group.members.back();
  const int64_t elements = storage_count(v.node.shape, v.layout);
  if (v.kind == ValueKind::kElementwise) {
    emit_tiles(step, group.members, kNoNode);
  } else if (v.kind == ValueKind::kMatmul) {
    emit_matmul(step, group.members);
  } else {
    for (NodeId input : v.node.inputs) step.inputs.push_back(buffer(input));
    step.output = buffer(first);
    emit_other(step, first);
    step.work += static_cast<double>(elements);
    if (element_count(v.node.shape) == 1) step.splats.push_back(step.output);
  }
  step.work = std::max(step.work, 1.0);
  p_.steps_.push_back(std::move(step));
}

void ProgramBuilder::emit_other(Step& step, NodeId id) {
  const Value& v = value(id);
  if (v.kind == ValueKind::kUniform) {
    const MatrixView m = matrix_view(v.node.shape, v.layout);
    const bool panels = v.layout != Layout::kRowMajor;
    step.rows = panels ? m.rows : element_count(v.node.shape);
    step.depth = m.columns;
    step.tasks = blocks(step.rows, panels ? kPanel : kUniformsPerTask);
    step.panels = v.layout == Layout::kRowPanels ? step.tasks : 0;
    step.work = 8.0 * static_cast<double>(element_count(v.node.shape));
    return;
  }
  if (v.node.inputs.empty()) return;
  const NodeId x = v.node.inputs[0];
  const Layout layout = value(x).layout;
  const MatrixView m = matrix_view(shape(x), layout);
  step.rows = m.rows;
  switch (v.kind) {
    case ValueKind::kRelayout:
      step.tasks = step.panels = relayout_tasks(x, id);
      break;
    case ValueKind::kReduceGroups:
    case ValueKind::kArgmax:
    case ValueKind::kRowwise: {
      const bool columns = layout == Layout::kColumnPanels;  // else row panels, or one column
      step.panels = panels_of(columns ? m.columns : m.rows);
      step.depth = columns ? m.rows : m.columns;
      step.tasks = step.panels;
      step.work = static_cast<double>(storage_count(shape(x), layout)) *
                  (v.kind == ValueKind::kRowwise ? 20 : 1);
      break;
    }
    case ValueKind::kReduceLanes:
    case ValueKind::kDotLanes: {
      const bool columns = layout == Layout::kColumnPanels;
      const bool flat = layout == Layout::kRowMajor;
      step.rows = flat ? element_count(shape(x)) : columns ? m.columns : m.rows;
      step.depth = flat ? 1 : columns ? m.rows : m.columns;  // how many results
      step.a_stride = step.depth * kPanel;
      step.tasks = panels_of(step.depth);
      step.work = static_cast<double>(storage_count(shape(x), layout));
      break;
    }
    case ValueKind::kConcatenatePanels:
      step.panels = panels_of(m.rows);
      step.tasks = step.panels;
      break;
    case ValueKind::kCast:
      step.rows = storage_count(shape(x), layout);
      step.panels = layout == Layout::kRowPanels ? panels_of(m.rows) : step.rows / kPanel;
      break;
    default:
      break;
  }
}

int64_t ProgramBuilder::relayout_tasks(NodeId from, NodeId to) const {
  const Layout a = value(from).layout, b = value(to).layout;
  const Layout panels = a == Layout::kRowMajor ? b : a;
  const MatrixView m = matrix_view(shape(to), panels);
  return panels_of(panels == Layout::kRowPanels ? m.rows : m.columns);
}

void ProgramBuilder::emit_copy(const Assignment& a) {
  Step step;
  step.kind = ValueKind::kAlias;  // a plain copy of storage
  step.dtype = value(a.value).node.dtype;
  step.value = a.value;
  step.inputs = {buffer(a.value)};
  step.output = static_cast<int>(p_.buffers_.size());
  p_.buffers_.push_back({a.variable->tensor.data<char>(), 0, a.value, -1});
  sizes_.push_back(0);
  step.rows = storage_count(a.variable->tensor.shape, a.variable->tensor.layout);
  step.work = static_cast<double>(std::max<int64_t>(step.rows, 1));
  p_.steps_.push_back(std::move(step));
}

void ProgramBuilder::emit_matmul(Step& step, const std::vector<NodeId>& members) {
  const NodeId id = members.front();
  const NodeId a = value(id).node.inputs[0], b = value(id).node.inputs[1];
  const bool columns = is_column_panels(id);
  // Row panels: lanes run over the rows of A, the broadcast operand is B. Column panels: lanes
  // run over the columns of B, the broadcast operand is A.
  const NodeId lanes = columns ? b : a, scalars = columns ? a : b;
  const bool scalars_in_columns = is_column_panels(scalars);
  step.depth = shape(a)[1];
  step.rows = columns ? shape(id)[0] : shape(id)[1];
  step.panels = panels_of(columns ? shape(id)[1] : shape(id)[0]);
  step.b_stride = step.depth * kPanel;
  // a(i, k): i are rows of A and k its columns, or i are columns of B and k its rows.
  step.a_lanes_are_rows = columns ? !scalars_in_columns : scalars_in_columns;
  step.a_stride = (step.a_lanes_are_rows ? step.depth : step.rows) * kPanel;
  step.inputs = {buffer(scalars), buffer(lanes), -1};
  step.work = 2.0 * static_cast<double>(step.rows * step.panels * kPanel * step.depth) / 8;
  choose_blocks(step, columns);

  std::vector<NodeId> epilogue(members.begin() + 1, members.end());
  NodeId produced = id;
  const NodeId bias = take_bias(id, epilogue);
  if (bias != kNoNode) {
    produced = epilogue.front();
    epilogue.erase(epilogue.begin());
    step.inputs[2] = buffer(bias);
    step.bias_kind = columns ? 2 : 1;  // per lane, per row
  }
  if (epilogue.empty() || is_stored(produced)) {
    step.output = buffer(produced);
    if (element_count(shape(id)) == 1) step.splats.push_back(step.output);
  }
  if (epilogue.empty()) return;
  const double product_work = step.work;
  emit_tiles(step, epilogue, produced);
  step.work += product_work;
}

NodeId ProgramBuilder::take_bias(NodeId product, const std::vector<NodeId>& epilogue) {
  if (epilogue.empty() || is_stored(product)) return kNoNode;
  const Node& sum = value(epilogue.front()).node;
  if (sum.op->elementwise != Elementwise::k_add || sum.inputs[0] != product) return kNoNode;
  for (std::size_t i = 1; i < epilogue.size(); ++i) {
    for (NodeId input : value(epilogue[i]).node.inputs) {
      if (plan_.root(input) == product) return kNoNode;
    }
  }
  const NodeId bias = sum.inputs[1];
  const Shape& s = shape(bias);
  // Of rank 1, whatever it was reshaped to: a rule that does not depend on the number of rows, so
  // that neither do the bits of a row.
  const bool is_vector = shape(plan_.root(bias)).size() == 1;
  const bool fits = element_count(s) == shape(product)[1] && s.back() == shape(product)[1];
  return is_vector && fits && element_count(s) > 1 ? bias : kNoNode;
}

bool ProgramBuilder::is_column_panels(NodeId id) const {
  if (value(id).layout != Layout::kRowMajor) return value(id).layout == Layout::kColumnPanels;
  return shape(id)[0] == 1;  // a single row is the same bytes
}

void ProgramBuilder::make_ports(const Graph& graph, const std::vector<NodeId>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Node& node = graph.node(outputs[i]);
    p_.outputs_.push_back({node.shape, node.dtype, buffer(plan_.outputs[i]), Layout::kRowMajor});
  }
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    const Node& node = graph.node(graph.inputs()[i]);
    Program::Port port{node.shape, node.dtype, -1, Layout::kRowMajor};
    const NodeId id = plan_.inputs[i];
    if (id != kNoNode && buffer_of_[id] >= 0) {
      port.buffer = buffer_of_[id];
      port.layout = value(id).layout;
    }
    p_.inputs_.push_back(port);
  }
}

Program::Program(const Graph& graph, const std::vector<NodeId>& outputs, bool keeps_memory,
                 const std::optional<WatchedVariables>& watched)
    : plan_(lower(graph, outputs)), keeps_memory_(keeps_memory) {
  ProgramBuilder(*this, graph, outputs, watched.has_value());
  thread_choice_ = ThreadChoice(work_ > kLongWork);
  if (watched) {
    std::copy_if(watched->begin(), watched->end(), std::back_inserter(watched_),
                 [&](const auto& v) {
                   return std::any_of(plan_.assignments.begin(), plan_.assignments.end(),
                                      [&](const Assignment& a) { return a.variable == v; });
                 });
  }
  std::vector<std::shared_ptr<StateGroup>> groups;
  for (const Value& v : plan_.values) {
    if (v.node.variable) groups.push_back(v.node.variable->group);
  }
  for (const Assignment& a : plan_.assignments) groups.push_back(a.variable->group);
  state_ = StateGroup::join(groups);
}

}  // namespace pronghorn
