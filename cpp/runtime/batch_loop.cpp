// SPDX-License-Identifier: Apache-2.0
#include "runtime/batch_loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>

#include "base/errors.hpp"
#include "base/float_environment.hpp"
#include "graph/relayout.hpp"

namespace pronghorn {
namespace {

int threads_for(const Program& program) { return program.is_brief() ? 1 : default_threads(); }

// Gives the execution back whatever happens.
struct Lease {
  const Program& program;
  std::unique_ptr<Execution> execution;
  Lease(const Program& p, int threads) : program(p), execution(p.acquire(threads)) {}
  ~Lease() { program.release(std::move(execution)); }
};

// An error (an index out of range) is kept until the others have come to the barrier, so that
// nobody is left waiting there.
class FirstError {
 public:
  void keep(int64_t turn, std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (turn < turn_) error_ = std::move(error);
    turn_ = std::min(turn_.load(), turn);
  }
  // By the end of this turn? (A faster thread may have failed in the next one already.)
  bool happened(int64_t turn) const { return turn_ <= turn; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  std::atomic<int64_t> turn_{std::numeric_limits<int64_t>::max()};
};

// A look at the loss as soon as it is known, by all threads; `found` is called by one of them if it
// is not finite, while the others wait. And a look at what the processor has noted by the end of a
// step, each thread for itself; `suspected` is called by one of them if it was anything, and says
// whether rightly.
struct Watch {
  bool open = false;
  std::function<void(const Program&, const Execution&)> found;
  std::function<bool(const Program&, const Execution&)> suspected;
  std::atomic<bool> alarm{false};

  // Before the barrier that ends a step, and after it.
  void listen(const Program& program) {
    if (!open || !program.watched_phase() || !FloatEnvironment::has_overflowed()) return;
    alarm.store(true, std::memory_order_relaxed);
  }
  void answer(const Program& program, const Execution& e, int thread, int threads,
              Barrier& barrier) {
    if (!alarm.load(std::memory_order_relaxed)) return;
    if (threads > 1) barrier.wait(thread);  // all have heard it
    if (thread == 0) {
      if (suspected(program, e)) open = false;
      alarm.store(false, std::memory_order_relaxed);
    }
    FloatEnvironment::forget();
    if (threads > 1) barrier.wait(thread);
  }

  void look(const Program& program, const Execution& e, int thread, int threads, Barrier& barrier) {
    if (!open || std::isfinite(program.loss(e))) return;
    if (threads > 1) barrier.wait(thread);  // all have looked
    if (thread == 0) {
      found(program, e);
      open = false;
    }
    if (threads > 1) barrier.wait(thread);
  }
};

// Runs a program; `turn` counts the phases of all programs that a team runs. False after a failure.
bool run_phases(const Program& program, const Execution& e, int thread, int threads,
                Barrier& barrier, FirstError& failure, Watch& watch, int64_t& turn) {
  for (const Program::Phase& phase : program.phases()) {
    ++turn;
    try {
      program.run_phase(phase, e, thread, threads);
    } catch (...) {
      failure.keep(turn, std::current_exception());
    }
    if (threads > 1) barrier.wait(thread);
    if (failure.happened(turn)) return false;
    if (&phase == program.watched_phase()) watch.look(program, e, thread, threads, barrier);
  }
  return true;
}

void load_input(const Program::Port& port, const ArrayView& source, const uint32_t* order,
                int64_t first, const Execution& e, int thread, int threads) {
  if (port.buffer < 0) return;
  const DType storage = storage_dtype(port.dtype);
  const int64_t count = port.shape.empty() ? 1 : port.shape[0];
  const int64_t pieces = gather_pieces(port.shape, port.layout);
  const int64_t begin = pieces * thread / threads, end = pieces * (thread + 1) / threads;
  if (begin == end) return;
  gather_rows(source, order, first, count, storage, port.layout, e.buffers[port.buffer], begin,
              end);
}

bool one_element(const Program::Port& port) { return element_count(port.shape) == 1; }

// One thread's share of loading a batch: the rows of `order` (null: first, first + 1, ...).
void load_inputs(const Program& program, const std::vector<ArrayView>& sources,
                 const uint32_t* order, int64_t first, const Execution& e, int thread,
                 int threads) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Program::Port& port = program.inputs()[i];
    load_input(port, sources[i], order, first, e, thread, threads);
    if (thread == threads - 1 && one_element(port) && port.buffer >= 0) {
      splat(storage_dtype(port.dtype), e.buffers[port.buffer]);
    }
  }
}

// Elements [begin, end) of an output, to the place of row `row` in the sink.
void store_output(const Program::Port& port, const Execution& e, const Sink& sink, int64_t row,
                  int64_t begin, int64_t end) {
  const int64_t count = element_count(port.shape);
  const int64_t offset =
      port.shape.empty() || port.shape[0] == 0 ? 0 : row * (count / port.shape[0]);
  const auto write_as = [&](auto zero) {
    using To = decltype(zero);
    To* out = reinterpret_cast<To*>(sink.data) + offset;
    dispatch(storage_dtype(port.dtype), [&](auto from) {
      const auto* in = reinterpret_cast<const decltype(from)*>(e.buffers[port.buffer]);
      for (int64_t i = begin; i < end; ++i) out[i] = static_cast<To>(in[i]);
    });
  };
  switch (port.dtype) {
    case DType::kBool:
      return write_as(bool{});
    case DType::kUInt8:
      return write_as(uint8_t{});
    case DType::kInt32:
      return write_as(int32_t{});
    case DType::kInt64:
      return write_as(int64_t{});
    case DType::kFloat32:
      return write_as(float{});
    case DType::kFloat64:
      return write_as(double{});
  }
}

// One thread's share of it: 64 elements, whole cache lines, belong together.
void store_outputs(const Program& program, const Execution& e, const std::vector<Sink>& sinks,
                   int64_t row, int thread, int threads) {
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const Program::Port& port = program.outputs()[i];
    const int64_t count = element_count(port.shape), pieces = (count + 63) / 64;
    const int64_t begin = pieces * thread / threads, end = pieces * (thread + 1) / threads;
    store_output(port, e, sinks[i], row, begin * 64, std::min(count, end * 64));
  }
}

