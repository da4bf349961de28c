// SPDX-License-Identifier: Apache-2.0
// Runs a program over the rows of arrays, batch after batch, without returning to the caller: a
// training epoch, an evaluation, a prediction.
#pragma once
#include <chrono>
#include <optional>

#include "runtime/program.hpp"
#include "runtime/source.hpp"
#include "runtime/team.hpp"

namespace pronghorn {

// One output of every batch is written here, at the rows of the batch.
struct Sink {
  char* data;
  ArrayType type;
};

class BatchLoop {
 public:
  // `tail` runs the last, smaller batch; null if there is none, or if it is to be left out.
  BatchLoop(std::shared_ptr<const Program> program, std::shared_ptr<const Program> tail,
            std::vector<ArrayView> sources, std::vector<Sink> sinks, int64_t rows,
            int64_t batch_size);

  // Starts an epoch: over the given rows, or all in order.
  void begin(std::vector<uint32_t> order, bool ordered);

  // Runs until the end of the epoch, or for max_steps (< 0: no limit), or for about `seconds`
  // (<= 0: no limit). Returns how many steps it ran. Others that want the same variables get them
  // between two steps. Ends after the first step whose watched loss is not finite, or that has made
  // a watched variable so.
  int64_t run(int64_t max_steps, double seconds);

  // The first step of a watched program where that was so, if there was one.
  struct Failure {
    int64_t step;  // of its epoch, from 0
    NonFinite cause;
    int64_t source, row;  // a number of the data that is not finite itself; -1 if there is none
  };
  const std::optional<Failure>& nonfinite() const { return nonfinite_; }

  int64_t step() const { return step_; }
  int64_t steps() const { return steps_; }
  int64_t rows() const { return rows_; }  // of the data

 private:
  int64_t run_steps(int threads, int64_t stop, std::chrono::steady_clock::time_point deadline,
                    const StateAccess& access);
  void look_into(const Program& program, const Execution& execution);

  std::shared_ptr<const Program> program_, tail_;
  std::shared_ptr<StateGroup> state_;
  std::vector<ArrayView> sources_;
  std::vector<Sink> sinks_;
  std::vector<uint32_t> order_;
  std::optional<Failure> nonfinite_;
  bool ordered_ = true;
  int64_t rows_, epoch_rows_ = 0, batch_size_, step_ = 0, steps_ = 0;
};

// Runs a program once on arrays as large as its inputs; results go to the sinks. Returns a watched
// variable that is not finite now while the loss is, or null.
std::shared_ptr<Variable> run_program(const Program& program, const std::vector<ArrayView>& inputs,
                                      const std::vector<Sink>& sinks);
// The same, by a caller that holds the lock of the program's variables already.
std::shared_ptr<Variable> run_program(const Program& program, const std::vector<ArrayView>& inputs,
                                      const std::vector<Sink>& sinks, const StateAccess& access);

}  // namespace pronghorn
