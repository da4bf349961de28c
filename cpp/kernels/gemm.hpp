// SPDX-License-Identifier: Apache-2.0
// Matrix product of panels. All three products of a dense layer are this one loop: a scalar of `a`
// is broadcast against a line of `b`, and the tile of the output stays in registers.
//
// Register budget: a tile of kRows x (kPanels * kVectors) accumulators, one line of b, one
// broadcast. AVX-512 (32 registers): 8 x 2 where rows must stay inside one panel of `a` (two
// equal halves of 16), 14 x 2 elsewhere; AVX2 (16): 6 x 2 vectors of one panel; NEON (32): 4 x 4
// vectors; SSE2 (16): 2 x 4.
#pragma once

namespace pronghorn::PRONGHORN_ISA {
namespace {

#if defined(__clang__)
#define PRONGHORN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PRONGHORN_UNROLL _Pragma("GCC unroll 32")
#endif

constexpr int kMaxPanels = Vec::lanes == 16 ? 2 : 1;
constexpr int kMaxRows = Vec::lanes == 16 ? 14 : Vec::lanes == 8 ? 6 : Vec::lanes == 4 ? 4 : 1;
constexpr int kMaxRowsInLanes = Vec::lanes == 16 ? 8 : kMaxRows;
// So few rows would each wait for their last sum: more panels at once give more chains.
constexpr int kFewRows = 2;
constexpr int kWidePanels = Vec::lanes >= 4 ? Vec::lanes / 2 : 1;
// How many lines ahead the broadcast operand is asked for where its lines follow one another. Each
// takes 8 cycles, so that this is about what memory takes to answer; the processor alone looks less
// far ahead. (Zen 5, 2048 x 2048 at batch 1024, forward, two threads: the product alone 79 -> 90 %
// of peak, equal from 64 to 128 lines; within the network's step 84 -> 91 %. Elsewhere the lines of
// the next 16 depths are asked for, where the same size gains 3 %.)
constexpr int64_t kLinesAhead = 96;

template <int kRows, int kPanels>
struct Tile {
  static constexpr int kColumns = kPanels * kVectors;
  Vec acc[kRows][kColumns];

