// SPDX-License-Identifier: Apache-2.0
// Turns a schedule into steps: operands become buffers, chains of elementwise values become tile
// programs, and buffers get their places in one arena.
#include <algorithm>
#include <map>

#include "runtime/program.hpp"

namespace pronghorn {
namespace {

// Lines of a tile of the elementwise interpreter: long enough that a call costs little, short
// enough that a handful of registers (64 bytes a line each) stays in a 32 KB L1 cache.
constexpr int64_t kTileLines = 64;
// Rows and panels of a matmul block, the unit of work of a thread: its output and the epilogue's
// operands stay in L1. Rows are a multiple of the register tile (16 where rows are lanes of an
// operand, else 14). Larger blocks amortise the epilogue (a weight gradient of 784 x 300 at batch
// 32 gains 5 % from 56 to 112 rows), smaller ones share out evenly among threads.
constexpr int64_t kBlockRowsInLanes = 64, kBlockPanels = 2;
constexpr int64_t kLargeBlockRows = 112, kBlockRows = 56, kManyBlocks = 32;
// Up to this size the panel operand of a matmul stays near while the rows are walked once: measured
// at 784 x 300 and batch 32, a weight gradient gains 4 % over walking the panels once.
constexpr int64_t kPanelsInCache = 64 * 1024;
// Below this many scalar operations a step is done by one thread: about a microsecond of work
// against the tens of nanoseconds of a barrier.
constexpr double kSerialWork = 30000;

int64_t panels_of(int64_t n) { return (n + kPanel - 1) / kPanel; }

}  // namespace

class ProgramBuilder {
 public:
  ProgramBuilder(Program& program, const Graph& graph, const std::vector<NodeId>& outputs)
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
    place_buffers();
    make_phases();
  }

 private:
  const Value& value(NodeId id) const { return plan_.values[id]; }
  const Shape& shape(NodeId id) const { return value(id).node.shape; }

  // ---- buffers

  int buffer(NodeId id) {
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
    p_.buffers_.push_back({fixed, 0});
    sizes_.push_back(fixed ? 0 : storage_count(v.node.shape, v.layout) * dtype_size(v.node.dtype));
    return b;
  }

