// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"
#include "runtime/thread_choice.hpp"

namespace pronghorn {
namespace {

// Runs for `seconds` of simulated time; returns the share of steps that ran on all threads.
double share_on_all(ThreadChoice& choice, double one, double all, double seconds) {
  double now = 0, on_all = 0, steps = 0;
  while (now < seconds) {
    const bool many = choice.threads(4) == 4;
    const double each = many ? all : one;
    int64_t count = choice.steps();
    const int64_t patient = 1 + static_cast<int64_t>(choice.patience() / each);
    if (count > patient) count = patient;
    choice.report(count, static_cast<double>(count) * each);
    now += static_cast<double>(count) * each;
    steps += static_cast<double>(count);
    on_all += many ? static_cast<double>(count) : 0;
  }
  return on_all / steps;
}

TEST(the_faster_choice_is_found_and_kept) {
  ThreadChoice choice;
  CHECK(share_on_all(choice, 100e-6, 55e-6, 1.0) > 0.95);
  ThreadChoice other;
  CHECK(share_on_all(other, 10e-6, 500e-6, 1.0) < 0.01);
}

TEST(a_choice_is_revised_when_the_machine_becomes_busy) {
  ThreadChoice choice;
  share_on_all(choice, 100e-6, 55e-6, 1.0);
  share_on_all(choice, 100e-6, 5e-3, 6.0);  // a trial comes after at most five seconds
  CHECK(share_on_all(choice, 100e-6, 5e-3, 1.0) < 0.05);
}

TEST(a_choice_that_has_become_slower_is_questioned_soon) {
  ThreadChoice choice;
  for (int i = 0; i < 60; ++i) share_on_all(choice, 100e-6, 55e-6, 0.1);  // trials have become rare
  share_on_all(choice, 100e-6, 150e-6, 0.1);
  share_on_all(choice, 100e-6, 150e-6, 0.1);
  CHECK(share_on_all(choice, 100e-6, 150e-6, 0.2) < 0.1);
}

TEST(long_steps_are_not_spent_on_trials) {
  ThreadChoice choice(true);
  CHECK(share_on_all(choice, 0.6, 0.35, 0.35 * 80) == 1);
  CHECK(share_on_all(choice, 0.6, 0.35, 0.35 * 1000) > 0.97);
  CHECK(share_on_all(choice, 0.35, 0.6, 0.6 * 1000) < 0.2);  // it is found out all the same
}

TEST(one_processor_leaves_no_choice) {
  ThreadChoice choice;
  for (int i = 0; i < 100; ++i) {
    CHECK(choice.threads(1) == 1);
    choice.report(choice.steps(), 1e-3);
  }
}

}  // namespace
}  // namespace pronghorn
