// SPDX-License-Identifier: Apache-2.0
#include "runtime/program_builder.hpp"

#include <algorithm>
#include <iterator>

#include "base/errors.hpp"
#include "kernels/kernels.hpp"
#include "runtime/team.hpp"

namespace pronghorn {
namespace {

// Rows and panels of a matmul block, the unit of work of a thread: its output and the epilogue's
// operands stay in L1. Rows are a multiple of the register tile (16 where rows are lanes of an
// operand, else 14). Larger blocks amortise the epilogue (a weight gradient of 784 x 300 at batch
// 32 gains 5 % from 56 to 112 rows), smaller ones share out evenly among threads.
constexpr int64_t kBlockRowsInLanes = 64, kBlockPanels = 2;
constexpr int64_t kFewRows = 2, kWideBlockPanels = 8;  // where a register tile is so wide
constexpr int64_t kLargeBlockRows = 112, kBlockRows = 56, kManyBlocks = 32;
// The panel operand is walked in groups of this size, which stay near while all rows pass by once
// for a group. (A quarter of an L2 cache. 1024-2048-2048-1000 at batch 1024 gains 2 % over walking
// two panels at a time, the weight gradient of 784 x 300 at batch 32 gains 4 %.)
constexpr int64_t kPanelsInCache = 256 * 1024;
// Where the operands are more than this, they come from a cache that the threads share, or from
// memory: larger blocks then read them less often. Rows are few because panels a power of two apart
// lie in the same ways of an L2 cache: 64 rows of 256 elements take 4 of its 8. (EPYC of Zen 3, 512
// KB of L2, two threads, products of 1024-2048-2048 at batch 1024 against blocks of 256 x 8:
// forward 79 -> 84 % of peak, input gradient 86 -> 88 %, weight gradient 87 -> 89 %; products of
// 1024 x 1024 at batch 256 against 16 x 2, one thread: 87 -> 88, 86 -> 91, 89 -> 92 %.)
constexpr int64_t kFarMemory = 2 << 20;
constexpr int64_t kFarBlockRowsInLanes = 64, kFarBlockRows = 66, kFarBlockPanels = 16;
// What the epilogue of a matmul reads is asked for early if it is more than this, an L2 cache.
// (Adam on 784-1024-1024-10 at batch 256 gains 3 %; where all is near, asking costs 1 %.)
constexpr int64_t kNearMemory = 1 << 20;
// A product with more work than this (about a microsecond) should be at least so many tasks.
constexpr double kSerialWork = 30000;
constexpr int64_t kFewTasks = 4, kLeastBlockRows = 8;

int64_t blocks(int64_t count, int64_t size) { return (count + size - 1) / size; }

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
      step.tasks = relayout_tasks(x, id);
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
    case ValueKind::kReduceLanes: {
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
  choose_blocks(step);
  const int64_t panel_blocks = blocks(step.panels, step.block_panels);
  const int64_t block_bytes =
      step.block_panels * step.b_stride * static_cast<int64_t>(dtype_size(step.dtype));
  step.group = std::clamp<int64_t>(kPanelsInCache / block_bytes, 1, panel_blocks);
  step.tasks = blocks(step.rows, step.block_rows) * panel_blocks;

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
  choose_prefetches(step);
}

void ProgramBuilder::choose_prefetches(Step& step) const {
  std::vector<int> read;
  for (const Instruction& in : step.map.instructions) {
    for (const OperandRef& o : in.in) {
      const bool known = std::find(read.begin(), read.end(), o.index) != read.end();
      if (o.kind == OperandRef::kFull && o.index != step.output && !known) read.push_back(o.index);
    }
  }
  read.resize(std::min<std::size_t>(read.size(), Gemm<float>::kMaxPrefetches));
  const int64_t elements = step.rows * step.panels * kPanel * static_cast<int64_t>(read.size());
  if (elements * static_cast<int64_t>(dtype_size(step.dtype)) > kNearMemory) step.prefetches = read;
}

void ProgramBuilder::choose_blocks(Step& step) {
  step.block_rows = step.a_lanes_are_rows ? kBlockRowsInLanes : kBlockRows;
  step.block_panels = step.rows <= kFewRows ? kWideBlockPanels : kBlockPanels;
  if (step.work < kSerialWork) return;
  const int64_t operands = (step.rows + step.panels * kPanel) * step.depth;
  const int64_t far_rows = step.a_lanes_are_rows ? kFarBlockRowsInLanes : kFarBlockRows;
  const int64_t far_blocks = blocks(step.rows, far_rows) * blocks(step.panels, kFarBlockPanels);
  if (operands * static_cast<int64_t>(dtype_size(step.dtype)) > kFarMemory &&
      far_blocks >= kFewTasks * default_threads()) {
    step.block_rows = far_rows;
    step.block_panels = kFarBlockPanels;
    return;
  }
  if (step.a_lanes_are_rows) {
    step.block_rows = kPanel;
    return;
  }
  const int64_t panel_blocks = blocks(step.panels, step.block_panels);
  if (step.rows / kLargeBlockRows * panel_blocks > kManyBlocks) {
    step.block_rows = kLargeBlockRows;
  } else if (blocks(step.rows, kBlockRows) * panel_blocks < kFewTasks) {
    const int64_t wanted = blocks(kFewTasks, panel_blocks);
    step.block_rows = std::max(kLeastBlockRows, blocks(step.rows, wanted));
  }
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
