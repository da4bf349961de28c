// SPDX-License-Identifier: Apache-2.0
#include "runtime/team.hpp"

#include <algorithm>
#include <thread>

#include "base/cpu.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__)
#include <pthread.h>
#endif

namespace pronghorn {
namespace {

// Turns of the waiting loop before the processor is given back: about 20 us, longer than any step
// that is worth waiting for and far shorter than a scheduler's quantum.
constexpr int kSpins = 2000;

std::atomic<int> wanted_threads{0};
std::atomic<bool> forked{false};

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

void watch_for_fork() {
#if defined(__unix__)
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forked = true; });
  (void)registered;
#endif
}

}  // namespace

void Barrier::wait(int thread) {
  const int64_t turn = flags_[thread].arrivals.load(std::memory_order_relaxed) + 1;
  flags_[thread].arrivals.store(turn, std::memory_order_release);
  for (int other = 0; other < threads_; ++other) {
    for (int spins = 0; flags_[other].arrivals.load(std::memory_order_acquire) < turn; ++spins) {
      if (spins < kSpins) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }
}

int default_threads() {
  const int wanted = wanted_threads.load();
  static const int available = available_threads();
  return wanted > 0 ? wanted : available;
}

void set_threads(int threads) { wanted_threads = std::max(0, threads); }

void run_team([[maybe_unused]] int threads, const std::function<void(int, int, Barrier&)>& body) {
#if defined(_OPENMP)
  if (threads > 1 && !forked && !omp_in_parallel()) {
    watch_for_fork();
    std::unique_ptr<Barrier> barrier;
#pragma omp parallel num_threads(threads)
    {
      const int thread = omp_get_thread_num();
#pragma omp single
      barrier = std::make_unique<Barrier>(omp_get_num_threads());
      body(thread, omp_get_num_threads(), *barrier);
    }
    return;
  }
#endif
  Barrier alone(1);
  body(0, 1, alone);
}

}  // namespace pronghorn
