// SPDX-License-Identifier: Apache-2.0
#include "runtime/step_runner.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "graph/relayout.hpp"

namespace pronghorn {
namespace {

struct Range {
  int64_t begin, end;
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

// One thread's view of a step.
template <class T>
class StepRunner {
 public:
  StepRunner(const Step& step, const Execution& execution, const Plan& plan, int thread)
      : s_(step),
        e_(execution),
        plan_(plan),
        kernels_(kernel_table<T>()),
        scratch_(reinterpret_cast<T*>(execution.scratch[thread].get())) {}

  void run(Range tasks) const {
    switch (s_.kind) {
      case ValueKind::kElementwise:
        return run_elementwise(tasks);
      case ValueKind::kMatmul:
        return run_matmul(tasks);
      case ValueKind::kReduceGroups:
        for (int64_t p = tasks.begin; p < tasks.end; ++p) {
          kernels_.reduce_groups[reduction()](out() + p * kPanel, in(0) + p * s_.depth * kPanel,
                                              s_.depth);
        }
        return;
      case ValueKind::kReduceLanes: {
        const int64_t first = tasks.begin * kPanel, last = std::min(tasks.end * kPanel, s_.depth);
        if (first < last) {
          kernels_.reduce_lanes[reduction()](out() + first, in(0) + first * kPanel, s_.rows,
                                             s_.a_stride, last - first);
        }
        return;
      }
      case ValueKind::kDotLanes: {
        const int64_t first = tasks.begin * kPanel, last = std::min(tasks.end * kPanel, s_.depth);
        if (first < last) {
          kernels_.dot_lanes(out() + first, in(0) + first * kPanel, in(1), s_.rows, s_.a_stride,
                             last - first);
        }
        return;
      }
      case ValueKind::kArgmax:
        for (int64_t p = tasks.begin; p < tasks.end; ++p) {
          kernels_.argmax_groups(out() + p * kPanel, in(0) + p * s_.depth * kPanel, s_.depth);
        }
        return;
      case ValueKind::kRowwise:
        return run_rowwise(tasks);
      case ValueKind::kConcatenatePanels:
        return run_concatenate(tasks);
      case ValueKind::kUniform:
        return run_uniform(tasks);
      case ValueKind::kRelayout: {
        const Node& node = plan_.node(s_.value);
        relayout(s_.dtype, node.shape, in(0), plan_.values[node.inputs[0]].layout, out(),
                 plan_.values[s_.value].layout, tasks.begin, tasks.end);
        return;
      }
      case ValueKind::kRowMajor:
        return run_row_major();
      case ValueKind::kAlias:
        std::memcpy(out(), in(0), s_.rows * sizeof(T));
        return;
      default:
        return;
    }
  }

 private:
  T* at(int buffer) const { return reinterpret_cast<T*>(e_.buffers[buffer]); }
  const T* in(int i) const { return at(s_.inputs[i]); }
  T* out() const { return at(s_.output); }
  int reduction() const { return static_cast<int>(plan_.node(s_.value).op->reduction); }

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
      kernels_.spread(reg(spread.reg), at(spread.buffer) + line, count);
    }
    const auto execute = [&](const Instruction& instruction) {
      Operand<T> operands[kMaxOperands];
      for (int i = 0; i < instruction.arity; ++i) {
        const OperandRef& ref = instruction.in[i];
        switch (ref.kind) {
          case OperandRef::kRegister:
            operands[i] = {reg(ref.index), kPanel};
            break;
          case OperandRef::kFull:
            operands[i] = {at(ref.index) + offset, kPanel};
            break;
          case OperandRef::kLane:
            operands[i] = {at(ref.index) + panel * kPanel, 0};
            break;
          default:
            operands[i] = {at(ref.index), 0};
        }
      }
      T* to = instruction.out.kind == OperandRef::kRegister ? reg(instruction.out.index)
                                                            : at(instruction.out.index) + offset;
      kernels_.elementwise[static_cast<int>(instruction.op)](to, operands, count);
    };
    for (const Instruction& instruction : map.instructions) execute(instruction);
    for (const Instruction& store : map.stores) execute(store);
  }