// A scalar or a row-less input is a source of one row.
ArrayView as_rows(ArrayView a) {
  if (a.shape.empty()) {
    a.shape = {1};
    a.strides = {0};
  }
  return a;
}

}  // namespace

BatchLoop::BatchLoop(std::shared_ptr<const Program> program, std::shared_ptr<const Program> tail,
                     std::vector<ArrayView> sources, std::vector<Sink> sinks, int64_t rows,
                     int64_t batch_size)
    : program_(std::move(program)),
      tail_(std::move(tail)),
      sources_(std::move(sources)),
      sinks_(std::move(sinks)),
      rows_(rows),
      batch_size_(batch_size) {
  std::vector<std::shared_ptr<StateGroup>> groups;
  for (const auto& p : {program_, tail_}) {
    if (p && p->state()) groups.push_back(p->state());
  }
  state_ = StateGroup::join(groups);
  if (batch_size_ < 1) throw Error("batch_size must be positive");
  begin({}, true);
}

void BatchLoop::begin(std::vector<uint32_t> order, bool ordered) {
  for (uint32_t row : order) {
    if (row >= rows_) throw Error("order: row " + std::to_string(row) + " does not exist");
  }
  order_ = std::move(order);
  ordered_ = ordered;
  epoch_rows_ = ordered_ ? rows_ : static_cast<int64_t>(order_.size());
  steps_ = epoch_rows_ / batch_size_ + (tail_ && epoch_rows_ % batch_size_ ? 1 : 0);
  step_ = 0;
}

// The data come first: what is wrong there is wrong everywhere behind.
void BatchLoop::look_into(const Program& program, const Execution& execution) {
  nonfinite_ = Failure{step_, program.find_nonfinite(execution), -1, -1};
  const int64_t first = step_ * batch_size_, count = program.inputs()[0].shape[0];
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const Program::Port& port = program.inputs()[i];
    if (!is_float(port.dtype)) continue;
    const int64_t width = element_count(port.shape) / count;
    std::vector<double> values(width);
    for (int64_t r = 0; r < count; ++r) {
      const int64_t row = ordered_ ? first + r : order_[first + r];
      gather_rows(sources_[i], nullptr, row, 1, DType::kFloat64, Layout::kRowMajor, values.data(),
                  0, 1);
      if (!std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); })) {
        nonfinite_->source = static_cast<int64_t>(i);
        nonfinite_->row = row;
        return;
      }
    }
  }
}

int64_t BatchLoop::run(int64_t max_steps, double seconds) {
  using Clock = std::chrono::steady_clock;
  const int64_t start = step_;
  const int64_t stop = max_steps < 0 ? steps_ : std::min(steps_, step_ + max_steps);
  const std::chrono::duration<double> limit(seconds > 0 ? seconds : 1e9);
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  const int all = threads_for(*program_);
  ThreadChoice choice = program_->thread_choice();
  while (step_ < stop) {
    const StateAccess access(state_.get(), program_->access());
    const auto began = Clock::now();
    if (step_ > start && began >= deadline) break;
    const std::chrono::duration<double> patience(choice.patience());
    const auto end =
        std::min(deadline, began + std::chrono::duration_cast<Clock::duration>(patience));
    const int64_t steps = all == 1 ? stop - step_ : std::min(stop - step_, choice.steps());
    const bool was_finite = !nonfinite_;
    const int64_t done = run_steps(choice.threads(all), step_ + steps, end, access);
    const std::chrono::duration<double> elapsed = Clock::now() - began;
    if (all > 1) choice.report(done, elapsed.count());
    if (was_finite && nonfinite_) break;
  }
  if (all > 1) program_->set_thread_choice(choice);
  return step_ - start;
}

