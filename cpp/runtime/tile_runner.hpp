// SPDX-License-Identifier: Apache-2.0
// The steps that are tile programs and matrix products: which kernel calls they are made of.
#pragma once
#include <algorithm>

#include "runtime/program.hpp"

namespace pronghorn {

struct Range {
  int64_t begin, end;
};

template <class T>
struct ElementwiseCall {
  ElementwiseKernel<T> kernel;
  T* out;
  Operand<T> operands[kMaxOperands] = {};
  int64_t count;

  void operator()() const { kernel(out, operands, count); }
};

template <class T>
struct GemmCall {
  void (*kernel)(const Gemm<T>& gemm);
  Gemm<T> gemm;

  void operator()() const { kernel(gemm); }
};

// The blocks of a matmul in the order of its tasks: groups of panel blocks, in each the blocks of
// rows, for each of these the panel blocks of the group.
struct BlockWalk {
  const Step& s;
  int64_t group_begin = 0, group, row_block = 0, in_group = 0;

  BlockWalk(const Step& step, int64_t task) : s(step) {
    begin_group(task == 0 ? 0 : task / (s.row_blocks * s.group) * s.group);
    if (task == 0) return;
    row_block = (task - group_begin * s.row_blocks) / group;
    in_group = (task - group_begin * s.row_blocks) % group;
  }
  void begin_group(int64_t at) {
    group_begin = at;
    group = std::min(s.group, s.panel_blocks - at);
  }
  void next() {
    if (++in_group < group) return;
    in_group = 0;
    if (++row_block < s.row_blocks) return;
    row_block = 0;
    begin_group(group_begin + group);
  }
};

// One thread's view of such a step. Each call is handed to a `Do`, which makes it at once or keeps
// it for later: all that it needs is in it.
template <class T, class Do>
class TileRunner {
 public:
  TileRunner(const Step& step, const Execution& execution, int thread, Do what)
      : s_(step),
        buffers_(execution.buffers_of_thread[thread].get()),
        kernels_(kernel_table<T>()),
        scratch_(reinterpret_cast<T*>(execution.scratch[thread].get())),
        do_(what) {}

  void run_elementwise(Range tasks) const {
    const TileProgram& map = s_.map;
    if (s_.panelwise) return run_panels(tasks);
    int64_t panel = 0, line = tasks.begin * map.tile;
    if (line >= map.inner) {  // a division is dear where there is little else to do
      const int64_t tiles = (map.inner + map.tile - 1) / map.tile;
      panel = tasks.begin / tiles;
      line = tasks.begin % tiles * map.tile;
    }
    for (int64_t task = tasks.begin; task < tasks.end; ++task) {
      for (int buffer : s_.prefetches) {  // the next tile
        const T* next = at(buffer) + (panel * map.inner + line + map.tile) * kPanel;
        for (int64_t i = 0; i < map.tile; ++i) __builtin_prefetch(next + i * kPanel);
      }
      run_tile(panel, line, std::min(map.tile, map.inner - line), scratch_, map.tile, nullptr);
      line += map.tile;
      if (line >= map.inner) {
        line = 0;
        ++panel;
      }
    }
  }

  void run_matmul(Range tasks) const {
    if (s_.panelwise) {
      for (int64_t panel = tasks.begin; panel < tasks.end; panel += s_.block_panels) {
        for (int64_t row = 0; row < s_.rows; row += s_.block_rows) {
          run_block(row, panel, tasks.end);
        }
      }
      return;
    }
    BlockWalk walk(s_, tasks.begin);
    for (int64_t task = tasks.begin; task < tasks.end; ++task, walk.next()) {
      run_block(walk.row_block * s_.block_rows,
                (walk.group_begin + walk.in_group) * s_.block_panels, s_.panels);
    }
  }

 private:
  void run_panels(Range panels) const {
    const TileProgram& map = s_.map;
    if (map.outer == 1) {  // their lines follow one another
      const int64_t lines = map.inner / s_.panels;
      return run_lines(0, {panels.begin * lines, panels.end * lines});
    }
    for (int64_t p = panels.begin; p < panels.end; ++p) run_lines(p, {0, map.inner});
  }

  void run_lines(int64_t panel, Range lines) const {
    const int64_t tile = s_.map.tile;
    for (int64_t line = lines.begin; line < lines.end; line += tile) {
      run_tile(panel, line, std::min(tile, lines.end - line), scratch_, tile, nullptr);
    }
  }

