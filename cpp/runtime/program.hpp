// SPDX-License-Identifier: Apache-2.0
// A compiled trace: a flat list of kernel calls over one arena, for one batch size.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/state_lock.hpp"
#include "graph/schedule.hpp"
#include "runtime/thread_choice.hpp"

namespace pronghorn {

constexpr int kMaxOperands = 5;
// Steps that follow each other panel by panel take so many panels through all of them before the
// next: what one of them writes is still near when the next reads it, and weights are read seldom
// enough. (Emerald Rapids, two threads, 32- and 128-wide networks at batch 4,096: 4, 8 and 16
// panels differ by less than the noise.)
constexpr int64_t kPanelsAtOnce = 16;
// A run of less work (about 1 MFLOP, 8 us) is too short for a second thread to pay.
constexpr double kBriefWork = 100000;

// Where an elementwise instruction finds an operand: a scratch register of the thread, or a buffer
// read line by line (kFull), one line per panel (kLane), or the same line always (kScalar).
struct OperandRef {
  enum Kind : uint8_t { kNone, kRegister, kFull, kLane, kScalar } kind = kNone;
  int index = -1;

  bool is_memory() const { return kind != kNone && kind != kRegister; }
  bool operator==(const OperandRef& o) const { return kind == o.kind && index == o.index; }
};

struct Instruction {
  Elementwise op;
  int arity;
  OperandRef in[kMaxOperands];
  OperandRef out;  // kRegister or kFull
};

// Random numbers are made 64 at once: row-major ones in tasks of this many, panels of them from
// pieces of rows so long that little is made in vain where a row begins in the middle of 64.
constexpr int64_t kUniformsPerTask = 1024, kUniformColumns = 1024;

// Elementwise work over `outer` panels of `inner` lines.
struct TileProgram {
  struct Spread {
    int buffer, reg;  // one scalar per line, made into lines before the instructions run
  };
  std::vector<Spread> spreads;
  std::vector<Instruction> instructions;
  std::vector<Instruction> stores;  // copies of registers that must wait until all reads are done
  int registers = 0;
  int64_t outer = 1, inner = 1;
  int64_t tile = 1;  // lines per call
};

struct Step {
  ValueKind kind;
  DType dtype;
  NodeId value = kNoNode;   // the value it is named after
  std::vector<int> inputs;  // buffers
  int output = -1;          // buffer; of a matmul -1 if its tile stays in register 0
  TileProgram map;
  int64_t panels = 0;  // of the results, or of what they are made of
  // matmul: out[panels][rows][16], see Gemm; buffers a, b, bias in `inputs`
  int64_t rows = 0, depth = 0, a_stride = 0, b_stride = 0;
  bool a_lanes_are_rows = false;
  int bias_kind = 0;  // Gemm::Init
  int64_t block_rows = 0, block_panels = 0, depth_block = 0;
  int64_t row_blocks = 0, panel_blocks = 0;
  int64_t group = 1;            // panel blocks that are walked together, for each block of rows
  std::vector<int> prefetches;  // buffers that the map reads line by line, to be asked for early
  std::vector<int> splats;      // one-element results to be copied into all lanes
  int64_t tasks = 1;
  bool panelwise = false;  // is each panel a task?
  double work = 0;         // rough number of scalar operations
  // The last panels of a matmul may not fill their blocks: the tasks from this one on are smaller,
  // on average by this factor.
  int64_t even_tasks = 0;
  double uneven_size = 1;

  double task_at(double share) const;  // where so much of the work is done
};

// The buffers that a step reads and writes.
struct Accesses {
  std::vector<int> reads, writes;
};
Accesses accesses(const Step& step);

// The first thing in a run that is not finite, as far as it can still be found out.
struct NonFinite {
  double loss = 0;                     // NaN or infinite
  std::shared_ptr<Variable> variable;  // that was so before the run
  std::string scope;                   // else where the first such number was computed
  std::shared_ptr<Variable> ruined;    // of a finite loss: a variable that the run has made so
};

// Variables that a run is to leave finite.
using WatchedVariables = std::vector<std::shared_ptr<Variable>>;

using KernelCall = std::function<void()>;

// The memory and scratch of one run at a time.
struct Execution {
  Buffer arena;
  std::vector<char*> buffers;
  std::vector<Buffer> scratch;  // one per thread
  // Where a thread finds each buffer: the same, but for those that it keeps to itself.
  std::vector<std::unique_ptr<char*[]>> buffers_of_thread;
  std::vector<Buffer> passing;  // by thread, where those lie
  // By thread and phase: how many pieces of the thread's share somebody has begun.
  std::vector<std::unique_ptr<std::atomic<int>[]>> cursors;
  // The calls that a thread of a team makes in a phase, once recorded, if that is short: to find
  // out in each run which they are would take as long as they do. [size of the team][thread][phase]
  std::vector<std::vector<std::vector<std::vector<KernelCall>>>> calls;

