// SPDX-License-Identifier: Apache-2.0
#include "runtime/epochs.hpp"

#include <algorithm>

#include "runtime/permutation.hpp"

namespace pronghorn {

Epochs::Epochs(BatchLoop& loop, std::vector<std::shared_ptr<Variable>> totals,
               std::shared_ptr<const Program> summary, std::optional<uint64_t> seed)
    : loop_(loop), totals_(std::move(totals)), summary_(std::move(summary)), seed_(seed) {}

void Epochs::begin(int64_t epoch) {
  for (const auto& total : totals_) {
    const StateAccess access(total->group.get(), StateLock::Kind::kWrite);
    Tensor& t = total->tensor;
    std::fill_n(t.data<char>(), storage_count(t.shape, t.layout) * dtype_size(t.dtype), 0);
  }
  std::vector<uint32_t> order;
  if (seed_) {
    order.resize(loop_.rows());
    permutation(order.data(), loop_.rows(), *seed_, static_cast<uint64_t>(epoch));
  }
  loop_.begin(std::move(order), !seed_);
  within_ = true;
}

int64_t Epochs::run(int64_t first, int64_t last, double seconds,
                    const std::function<std::vector<Sink>(int64_t)>& sinks) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  for (int64_t epoch = first; epoch < last; ++epoch) {
    const std::chrono::duration<double> elapsed = Clock::now() - began;
    if (epoch > first && elapsed.count() >= seconds) return epoch - first;
    if (!within_) begin(epoch);
    const bool was_finite = !loop_.nonfinite();
    loop_.run(-1, std::max(seconds - elapsed.count(), 1e-9));  // some step is always done
    if (loop_.step() < loop_.steps() || (was_finite && loop_.nonfinite())) return epoch - first;
    run_program(*summary_, {}, sinks(epoch - first));
    within_ = false;
  }
  return last - first;
}

}  // namespace pronghorn
