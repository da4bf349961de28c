// SPDX-License-Identifier: Apache-2.0
#include "runtime/combine.hpp"

#include <algorithm>

namespace pronghorn {
namespace {

// `inner` as operand `position` of `outer`. The operands of the result are those of inner, then the
// others of outer; a fourth must be the same as the second, and is left out.
struct Rule {
  Elementwise inner, outer;
  int position;
  Elementwise result;
  int arity;
};

using E = Elementwise;
constexpr Rule kRules[] = {
    {E::k_multiply, E::k_add, 0, E::k_fma, 3},
    {E::k_multiply, E::k_add, 1, E::k_fma, 3},
    {E::k_multiply, E::k_subtract, 1, E::k_fnma, 3},
    {E::k_subtract, E::k_fma, 0, E::k_approach, 3},
    {E::k_subtract, E::k_fma, 1, E::k_approach, 3},
    {E::k_sqrt, E::k_add, 0, E::k_add_to_sqrt, 2},
    {E::k_sqrt, E::k_add, 1, E::k_add_to_sqrt, 2},
    {E::k_square, E::k_approach, 0, E::k_approach_square, 3},
    {E::k_add_to_sqrt, E::k_divide, 1, E::k_divide_by_sqrt, 3},
    {E::k_divide_by_sqrt, E::k_fnma, 0, E::k_step_by_sqrt, 5},
    {E::k_divide_by_sqrt, E::k_fnma, 1, E::k_step_by_sqrt, 5},
};

bool apply(const Rule& rule, const Instruction& inner, Instruction& outer) {
  if (inner.op != rule.inner) return false;
  std::vector<OperandRef> operands(inner.in, inner.in + inner.arity);
  for (int i = 0; i < outer.arity; ++i) {
    if (i != rule.position) operands.push_back(outer.in[i]);
  }
  if (static_cast<int>(operands.size()) > rule.arity) {
    if (!(operands[3] == operands[1])) return false;
    operands.pop_back();
  }
  outer.op = rule.result;
  outer.arity = rule.arity;
  std::copy(operands.begin(), operands.end(), outer.in);
  return true;
}

}  // namespace

void combine_instructions(std::vector<Instruction>& instructions) {
  using At = std::vector<Instruction>::iterator;
  const auto uses = [&](const OperandRef& ref) {
    int64_t count = 0;
    for (const Instruction& in : instructions) count += std::count(in.in, in.in + in.arity, ref);
    return count;
  };
  // The instruction that can become part of `outer`, which then is the combined one.
  const auto absorb = [&](Instruction& outer) {
    for (const Rule& rule : kRules) {
      const OperandRef& operand = outer.in[rule.position];
      if (rule.outer != outer.op || operand.kind != OperandRef::kRegister) continue;
      const At inner = std::find_if(instructions.begin(), instructions.end(),
                                    [&](const Instruction& in) { return in.out == operand; });
      if (inner == instructions.end() || uses(operand) != 1) continue;
      if (apply(rule, *inner, outer)) return inner;
    }
    return instructions.end();
  };
  for (std::size_t i = 0; i < instructions.size();) {
    const At inner = absorb(instructions[i]);
    if (inner == instructions.end()) {
      ++i;
    } else {
      instructions.erase(inner);  // which came before
      --i;
    }
  }
}

}  // namespace pronghorn
