// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace pronghorn {

// Instruction sets of the kernels that this machine can run, best first.
std::vector<std::string> supported_isas();

// Size of a processor's own second-level cache; 1 MB where the system does not tell.
int64_t l2_cache_bytes();

// Processors that the calling thread may use: its affinity, at most the cgroup's quota, at most
// OMP_NUM_THREADS (as they were at the first call).
int available_threads();

// Processors that cgroups (v1 or v2) allow, rounded up: the least quota of the groups named in the
// file `membership` and of those above them, mounted at `mount`. A large number if there is none.
int cgroup_quota(const std::string& membership, const std::string& mount);

}  // namespace pronghorn
