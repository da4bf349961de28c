// SPDX-License-Identifier: Apache-2.0
#include "graph/schedule.hpp"

#include <algorithm>
#include <queue>
#include <set>

namespace pronghorn {
namespace {

// Values of up to so many elements gather in few groups: calling a kernel costs more than running
// it.
constexpr int64_t kSmall = 1024;

class Scheduler {
 public:
  explicit Scheduler(const Plan& plan) : plan_(plan), group_of_(plan.values.size(), -1) {}

  Schedule run() {
    for (NodeId id = 0; id < static_cast<NodeId>(plan_.values.size()); ++id) {
      const ValueKind kind = plan_.values[id].kind;
      if (kind != ValueKind::kLeaf && kind != ValueKind::kAlias) place(id);
    }
    place_assignments();
    order();
    return std::move(result_);
  }

 private:
  int producer(NodeId input) const { return group_of_[plan_.root(input)]; }
  int group_count() const { return static_cast<int>(result_.groups.size()); }

  void add(NodeId id, int group) {
    if (group == group_count()) {
      result_.groups.push_back({});
      before_.push_back({});
    }
    result_.groups[group].members.push_back(id);
    group_of_[id] = group;
    for (NodeId input : plan_.node(id).inputs) {
      const int from = producer(input);
      if (from >= 0 && from != group) before_[group].insert(from);
    }
  }

  // Does `group` come, directly or not, after `other`?
  bool depends(int group, int other) const {
    std::vector<int> stack{group};
    std::vector<char> seen(before_.size(), 0);
    while (!stack.empty()) {
      const int g = stack.back();
      stack.pop_back();
      if (g == other) return true;
      if (seen[g]) continue;
      seen[g] = 1;
      stack.insert(stack.end(), before_[g].begin(), before_[g].end());
    }
    return false;
  }

  bool same_domain(NodeId a, NodeId b) const {
    const Value &x = plan_.values[a], &y = plan_.values[b];
    return x.node.shape == y.node.shape && x.layout == y.layout && x.node.dtype == y.node.dtype;
  }

  bool can_join(NodeId id, int group) const {
    if (result_.groups[group].members.empty()) return false;
    const NodeId first = result_.groups[group].members.front();
    const ValueKind kind = plan_.values[first].kind;
    if (kind != ValueKind::kElementwise && kind != ValueKind::kMatmul) return false;
    if (!same_domain(id, first)) return false;
    for (NodeId input : plan_.node(id).inputs) {
      const int from = producer(input);
      if (from < 0) continue;
      if (from == group ? !same_domain(input, first) : depends(from, group)) return false;
    }
    return true;
  }

  // Two chains that meet in one value become one, unless something between them has to wait for the
  // first and be waited for by the second.
  bool can_merge(int from, int into) const {
    for (int group : {from, into}) {
      const NodeId first = result_.groups[group].members.front();
      if (plan_.values[first].kind != ValueKind::kElementwise) return false;
    }
    const NodeId first = result_.groups[from].members.front();
    if (!same_domain(first, result_.groups[into].members.front())) return false;
    for (int g : before_[into]) {
      if (g != from && depends(g, from)) return false;
    }
    for (NodeId id : result_.groups[into].members) {
      for (NodeId input : plan_.node(id).inputs) {
        if (producer(input) == from && !same_domain(input, first)) return false;
      }
    }
    return !depends(from, into);
  }

  void merge(int from, int into) {
    std::vector<NodeId>& members = result_.groups[into].members;
    for (NodeId id : result_.groups[from].members) group_of_[id] = into;
    members.insert(members.end(), result_.groups[from].members.begin(),
                   result_.groups[from].members.end());
    std::sort(members.begin(), members.end());
    result_.groups[from].members.clear();
    before_[into].insert(before_[from].begin(), before_[from].end());
    before_[from].clear();
    for (std::set<int>& before : before_) {
      if (before.erase(from)) before.insert(into);
    }
    before_[into].erase(into);
  }

  void place(NodeId id) {
    int group = group_count();
    std::vector<int> producers, candidates;
    if (plan_.values[id].kind == ValueKind::kElementwise) {
      for (NodeId input : plan_.node(id).inputs) {
        if (producer(input) >= 0) producers.push_back(producer(input));
      }
      std::sort(producers.rbegin(), producers.rend());
      candidates = producers;
      if (element_count(plan_.node(id).shape) <= kSmall) {
        for (int g = group_count() - 1; g >= 0; --g) candidates.push_back(g);
      }
      for (int candidate : candidates) {
        if (!can_join(id, candidate)) continue;
        group = candidate;
        break;
      }
    }
    add(id, group);
    for (int other : producers) {
      const bool gone = other == group || result_.groups[other].members.empty();
      if (!gone && can_merge(other, group)) merge(other, group);
    }
  }

  // A variable may be overwritten by the group that computes its new value if everyone else who
  // reads the old value can come first, and the group itself reads it element by element.
  void place_assignments() {
    for (const Assignment& a : plan_.assignments) {
      const int group = group_of_[a.value];
      std::set<int> readers;
      bool ok = true;
      for (NodeId id = 0; ok && id < static_cast<NodeId>(plan_.values.size()); ++id) {
        if (group_of_[id] < 0) continue;
        for (NodeId input : plan_.node(id).inputs) {
          if (plan_.node(plan_.root(input)).variable != a.variable) continue;
          if (group_of_[id] != group) {
            readers.insert(group_of_[id]);
          } else {
            ok &= plan_.values[id].kind == ValueKind::kElementwise && same_domain(input, id);
          }
        }
      }
      for (int reader : readers) ok = ok && !depends(reader, group);
      if (ok) before_[group].insert(readers.begin(), readers.end());
      result_.in_place.push_back(ok);
    }
  }

  void order() {
    const int count = group_count();
    std::vector<int> waiting(count, 0);
    std::vector<std::vector<int>> after(count);
    for (int g = 0; g < count; ++g) {
      waiting[g] = static_cast<int>(before_[g].size());
      for (int b : before_[g]) after[b].push_back(g);
    }
    std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
    for (int g = 0; g < count; ++g) {
      if (waiting[g] == 0) ready.push(g);
    }
    std::vector<Group> ordered;
    while (!ready.empty()) {
      const int g = ready.top();
      ready.pop();
      if (!result_.groups[g].members.empty()) ordered.push_back(std::move(result_.groups[g]));
      for (int a : after[g]) {
        if (--waiting[a] == 0) ready.push(a);
      }
    }
    result_.groups = std::move(ordered);
  }

  const Plan& plan_;
  std::vector<int> group_of_;
  std::vector<std::set<int>> before_;
  Schedule result_;
};

}  // namespace

Schedule schedule(const Plan& plan) { return Scheduler(plan).run(); }

}  // namespace pronghorn