  const std::vector<KernelCall>* recorded(int threads, int thread, std::size_t phase) const {
    const auto team = static_cast<std::size_t>(threads);
    if (team >= calls.size() || calls[team].empty()) return nullptr;
    const std::vector<KernelCall>& found = calls[team][thread][phase];
    return found.empty() ? nullptr : &found;
  }
};

class Program {
 public:
  // keeps_memory: whether the memory of a run stays for the next.
  // watched: if there, the first output is a loss, and find_nonfinite and find_ruined are of use.
  Program(const Graph& graph, const std::vector<NodeId>& outputs, bool keeps_memory = true,
          const std::optional<WatchedVariables>& watched = std::nullopt);

  // To be held while it runs: the variables it reads or assigns.
  const std::shared_ptr<StateGroup>& state() const { return state_; }
  StateLock::Kind access() const {
    return plan_.assignments.empty() ? StateLock::Kind::kRead : StateLock::Kind::kWrite;
  }

  // An execution to run on, reused from earlier runs; give it back when done.
  std::unique_ptr<Execution> acquire(int threads) const;
  void release(std::unique_ptr<Execution> execution) const;

  struct Phase {
    int begin, end;  // steps
    bool parallel;   // shared out among the threads, or too small for that
    double work;     // of all its steps
    // The first steps may read what those before them have written, panel by panel: each thread has
    // the same panels in all of them.
    int panelwise_end;
    int64_t panels;  // 0 if there are none
    double panelwise_work;
    // What is written and read panel by panel in this phase only: a thread keeps no more of it than
    // of the panels it is at.
    struct Passing {
      int buffer;
      std::size_t offset, panel_bytes;
    };
    std::vector<Passing> passing;
  };
  const std::vector<Phase>& phases() const { return phases_; }
  // Before the first phase of a run, by each thread; then they meet at a barrier.
  void begin_run(const Execution& execution, int thread) const;
  // Runs this thread's share of a phase, and then what others have left of theirs. Before the next
  // phase they meet at a barrier.
  void run_phase(const Phase& phase, const Execution& execution, int thread, int threads) const;

  // After this phase the loss is known, and what led to it still in memory; null if not watched.
  const Phase* watched_phase() const {
    return watched_phase_ < 0 ? nullptr : &phases_[watched_phase_];
  }
  double loss(const Execution& execution) const;
  NonFinite find_nonfinite(const Execution& execution) const;  // right after that phase
  // The first watched variable that is assigned here and not finite, or null: to be asked after a
  // run in which an operation has made something not finite. That is often of no consequence
  // (padding divided by zero), and then again in every run: a search in vain is therefore followed
  // by a hundred times its length without any.
  std::shared_ptr<Variable> find_ruined() const;

  struct Port {
    Shape shape;
    DType dtype;      // as declared
    int buffer = -1;  // -1: an input that nothing reads
    Layout layout = Layout::kRowMajor;
  };
  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }

  double work() const { return work_; }
  bool is_brief() const { return work_ < kBriefWork; }
  // What was found out about this program by running it.
  ThreadChoice thread_choice() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return thread_choice_;
  }
  void set_thread_choice(const ThreadChoice& choice) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    thread_choice_ = choice;
  }
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::string describe() const;

 private:
  friend class ProgramBuilder;

  void record(Execution& execution, int threads) const;
  // One of `count` parts of a phase, as many for each of the threads that share it.
  struct Piece {
    int index, count, threads;
  };
  void run_piece(const Phase& phase, const Execution& execution, int thread, Piece piece) const;
  // Where the thread finds what only passes through a group of panels, which begins here.
  static void place_passing(const Phase& phase, const Execution& execution, int thread,
                            int64_t first_panel);
  // run(step, first, last) for the tasks of a piece; before each group of panels, begin(first
  // panel).
  template <class Run, class Begin>
  void for_piece(const Phase& phase, Piece piece, Run run, Begin begin) const;

  Plan plan_;  // keeps variables and constants alive, and the nodes that steps refer to
  std::shared_ptr<StateGroup> state_;
  std::vector<Step> steps_;
  std::vector<Phase> phases_;
  std::vector<Port> inputs_, outputs_;
  struct BufferPlace {
    char* fixed;         // a variable's or a constant's memory
    std::size_t offset;  // else in the arena
    NodeId value;        // what lies there
    int last_phase;      // in which it is read; afterwards others may lie in its place
  };
  std::vector<BufferPlace> buffers_;
  std::size_t arena_bytes_ = 0, scratch_bytes_ = 0, passing_bytes_ = 0;
  double work_ = 0;
  int watched_phase_ = -1;
  WatchedVariables watched_;  // that are assigned here
  bool keeps_memory_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Execution>> idle_;
  mutable ThreadChoice thread_choice_;
  mutable std::chrono::steady_clock::time_point next_search_{};
};

}  // namespace pronghorn
