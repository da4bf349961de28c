// SPDX-License-Identifier: Apache-2.0
#include "runtime/program.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "runtime/step_runner.hpp"

namespace pronghorn {
namespace {

// A thread's share of a phase is taken in pieces of at least this work (about 8 us), at most so
// many, by the thread itself or by one that is done with its own: threads are not equally fast
// where processors differ or other programs run too. The first pieces of a share are always the
// same thread's, whose caches still have its part of the weights.
constexpr double kPieceWork = 100000;
constexpr int kMaxPieces = 32;

int pieces_of(const Program::Phase& phase, int threads) {
  return std::clamp(static_cast<int>(phase.work / threads / kPieceWork), 1, kMaxPieces);
}

// Is it run by the first thread?
bool is_serial(const Program::Phase& phase, int threads) { return threads == 1 || !phase.parallel; }

}  // namespace

void Program::begin_run(const Execution& execution, int thread) const {
  for (std::size_t p = 0; p < phases_.size(); ++p) execution.cursors[thread][p] = 0;
}

void Program::run_phase(const Phase& phase, const Execution& execution, int thread,
                        int threads) const {
  const std::size_t index = &phase - phases_.data();
  const bool is_alone = is_serial(phase, threads);
  if (is_alone && thread != 0) return;
  if (const auto* calls = execution.recorded(threads, thread, index)) {
    for (const KernelCall& call : *calls) call();
    return;
  }
  if (is_alone) return run_piece(phase, execution, 0, {0, 1, 1});
  const int pieces = pieces_of(phase, threads);
  if (pieces == 1) return run_piece(phase, execution, thread, {thread, threads, threads});
  for (int i = 0; i < threads; ++i) {
    const int owner = (thread + i) % threads;
    std::atomic<int>& taken = execution.cursors[owner][index];
    for (int piece; (piece = taken++) < pieces;) {
      run_piece(phase, execution, thread, {owner * pieces + piece, threads * pieces, threads});
    }
  }
}

double Step::task_at(double share) const {
  const double even = static_cast<double>(even_tasks), uneven = static_cast<double>(tasks) - even;
  const double place = share * (even + uneven * uneven_size);
  return place <= even ? place : even + (place - even) / uneven_size;
}

// A piece is a part of the panels, in groups of about kPanelsAtOnce, as many for each thread; and
// an equal part of the tasks of the other steps, which lie in a row, each as long as its work:
// those whose middle is in it.
template <class Run, class Begin>
void Program::for_piece(const Phase& phase, Piece piece, Run run, Begin begin) const {
  const int64_t panels = phase.panels, most = kPanelsAtOnce * piece.threads;
  const int64_t groups = piece.threads * ((panels + most - 1) / most);
  const auto first_group = [&](int index) {
    return (groups * index + piece.count - 1) / piece.count;  // in the first pieces of a thread
  };
  for (int64_t at = first_group(piece.index); at < first_group(piece.index + 1); ++at) {
    const int64_t first = panels * at / groups, last = panels * (at + 1) / groups;
    if (!phase.passing.empty()) begin(first);
    for (int i = phase.begin; i < phase.panelwise_end; ++i) run(steps_[i], first, last);
  }
  const double work = phase.work - phase.panelwise_work;
  const double from = work * piece.index / piece.count, to = work * (piece.index + 1) / piece.count;
  double start = 0;
  for (int i = phase.panelwise_end; i < phase.end; ++i) {
    const Step& step = steps_[i];
    const auto first_beyond = [&](double place) {
      const double task = std::ceil(step.task_at((place - start) / step.work) - 0.5);
      return static_cast<int64_t>(std::clamp(task, 0.0, static_cast<double>(step.tasks)));
    };
    const int64_t first = piece.index == 0 ? 0 : first_beyond(from);
    const int64_t last = piece.index + 1 == piece.count ? step.tasks : first_beyond(to);
    if (first < last) run(step, first, last);
    start += step.work;
  }
}

void Program::run_piece(const Phase& phase, const Execution& execution, int thread,
                        Piece piece) const {
  for_piece(
      phase, piece,
      [&](const Step& step, int64_t first, int64_t last) {
        run_step(step, plan_, execution, thread, first, last);
      },
      [&](int64_t first_panel) { place_passing(phase, execution, thread, first_panel); });
}

void Program::place_passing(const Phase& phase, const Execution& execution, int thread,
                            int64_t first_panel) {
  for (const Phase::Passing& p : phase.passing) {
    const std::size_t before = p.panel_bytes * static_cast<std::size_t>(first_panel);
    char* here = reinterpret_cast<char*>(execution.passing[thread].get()) + p.offset;
    execution.buffers_of_thread[thread][p.buffer] = here - before;
  }
}

void Program::record(Execution& execution, int threads) const {
  auto& of_team = execution.calls[threads];
  of_team.resize(threads);
  for (int thread = 0; thread < threads; ++thread) {
    of_team[thread].resize(phases_.size());
    for (std::size_t p = 0; p < phases_.size(); ++p) {
      const Phase& phase = phases_[p];
      const bool is_alone = is_serial(phase, threads);
      const bool is_short = phase.work <= kPieceWork * (phase.panels > 0 ? threads : 1);
      if (!is_short || (is_alone && thread != 0)) continue;
      std::vector<KernelCall>& calls = of_team[thread][p];
      for_piece(
          phase, is_alone ? Piece{0, 1, 1} : Piece{thread, threads, threads},
          [&](const Step& step, int64_t first, int64_t last) {
            record_step(step, plan_, execution, thread, first, last, calls);
          },
          [&](int64_t first_panel) {
            const auto place = [&phase, &execution, thread, first_panel] {
              place_passing(phase, execution, thread, first_panel);
            };
            place();
            calls.emplace_back(place);
          });
    }
  }
}

std::unique_ptr<Execution> Program::acquire(int threads) const {
  std::unique_ptr<Execution> e;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      e = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  const bool is_reused = e != nullptr;
  if (!is_reused) {
    e = std::make_unique<Execution>();
    e->arena = allocate(arena_bytes_);
    for (const BufferPlace& b : buffers_) {
      e->buffers.push_back(b.fixed ? b.fixed : reinterpret_cast<char*>(e->arena.get()) + b.offset);
    }
  }
  while (static_cast<int>(e->scratch.size()) < threads)
    e->scratch.push_back(allocate(scratch_bytes_));
  while (static_cast<int>(e->passing.size()) < threads) {
    e->passing.push_back(allocate(passing_bytes_));
    e->buffers_of_thread.emplace_back(new char*[buffers_.size()]);
    std::copy(e->buffers.begin(), e->buffers.end(), e->buffers_of_thread.back().get());
  }
  while (static_cast<int>(e->cursors.size()) < threads) {
    e->cursors.emplace_back(new std::atomic<int>[phases_.size()]);
  }
  if (is_reused) {
    e->calls.resize(std::max<std::size_t>(e->calls.size(), threads + 1));
    for (int team : {1, threads}) {
      if (e->calls[team].empty()) record(*e, team);
    }
  }
  return e;
}

void Program::release(std::unique_ptr<Execution> execution) const {
  if (!keeps_memory_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(execution));
}

std::string Program::describe() const {
  std::ostringstream text;
  const auto place = [&](int b) {
    return std::string(b < 0 ? "-" : buffers_[b].fixed ? "v" : "b") + std::to_string(b);
  };
  const auto operand = [&](const OperandRef& o) {
    const char* kinds[] = {"", "r", "", "lane ", "scalar "};
    return kinds[o.kind] +
           (o.kind == OperandRef::kRegister ? std::to_string(o.index) : place(o.index));
  };
  const char* names[kElementwiseCount] = {
#define PRONGHORN_ROW(name, arity) #name,
      PRONGHORN_ELEMENTWISE_OPS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
  };
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    text << "phase " << p << (phases_[p].parallel ? " (parallel)\n" : " (serial)\n");
    for (int i = phases_[p].begin; i < phases_[p].end; ++i) {
      const bool is_panelwise = i < phases_[p].panelwise_end;
      if (i == phases_[p].begin && is_panelwise) text << " panel by panel\n";
      if (i == phases_[p].panelwise_end && phases_[p].panels > 0) text << " and\n";
      const Step& s = steps_[i];
      const Value& v = plan_.values[s.value];
      text << "  " << v.node.op->name << " " << to_string(v.node.shape) << " "
           << dtype_name(s.dtype) << (s.kind == ValueKind::kMatmul ? " after matmul" : "");
      if (s.kind == ValueKind::kMatmul) {
        text << " rows=" << s.rows << " depth=" << s.depth << " panels=" << s.panels
             << (s.bias_kind ? " bias" : "");
      }
      for (int b : s.inputs) text << " " << place(b);
      text << " -> " << place(s.output) << " tasks=" << s.tasks << "\n";
      for (const auto& q : s.map.spreads)
        text << "      r" << q.reg << " = spread " << place(q.buffer) << "\n";
      const auto line = [&](const Instruction& in) {
        text << "      " << operand(in.out) << " = " << names[static_cast<int>(in.op)];
        for (int o = 0; o < in.arity; ++o) text << " " << operand(in.in[o]);
        text << "\n";
      };
      for (const Instruction& in : s.map.instructions) line(in);
      for (const Instruction& in : s.map.stores) line(in);
    }
  }
  return text.str();
}

}  // namespace pronghorn
