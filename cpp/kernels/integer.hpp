// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/kernels.hpp"

namespace pronghorn {

// Labels, counters and indices. Only what they need; the other entries are null.
template <class T>
const KernelTable<T>& integer_table();

}  // namespace pronghorn
