// SPDX-License-Identifier: Apache-2.0
// How a matrix product is cut into blocks, the unit of work of a thread: its part of the output and
// what the epilogue reads stay in L1, its operands in L2. No choice here changes a bit.
#include <algorithm>

#include "kernels/kernels.hpp"
#include "runtime/program_builder.hpp"
#include "runtime/team.hpp"

namespace pronghorn {
namespace {

// Rows of a block are a multiple of the register tile: 16 where rows are lanes of an operand, else
// 14. Larger blocks amortise the epilogue (a weight gradient of 784 x 300 at batch 32 gains 5 %
// from 56 to 112 rows), smaller ones share out evenly among threads.
constexpr int64_t kBlockRows = 56, kLargeBlockRows = 112, kManyBlocks = 32, kBlockPanels = 2;
constexpr int64_t kFewRows = 2, kWideBlockPanels = 8;  // where a register tile is so wide
// Where rows are lanes: as many as leave each thread kManyTasks, down to half a panel if the
// register tile is two panels wide. (784 -> 300 at batch 32: 39 -> 33 us on Zen 5 and two threads,
// 74 -> 86 % of peak, against blocks of 16 rows and one panel.)
constexpr int64_t kBlockRowsInLanes = 64, kManyTasks = 16;
// The panel operand is walked in blocks and groups of this size, which stay near while all rows
// pass by once for a group. (A quarter of an L2 cache. 1024-2048-2048-1000 at batch 1024 gains 2 %
// over walking two panels at a time, the weight gradient of 784 x 300 at batch 32 gains 4 %.)
constexpr int64_t kPanelsInCache = 256 * 1024;
// Where the operands are more than this, they come from a cache that the threads share, or from
// memory: larger blocks then read them less often. (Sizes found by trying, on
// Zen 3; from 48 to 128 rows and from 8 panels on they differ by less than that machine's noise.)
constexpr int64_t kFarMemory = 2 << 20;
constexpr int64_t kFarBlockRowsInLanes = 64, kFarBlockRows = 96, kFarBlockPanels = 16;
// Depth that is multiplied at once, at most and for a register tile of one panel; a chain that
// continues from memory keeps its bits. Where rows are lanes, one row of register tiles reads 32 KB
// of panels, and they stream in well; elsewhere the lines of 16 depths lie apart, and both operands
// should stay in L1 while a block passes by: a tile of two panels passes by half as often.
// (Zen 3, one thread, 1024 x 1024 at batch 256: forward 83 -> 88 % of peak from 256 to 512, input
// gradient 86 -> 93 % from 66 rows of 256 to 96 of 128. Zen 5, two panels, two threads: the weight
// gradient of 1024 x 1024 at batch 256 gains 2 % from 128 to 256, the median of seven runs.)
constexpr int64_t kDepthInLanes = 512, kDepth = 128;
// A product with more work than this (about a microsecond) should be at least so many tasks.
constexpr double kSerialWork = 30000;
constexpr int64_t kFewTasks = 4, kLeastBlockRows = 8;

int64_t bytes(const Step& step, int64_t elements) {
  return elements * static_cast<int64_t>(dtype_size(step.dtype));
}

int64_t panels_of_tile(DType dtype) {
  int64_t panels = 1;
  if (is_float(dtype))
    dispatch(dtype, [&](auto zero) { panels = kernel_table<decltype(zero)>().gemm_panels; });
  return panels;
}

int64_t depth_of_block(const Step& step, int64_t tile_panels) {
  const int64_t most = step.a_lanes_are_rows ? kDepthInLanes / tile_panels : kDepth * tile_panels;
  const int64_t count = std::max<int64_t>(1, blocks(step.depth, most));
  return std::max(kPanel, round_up_panel(blocks(step.depth, count)));  // all of one size
}

int64_t rows_in_lanes(const Step& step, int64_t tile_panels, int threads) {
  const int64_t least = kPanel / tile_panels, panel_blocks = blocks(step.panels, step.block_panels);
  int64_t rows = kBlockRowsInLanes;
  while (rows > least && blocks(step.rows, rows) * panel_blocks < kManyTasks * threads) rows /= 2;
  return rows;
}

int64_t rows_of_block(const Step& step, int threads) {
  const int64_t panel_blocks = blocks(step.panels, step.block_panels);
  if (step.rows / kLargeBlockRows * panel_blocks > kManyBlocks) return kLargeBlockRows;
  const int64_t wanted = blocks(kFewTasks * threads, panel_blocks);
  if (blocks(step.rows, kBlockRows) >= wanted) return kBlockRows;
  return std::max(kLeastBlockRows, blocks(step.rows, wanted));
}

}  // namespace

void ProgramBuilder::choose_blocks(Step& step, bool panels_are_units) {
  const int threads = default_threads();
  const bool in_lanes = step.a_lanes_are_rows;
  const int64_t tile_panels = panels_of_tile(step.dtype);
  step.depth_block = depth_of_block(step, tile_panels);
  const int64_t far_rows = in_lanes ? kFarBlockRowsInLanes : kFarBlockRows;
  const int64_t panels_in_cache = kPanelsInCache / bytes(step, step.depth_block * kPanel);
  const int64_t far_panels = std::min(kFarBlockPanels, panels_in_cache);
  const int64_t far_blocks = blocks(step.rows, far_rows) * blocks(step.panels, far_panels);
  const int64_t operands = (step.rows + step.panels * kPanel) * step.depth;
  if (step.work < kSerialWork) {
    step.block_rows = in_lanes ? kBlockRowsInLanes : kBlockRows;
    step.block_panels = step.rows <= kFewRows ? kWideBlockPanels : kBlockPanels;
  } else if (bytes(step, operands) > kFarMemory && far_blocks >= kFewTasks * threads) {
    step.block_rows = far_rows;
    step.block_panels = far_panels;
  } else if (in_lanes) {
    step.block_panels = step.rows <= kFewRows ? kWideBlockPanels : tile_panels;
    step.block_rows = rows_in_lanes(step, tile_panels, threads);
    const bool is_one_tile = step.block_rows < kPanel;  // no other would find the panels in L1
    if (is_one_tile) step.depth_block = std::max(kPanel, step.depth);
  } else {
    step.block_panels = step.rows <= kFewRows ? kWideBlockPanels : kBlockPanels;
    step.block_rows = rows_of_block(step, threads);
  }
  step.row_blocks = blocks(step.rows, step.block_rows);
  step.panel_blocks = blocks(step.panels, step.block_panels);
  if (!in_lanes && step.rows > 0) {  // all of one size, and as many for each thread
    const bool is_uneven = step.row_blocks > threads && step.panel_blocks % threads != 0;
    if (is_uneven) step.row_blocks = blocks(step.row_blocks, threads) * threads;
    step.block_rows = blocks(step.rows, step.row_blocks);
    step.row_blocks = blocks(step.rows, step.block_rows);
  }
  step.group =
      kPanelsInCache / std::max<int64_t>(1, bytes(step, step.block_panels * step.b_stride));
  // A weight's gradient: each thread takes the units that it also computes the outputs of, so that
  // it is the one that reads what it has changed.
  if (panels_are_units) step.group = std::min(step.group, blocks(step.panel_blocks, threads));
  step.group = std::max<int64_t>(1, std::min(step.group, step.panel_blocks));
  step.tasks = step.row_blocks * step.panel_blocks;
  const int64_t before = step.panel_blocks - (step.panel_blocks - 1) % step.group - 1;
  step.even_tasks = before * step.row_blocks;
  step.uneven_size = static_cast<double>(step.panels - before * step.block_panels) /
                     static_cast<double>((step.panel_blocks - before) * step.block_panels);
}

void ProgramBuilder::cut_by_panels(Step& step) {
  step.panelwise = true;
  step.tasks = step.panels;
  if (step.kind != ValueKind::kMatmul) return;
  const int64_t most = step.a_lanes_are_rows ? kBlockRowsInLanes : kBlockRows;
  const int64_t rows = blocks(step.rows, std::max<int64_t>(1, blocks(step.rows, most)));
  step.block_rows = step.a_lanes_are_rows ? most : std::max<int64_t>(1, rows);
  step.block_panels = step.rows <= kFewRows ? kWideBlockPanels : panels_of_tile(step.dtype);
}

}  // namespace pronghorn
