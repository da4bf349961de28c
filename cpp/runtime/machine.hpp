// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pronghorn {

// GFLOP/s of float32 multiply-adds on registers, over so many threads: best of several bursts of
// about 20 ms.
double measure_fma_peak(int threads);

}  // namespace pronghorn
