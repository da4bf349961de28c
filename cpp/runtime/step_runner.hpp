// SPDX-License-Identifier: Apache-2.0
// How a thread computes its share of a step: kernels called on the tiles of its tasks.
#pragma once
#include "runtime/program.hpp"

namespace pronghorn {

// Tasks [begin, end) of a step of the plan.
void run_step(const Step& step, const Plan& plan, const Execution& execution, int thread,
              int64_t begin, int64_t end);

// Appends the calls that run_step would make, for as long as the execution lives.
void record_step(const Step& step, const Plan& plan, const Execution& execution, int thread,
                 int64_t begin, int64_t end, std::vector<KernelCall>& calls);

}  // namespace pronghorn
