// SPDX-License-Identifier: Apache-2.0
// The threads of one parallel region and the barrier inside it. A region is opened once for many
// steps; between two steps a flag barrier costs tens of nanoseconds, a new region ten times that.
#pragma once
#include <atomic>
#include <functional>
#include <memory>

namespace pronghorn {

class Barrier {
 public:
  explicit Barrier(int threads) : flags_(new Flag[threads]), threads_(threads) {}

  // Returns when every thread has come; what they wrote before is then visible.
  void wait(int thread);

 private:
  struct alignas(64) Flag {
    std::atomic<int64_t> arrivals{0};
  };
  std::unique_ptr<Flag[]> flags_;
  int threads_;
};

// Runs body(thread, threads, barrier) on `threads` threads; on one if this is already a parallel
// region, or in a process forked from one that had threads (whose team does not exist there).
// Bodies do not throw: an exception would leave the others waiting at a barrier.
void run_team(int threads, const std::function<void(int, int, Barrier&)>& body);

// What run_team will use when asked for as many as are allowed.
int default_threads();
void set_threads(int threads);  // 0: as many as the process may use

}  // namespace pronghorn
