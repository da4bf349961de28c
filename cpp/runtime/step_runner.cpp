// SPDX-License-Identifier: Apache-2.0
#include "runtime/step_runner.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "graph/relayout.hpp"
#include "runtime/tile_runner.hpp"

namespace pronghorn {
namespace {

struct Now {
  template <class Call>
  void operator()(const Call& call) const {
    call();
  }
};
struct Later {
  std::vector<KernelCall>& calls;

  template <class Call>
  void operator()(const Call& call) const {
    calls.emplace_back(call);
  }
};

// One thread's view of a step.
template <class T>
class StepRunner {
 public:
  StepRunner(const Step& step, const Execution& execution, const Plan& plan, int thread)
      : s_(step),
        e_(execution),
        buffers_(execution.buffers_of_thread[thread].get()),
        plan_(plan),
        thread_(thread),
        kernels_(kernel_table<T>()),
        scratch_(reinterpret_cast<T*>(execution.scratch[thread].get())) {}

  void run(Range tasks) const {
    switch (s_.kind) {
      case ValueKind::kElementwise:
        return tiles().run_elementwise(tasks);
      case ValueKind::kMatmul:
        return tiles().run_matmul(tasks);
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
  TileRunner<T, Now> tiles() const { return {s_, e_, thread_, {}}; }
  T* at(int buffer) const { return reinterpret_cast<T*>(buffers_[buffer]); }
  const T* in(int i) const { return at(s_.inputs[i]); }
  T* out() const { return at(s_.output); }
  int reduction() const { return static_cast<int>(plan_.node(s_.value).op->reduction); }

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
    const auto* state = reinterpret_cast<const int64_t*>(buffers_[s_.inputs[0]]);
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
        const bool whole_rows = columns == s_.depth;  // which follow one another
        const int64_t pieces = whole_rows ? 1 : rows,
                      length = whole_rows ? rows * columns : columns;
        for (int64_t i = 0; i < pieces; ++i) {
          const int64_t first = (row + i) * s_.depth + column;
          kernels_.uniform(scratch_ + i * columns, first, first + length, key, counter);
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
      e.inputs.push_back(buffers_[s_.inputs[i]]);
    }
    e.output = out();
    e.node->op->evaluate(e);
  }

  const Step& s_;
  const Execution& e_;
  char* const* buffers_;
  const Plan& plan_;
  int thread_;
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

void run_cast(const Step& step, const Plan& plan, char* const* buffers, Range tasks) {
  const Node& node = plan.node(step.value);
  const DType from = plan.node(node.inputs[0]).dtype;
  dispatch(from, [&](auto x) {
    using From = decltype(x);
    dispatch(node.dtype, [&](auto y) {
      using To = decltype(y);
      const From* in = reinterpret_cast<const From*>(buffers[step.inputs[0]]);
      To* out = reinterpret_cast<To*>(buffers[step.output]);
      const int64_t first = tasks.begin * step.rows / step.tasks;
      const int64_t last = tasks.end * step.rows / step.tasks;
      for (int64_t i = first; i < last; ++i) out[i] = cast_one<From, To>(in[i]);
    });
  });
}

}  // namespace

void run_step(const Step& step, const Plan& plan, const Execution& execution, int thread,
              int64_t begin, int64_t end) {
  if (begin >= end) return;
  if (step.kind == ValueKind::kCast) {
    run_cast(step, plan, execution.buffers_of_thread[thread].get(), {begin, end});
  } else {
    dispatch(step.dtype, [&](auto zero) {
      StepRunner<decltype(zero)>(step, execution, plan, thread).run({begin, end});
    });
  }
  for (int buffer : step.splats) splat(step.dtype, execution.buffers_of_thread[thread][buffer]);
}

void record_step(const Step& step, const Plan& plan, const Execution& execution, int thread,
                 int64_t begin, int64_t end, std::vector<KernelCall>& calls) {
  if (step.kind != ValueKind::kElementwise && step.kind != ValueKind::kMatmul) {
    calls.emplace_back(
        [&, thread, begin, end] { run_step(step, plan, execution, thread, begin, end); });
    return;
  }
  dispatch(step.dtype, [&](auto zero) {
    const TileRunner<decltype(zero), Later> tiles(step, execution, thread, {calls});
    step.kind == ValueKind::kMatmul ? tiles.run_matmul({begin, end})
                                    : tiles.run_elementwise({begin, end});
  });
  for (int buffer : step.splats) {
    calls.emplace_back([dtype = step.dtype, at = execution.buffers_of_thread[thread][buffer]] {
      splat(dtype, at);
    });
  }
}

}  // namespace pronghorn
