// SPDX-License-Identifier: Apache-2.0
// Which values are computed together, in which order, and which may be written straight into the
// variable they are assigned to.
#pragma once
#include "graph/lower.hpp"

namespace pronghorn {

// A chain of elementwise operations over one shape and layout, possibly behind a matmul whose tiles
// it finishes; or a single value of any other kind.
struct Group {
  std::vector<NodeId> members;  // in topological order
};

struct Schedule {
  std::vector<Group> groups;   // in order of execution
  std::vector<char> in_place;  // per assignment: written by its group, no copy needed
};

Schedule schedule(const Plan& plan);

}  // namespace pronghorn