  void run_elementwise(Range tasks) const {
    const TileProgram& map = s_.map;
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
    const int64_t product_size = s_.block_rows * kPanel;
    const bool has_epilogue = !s_.map.instructions.empty();
    const bool in_scratch = s_.output < 0;
    BlockWalk walk(s_, tasks.begin);
    for (int64_t task = tasks.begin; task < tasks.end; ++task, walk.next()) {
      const int64_t row = walk.row_block * s_.block_rows;
      const int64_t panel = (walk.group_begin + walk.in_group) * s_.block_panels;
      Gemm<T> g;
      g.rows = std::min(s_.block_rows, s_.rows - row);
      g.panels = std::min(s_.block_panels, s_.panels - panel);
      g.a_stride = s_.a_stride;
      g.a_lanes_are_rows = s_.a_lanes_are_rows;
      g.b_stride = s_.b_stride;
      g.out = in_scratch ? scratch_ : out() + (panel * s_.rows + row) * kPanel;
      g.out_stride = in_scratch ? product_size : s_.rows * kPanel;
      g.init = static_cast<typename Gemm<T>::Init>(s_.bias_kind);
      g.bias = s_.bias_kind == 0   ? nullptr
               : s_.bias_kind == 1 ? at(s_.inputs[2]) + row
                                   : at(s_.inputs[2]) + panel * kPanel;
      const T* a = in(0) + (g.a_lanes_are_rows ? row / kPanel * g.a_stride : row * kPanel);
      const T* b = in(1) + panel * g.b_stride;
      for (int64_t k = 0; k == 0 || k < s_.depth; k += s_.depth_block) {
        g.depth = std::min(s_.depth_block, s_.depth - k);
        g.a = g.a_lanes_are_rows ? a + k * kPanel : a + k / kPanel * g.a_stride;
        g.b = b + k * kPanel;
        if (k + s_.depth_block >= s_.depth) add_prefetches(g, panel, row);
        kernels_.gemm(g);
        g.init = Gemm<T>::Init::kAccumulate;
      }
      for (int64_t p = 0; has_epilogue && p < g.panels; ++p) {
        run_tile(panel + p, row, g.rows, scratch_ + product_size * s_.block_panels, s_.block_rows,
                 in_scratch ? scratch_ + p * product_size : nullptr);
      }
    }
  }

  // The epilogue reads its operands once, line by line: they come from far away unless they are
  // asked for in time.
  void add_prefetches(Gemm<T>& g, int64_t panel, int64_t row) const {
    for (int buffer : s_.prefetches) {
      g.prefetch[g.prefetches++] = at(buffer) + (panel * s_.rows + row) * kPanel;
    }
    g.prefetch_stride = s_.rows * kPanel;
  }

  void run_rowwise(Range tasks) const {
    const Rowwise which = plan_.node(s_.value).op->rowwise;
    const int64_t stride = s_.depth * kPanel, depth = s_.depth;
    for (int64_t p = tasks.begin; p < tasks.end; ++p) {
      const T* x = in(0) + p * stride;
      switch (which) {
        case Rowwise::kSoftmax:
          kernels_.softmax(out() + p * stride, x, depth);
          break;
        case Rowwise::kLogSoftmax:
          kernels_.log_softmax(out() + p * stride, x, depth);
          break;
        case Rowwise::kSoftmaxCrossEntropy:
          kernels_.softmax_cross_entropy(out() + p * kPanel, x, in(1) + p * stride, depth);
          break;
        case Rowwise::kSparseSoftmaxCrossEntropy:
          kernels_.sparse_softmax_cross_entropy(out() + p * kPanel, x, in(1) + p * kPanel, depth);
          break;
      }
    }
  }

  void run_concatenate(Range tasks) const {
    const Node& node = plan_.node(s_.value);
    for (int64_t p = tasks.begin; p < tasks.end; ++p) {
      T* to = out() + p * node.shape[1] * kPanel;
      for (std::size_t i = 0; i < s_.inputs.size(); ++i) {
        const int64_t lines = plan_.node(node.inputs[i]).shape[1] * kPanel;
        std::memcpy(to, in(static_cast<int>(i)) + p * lines, lines * sizeof(T));
        to += lines;
      }
    }
  }

