// SPDX-License-Identifier: Apache-2.0
// One thread or all: found by trying, because it depends on the size of a step and on what else the
// machine is doing. (With the other core busy, a step of 8 us on one thread was measured to take
// 400 us on two that wait for each other.) Results do not depend on the choice.
#pragma once
#include <algorithm>
#include <cstdint>

namespace pronghorn {

class ThreadChoice {
 public:
  // Begins with one thread, or with all where a step is long enough to be worth it nearly always.
  explicit ThreadChoice(bool begins_with_all = false) : chosen_(begins_with_all ? kAll : kOne) {}

  // The thread count of the next steps, out of 1 and `all`.
  int threads(int all) const {
    const bool alone = (chosen_ == kOne) != is_trial();
    return alone || all == 1 ? 1 : all;
  }

  // How many steps to run before reporting back.
  int64_t steps() const {
    const double known = seconds_[chosen_];
    if (known <= 0 || phase_ == kWarmUp) return 1;
    const double span = phase_ == kTrial ? kTrialSeconds : std::max(0.0, interval() - elapsed_);
    return 1 + static_cast<int64_t>(span / known);
  }

  // After so many seconds a trial has failed and may be broken off.
  double patience() const { return is_trial() ? 2 * kTrialSeconds : 1e9; }

  void report(int64_t steps, double seconds) {
    if (steps < 1) return;
    const double each = seconds / static_cast<double>(steps);
    const Kind rival = chosen_ == kOne ? kAll : kOne;
    switch (phase_) {
      case kFirst:  // touches memory for the first time
        phase_ = kRun;
        break;
      case kRun:
        if (each > kSlower * seconds_[chosen_]) interval_ = kFirstInterval;
        seconds_[chosen_] = each;
        elapsed_ += seconds;
        if (elapsed_ >= interval()) phase_ = kWarmUp;
        break;
      case kWarmUp:  // wakes sleeping threads
        phase_ = kTrial;
        break;
      case kTrial:
        seconds_[rival] = each;
        interval_ = std::min(2 * interval_, kLastInterval);
        if (seconds_[rival] < seconds_[chosen_]) {
          chosen_ = rival;
          interval_ = kFirstInterval;
        }
        elapsed_ = 0;
        phase_ = kRun;
        break;
    }
  }

 private:
  enum Kind { kOne, kAll };
  enum Phase { kFirst, kRun, kWarmUp, kTrial };
  // A trial costs at most a few per cent of the time to the next. A choice that keeps winning is
  // questioned less and less often; one that has become so much slower, because something else has
  // begun to run, at once.
  static constexpr double kSlower = 1.2;
  static constexpr double kTrialSeconds = 5e-4, kFirstInterval = 0.02, kLastInterval = 5.0;
  static constexpr double kStepsBetween = 100;

  // To the next trial, which takes two steps at least, however long they are.
  double interval() const { return std::max(interval_, kStepsBetween * seconds_[chosen_]); }
  bool is_trial() const { return phase_ == kWarmUp || phase_ == kTrial; }

  Kind chosen_;
  Phase phase_ = kFirst;
  double seconds_[2] = {0, 0};  // per step, as last measured
  double interval_ = kTrialSeconds, elapsed_ = 0;
};

}  // namespace pronghorn
