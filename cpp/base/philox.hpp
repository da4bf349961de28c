// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace pronghorn {

// One block of Philox4x32-10 (Salmon et al., SC 2011); kernels/random.hpp is the same on vectors.
void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// 0 .. count-1 in an order that depends on seed and counter alone.
void permutation(uint32_t* out, int64_t count, uint64_t seed, uint64_t counter);

}  // namespace pronghorn
