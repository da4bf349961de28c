// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>

#include "base/state_lock.hpp"
#include "check.hpp"

namespace pronghorn {
namespace {

using Kind = StateLock::Kind;
using Group = std::shared_ptr<StateGroup>;

bool may_enter(const Group& group, Kind kind) {
  bool held = false;
  std::thread([&] { held = StateAccess(group.get(), kind, std::try_to_lock).held(); }).join();
  return held;
}

void sleep_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

TEST(readers_are_together_and_writers_alone) {
  const auto group = std::make_shared<StateGroup>();
  {
    const StateAccess access(group.get(), Kind::kRead);
    CHECK(may_enter(group, Kind::kRead));
    CHECK(!may_enter(group, Kind::kWrite));
  }
  {
    const StateAccess access(group.get(), Kind::kWrite);
    CHECK(!may_enter(group, Kind::kRead));
    CHECK(!may_enter(group, Kind::kWrite));
  }
  CHECK(may_enter(group, Kind::kWrite));
}

TEST(no_group_is_always_free) {
  CHECK(StateAccess(nullptr, Kind::kWrite).held());
  CHECK(StateAccess(nullptr, Kind::kWrite, std::try_to_lock).held());
}

TEST(a_joined_group_has_one_lock_by_every_name) {
  const auto a = std::make_shared<StateGroup>(), b = std::make_shared<StateGroup>(),
             c = std::make_shared<StateGroup>();
  StateGroup::join({a, b, a});
  {
    const StateAccess access(b.get(), Kind::kWrite);
    CHECK(!may_enter(a, Kind::kRead));
    CHECK(may_enter(c, Kind::kWrite));
  }
  StateGroup::join({c, b});
  const StateAccess access(a.get(), Kind::kWrite);
  CHECK(!may_enter(b, Kind::kRead));
  CHECK(!may_enter(c, Kind::kRead));
}

TEST(joining_waits_for_those_at_work_and_carries_those_who_wait) {
  const auto a = std::make_shared<StateGroup>(), b = std::make_shared<StateGroup>();
  std::atomic<bool> joined{false}, entered{false};
  std::thread joiner, late;
  {
    const StateAccess access(b.get(), Kind::kWrite);
    joiner = std::thread([&] {
      StateGroup::join({a, b});
      joined = true;
    });
    while (!access.contended()) std::this_thread::yield();
    late = std::thread([&] {
      const StateAccess waiting(b.get(), Kind::kWrite);
      CHECK(!may_enter(a, Kind::kRead));
      entered = true;
    });
    sleep_a_little();
    CHECK(!joined && !entered);
  }
  joiner.join();
  late.join();
  CHECK(joined && entered);
}

TEST(a_waiting_writer_is_not_overtaken_by_new_readers) {
  const auto group = std::make_shared<StateGroup>();
  std::thread writer;
  {
    const StateAccess access(group.get(), Kind::kRead);
    writer = std::thread([&] { const StateAccess waiting(group.get(), Kind::kWrite); });
    while (!access.contended()) std::this_thread::yield();
    CHECK(!may_enter(group, Kind::kRead));
  }
  writer.join();
  CHECK(may_enter(group, Kind::kRead));
}

TEST(what_a_writer_does_is_whole_for_readers) {
  const auto group = std::make_shared<StateGroup>();
  int64_t values[2] = {0, 0};
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        const StateAccess access(group.get(), i == 0 ? Kind::kWrite : Kind::kRead);
        if (i == 0) {
          values[0] = values[1] = round;
        } else {
          torn += values[0] != values[1];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(values[1] == 499);
}

}  // namespace
}  // namespace pronghorn