  // Does anybody outside of its group read this value?
  bool is_stored(NodeId id) const {
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

  // ---- steps

  void emit(const Group& group) {
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
    p_.steps_.push_back(std::move(step));
  }

  void emit_other(Step& step, NodeId id) {
    const Value& v = value(id);
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
  int64_t relayout_tasks(NodeId from, NodeId to) const {
    const Layout a = value(from).layout, b = value(to).layout;
    const Layout panels = a == Layout::kRowMajor ? b : a;
    const MatrixView m = matrix_view(shape(to), panels);
    return panels_of(panels == Layout::kRowPanels ? m.rows : m.columns);
  }

  void emit_copy(const Assignment& a) {
    Step step;
    step.kind = ValueKind::kAlias;  // a plain copy of storage
    step.dtype = value(a.value).node.dtype;
    step.value = a.value;
    step.inputs = {buffer(a.value)};
    step.output = static_cast<int>(p_.buffers_.size());
    p_.buffers_.push_back({a.variable->tensor.data<char>(), 0});
    sizes_.push_back(0);
    step.rows = storage_count(a.variable->tensor.shape, a.variable->tensor.layout);
    p_.steps_.push_back(std::move(step));
  }

  void emit_matmul(Step& step, const std::vector<NodeId>& members) {
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
    step.block_rows = block_rows(step);
    step.block_panels = kBlockPanels;
    step.rows_outer = step.panels * step.b_stride * static_cast<int64_t>(dtype_size(step.dtype)) <=
                      kPanelsInCache;
    step.tasks = ((step.rows + step.block_rows - 1) / step.block_rows) *
                 ((step.panels + step.block_panels - 1) / step.block_panels);

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
    if (!epilogue.empty()) emit_tiles(step, epilogue, produced);
  }

  static int64_t block_rows(const Step& step) {
    if (step.a_lanes_are_rows) return step.work > kSerialWork ? kPanel : kBlockRowsInLanes;
    const int64_t large = step.rows / kLargeBlockRows * (step.panels / kBlockPanels);
    return large > kManyBlocks ? kLargeBlockRows : kBlockRows;
  }

  // The bias vector if the first thing that happens to the product, and the only one, is adding it.
  NodeId take_bias(NodeId product, const std::vector<NodeId>& epilogue) {
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

  bool is_column_panels(NodeId id) const {
    if (value(id).layout != Layout::kRowMajor) return value(id).layout == Layout::kColumnPanels;
    return shape(id)[0] == 1;  // a single row is the same bytes
  }

  // ---- tile programs

  void emit_tiles(Step& step, const std::vector<NodeId>& members, NodeId produced) {
    TileProgram& map = step.map;
    const NodeId first = members.front();
    const Layout layout = value(first).layout;
    const Shape& s = shape(first);
    std::map<NodeId, int> reg;  // values in registers
    std::map<int, int> spread;  // buffer -> register
    if (produced != kNoNode && step.output < 0) reg[produced] = map.registers++;
    const bool panels = layout != Layout::kRowMajor || produced != kNoNode;
    if (panels) {
      const Layout seen = layout != Layout::kRowMajor ? layout
                          : is_column_panels(first)   ? Layout::kColumnPanels
                                                      : Layout::kRowPanels;
      const MatrixView m = matrix_view(s, seen);
      map.outer = panels_of(seen == Layout::kRowPanels ? m.rows : m.columns);
      map.inner = seen == Layout::kRowPanels ? m.columns : m.rows;
    } else {
      map.inner = storage_count(s, layout) / kPanel;
    }

    bool broadcasts = false;
    const auto operand = [&](NodeId id) -> OperandRef {
      const NodeId root = plan_.root(id);
      const auto found = reg.find(root);
      if (found != reg.end()) return {OperandRef::kRegister, found->second};
      const int b = buffer(id);
      if (element_count(shape(id)) == 1) return {OperandRef::kScalar, b};
      if (shape(id) == s) return {OperandRef::kFull, b};
      broadcasts = true;
      const bool over_rows = shape(id).size() == s.size() && shape(id).front() == s.front() &&
                             element_count(shape(id)) == s.front();
      if (over_rows == (layout == Layout::kRowPanels)) return {OperandRef::kLane, b};
      const auto known = spread.find(b);
      if (known != spread.end()) return {OperandRef::kRegister, known->second};
      map.spreads.push_back({b, map.registers});
      spread[b] = map.registers;
      return {OperandRef::kRegister, map.registers++};
    };

    std::vector<char> folded(plan_.values.size(), 0);
    for (NodeId id : members) {
      for (NodeId input : value(id).node.inputs) fold_product(id, input, members, folded);
    }
    for (NodeId id : members) {
      if (folded[id]) continue;
      const Node& node = value(id).node;
      Instruction in;
      in.op = node.op->elementwise;
      const std::vector<NodeId> operands = operands_of(id, folded);
      if (operands.size() > node.inputs.size()) {  // x*y + c, c - x*y
        in.op = in.op == Elementwise::k_add ? Elementwise::k_fma : Elementwise::k_fnma;
      }
      in.arity = static_cast<int>(operands.size());
      for (int i = 0; i < in.arity; ++i) in.in[i] = operand(operands[i]);
      const bool stored = is_stored(id);
      const bool must_wait = stored && home_.count(id) && read_later(id, members, folded);
      if (stored && !must_wait) {
        in.out = {OperandRef::kFull, buffer(id)};
      } else {
        reg[id] = map.registers;
        in.out = {OperandRef::kRegister, map.registers++};
      }
      map.instructions.push_back(in);
      if (must_wait) {
        map.stores.push_back({Elementwise::k_copy, 1, {in.out}, {OperandRef::kFull, buffer(id)}});
      }
      if (stored && element_count(s) == 1) step.splats.push_back(buffer(id));
    }
    if (!broadcasts && produced == kNoNode) {
      map.inner *= map.outer;
      map.outer = 1;
    }
    map.tile = kTileLines;
    if (produced == kNoNode) {
      step.tasks = map.outer * ((map.inner + map.tile - 1) / map.tile);
      step.work = static_cast<double>(map.outer * map.inner * kPanel) *
                  static_cast<double>(map.instructions.size());
    }
    reuse_registers(map, step.output < 0 && produced != kNoNode);
  }

  // A product used once, by a sum or as what is subtracted, becomes part of a fused multiply-add.
  void fold_product(NodeId user, NodeId product, const std::vector<NodeId>& members,
                    std::vector<char>& folded) {
    const Node &u = value(user).node, &xy = value(product).node;
    if (!is_float(u.dtype) || u.op->kind != OpKind::kElementwise) return;
    const bool sum = u.op->elementwise == Elementwise::k_add;
    const bool difference = u.op->elementwise == Elementwise::k_subtract && u.inputs[1] == product;
    if (!sum && !difference) return;
    if (value(product).kind != ValueKind::kElementwise ||
        xy.op->elementwise != Elementwise::k_multiply) {
      return;
    }
    if (std::find(members.begin(), members.end(), product) == members.end() || is_stored(product)) {
      return;
    }
    int uses = 0;
    for (NodeId id : members) {
      for (NodeId input : value(id).node.inputs) uses += plan_.root(input) == product;
    }
    const bool other_folded = folded[u.inputs[0]] || folded[u.inputs[1]];
    if (uses == 1 && !other_folded) folded[product] = 1;
  }
  NodeId folded_product(const Node& node, const std::vector<char>& folded) const {
    if (node.op->elementwise != Elementwise::k_add &&
        node.op->elementwise != Elementwise::k_subtract) {
      return kNoNode;
    }
    for (NodeId input : node.inputs) {
      if (folded[input]) return input;
    }
    return kNoNode;
  }

  // The operands an instruction reads: of a sum with a folded product, those of both.
  std::vector<NodeId> operands_of(NodeId id, const std::vector<char>& folded) const {
    const Node& node = value(id).node;
    const NodeId product = folded_product(node, folded);
    if (product == kNoNode) return node.inputs;
    const Node& xy = value(product).node;
    const NodeId other = node.inputs[0] == product ? node.inputs[1] : node.inputs[0];
    return {xy.inputs[0], xy.inputs[1], other};
  }

  // Is the old value of the variable that `id` overwrites read after it in the tile?
  bool read_later(NodeId id, const std::vector<NodeId>& members,
                  const std::vector<char>& folded) const {
    const Variable* variable = home_.at(id);
    for (auto later = std::find(members.begin(), members.end(), id) + 1; later != members.end();
         ++later) {
      if (folded[*later]) continue;
      for (NodeId input : operands_of(*later, folded)) {
        if (plan_.node(plan_.root(input)).variable.get() == variable) return true;
      }
    }
    return false;
  }

  // Registers whose last reader has run are given to later results.
  void reuse_registers(TileProgram& map, bool first_is_product) {
    std::map<int, int> last;  // register -> instruction that reads it last
    for (std::size_t i = 0; i < map.instructions.size(); ++i) {
      for (const OperandRef& o : map.instructions[i].in) {
        if (o.kind == OperandRef::kRegister) last[o.index] = static_cast<int>(i);
      }
    }
    for (const Instruction& store : map.stores) last[store.in[0].index] = 1 << 30;
    for (const TileProgram::Spread& s : map.spreads) last[s.reg] = 1 << 30;
    std::vector<int> free;
    std::map<int, int> renamed;
    int next = 0;
    const auto fresh = [&](int reg) {
      int to;
      if (free.empty()) {
        to = next++;
      } else {
        to = free.back();
        free.pop_back();
      }
      renamed[reg] = to;
    };
    if (first_is_product) fresh(0);
    for (TileProgram::Spread& s : map.spreads) {
      fresh(s.reg);
      s.reg = renamed[s.reg];
    }
    for (std::size_t i = 0; i < map.instructions.size(); ++i) {
      Instruction& in = map.instructions[i];
      // The product of a matmul lies apart from the other registers and is not reused.
      std::vector<int> done;
      for (OperandRef& o : in.in) {
        if (o.kind != OperandRef::kRegister) continue;
        const int original = o.index;
        o.index = renamed.at(original);
        const bool is_product = first_is_product && original == 0;
        if (last[original] == static_cast<int>(i) && !is_product) done.push_back(o.index);
      }
      std::sort(done.begin(), done.end());
      done.erase(std::unique(done.begin(), done.end()), done.end());
      free.insert(free.end(), done.begin(), done.end());
      if (in.out.kind == OperandRef::kRegister) {
        fresh(in.out.index);
        in.out.index = renamed.at(in.out.index);
      }
    }
    for (Instruction& store : map.stores) store.in[0].index = renamed.at(store.in[0].index);
    map.registers = next;
  }

  // ---- the whole

  void make_ports(const Graph& graph, const std::vector<NodeId>& outputs) {
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

  // First fit by order of birth: a buffer lives from the step that writes it to the last that reads
  // it; inputs from the start, outputs to the end.
  void place_buffers() {
    const int steps = static_cast<int>(p_.steps_.size());
    const int count = static_cast<int>(p_.buffers_.size());
    std::vector<int> birth(count, steps), death(count, -1);
    const auto touch = [&](int b, int at) {
      if (b < 0) return;
      birth[b] = std::min(birth[b], at);
      death[b] = std::max(death[b], at);
    };
    for (int i = 0; i < steps; ++i) {
      const Step& s = p_.steps_[i];
      for (int b : s.inputs) touch(b, i);
      touch(s.output, i);
      for (const auto& spread : s.map.spreads) touch(spread.buffer, i);
      const auto touch_all = [&](const std::vector<Instruction>& instructions) {
        for (const Instruction& in : instructions) {
          for (int o = 0; o < in.arity; ++o) {
            if (in.in[o].kind != OperandRef::kRegister) touch(in.in[o].index, i);
          }
          if (in.out.kind == OperandRef::kFull) touch(in.out.index, i);
        }
      };
      touch_all(s.map.instructions);
      touch_all(s.map.stores);
    }
    for (const Program::Port& port : p_.inputs_) touch(port.buffer, 0);
    for (const Program::Port& port : p_.outputs_) touch(port.buffer, steps);
    std::vector<int> by_birth;
    for (int b = 0; b < count; ++b) {
      if (!p_.buffers_[b].fixed) by_birth.push_back(b);
    }
    std::stable_sort(by_birth.begin(), by_birth.end(),
                     [&](int a, int b) { return birth[a] < birth[b]; });
    struct Placed {
      std::size_t begin, end;
      int birth, death;
    };
    std::vector<Placed> placed;
    for (int b : by_birth) {
      const std::size_t size = (sizes_[b] + kCacheLine - 1) / kCacheLine * kCacheLine;
      std::size_t offset = 0;
      std::sort(placed.begin(), placed.end(),
                [](const Placed& x, const Placed& y) { return x.begin < y.begin; });
      for (const Placed& q : placed) {
        if (q.death < birth[b] || q.birth > death[b]) continue;
        if (offset + size <= q.begin) break;
        offset = std::max(offset, q.end);
      }
      p_.buffers_[b].offset = offset;
      placed.push_back({offset, offset + size, birth[b], death[b]});
      p_.arena_bytes_ = std::max(p_.arena_bytes_, offset + size);
    }
    for (const Step& s : p_.steps_) {
      const std::size_t size = dtype_size(s.dtype);
      const std::size_t product =
          s.kind == ValueKind::kMatmul ? kPanel * s.block_rows * s.block_panels * size : 0;
      const std::size_t lines = s.kind == ValueKind::kMatmul ? s.block_rows : s.map.tile;
      p_.scratch_bytes_ =
          std::max(p_.scratch_bytes_, product + s.map.registers * lines * kPanel * size);
    }
  }

  void make_phases() {
    for (int i = 0; i < static_cast<int>(p_.steps_.size()); ++i) {
      const Step& s = p_.steps_[i];
      p_.work_ += s.work;
      const bool parallel = s.tasks > 1 && s.work > kSerialWork;
      if (!parallel && !p_.phases_.empty() && !p_.phases_.back().parallel) {
        p_.phases_.back().end = i + 1;
      } else {
        p_.phases_.push_back({i, i + 1, parallel});
      }
    }
  }

  Program& p_;
  const Plan& plan_;
  std::vector<int> buffer_of_;
  std::vector<std::size_t> sizes_;
  std::vector<int> group_of_;
  std::vector<NodeId> wanted_outside_;
  std::map<NodeId, const Variable*> home_;
};

Program::Program(const Graph& graph, const std::vector<NodeId>& outputs)
    : plan_(lower(graph, outputs)) {
  ProgramBuilder(*this, graph, outputs);
}

}  // namespace pronghorn
