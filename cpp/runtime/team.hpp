// SPDX-License-Identifier: Apache-2.0
// The threads that work together on a run, and the barrier between its steps. A team is called
// together once for many steps; a barrier costs tens of nanoseconds, calling a team ten times that.
#pragma once
#include <atomic>
#include <cstdint>
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

// Runs body(thread, threads, barrier) on the calling thread and on up to `threads` - 1 others:
// fewer if other teams are at work, so that callers share the processors instead of crowding them.
// Bodies do not throw (an exception would leave the others waiting at a barrier) and call no
// run_team. Works in a forked process, which gets threads of its own.
void run_team(int threads, const std::function<void(int, int, Barrier&)>& body);

// How many threads a large run of the calling thread may use: what set_threads says, else as many
// as the process may use; at most the limit of the calling thread, and that of OpenMP.
int default_threads();
void set_threads(int threads);  // 0: as many as the process may use
// Of the calling thread; 0: none. Returns the limit before.
int set_thread_limit(int threads);

}  // namespace pronghorn
