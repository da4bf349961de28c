// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace pronghorn {

// 0 .. count-1 in an order that depends on seed and counter alone.
void permutation(uint32_t* out, int64_t count, uint64_t seed, uint64_t counter);

}  // namespace pronghorn
