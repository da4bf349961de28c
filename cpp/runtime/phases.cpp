// SPDX-License-Identifier: Apache-2.0
// Which steps may run at the same time: between two barriers lie all steps that wait for nothing
// else, and their tasks are shared out among the threads as if they were one step.
#include <algorithm>

#include "runtime/program_builder.hpp"

namespace pronghorn {
namespace {

// Below this many scalar operations a phase is done by one thread: about 0.2 us of work against the
// tens of nanoseconds of a barrier. (10-64-64-1 and 8-50-50-50-1 at batch 32 on two threads of Zen
// 5 gain 3 % over five times as many.)
constexpr double kSerialWork = 6000;

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
// or which reads what it overwrites; the same if it reads of each panel what that step has written
// of it, and both are run panel by panel.
ProgramBuilder::Levels ProgramBuilder::find_levels() const {
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
    bool panelwise = false;
  };
  std::vector<LevelAfter> after(memory.size());
  Levels levels;
  levels.panels = choose_panels();
  for (const Step& step : p_.steps_) {
    const Accesses a = accesses(step);
    const Panelwise p = panelwise(step);
    const bool is_panelwise = levels.panels > 0 && p.panels == levels.panels;
    int level = 0;
    for (int b : a.reads) {
      const LevelAfter& of = after[memory[b]];
      const bool same_panel =
          is_panelwise && of.panelwise && std::count(p.reads.begin(), p.reads.end(), b) > 0;
      level = std::max(level, of.written - (same_panel ? 1 : 0));
    }
    for (int b : a.writes) {
      level = std::max({level, after[memory[b]].written, after[memory[b]].read});
    }
    for (int b : a.reads) {
      int& read = after[memory[b]].read;
      read = std::max(read, level + 1);
    }
    for (int b : a.writes) {
      after[memory[b]].written = level + 1;
      after[memory[b]].panelwise = is_panelwise && p.writes;
    }
    levels.of_step.push_back(level);
    levels.is_panelwise.push_back(is_panelwise);
    levels.count = std::max(levels.count, level + 1);
  }
  return levels;
}

// Steps are sorted by level; within one, those that are run panel by panel come first. With a
// watched loss the phase that computes it ends there: what comes later may spread a NaN.
void ProgramBuilder::make_phases(bool watched) {
  const Levels levels = find_levels();
  int loss_level = -1;
  for (std::size_t i = 0; watched && i < p_.steps_.size(); ++i) {
    const Accesses a = accesses(p_.steps_[i]);
    const bool is_loss = std::count(a.writes.begin(), a.writes.end(), p_.outputs_[0].buffer) > 0;
    if (is_loss) loss_level = levels.of_step[i];
  }
  std::vector<Step> sorted;
  for (int level = 0; level < levels.count; ++level) {
    Program::Phase phase{};
    phase.begin = phase.panelwise_end = static_cast<int>(sorted.size());
    int64_t tasks = 0;
    for (const bool panelwise : {true, false}) {
      for (std::size_t i = 0; i < levels.of_step.size(); ++i) {
        if (levels.of_step[i] != level || levels.is_panelwise[i] != panelwise) continue;
        phase.work += p_.steps_[i].work;
        if (panelwise) phase.panelwise_work += p_.steps_[i].work;
        tasks += p_.steps_[i].tasks;
        sorted.push_back(std::move(p_.steps_[i]));
      }
      if (panelwise) phase.panelwise_end = static_cast<int>(sorted.size());
    }
    phase.end = static_cast<int>(sorted.size());
    const bool several_panelwise = phase.panelwise_end > phase.begin + 1;
    phase.parallel = (tasks > 1 || several_panelwise) && phase.work > kSerialWork;
    p_.work_ += phase.work;
    const bool may_join = !p_.phases_.empty() && (loss_level < 0 || level != loss_level + 1);
    if (!phase.parallel && may_join && !p_.phases_.back().parallel) {
      p_.phases_.back().end = phase.end;
      p_.phases_.back().work += phase.work;
    } else {
      if (phase.parallel && several_panelwise) {
        phase.panels = levels.panels;
        std::for_each(sorted.begin() + phase.begin, sorted.begin() + phase.panelwise_end,
                      [&](Step& step) { cut_by_panels(step); });
      } else {
        phase.panelwise_end = phase.begin;
        phase.panelwise_work = 0;
      }
      p_.phases_.push_back(phase);
    }
    if (level == loss_level) p_.watched_phase_ = static_cast<int>(p_.phases_.size()) - 1;
  }
  p_.steps_ = std::move(sorted);
}

}  // namespace pronghorn