  // a(i, k) = a[i * kRowStride + k * kDepthStride]; b: lines of 16, panels b_stride apart.
  template <int kRowStride, int kDepthStride>
  PRONGHORN_INLINE void multiply(int64_t depth, const T* a, const T* b, int64_t b_stride) {
    for (int64_t k = 0; k < depth; ++k) {
      Vec line[kColumns];
      PRONGHORN_UNROLL
      for (int j = 0; j < kColumns; ++j) {
        line[j] = load(b + (j / kVectors) * b_stride + k * 16 + (j % kVectors) * Vec::lanes);
      }
      if constexpr (kDepthStride == 16) __builtin_prefetch(a + (k + kLinesAhead) * 16);
      PRONGHORN_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const Vec x = splat(a[i * kRowStride + k * kDepthStride]);
        PRONGHORN_UNROLL
        for (int j = 0; j < kColumns; ++j) acc[i][j] = fma(x, line[j], acc[i][j]);
      }
    }
  }
};

PRONGHORN_INLINE Vec initial(const Gemm<T>& g, int64_t row, int64_t panel, int64_t offset) {
  switch (g.init) {
    case Gemm<T>::Init::kPerRow:
      return splat(g.bias[row]);
    case Gemm<T>::Init::kPerLane:
      return load(g.bias + panel * 16 + offset);
    case Gemm<T>::Init::kAccumulate:
      return load(g.out + panel * g.out_stride + row * 16 + offset);
    default:
      return zero();
  }
}

// Asks for what is read next beside a tile, of one matrix and panel in each turn: all at once would
// be more than the processor can wait for.
template <int kRows, int kPanels>
PRONGHORN_INLINE void prefetch_beside(const Gemm<T>& g, int64_t row, int64_t panel, int turn) {
  if (turn >= g.prefetches * kPanels) return;
  const T* lines = g.prefetch[turn / kPanels] + (panel + turn % kPanels) * g.prefetch_stride;
  PRONGHORN_UNROLL
  for (int i = 0; i < kRows; ++i) __builtin_prefetch(lines + (row + i) * 16, 0, 2);
}

template <int kRows, int kPanels>
void gemm_tile(const Gemm<T>& g, int64_t row, int64_t panel) {
  Tile<kRows, kPanels> tile;
  T* out = g.out + panel * g.out_stride + row * 16;
  const T* b = g.b + panel * g.b_stride;
  PRONGHORN_UNROLL
  for (int i = 0; i < kRows; ++i) {
    PRONGHORN_UNROLL
    for (int j = 0; j < kPanels * kVectors; ++j) {
      const int64_t p = j / kVectors, offset = (j % kVectors) * Vec::lanes;
      tile.acc[i][j] = initial(g, row + i, panel + p, offset);
    }
  }
  int turn = 0;
  if (g.a_lanes_are_rows) {
    tile.template multiply<1, 16>(g.depth, g.a + (row / 16) * g.a_stride + row % 16, b, g.b_stride);
  } else {
    const T* a = g.a + row * 16;
    int64_t k = 0;
    for (; k + 16 <= g.depth; k += 16, a += g.a_stride) {
      PRONGHORN_UNROLL
      for (int i = 0; i < kRows; ++i) __builtin_prefetch(a + g.a_stride + i * 16);
      prefetch_beside<kRows, kPanels>(g, row, panel, turn++);
      tile.template multiply<16, 1>(16, a, b + k * 16, g.b_stride);
    }
    tile.template multiply<16, 1>(g.depth - k, a, b + k * 16, g.b_stride);
  }
  while (turn < g.prefetches * kPanels) prefetch_beside<kRows, kPanels>(g, row, panel, turn++);
  PRONGHORN_UNROLL
  for (int i = 0; i < kRows; ++i) {
    PRONGHORN_UNROLL
    for (int j = 0; j < kPanels * kVectors; ++j) {
      store(out + (j / kVectors) * g.out_stride + i * 16 + (j % kVectors) * Vec::lanes,
            tile.acc[i][j]);
    }
  }
}

template <int kPanels, int kRows = kMaxRows>
PRONGHORN_INLINE void gemm_rows(const Gemm<T>& g, int rows, int64_t row, int64_t panel) {
  if (rows == kRows) {
    gemm_tile<kRows, kPanels>(g, row, panel);
  } else if constexpr (kRows > 1) {
    gemm_rows<kPanels, kRows - 1>(g, rows, row, panel);
  }
}

// Rows [begin, end) in equal tiles of at most max_rows: 16 rows with tiles of 6 are 6, 5, 5.
template <int kPanels>
void gemm_range(const Gemm<T>& g, int64_t begin, int64_t end, int max_rows, int64_t panel) {
  const int count = static_cast<int>(end - begin), tiles = (count + max_rows - 1) / max_rows;
  if (tiles == 0) return;
  const int least = count / tiles;
  int larger = count % tiles;  // tiles with one row more
  for (int64_t row = begin; row < end;) {
    const int rows = least + (larger-- > 0 ? 1 : 0);
    gemm_rows<kPanels>(g, rows, row, panel);
    row += rows;
  }
}

template <int kPanels>
void gemm_panels(const Gemm<T>& g, int64_t panel) {
  if (!g.a_lanes_are_rows) {
    gemm_range<kPanels>(g, 0, g.rows, kMaxRows, panel);
    return;
  }
  for (int64_t row = 0; row < g.rows; row += 16) {
    const int64_t end = row + 16 < g.rows ? row + 16 : g.rows;
    gemm_range<kPanels>(g, row, end, kMaxRowsInLanes, panel);
  }
}

// Both rows or the only one, over `panels` panels.
template <int kRows, int kPanels = kWidePanels>
PRONGHORN_INLINE void gemm_few_rows(const Gemm<T>& g, int panels, int64_t panel) {
  if (panels == kPanels) {
    gemm_tile<kRows, kPanels>(g, 0, panel);
  } else if constexpr (kPanels > 1) {
    gemm_few_rows<kRows, kPanels - 1>(g, panels, panel);
  }
}

void gemm(const Gemm<T>& g) {
  if (g.rows <= kFewRows) {
    int64_t tiles = (g.panels + kWidePanels - 1) / kWidePanels;
    for (int64_t panel = 0; tiles > 0; --tiles) {
      const int panels = static_cast<int>((g.panels - panel + tiles - 1) / tiles);
      g.rows == 1 ? gemm_few_rows<1>(g, panels, panel) : gemm_few_rows<2>(g, panels, panel);
      panel += panels;
    }
    return;
  }
  int64_t panel = 0;
  for (; panel + kMaxPanels <= g.panels; panel += kMaxPanels) gemm_panels<kMaxPanels>(g, panel);
  for (; panel < g.panels; ++panel) gemm_panels<1>(g, panel);
}

// As many independent chains as hide the latency of a fused multiply-add (24 of them, enough for
// two units of latency 4 and for one vector register to spare on AVX-512; fewer where registers
// end).
int64_t fma_burst(int64_t iterations, T* sink) {
  constexpr int kChains = Vec::lanes == 16 ? 24 : 12;
  Vec acc[kChains];
  const Vec x = splat(T(0.999)), y = splat(T(1e-3));
  for (int c = 0; c < kChains; ++c) acc[c] = splat(T(c));
  for (int64_t i = 0; i < iterations; ++i) {
    PRONGHORN_UNROLL
    for (int c = 0; c < kChains; ++c) acc[c] = fma(acc[c], x, y);
  }
  Vec sum = zero();
  for (int c = 0; c < kChains; ++c) sum = sum + acc[c];
  T lanes[Vec::lanes];
  store(lanes, sum);
  *sink = lanes[0];
  return iterations * kChains * Vec::lanes * 2;
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
