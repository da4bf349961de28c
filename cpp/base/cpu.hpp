// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace pronghorn {

// Instruction sets of the kernels that this machine can run, best first.
std::vector<std::string> supported_isas();

// Processors this process may use: affinity, then the cgroup's quota, then OMP_NUM_THREADS.
int available_threads();

}  // namespace pronghorn
