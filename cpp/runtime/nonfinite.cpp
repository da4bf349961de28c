// SPDX-License-Identifier: Apache-2.0
// Where a loss that is not finite comes from. Looked into only when that has happened, between the
// phase that computes the loss and those that would spread it over all weights.
#include <algorithm>
#include <cmath>

#include "graph/relayout.hpp"
#include "runtime/program.hpp"

namespace pronghorn {

double Program::loss(const Execution& execution) const {
  double value = 0;
  dispatch(outputs_[0].dtype, [&](auto zero) {
    value = static_cast<double>(
        *reinterpret_cast<const decltype(zero)*>(execution.buffers[outputs_[0].buffer]));
  });
  return value;
}

// Padding is not looked at.
bool Program::is_finite(int buffer, const Execution& execution) const {
  const Value& v = plan_.values[buffers_[buffer].value];
  if (!is_float(v.node.dtype)) return true;
  bool finite = true;
  dispatch(v.node.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* data = reinterpret_cast<const T*>(execution.buffers[buffer]);
    std::vector<T> rows;
    if (v.layout != Layout::kRowMajor) {
      rows.resize(element_count(v.node.shape));
      relayout(v.node.dtype, v.node.shape, data, v.layout, rows.data(), Layout::kRowMajor, 0,
               relayout_panels(v.node.shape, v.layout, Layout::kRowMajor));
      data = rows.data();
    }
    finite = std::all_of(data, data + element_count(v.node.shape),
                         [](T x) { return std::isfinite(static_cast<double>(x)); });
  });
  return finite;
}

NonFinite Program::find_nonfinite(const Execution& execution) const {
  NonFinite found;
  found.loss = loss(execution);
  const int end = phases_[watched_phase_].end;
  std::vector<const char*> written;  // variables with new values
  for (int i = 0; i < end; ++i) {
    for (int b : accesses(steps_[i]).writes) written.push_back(buffers_[b].fixed);
  }
  for (int i = 0; i < end; ++i) {
    const Accesses a = accesses(steps_[i]);
    for (int b : a.reads) {
      const std::shared_ptr<Variable>& variable = plan_.node(buffers_[b].value).variable;
      const bool is_old =
          std::find(written.begin(), written.end(), buffers_[b].fixed) == written.end();
      if (variable && is_old && !is_finite(b, execution)) {
        found.variable = variable;
        return found;
      }
    }
    for (int b : a.writes) {
      if (buffers_[b].fixed || buffers_[b].last_phase < watched_phase_) continue;
      if (is_finite(b, execution)) continue;
      const Node& node = plan_.node(buffers_[b].value);
      if (node.scope) found.scope = *node.scope;
      return found;
    }
  }
  return found;
}

}  // namespace pronghorn
