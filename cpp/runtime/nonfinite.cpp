// SPDX-License-Identifier: Apache-2.0
// Where a loss that is not finite comes from, and which weights an update has ruined. Looked into
// only when that has happened: the former between the phase that computes the loss and those that
// would spread it over all weights.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/layout.hpp"
#include "runtime/program.hpp"

namespace pronghorn {
namespace {

template <class T>
bool all_finite(const T* data, int64_t count) {
  bool all = true;
  for (int64_t i = 0; i < count; ++i) all &= std::fabs(data[i]) <= std::numeric_limits<T>::max();
  return all;
}

// Padding is not looked at.
bool all_finite(DType dtype, const Shape& shape, Layout layout, const char* memory) {
  if (!is_float(dtype)) return true;
  bool finite = true;
  dispatch(dtype, [&](auto zero) {
    const auto* data = reinterpret_cast<const decltype(zero)*>(memory);
    if (layout == Layout::kRowMajor) {
      finite = all_finite(data, element_count(shape));
      return;
    }
    const MatrixView m = matrix_view(shape, layout);
    const bool rows_in_lanes = layout == Layout::kRowPanels;
    const int64_t lines = rows_in_lanes ? m.columns : m.rows;
    const int64_t lanes = rows_in_lanes ? m.rows : m.columns;
    const int64_t whole = lanes / kPanel * lines * kPanel;
    finite = all_finite(data, whole);
    for (int64_t i = 0; finite && lanes % kPanel && i < lines; ++i) {
      finite = all_finite(data + whole + i * kPanel, lanes % kPanel);
    }
  });
  return finite;
}

}  // namespace

double Program::loss(const Execution& execution) const {
  double value = 0;
  dispatch(outputs_[0].dtype, [&](auto zero) {
    value = static_cast<double>(
        *reinterpret_cast<const decltype(zero)*>(execution.buffers[outputs_[0].buffer]));
  });
  return value;
}

std::shared_ptr<Variable> Program::find_ruined() const {
  using Clock = std::chrono::steady_clock;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto began = Clock::now();
  if (began < next_search_) return nullptr;
  for (const std::shared_ptr<Variable>& v : watched_) {
    const Tensor& t = v->tensor;
    if (!all_finite(t.dtype, t.shape, t.layout, t.data<char>())) return v;
  }
  const auto end = Clock::now();
  next_search_ = end + 100 * (end - began);
  return nullptr;
}

NonFinite Program::find_nonfinite(const Execution& execution) const {
  NonFinite found;
  found.loss = loss(execution);
  const auto is_finite = [&](int buffer) {
    const Value& v = plan_.values[buffers_[buffer].value];
    return all_finite(v.node.dtype, v.node.shape, v.layout, execution.buffers[buffer]);
  };
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
      if (variable && is_old && !is_finite(b)) {
        found.variable = variable;
        return found;
      }
    }
    for (int b : a.writes) {
      if (buffers_[b].fixed || buffers_[b].last_phase < watched_phase_) continue;
      if (is_finite(b)) continue;
      const Node& node = plan_.node(buffers_[b].value);
      if (node.scope) found.scope = *node.scope;
      return found;
    }
  }
  return found;
}

}  // namespace pronghorn