// Runs to step `stop`, or until the deadline, or until somebody else wants the variables; returns
// how many steps that were.
int64_t BatchLoop::run_steps(int threads, int64_t stop,
                             std::chrono::steady_clock::time_point deadline,
                             const StateAccess& access) {
  const int64_t start = step_, whole = epoch_rows_ / batch_size_;
  const Lease main(*program_, threads);
  std::unique_ptr<Lease> tail;
  if (stop > whole) tail = std::make_unique<Lease>(*tail_, threads);
  // The clock is read about every 20 us.
  const int64_t check_every =
      std::max<int64_t>(1, static_cast<int64_t>(3e5 / (program_->work() + 1e3)));
  std::atomic<bool> running{true};
  FirstError failure;
  Watch watch;
  watch.open = !nonfinite_;
  watch.found = [&](const Program& program, const Execution& e) {
    look_into(program, e);
    running = false;
  };
  watch.suspected = [&](const Program& program, const Execution& e) {
    const std::shared_ptr<Variable> ruined = program.find_ruined();
    if (!ruined) return false;
    nonfinite_ = Failure{step_ - 1, {program.loss(e), nullptr, "", ruined}, -1, -1};
    running = false;
    return true;
  };
  run_team(threads, [&](int thread, int team, Barrier& barrier) {
    int64_t turn = 0;
    FloatEnvironment::forget();  // what another run has left behind
    for (int64_t at = start; at < stop; ++at) {
      const bool is_tail = at >= whole;
      const Program& program = is_tail ? *tail_ : *program_;
      const Execution& e = is_tail ? *tail->execution : *main.execution;
      const int64_t first = at * batch_size_;
      load_inputs(program, sources_, ordered_ ? nullptr : order_.data() + first, first, e, thread,
                  team);
      program.begin_run(e, thread);
      if (team > 1) barrier.wait(thread);
      if (!run_phases(program, e, thread, team, barrier, failure, watch, turn)) return;
      store_outputs(program, e, sinks_, first, thread, team);
      if (thread == 0) {
        ++step_;
        if ((at - start + 1) % check_every == 0 &&
            (access.contended() || std::chrono::steady_clock::now() >= deadline)) {
          running = false;
        }
      }
      watch.listen(program);
      if (team > 1) barrier.wait(thread);
      watch.answer(program, e, thread, team, barrier);
      if (!running) return;
    }
  });
  failure.rethrow();
  return step_ - start;
}

std::shared_ptr<Variable> run_program(const Program& program, const std::vector<ArrayView>& inputs,
                                      const std::vector<Sink>& sinks) {
  const StateAccess access(program.state().get(), program.access());
  return run_program(program, inputs, sinks, access);
}

std::shared_ptr<Variable> run_program(const Program& program, const std::vector<ArrayView>& inputs,
                                      const std::vector<Sink>& sinks, const StateAccess&) {
  const int threads = threads_for(program);
  std::vector<ArrayView> sources;
  for (const ArrayView& input : inputs) sources.push_back(as_rows(input));
  const Lease lease(program, threads);
  const Execution& e = *lease.execution;
  FirstError failure;
  std::shared_ptr<Variable> ruined;
  Watch watch;
  watch.open = program.watched_phase() != nullptr;
  watch.found = [](const Program&, const Execution&) {};  // the caller has the loss
  watch.suspected = [&](const Program&, const Execution&) {
    ruined = program.find_ruined();
    return true;
  };
  run_team(threads, [&](int thread, int team, Barrier& barrier) {
    FloatEnvironment::forget();
    program.begin_run(e, thread);
    load_inputs(program, sources, nullptr, 0, e, thread, team);
    if (team > 1) barrier.wait(thread);
    int64_t turn = 0;
    if (!run_phases(program, e, thread, team, barrier, failure, watch, turn)) return;
    store_outputs(program, e, sinks, 0, thread, team);
    watch.listen(program);
    if (team > 1) barrier.wait(thread);
    watch.answer(program, e, thread, team, barrier);
  });
  failure.rethrow();
  return ruined;
}

}  // namespace pronghorn
