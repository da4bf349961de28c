// SPDX-License-Identifier: Apache-2.0
// How the work of a phase is shared out among threads.
#include <algorithm>

#include "check.hpp"
#include "machine.hpp"

namespace pronghorn {
namespace {

void load(const Program& program, int input, const Matrix& m, const Execution& e) {
  const Program::Port& port = program.inputs()[input];
  gather_rows(m.view(), nullptr, 0, m.rows, port.dtype, port.layout, e.buffers[port.buffer], 0,
              gather_pieces(port.shape, port.layout));
}

TEST(one_thread_finishes_what_the_others_leave) {
  constexpr int kThreads = 3;
  const int64_t m = 256, k = 512, n = 384;
  Graph g;
  const NodeId x = g.input({m, k}, DType::kFloat32), y = g.input({k, n}, DType::kFloat32);
  const Program program(g, {g.add("matmul", {x, y})});
  const std::unique_ptr<Execution> e = program.acquire(kThreads);
  const auto& phases = program.phases();
  const auto heaviest =
      std::max_element(phases.begin(), phases.end(),
                       [&](const auto& one, const auto& other) { return one.work < other.work; });
  for (uint32_t run = 0; run < 2; ++run) {  // the second finds what the first left behind
    const Matrix a(m, k, 1 + run), b(k, n, 3 + run);
    load(program, 0, a, *e);
    load(program, 1, b, *e);
    for (int thread = 0; thread < kThreads; ++thread) program.begin_run(*e, thread);
    for (const Program::Phase& phase : phases) {
      for (int thread = 0; thread < kThreads; ++thread) {
        if (&phase != &*heaviest || thread == 1) program.run_phase(phase, *e, thread, kThreads);
      }
    }
    const int buffer = program.outputs()[0].buffer;
    const auto* result = reinterpret_cast<const float*>(e->buffers[buffer]);
    CHECK(std::equal(result, result + m * n, product(a, b).values.begin()));
  }
}

}  // namespace
}  // namespace pronghorn
