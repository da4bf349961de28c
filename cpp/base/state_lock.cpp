// SPDX-License-Identifier: Apache-2.0
#include "base/state_lock.hpp"

namespace pronghorn {

void StateLock::enter(Kind kind) {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  const auto may_enter = [&] { return ticket == serving_ && is_free(kind); };
  if (!may_enter()) {
    ++waiting_;
    changed_.wait(lock, may_enter);
    --waiting_;
  }
  admit(kind);
}

bool StateLock::try_enter(Kind kind) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (next_ticket_ != serving_ || !is_free(kind)) return false;
  ++next_ticket_;
  admit(kind);
  return true;
}

void StateLock::admit(Kind kind) {
  ++serving_;
  if (kind == Kind::kWrite) {
    writing_ = true;
  } else {
    ++readers_;
    if (waiting_ > 0) changed_.notify_all();  // the next may be a reader too
  }
}

void StateLock::leave(Kind kind) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (kind == Kind::kWrite) {
    writing_ = false;
  } else {
    --readers_;
  }
  if (waiting_ > 0 && readers_ == 0) changed_.notify_all();
}

StateGroup* StateGroup::root() {
  StateGroup* group = this;
  while (StateGroup* next = group->joined_.load(std::memory_order_acquire)) group = next;
  return group;
}

std::shared_ptr<StateGroup> StateGroup::join(
    const std::vector<std::shared_ptr<StateGroup>>& groups) {
  static std::mutex one_at_a_time;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  std::shared_ptr<StateGroup> first;
  for (std::shared_ptr<StateGroup> group : groups) {
    while (group->successor_) group = group->successor_;
    if (!first) first = group;
    if (group == first) continue;
    group->lock_.enter(StateLock::Kind::kWrite);
    group->successor_ = first;
    group->joined_.store(first.get(), std::memory_order_release);
    group->lock_.leave(StateLock::Kind::kWrite);
  }
  return first;
}

StateAccess::StateAccess(StateGroup* group, StateLock::Kind kind) : kind_(kind) {
  while (group && !lock_) {
    group = group->root();
    group->lock_.enter(kind);
    keep_if_current(group);
  }
}

StateAccess::StateAccess(StateGroup* group, StateLock::Kind kind, std::try_to_lock_t)
    : kind_(kind) {
  while (group && !lock_) {
    group = group->root();
    if (!group->lock_.try_enter(kind)) {
      held_ = false;
      return;
    }
    keep_if_current(group);
  }
}

// The group may have been joined to another while we waited.
void StateAccess::keep_if_current(StateGroup* group) {
  if (group->root() == group) {
    lock_ = &group->lock_;
  } else {
    group->lock_.leave(kind_);
  }
}

StateAccess::~StateAccess() {
  if (lock_) lock_->leave(kind_);
}

}  // namespace pronghorn
