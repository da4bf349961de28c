// SPDX-License-Identifier: Apache-2.0
#include "graph/relayout.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace pronghorn {
namespace {

// A matrix of R rows and C columns as blocks of 16 x 16. Address of block (i, j) and the stride
// from one line of it to the next; in row-major and column-panel storage a line is a row, in row
// panels a column.
struct Blocks {
  int64_t rows, columns;
  Layout layout;

  int64_t offset(int64_t i, int64_t j) const {
    switch (layout) {
      case Layout::kRowMajor:
        return i * 16 * columns + j * 16;
      case Layout::kRowPanels:
        return i * columns * 16 + j * 256;
      default:
        return j * rows * 16 + i * 256;
    }
  }
  int64_t stride() const { return layout == Layout::kRowMajor ? columns : 16; }
  bool lines_are_rows() const { return layout != Layout::kRowPanels; }
};

// Copies `lines` lines of `lanes` elements.
template <class T>
void copy_lines(const T* in, int64_t in_stride, T* out, int64_t out_stride, int64_t lines,
                int64_t lanes) {
  if (lanes == 16) {  // a size the compiler knows: moves, not a call
    for (int64_t l = 0; l < lines; ++l) std::copy_n(in + l * in_stride, 16, out + l * out_stride);
    return;
  }
  for (int64_t l = 0; l < lines; ++l) std::copy_n(in + l * in_stride, lanes, out + l * out_stride);
}

// A block that hangs over the edge goes through a 16 x 16 scratch, so that nothing is read or
// written beyond a row-major matrix or the lines of a panel.
template <class T>
void move_block(const T* in, const Blocks& from, T* out, const Blocks& to, int64_t i, int64_t j) {
  const KernelTable<T>& k = kernel_table<T>();
  const int64_t rows = std::min<int64_t>(16, from.rows - i * 16);
  const int64_t columns = std::min<int64_t>(16, from.columns - j * 16);
  const bool transposed = from.lines_are_rows() != to.lines_are_rows();
  const bool from_panels = from.layout != Layout::kRowMajor,
             to_panels = to.layout != Layout::kRowMajor;
  const T* source = in + from.offset(i, j);
  T* target = out + to.offset(i, j);
  const int64_t lines = from.lines_are_rows() ? rows : columns;
  const int64_t lanes = from_panels ? 16 : columns;
  if (!transposed) {  // row-major to or from column panels
    if (to_panels && from.columns == 1) return k.spread(target, source, lines);
    return copy_lines(source, from.stride(), target, to.stride(), lines, columns);
  }
  alignas(64) T a[256], b[256];
  const bool whole_source = lines == 16 && lanes == 16;
  if (!whole_source) {
    if (lanes < 16) std::fill_n(a, 256, T(0));
    copy_lines(source, from.stride(), a, 16, lines, lanes);
    std::fill_n(a + lines * 16, (16 - lines) * 16, T(0));
  }
  const T* block = whole_source ? source : a;
  const int64_t stride = whole_source ? from.stride() : 16;
  const int64_t out_lines = to.lines_are_rows() ? rows : columns;
  const int64_t out_lanes = to_panels ? 16 : columns;
  if (out_lines == 16 && out_lanes == 16) return k.transpose16(block, stride, target, to.stride());
  k.transpose16(block, stride, b, 16);
  copy_lines(b, 16, target, to.stride(), out_lines, out_lanes);
}

// Both layouts must see the same matrix, which holds unless one is row panels and the other column
// panels of a tensor of rank > 2; lowering goes through row-major there.
MatrixView common_view(const Shape& shape, Layout from, Layout to) {
  return matrix_view(shape, from == Layout::kRowMajor ? to : from);
}

}  // namespace

int64_t relayout_panels(const Shape& shape, Layout from, Layout to) {
  const MatrixView m = common_view(shape, from, to);
  const bool by_rows = (from == Layout::kRowMajor ? to : from) == Layout::kRowPanels;
  return ((by_rows ? m.rows : m.columns) + kPanel - 1) / kPanel;
}

void relayout(DType dtype, const Shape& shape, const void* in, Layout from, void* out, Layout to,
              int64_t begin, int64_t end) {
  const MatrixView m = common_view(shape, from, to);
  const bool by_rows = (from == Layout::kRowMajor ? to : from) == Layout::kRowPanels;
  const int64_t across = ((by_rows ? m.columns : m.rows) + kPanel - 1) / kPanel;
  const Blocks source{m.rows, m.columns, from}, target{m.rows, m.columns, to};
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t p = begin; p < end; ++p) {
      for (int64_t q = 0; q < across; ++q) {
        move_block(static_cast<const T*>(in), source, static_cast<T*>(out), target, by_rows ? p : q,
                   by_rows ? q : p);
      }
    }
  });
}

void splat(DType dtype, void* data) {
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(static_cast<T*>(data) + 1, kPanel - 1, *static_cast<const T*>(data));
  });
}

}  // namespace pronghorn
