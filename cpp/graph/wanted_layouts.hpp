// SPDX-License-Identifier: Apache-2.0
// Before a graph is lowered: which of its nodes matter, and in which layout their readers want
// them.
#pragma once
#include "graph/graph.hpp"

namespace pronghorn {

// With fewer rows than this, lanes over rows would mostly be padding.
constexpr int64_t kRowsForRowPanels = 8;

// Of a value that may lie in any.
inline Layout natural_layout(const Shape& s) {
  if (s.size() < 2) return Layout::kRowMajor;
  if (s[0] >= kRowsForRowPanels) return Layout::kRowPanels;
  return s.size() == 2 ? Layout::kColumnPanels : Layout::kRowMajor;
}

// By node.
struct WantedLayouts {
  std::vector<char> needed;         // the results depend on it
  std::vector<char> wants_columns;  // it is assigned to a weight in column panels, or leads there
  std::vector<char> has_columns;    // a copy of it in column panels is made anyway
  std::vector<char> wants_rows;     // it meets, element by element, what lies in row panels
};

WantedLayouts wanted_layouts(const Graph& graph, const std::vector<NodeId>& outputs);

}  // namespace pronghorn