  void run_uniform(Range tasks) const {
    const auto* state = reinterpret_cast<const int64_t*>(e_.buffers[s_.inputs[0]]);
    const auto words = [](int64_t x, uint32_t* w) {
      w[0] = static_cast<uint32_t>(x);
      w[1] = static_cast<uint32_t>(static_cast<uint64_t>(x) >> 32);
    };
    uint32_t key[2], counter[2];
    words(state[0], key);
    words(state[1], counter);
    const Layout layout = plan_.values[s_.value].layout;
    if (layout == Layout::kRowMajor) {
      const int64_t begin = tasks.begin * kUniformsPerTask;
      const int64_t end = std::min(tasks.end * kUniformsPerTask, s_.rows);
      kernels_.uniform(out() + begin, begin, end, key, counter);
      return;
    }
    for (int64_t p = tasks.begin; p < tasks.end; ++p) {
      const int64_t row = p * kPanel, rows = std::min(kPanel, s_.rows - row);
      for (int64_t column = 0; column < s_.depth; column += kUniformColumns) {
        const int64_t columns = std::min(kUniformColumns, s_.depth - column);
        for (int64_t i = 0; i < rows; ++i) {
          const int64_t first = (row + i) * s_.depth + column;
          kernels_.uniform(scratch_ + i * columns, first, first + columns, key, counter);
        }
        if (layout == Layout::kRowPanels) {
          relayout(s_.dtype, {rows, columns}, scratch_, Layout::kRowMajor,
                   out() + (p * s_.depth + column) * kPanel, layout, 0, 1);
          continue;
        }
        for (int64_t c = 0; c < columns; c += kPanel) {
          T* to = out() + ((column + c) * s_.rows + row * kPanel);
          for (int64_t i = 0; i < rows; ++i) {
            std::copy_n(scratch_ + i * columns + c, std::min(kPanel, columns - c), to + i * kPanel);
          }
        }
      }
    }
  }

  void run_row_major() const {
    Evaluation e;
    e.node = &plan_.node(s_.value);
    for (std::size_t i = 0; i < s_.inputs.size(); ++i) {
      e.operands.push_back(&plan_.node(e.node->inputs[i]));
      e.inputs.push_back(e_.buffers[s_.inputs[i]]);
    }
    e.output = out();
    e.node->op->evaluate(e);
  }

  const Step& s_;
  const Execution& e_;
  const Plan& plan_;
  const KernelTable<T>& kernels_;
  T* scratch_;
};

// Element by element, from any storage type to any other. Out-of-range floats become the nearest
// integer type's limits, NaN becomes 0: never undefined behaviour.
template <class From, class To>
To cast_one(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x) return 0;
    constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
    if (x <= low) return std::numeric_limits<To>::min();
    if (x >= -low) return std::numeric_limits<To>::max();
  }
  return static_cast<To>(x);
}

void run_cast(const Step& step, const Plan& plan, const Execution& e) {
  const Node& node = plan.node(step.value);
  const DType from = plan.node(node.inputs[0]).dtype;
  dispatch(from, [&](auto x) {
    using From = decltype(x);
    dispatch(node.dtype, [&](auto y) {
      using To = decltype(y);
      const From* in = reinterpret_cast<const From*>(e.buffers[step.inputs[0]]);
      To* out = reinterpret_cast<To*>(e.buffers[step.output]);
      for (int64_t i = 0; i < step.rows; ++i) out[i] = cast_one<From, To>(in[i]);
    });
  });
}

}  // namespace

void run_step(const Step& step, const Plan& plan, const Execution& execution, int thread,
              int64_t begin, int64_t end) {
  if (begin >= end) return;
  if (step.kind == ValueKind::kCast) {
    run_cast(step, plan, execution);
  } else {
    dispatch(step.dtype, [&](auto zero) {
      StepRunner<decltype(zero)>(step, execution, plan, thread).run({begin, end});
    });
  }
  for (int buffer : step.splats) splat(step.dtype, execution.buffers[buffer]);
}

}  // namespace pronghorn
