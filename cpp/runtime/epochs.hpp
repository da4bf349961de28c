// SPDX-License-Identifier: Apache-2.0
// Epochs of training one after the other, without returning to the caller between them.
#pragma once
#include <functional>
#include <optional>

#include "graph/variable.hpp"
#include "runtime/batch_loop.hpp"

namespace pronghorn {

class Epochs {
 public:
  // `totals` are zero when an epoch begins; what it made of them is for `summary` to tell, a
  // program without inputs. `seed` and the number of an epoch make the order of its rows, if there
  // is one.
  Epochs(BatchLoop& loop, std::vector<std::shared_ptr<Variable>> totals,
         std::shared_ptr<const Program> summary, std::optional<uint64_t> seed);

  // Runs the epochs from `first` to before `last`, or for about `seconds`, or to a loss that is not
  // finite; an epoch that is not over then is gone on with. The results of the summary of an epoch
  // go to `sinks`. Returns how many epochs have ended.
  int64_t run(int64_t first, int64_t last, double seconds,
              const std::function<std::vector<Sink>(int64_t)>& sinks);

  // Is an epoch begun and not over?
  bool within() const { return within_; }

 private:
  void begin(int64_t epoch);

  BatchLoop& loop_;
  std::vector<std::shared_ptr<Variable>> totals_;
  std::shared_ptr<const Program> summary_;
  std::optional<uint64_t> seed_;
  bool within_ = false;
};

}  // namespace pronghorn
