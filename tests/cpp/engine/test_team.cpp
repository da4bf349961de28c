// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "check.hpp"
#include "runtime/team.hpp"

namespace pronghorn {
namespace {

// Adds up 1..rounds on a team, each round after a barrier; 0 unless all threads agree on each sum.
int64_t sum_in_team(int threads, int64_t rounds) {
  std::atomic<int64_t> sum{0};
  std::atomic<bool> agree{true};
  run_team(threads, [&](int thread, int team, Barrier& barrier) {
    for (int64_t i = 1; i <= rounds; ++i) {
      if (i % team == thread) sum.fetch_add(i, std::memory_order_relaxed);
      barrier.wait(thread);
      if (sum.load(std::memory_order_relaxed) != i * (i + 1) / 2) agree = false;
      barrier.wait(thread);
    }
  });
  return agree ? sum.load() : 0;
}

TEST(threads_of_a_team_meet_at_every_barrier) {
  for (int threads : {1, 2, 3, 5}) CHECK(sum_in_team(threads, 300) == 45150);
}

TEST(a_team_has_as_many_threads_as_asked_for_if_no_other_is_at_work) {
  for (int threads : {1, 2, 4}) {
    std::atomic<int> present{0};
    run_team(threads, [&](int, int team, Barrier&) { present += team == threads ? 1 : 100; });
    CHECK(present == threads);
  }
}

TEST(a_team_called_beside_another_makes_do_with_the_threads_that_are_left) {
  int inner = 0;
  run_team(2, [&](int thread, int, Barrier& barrier) {
    if (thread == 0) {
      std::thread other([&] { run_team(2, [&](int, int team, Barrier&) { inner = team; }); });
      other.join();
    }
    barrier.wait(thread);
  });
  CHECK(inner == 1);
}

TEST(teams_of_several_callers_do_not_disturb_each_other) {
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) right += sum_in_team(3, 20) == 210;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(right == 160);
}

// Is not run under ThreadSanitizer, which does not support threads in a forked child.
#if !defined(__SANITIZE_THREAD__)
TEST(a_forked_child_has_a_team_of_its_own) {
  CHECK(sum_in_team(2, 10) == 55);
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int threads = 0;
      run_team(2, [&](int, int team, Barrier&) { threads = team; });
      _exit(threads == 2 && sum_in_team(2, 10) == 55 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(sum_in_team(2, 10) == 55);
}
#endif

TEST(the_limit_of_a_thread_binds_that_thread_alone) {
  set_threads(4);
  CHECK(set_thread_limit(3) == 0);
  CHECK(default_threads() == 3);
  int other = 0;
  std::thread([&] { other = default_threads(); }).join();
  CHECK(other == 4);
  CHECK(set_thread_limit(0) == 3);
  CHECK(default_threads() == 4);
  set_threads(0);
}

}  // namespace
}  // namespace pronghorn
