// SPDX-License-Identifier: Apache-2.0
// Turns a schedule into steps (program_builder.cpp): products are cut into blocks
// (matmul_blocks.cpp), chains of elementwise values become tile programs (tile_program.cpp), steps
// are grouped by what may run at the same time (phases.cpp, panelwise.cpp), and buffers get their
// places in one arena (memory_plan.cpp).
#pragma once
#include <map>

#include "runtime/program.hpp"

namespace pronghorn {

inline int64_t blocks(int64_t count, int64_t size) { return (count + size - 1) / size; }
inline int64_t panels_of(int64_t count) { return blocks(count, kPanel); }

class ProgramBuilder {
 public:
  ProgramBuilder(Program& program, const Graph& graph, const std::vector<NodeId>& outputs,
                 bool watched);

 private:
  const Value& value(NodeId id) const { return plan_.values[id]; }
  const Shape& shape(NodeId id) const { return value(id).node.shape; }
  bool is_column_panels(NodeId id) const;

  // The buffer of a value: a variable's or a constant's memory, else a place in the arena.
  int buffer(NodeId id);
  // Does anybody outside of its group read this value?
  bool is_stored(NodeId id) const;

  // Steps.
  void emit(const Group& group);
  void emit_other(Step& step, NodeId id);
  int64_t relayout_tasks(NodeId from, NodeId to) const;
  void emit_copy(const Assignment& a);
  void emit_matmul(Step& step, const std::vector<NodeId>& members);
  // panels_are_units: it has weights (or their gradient) for an output, not a batch.
  static void choose_blocks(Step& step, bool panels_are_units);
  // Makes each panel of the step a task.
  static void cut_by_panels(Step& step);
  // The bias vector if the first thing that happens to the product, and the only one, is adding it.
  NodeId take_bias(NodeId product, const std::vector<NodeId>& epilogue);

  // Tile programs. `produced`: the product of a matmul that the tile continues, or kNoNode.
  void emit_tiles(Step& step, const std::vector<NodeId>& members, NodeId produced);
  void choose_prefetches(Step& step) const;
  void postpone_stores(TileProgram& map);
  // Registers whose last reader has run are given to later results.
  void reuse_registers(TileProgram& map, bool first_is_product);

  void make_ports(const Graph& graph, const std::vector<NodeId>& outputs);
  void check_loss() const;
  // How a step can be run panel by panel; panels = 0 if it can't.
  struct Panelwise {
    int64_t panels = 0;
    std::vector<int> reads;  // buffers of which a panel needs the same panel only
    bool writes = true;      // are its results such panels too?
  };
  Panelwise panelwise(const Step& step) const;
  // The number of panels of those steps that are run so; 0 if none shall be.
  int64_t choose_panels() const;
  struct Levels {
    std::vector<int> of_step;
    std::vector<bool> is_panelwise;  // by step
    int64_t panels = 0;
    int count = 0;
  };
  Levels find_levels() const;
  void make_phases(bool watched);
  // The buffers that a thread keeps to itself.
  std::vector<int> find_passing(const std::vector<int>& birth, const std::vector<int>& death);
  void place_buffers();

  Program& p_;
  const Plan& plan_;
  std::vector<int> buffer_of_;              // by value
  std::vector<std::size_t> sizes_;          // by buffer, in bytes; 0 if not in the arena
  std::vector<int> group_of_;               // by value
  std::vector<NodeId> wanted_outside_;      // outputs and assigned values
  std::map<NodeId, const Variable*> home_;  // values written straight into their variable
};

}  // namespace pronghorn
