// SPDX-License-Identifier: Apache-2.0
// Two instructions that one kernel does: a product and the sum that uses it become a fused
// multiply-add, which is also more exact; the others save a trip through memory and change no bit.
#pragma once
#include <vector>

#include "runtime/program.hpp"

namespace pronghorn {

// Registers are written once, and a result that only one instruction reads may go away. Depends on
// nothing but the instructions, so that the same graph always gives the same bits.
void combine_instructions(std::vector<Instruction>& instructions);

}  // namespace pronghorn