  // The block of a product that begins here, of panels before `panels_end`.
  void run_block(int64_t row, int64_t panel, int64_t panels_end) const {
    const int64_t product_size = s_.block_rows * kPanel;
    const bool has_epilogue = !s_.map.instructions.empty();
    const bool in_scratch = s_.output < 0;
    GemmCall<T> call{kernels_.gemm, {}};
    Gemm<T>& g = call.gemm;
    g.rows = std::min(s_.block_rows, s_.rows - row);
    g.panels = std::min(s_.block_panels, panels_end - panel);
    g.a_stride = s_.a_stride;
    g.a_lanes_are_rows = s_.a_lanes_are_rows;
    g.b_stride = s_.b_stride;
    g.out = in_scratch ? scratch_ : at(s_.output) + (panel * s_.rows + row) * kPanel;
    g.out_stride = in_scratch ? product_size : s_.rows * kPanel;
    g.init = static_cast<typename Gemm<T>::Init>(s_.bias_kind);
    g.bias = s_.bias_kind == 0   ? nullptr
             : s_.bias_kind == 1 ? at(s_.inputs[2]) + row
                                 : at(s_.inputs[2]) + panel * kPanel;
    const T* a = at(s_.inputs[0]) +
                 (g.a_lanes_are_rows ? row / kPanel * g.a_stride + row % kPanel : row * kPanel);
    const T* b = at(s_.inputs[1]) + panel * g.b_stride;
    for (int64_t k = 0; k == 0 || k < s_.depth; k += s_.depth_block) {
      g.depth = std::min(s_.depth_block, s_.depth - k);
      g.a = g.a_lanes_are_rows ? a + k * kPanel : a + k / kPanel * g.a_stride;
      g.b = b + k * kPanel;
      add_prefetches(g, panel, row, (s_.depth - k - 1) / s_.depth_block);
      do_(call);
      g.init = Gemm<T>::Init::kAccumulate;
    }
    for (int64_t p = 0; has_epilogue && p < g.panels; ++p) {
      run_tile(panel + p, row, g.rows, scratch_ + product_size * s_.block_panels, s_.block_rows,
               in_scratch ? scratch_ + p * product_size : nullptr);
    }
  }

  T* at(int buffer) const { return reinterpret_cast<T*>(buffers_[buffer]); }

  // Runs the tile program on lines [line, line + count) of panel `panel`. Registers are
  // `registers`, each `lines` long; register 0 may be a product that lies elsewhere.
  void run_tile(int64_t panel, int64_t line, int64_t count, T* registers, int64_t lines,
                T* product) const {
    const TileProgram& map = s_.map;
    const auto reg = [&](int index) {
      return product && index == 0 ? product : registers + index * lines * kPanel;
    };
    const int64_t offset = (panel * map.inner + line) * kPanel;
    for (const TileProgram::Spread& spread : map.spreads) {
      do_([kernel = kernels_.spread, out = reg(spread.reg), in = at(spread.buffer) + line, count] {
        kernel(out, in, count);
      });
    }
    const auto execute = [&](const Instruction& instruction) {
      ElementwiseCall<T> call;
      call.kernel = kernels_.elementwise[static_cast<int>(instruction.op)];
      call.out = instruction.out.kind == OperandRef::kRegister ? reg(instruction.out.index)
                                                               : at(instruction.out.index) + offset;
      call.count = count;
      for (int i = 0; i < instruction.arity; ++i) {
        const OperandRef& ref = instruction.in[i];
        switch (ref.kind) {
          case OperandRef::kRegister:
            call.operands[i] = {reg(ref.index), kPanel};
            break;
          case OperandRef::kFull:
            call.operands[i] = {at(ref.index) + offset, kPanel};
            break;
          case OperandRef::kLane:
            call.operands[i] = {at(ref.index) + panel * kPanel, 0};
            break;
          default:
            call.operands[i] = {at(ref.index), 0};
        }
      }
      do_(call);
    };
    for (const Instruction& instruction : map.instructions) execute(instruction);
    for (const Instruction& store : map.stores) execute(store);
  }

  // The epilogue reads its operands once, line by line: they come from far away unless they are
  // asked for in time: one of them while each of the last blocks of depth is multiplied, the rest
  // at the first.
  void add_prefetches(Gemm<T>& g, int64_t panel, int64_t row, int64_t blocks_after) const {
    g.prefetches = 0;
    g.prefetch_stride = s_.rows * kPanel;
    const auto count = static_cast<int64_t>(s_.prefetches.size());
    const bool is_first = g.init != Gemm<T>::Init::kAccumulate;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t wanted_after = count - 1 - i;
      if (wanted_after == blocks_after || (is_first && wanted_after > blocks_after)) {
        g.prefetch[g.prefetches++] = at(s_.prefetches[i]) + (panel * s_.rows + row) * kPanel;
      }
    }
  }

  const Step& s_;
  char* const* buffers_;
  const KernelTable<T>& kernels_;
  T* scratch_;
  Do do_;
};

}  // namespace pronghorn
