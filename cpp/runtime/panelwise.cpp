// SPDX-License-Identifier: Apache-2.0
// Steps that follow each other panel by panel: what such a step writes to a panel it computes from
// the same panel of what it reads, and from operands that all panels share (weights, scalars). A
// thread can then take its rows of a small batch through all layers, forwards and backwards,
// without waiting for the others. (Two threads of Zen 5, Adam at batch 32: 8-50-50-50-1 gains 9 %,
// 10-64-64-1 7 %; 32-32-32-1 at batch 512 gains 11 %. Where more is computed between two barriers
// there is less to gain, and each thread reads all of the weights.) A large batch goes through them
// in groups of panels, so that what one layer gives is still near when the next takes it. (Two
// distant threads of Emerald Rapids: 4-32-16-4 at batch 10,000 takes 0.84 to 0.89 times as long,
// 32-32-32-1 at 4,096 0.78, 32-128-128-1 at 4,096 0.85.)
#include <algorithm>

#include "runtime/program_builder.hpp"
#include "runtime/team.hpp"

namespace pronghorn {
namespace {

// With so many panels for each thread one more makes a share 6 % longer at most, so that their
// number need not be a multiple of the threads'.
constexpr int64_t kManyPanels = 16;
// What all panels share of a product: each thread reads all of it. (The last layer of
// 784-300-100-10, forwards and backwards, is then without barriers at batch 32: 2 % of a step.)
constexpr int64_t kSharedBytes = 64 * 1024;

}  // namespace

ProgramBuilder::Panelwise ProgramBuilder::panelwise(const Step& step) const {
  const auto layout = [&](NodeId id) { return value(id).layout; };
  const bool of_units = step.value != kNoNode && layout(step.value) == Layout::kColumnPanels;
  if (of_units && step.kind != ValueKind::kRelayout) return {};
  Panelwise p;
  p.panels = step.panels;
  std::vector<int> shared;
  switch (step.kind) {
    case ValueKind::kElementwise:
    case ValueKind::kUniform:
      break;
    case ValueKind::kMatmul:
      if (step.rows * step.depth * static_cast<int64_t>(dtype_size(step.dtype)) > kSharedBytes) {
        return {};
      }
      p.reads = {step.inputs[1]};
      shared = {step.inputs[0], step.inputs[2]};
      break;
    case ValueKind::kRelayout:  // by the panels of what it reads, if there are any
      p.writes = layout(value(step.value).node.inputs[0]) == Layout::kRowMajor;
      if (!p.writes) p.reads = step.inputs;
      break;
    case ValueKind::kReduceGroups:
    case ValueKind::kArgmax:
    case ValueKind::kRowwise:
    case ValueKind::kConcatenatePanels:
    case ValueKind::kCast:
      p.reads = step.inputs;
      break;
    default:
      return {};
  }
  const bool has_lanes = step.map.outer > 1;
  for (const auto& spread : step.map.spreads) shared.push_back(spread.buffer);
  for (const Instruction& in : step.map.instructions) {
    for (const OperandRef& o : in.in) {
      if (o.kind == OperandRef::kFull || (o.kind == OperandRef::kLane && has_lanes)) {
        p.reads.push_back(o.index);
      } else if (o.is_memory()) {
        shared.push_back(o.index);
      }
    }
  }
  const auto is_shared = [&](int b) {
    return std::find(shared.begin(), shared.end(), b) != shared.end();
  };
  p.reads.erase(std::remove_if(p.reads.begin(), p.reads.end(), is_shared), p.reads.end());
  return p;
}

int64_t ProgramBuilder::choose_panels() const {
  const int threads = default_threads();
  std::map<int64_t, double> work;
  double all = 0, most = 0;
  for (const Step& step : p_.steps_) {
    work[panelwise(step).panels] += step.work;
    all += step.work;
  }
  if (all < kBriefWork) return 0;
  int64_t chosen = 0;
  for (const auto& [panels, sum] : work) {
    const bool is_even = panels % threads == 0 || panels >= kManyPanels * threads;
    const int64_t least = threads == 1 ? kManyPanels + 1 : 2;  // one waits for nobody
    if (panels < least || !is_even || sum <= most) continue;
    chosen = panels;
    most = sum;
  }
  return chosen;
}

}  // namespace pronghorn
