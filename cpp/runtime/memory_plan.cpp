// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "runtime/program_builder.hpp"

namespace pronghorn {
namespace {

struct Overwrite {
  int old_buffer, new_buffer;
};

// Which results of a step may lie where an operand did, as far as the step is concerned: it reads
// that line by line, and not again after it has written the line. (Its stores read registers.)
std::vector<Overwrite> overwrites(const Step& step) {
  std::vector<int> kept = step.inputs;
  for (const auto& spread : step.map.spreads) kept.push_back(spread.buffer);
  std::vector<Overwrite> found;
  for (auto at = step.map.instructions.rbegin(); at != step.map.instructions.rend(); ++at) {
    for (const OperandRef& o : at->in) {
      const bool is_kept = std::find(kept.begin(), kept.end(), o.index) != kept.end();
      if (at->out.kind == OperandRef::kFull && o.kind == OperandRef::kFull && !is_kept) {
        found.push_back({o.index, at->out.index});
      }
    }
    for (const OperandRef& o : at->in) {
      if (o.is_memory()) kept.push_back(o.index);
    }
  }
  return found;
}

}  // namespace

// Gives what only passes through the panelwise steps of a phase its place in the memory of a
// thread, and returns these buffers. What layers have computed before the loss is known is not
// among them: it is looked at if that is NaN.
std::vector<int> ProgramBuilder::find_passing(const std::vector<int>& birth,
                                              const std::vector<int>& death) {
  std::vector<int> found;
  for (int at = 0; at < static_cast<int>(p_.phases_.size()); ++at) {
    Program::Phase& phase = p_.phases_[at];
    if (phase.panels == 0) continue;
    std::set<int> candidates;
    for (int i = phase.begin; i < phase.panelwise_end; ++i) {
      if (!panelwise(p_.steps_[i]).writes) continue;
      for (int b : accesses(p_.steps_[i]).writes) {
        const Value& v = value(p_.buffers_[b].value);
        const bool may_be_looked_at = v.node.scope && at <= p_.watched_phase_;
        const bool has_panels = v.layout == Layout::kRowPanels || v.node.shape.size() == 1;
        const bool ends = birth[b] == at && death[b] == at && !p_.buffers_[b].fixed;
        if (ends && has_panels && !may_be_looked_at) candidates.insert(b);
      }
    }
    for (int i = phase.begin; i < phase.end; ++i) {
      const bool is_panelwise = i < phase.panelwise_end;
      const std::vector<int> by_panel =
          is_panelwise ? panelwise(p_.steps_[i]).reads : std::vector<int>();
      for (int b : accesses(p_.steps_[i]).reads) {
        if (std::count(by_panel.begin(), by_panel.end(), b) == 0) candidates.erase(b);
      }
    }
    std::size_t offset = 0;
    for (int b : candidates) {
      const std::size_t panel_bytes = sizes_[b] / static_cast<std::size_t>(phase.panels);
      phase.passing.push_back({b, offset, panel_bytes});
      offset += panel_bytes * kPanelsAtOnce;
      found.push_back(b);
    }
    p_.passing_bytes_ = std::max(p_.passing_bytes_, offset);
  }
  return found;
}

// First fit by order of birth: a buffer lives from the phase that writes it to the last that reads
// it; inputs from the start, outputs to the end. A result takes the place of an operand that nobody
// else reads in this phase or later, if it can: less memory is touched.
void ProgramBuilder::place_buffers() {
  const int phases = static_cast<int>(p_.phases_.size());
  const int count = static_cast<int>(p_.buffers_.size());
  std::vector<int> birth(count, phases), death(count, -1);
  const auto touch = [&](int b, int at) {
    if (b < 0) return;
    birth[b] = std::min(birth[b], at);
    death[b] = std::max(death[b], at);
  };
  for (int at = 0; at < phases; ++at) {
    for (int i = p_.phases_[at].begin; i < p_.phases_[at].end; ++i) {
      const Accesses a = accesses(p_.steps_[i]);
      for (int b : a.reads) touch(b, at);
      for (int b : a.writes) touch(b, at);
    }
  }
  for (const Program::Port& port : p_.inputs_) touch(port.buffer, 0);
  for (const Program::Port& port : p_.outputs_) touch(port.buffer, phases);
  const std::vector<int> passing = find_passing(birth, death);
  std::vector<int> by_birth;
  for (int b = 0; b < count; ++b) {
    const bool is_passing = std::count(passing.begin(), passing.end(), b) > 0;
    if (is_passing) sizes_[b] = 0;
    if (!p_.buffers_[b].fixed && !is_passing) by_birth.push_back(b);
  }
  std::stable_sort(by_birth.begin(), by_birth.end(),
                   [&](int a, int b) { return birth[a] < birth[b]; });
  for (int b = 0; b < count; ++b) {
    // What layers have computed stays until the loss is known, to be looked at if that is NaN.
    const bool of_layer = value(p_.buffers_[b].value).node.scope != nullptr;
    if (of_layer && birth[b] <= p_.watched_phase_) death[b] = std::max(death[b], p_.watched_phase_);
    p_.buffers_[b].last_phase = std::count(passing.begin(), passing.end(), b) ? -1 : death[b];
  }
  std::vector<int> place_of(count, -1);
  for (int at = 0; at < phases; ++at) {
    std::vector<int> readers(count, 0);
    for (int i = p_.phases_[at].begin; i < p_.phases_[at].end; ++i) {
      std::vector<int> reads = accesses(p_.steps_[i]).reads;
      std::sort(reads.begin(), reads.end());
      reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
      for (int b : reads) ++readers[b];
    }
    for (int i = p_.phases_[at].begin; i < p_.phases_[at].end; ++i) {
      for (const Overwrite& o : overwrites(p_.steps_[i])) {
        const int from = o.old_buffer, to = o.new_buffer;
        const bool fits = sizes_[from] > 0 && sizes_[from] == sizes_[to];
        const bool ends = birth[from] < at && death[from] == at && readers[from] == 1;
        if (fits && ends && birth[to] == at && place_of[to] < 0) place_of[to] = from;
      }
    }
  }
  struct Placed {
    std::size_t begin, end;
    int birth, death;
  };
  std::vector<Placed> placed;
  for (int b : by_birth) {
    const std::size_t size = (sizes_[b] + kCacheLine - 1) / kCacheLine * kCacheLine;
    std::size_t offset = 0;
    std::sort(placed.begin(), placed.end(),
              [](const Placed& x, const Placed& y) { return x.begin < y.begin; });
    for (const Placed& q : placed) {
      if (q.death < birth[b] || q.birth > death[b]) continue;
      if (offset + size <= q.begin) break;
      offset = std::max(offset, q.end);
    }
    if (place_of[b] >= 0) offset = p_.buffers_[place_of[b]].offset;
    p_.buffers_[b].offset = offset;
    placed.push_back({offset, offset + size, birth[b], death[b]});
    p_.arena_bytes_ = std::max(p_.arena_bytes_, offset + size);
  }
  for (const Step& s : p_.steps_) {
    const std::size_t size = dtype_size(s.dtype);
    const std::size_t product =
        s.kind == ValueKind::kMatmul ? kPanel * s.block_rows * s.block_panels * size : 0;
    if (s.kind == ValueKind::kUniform) {
      p_.scratch_bytes_ = std::max(p_.scratch_bytes_, kPanel * kUniformColumns * size);
    }
    const std::size_t lines = s.kind == ValueKind::kMatmul ? s.block_rows : s.map.tile;
    p_.scratch_bytes_ =
        std::max(p_.scratch_bytes_, product + s.map.registers * lines * kPanel * size);
  }
}

}  // namespace pronghorn
