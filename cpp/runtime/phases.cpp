// SPDX-License-Identifier: Apache-2.0
// Which steps may run at the same time: between two barriers lie all steps that wait for nothing
// else, and their tasks are shared out among the threads as if they were one step.
#include <algorithm>

#include "runtime/program_builder.hpp"

namespace pronghorn {
namespace {

// Below this many scalar operations a phase is done by one thread: about a microsecond of work
// against the tens of nanoseconds of a barrier.
constexpr double kSerialWork = 30000;

}  // namespace

Accesses accesses(const Step& step) {
  Accesses a;
  const auto add = [](std::vector<int>& to, int buffer) {
    if (buffer >= 0) to.push_back(buffer);
  };
  for (int b : step.inputs) add(a.reads, b);
  add(a.writes, step.output);
  for (const auto& spread : step.map.spreads) add(a.reads, spread.buffer);
  for (const auto* instructions : {&step.map.instructions, &step.map.stores}) {
    for (const Instruction& in : *instructions) {
      for (int o = 0; o < in.arity; ++o) {
        if (in.in[o].is_memory()) add(a.reads, in.in[o].index);
      }
      if (in.out.is_memory()) add(a.writes, in.out.index);
    }
  }
  return a;
}

// The level of a step is one more than that of the last step whose result it reads or overwrites,
// or which reads what it overwrites. Steps are sorted by level. With a watched loss the phase that
// computes it ends there: what comes later may spread a NaN.
void ProgramBuilder::make_phases(bool watched) {
  // Values that lie in the same variable are the same memory.
  std::map<const char*, int> variables;
  std::vector<int> memory(p_.buffers_.size());
  for (std::size_t b = 0; b < memory.size(); ++b) {
    memory[b] = static_cast<int>(b);
    const char* fixed = p_.buffers_[b].fixed;
    if (fixed) memory[b] = variables.emplace(fixed, memory[b]).first->second;
  }
  struct LevelAfter {
    int written = 0, read = 0;
  };
  std::vector<LevelAfter> after(memory.size());
  std::vector<int> levels(p_.steps_.size());
  int last = -1, loss_level = -1;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Accesses a = accesses(p_.steps_[i]);
    int level = 0;
    for (int b : a.reads) level = std::max(level, after[memory[b]].written);
    for (int b : a.writes) {
      level = std::max({level, after[memory[b]].written, after[memory[b]].read});
    }
    for (int b : a.reads) {
      int& read = after[memory[b]].read;
      read = std::max(read, level + 1);
    }
    for (int b : a.writes) after[memory[b]].written = level + 1;
    levels[i] = level;
    const bool is_loss =
        watched && std::count(a.writes.begin(), a.writes.end(), p_.outputs_[0].buffer) > 0;
    if (is_loss) loss_level = level;
    last = std::max(last, level);
  }
  std::vector<Step> sorted;
  for (int level = 0; level <= last; ++level) {
    const int begin = static_cast<int>(sorted.size());
    double work = 0;
    int64_t tasks = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i] != level) continue;
      work += p_.steps_[i].work;
      tasks += p_.steps_[i].tasks;
      sorted.push_back(std::move(p_.steps_[i]));
    }
    const int end = static_cast<int>(sorted.size());
    const bool parallel = tasks > 1 && work > kSerialWork;
    const bool may_join = !p_.phases_.empty() && (loss_level < 0 || level != loss_level + 1);
    if (!parallel && may_join && !p_.phases_.back().parallel) {
      p_.phases_.back().end = end;
      p_.phases_.back().work += work;
    } else {
      p_.phases_.push_back({begin, end, parallel, work});
    }
    if (level == loss_level) p_.watched_phase_ = static_cast<int>(p_.phases_.size()) - 1;
    p_.work_ += work;
  }
  p_.steps_ = std::move(sorted);
}

}  // namespace pronghorn
