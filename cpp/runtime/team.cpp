// SPDX-License-Identifier: Apache-2.0
// The threads are ours and not OpenMP's because they must survive a fork: a child of libgomp's
// waits for ever for threads that it has not inherited. OpenMP is only asked for its limit, which
// is what threadpoolctl and the like set.
#include "runtime/team.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cpu.hpp"
#include "base/float_environment.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif

namespace pronghorn {
namespace {

// Turns of a waiting loop before the processor is given back: about 20 us, longer than any step
// that is worth waiting for and far shorter than a scheduler's quantum.
constexpr int kSpins = 2000;

std::atomic<int> wanted_threads{0};
thread_local int thread_limit = 0;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

template <class Condition>
void wait_until(Condition condition) {
  for (int spins = 0; !condition(); ++spins) {
    if (spins < kSpins) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

struct Job {
  Job(int n, const std::function<void(int, int, Barrier&)>& b)
      : threads(n), body(b), barrier(n), at_work(n - 1) {}
  int threads;
  const std::function<void(int, int, Barrier&)>& body;
  Barrier barrier;
  std::atomic<int> at_work;  // besides the caller
};

// A thread that waits for jobs: awake for a moment, in case the next comes at once, then asleep.
class Worker {
 public:
  // Throws std::system_error if there can be no more threads.
  Worker() { std::thread(&Worker::loop, this).detach(); }

  void start(Job* job, int thread) {
    thread_ = thread;
    job_.store(job, std::memory_order_release);
    // Having the mutex means that the worker has either seen the job or gone to sleep.
    {
      const std::lock_guard<std::mutex> lock(mutex_);
    }
    called_.notify_one();
  }

 private:
  [[noreturn]] void loop() {
    const FloatEnvironment environment;
    for (;;) {
      Job* job = next();
      job->body(thread_, job->threads, job->barrier);
      job_.store(nullptr, std::memory_order_relaxed);
      job->at_work.fetch_sub(1, std::memory_order_release);  // the job is gone after this
    }
  }

  Job* next() {
    for (int spins = 0; spins < kSpins; ++spins) {
      if (Job* job = job_.load(std::memory_order_acquire)) return job;
      relax();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    called_.wait(lock, [&] { return job_.load(std::memory_order_acquire) != nullptr; });
    return job_.load(std::memory_order_acquire);
  }

  std::atomic<Job*> job_{nullptr};
  int thread_ = 0;
  std::mutex mutex_;
  std::condition_variable called_;
};

// Signals are for the threads that the process knows of.
class SignalsBlocked {
#if defined(__unix__) || defined(__APPLE__)
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
#endif
};

// All workers of the process. Never destroyed: they sleep in it until the process ends.
class Pool {
 public:
  static Pool& of_process() {
#if defined(__unix__) || defined(__APPLE__)
    // Threads are not inherited. The parent's pool stays as it was at the fork, forgotten.
    static const int registered = pthread_atfork(nullptr, nullptr, [] { current_ = nullptr; });
    (void)registered;
#endif
    Pool* pool = current_.load(std::memory_order_acquire);
    if (!pool) {
      auto fresh = std::make_unique<Pool>();
      if (current_.compare_exchange_strong(pool, fresh.get())) pool = fresh.release();
    }
    return *pool;
  }

  // Up to `wanted` workers less the threads that are at work already.
  std::vector<Worker*> take(int wanted) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const int count = std::max(0, wanted - at_work_);
    std::vector<Worker*> taken;
    try {
      const SignalsBlocked blocked;
      while (static_cast<int>(idle_.size()) < count) idle_.push_back(new Worker);
    } catch (const std::system_error&) {  // as many as there can be
    }
    while (static_cast<int>(taken.size()) < count && !idle_.empty()) {
      taken.push_back(idle_.back());
      idle_.pop_back();
    }
    at_work_ += 1 + static_cast<int>(taken.size());
    return taken;
  }

  void give_back(const std::vector<Worker*>& workers) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.insert(idle_.end(), workers.begin(), workers.end());
    at_work_ -= 1 + static_cast<int>(workers.size());
  }

 private:
  static std::atomic<Pool*> current_;
  std::mutex mutex_;
  std::vector<Worker*> idle_;
  int at_work_ = 0;  // workers and their callers
};
std::atomic<Pool*> Pool::current_{nullptr};

}  // namespace

void Barrier::wait(int thread) {
  const int64_t turn = flags_[thread].arrivals.load(std::memory_order_relaxed) + 1;
  flags_[thread].arrivals.store(turn, std::memory_order_release);
  for (int other = 0; other < threads_; ++other) {
    wait_until([&] { return flags_[other].arrivals.load(std::memory_order_acquire) >= turn; });
  }
}

int default_threads() {
  const int available = available_threads();
  const int wanted = wanted_threads.load(std::memory_order_relaxed);
  int threads = wanted > 0 ? wanted : available;
  if (thread_limit > 0) threads = std::min(threads, thread_limit);
#if defined(_OPENMP)
  // Unless somebody has lowered it, OpenMP's own number is no less than what is available.
  const int openmp = omp_get_max_threads();
  if (openmp < available) threads = std::min(threads, openmp);
#endif
  return threads;
}

void set_threads(int threads) { wanted_threads = std::max(0, threads); }

int set_thread_limit(int threads) {
  const int before = thread_limit;
  thread_limit = std::max(0, threads);
  return before;
}

void run_team(int threads, const std::function<void(int, int, Barrier&)>& body) {
  const FloatEnvironment environment;
  if (threads <= 1) {
    Barrier alone(1);
    body(0, 1, alone);
    return;
  }
  Pool& pool = Pool::of_process();
  const std::vector<Worker*> workers = pool.take(threads - 1);
  const int team = 1 + static_cast<int>(workers.size());
  Job job(team, body);
  for (int i = 1; i < team; ++i) workers[i - 1]->start(&job, i);
  body(0, team, job.barrier);
  wait_until([&] { return job.at_work.load(std::memory_order_acquire) == 0; });
  pool.give_back(workers);
}

}  // namespace pronghorn
