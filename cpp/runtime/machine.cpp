// SPDX-License-Identifier: Apache-2.0
#include "runtime/machine.hpp"

#include <algorithm>
#include <chrono>

#include "kernels/kernels.hpp"
#include "runtime/team.hpp"

namespace pronghorn {

double measure_fma_peak(int threads) {
  constexpr int64_t kIterations = 4000000;
  constexpr int kRounds = 5;
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int64_t> operations{0};
    const auto start = std::chrono::steady_clock::now();
    run_team(threads, [&](int, int, Barrier&) {
      float sink = 0;
      operations += kernel_table<float>().fma_burst(kIterations, &sink);
      static std::atomic<float> keep;
      keep = sink;
    });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(operations.load()) / elapsed.count() * 1e-9);
  }
  return best;
}

}  // namespace pronghorn
