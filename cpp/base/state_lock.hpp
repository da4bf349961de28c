// SPDX-License-Identifier: Apache-2.0
// Who may touch variables now. Variables that occur in one program share one lock, so that a run
// sees them as whole steps leave them: any number of runs that only read go on together, one that
// assigns is alone. Who came first goes first; a long run steps aside when somebody waits.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pronghorn {

// A fair lock for readers and writers.
class StateLock {
 public:
  enum class Kind { kRead, kWrite };

  void enter(Kind kind);
  bool try_enter(Kind kind);
  void leave(Kind kind);
  // Does somebody wait? True or false a moment ago.
  bool contended() const { return waiting_.load(std::memory_order_relaxed) > 0; }

 private:
  bool is_free(Kind kind) const { return !writing_ && (kind == Kind::kRead || readers_ == 0); }
  void admit(Kind kind);

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ticket_ = 0, serving_ = 0;
  int readers_ = 0;
  bool writing_ = false;
  std::atomic<int> waiting_{0};
};

// Variables that share a lock.
class StateGroup {
 public:
  // Makes one group of several, once those who are at work have left them; null for none.
  static std::shared_ptr<StateGroup> join(const std::vector<std::shared_ptr<StateGroup>>& groups);

 private:
  friend class StateAccess;
  StateGroup* root();

  StateLock lock_;
  std::shared_ptr<StateGroup> successor_;     // the group that it has been joined to
  std::atomic<StateGroup*> joined_{nullptr};  // the same, for those who read it without a lock
};

// Holds the lock of a group (null: of nothing) as long as it lives.
class StateAccess {
 public:
  StateAccess(StateGroup* group, StateLock::Kind kind);
  // Holds nothing if it would have to wait; see held().
  StateAccess(StateGroup* group, StateLock::Kind kind, std::try_to_lock_t);
  ~StateAccess();
  StateAccess(const StateAccess&) = delete;
  StateAccess& operator=(const StateAccess&) = delete;

  bool held() const { return held_; }
  bool contended() const { return lock_ && lock_->contended(); }

 private:
  void keep_if_current(StateGroup* group);

  StateLock::Kind kind_;
  StateLock* lock_ = nullptr;
  bool held_ = true;
};

}  // namespace pronghorn
