// SPDX-License-Identifier: Apache-2.0
// Chains of elementwise values as tile programs: operands found, instructions combined, registers
// shared.
#include <algorithm>

#include "base/cpu.hpp"
#include "kernels/kernels.hpp"
#include "runtime/combine.hpp"
#include "runtime/program_builder.hpp"

namespace pronghorn {
namespace {

// Lines of a tile of the elementwise interpreter: long enough that a call costs little, short
// enough that a handful of registers (64 bytes a line each) stays in a 32 KB L1 cache.
constexpr int64_t kTileLines = 64;

// How many additions an operation takes the time of.
double cost_of(Elementwise op) {
  switch (op) {
    case Elementwise::k_divide:
    case Elementwise::k_sqrt:
    case Elementwise::k_rsqrt:
    case Elementwise::k_reciprocal:
      return 4;
    case Elementwise::k_divide_by_sqrt:
    case Elementwise::k_step_by_sqrt:
    case Elementwise::k_exp:
    case Elementwise::k_expm1:
    case Elementwise::k_log:
    case Elementwise::k_log1p:
    case Elementwise::k_sin:
    case Elementwise::k_cos:
    case Elementwise::k_tanh:
    case Elementwise::k_sigmoid:
    case Elementwise::k_softplus:
    case Elementwise::k_erf:
      return 8;
    case Elementwise::k_power:
      return 20;
    default:
      return 1;
  }
}

}  // namespace

void ProgramBuilder::emit_tiles(Step& step, const std::vector<NodeId>& members, NodeId produced) {
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

  for (NodeId id : members) {
    const Node& node = value(id).node;
    Instruction in;
    in.op = node.op->elementwise;
    in.arity = static_cast<int>(node.inputs.size());
    for (int i = 0; i < in.arity; ++i) in.in[i] = operand(node.inputs[i]);
    if (is_stored(id)) {
      in.out = {OperandRef::kFull, buffer(id)};
      if (element_count(s) == 1) step.splats.push_back(buffer(id));
    } else {
      reg[id] = map.registers;
      in.out = {OperandRef::kRegister, map.registers++};
    }
    map.instructions.push_back(in);
  }
  if (is_float(step.dtype)) combine_instructions(map.instructions);
  postpone_stores(map);
  step.panels = panels ? map.outer : map.inner;
  if (!broadcasts && produced == kNoNode) {
    map.inner *= map.outer;
    map.outer = 1;
  }
  map.tile = kTileLines;
  if (produced == kNoNode) {
    step.tasks = map.outer * ((map.inner + map.tile - 1) / map.tile);
  }
  double cost = 0;
  for (const Instruction& in : map.instructions) cost += cost_of(in.op);
  step.work = static_cast<double>(map.outer * map.inner * kPanel) * cost;
  reuse_registers(map, step.output < 0 && produced != kNoNode);
  choose_prefetches(step);
}

// What is read tile by tile is asked for early if it is more than half of an L2 cache: the product
// of a matmul, or the tile before, takes long enough for it to come near. (Adam on 784-1024-1024-10
// at batch 256 gains 3 %; where all is near, asking costs 1 %.)
void ProgramBuilder::choose_prefetches(Step& step) const {
  std::vector<int> read;
  for (const Instruction& in : step.map.instructions) {
    for (const OperandRef& o : in.in) {
      const bool known = std::find(read.begin(), read.end(), o.index) != read.end();
      if (o.kind == OperandRef::kFull && o.index != step.output && !known) read.push_back(o.index);
    }
  }
  read.resize(std::min<std::size_t>(read.size(), Gemm<float>::kMaxPrefetches));
  const int64_t elements = step.map.outer * step.map.inner * kPanel;
  const auto bytes = elements * static_cast<int64_t>(read.size() * dtype_size(step.dtype));
  if (bytes > l2_cache_bytes() / 2) step.prefetches = read;
}

// A variable may not be overwritten before its old value has been read for the last time.
void ProgramBuilder::postpone_stores(TileProgram& map) {
  for (auto at = map.instructions.begin(); at != map.instructions.end(); ++at) {
    if (at->out.kind != OperandRef::kFull) continue;
    const OperandRef stored = at->out;
    const char* target = p_.buffers_[stored.index].fixed;
    const auto reads_old = [&](const Instruction& in) {
      return std::any_of(in.in, in.in + in.arity, [&](const OperandRef& o) {
        return o.kind != OperandRef::kRegister && o.index != stored.index &&
               p_.buffers_[o.index].fixed == target;
      });
    };
    if (!target || std::none_of(at + 1, map.instructions.end(), reads_old)) continue;
    at->out = {OperandRef::kRegister, map.registers++};
    for (auto later = at + 1; later != map.instructions.end(); ++later) {
      std::replace_if(
          later->in, later->in + later->arity,
          [&](const OperandRef& o) { return o.is_memory() && o.index == stored.index; }, at->out);
    }
    map.stores.push_back({Elementwise::k_copy, 1, {at->out}, stored});
  }
}

void ProgramBuilder::reuse_registers(TileProgram& map, bool first_is_product) {
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

}  // namespace pronghorn
