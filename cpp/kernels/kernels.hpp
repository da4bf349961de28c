// SPDX-License-Identifier: Apache-2.0
// All that the rest of the program sees of an instruction set: one table of functions per element
// type. Panels are described in base/layout.hpp; a "group" is the 16 lanes of one panel line.
#pragma once
#include <cstdint>

#include "kernels/elementwise_ops.hpp"

namespace pronghorn {

// `groups` groups; each operand is read at a stride of 16 elements (a tensor) or 0 (one group that
// serves for all). Operands beyond the operation's arity are ignored.
template <class T>
struct Operand {
  const T* data;
  int64_t stride;
};
template <class T>
using ElementwiseKernel = void (*)(T* out, const Operand<T>* operands, int64_t groups);

// out[p][i][lane] = init + sum over k, ascending, of a(i, k) * b[p][k][lane], one chain of fma per
// element whatever the tiling, so that bits depend on nothing but the operands.
//   a(i, k) lies at  a[(i / 16) * a_stride + k * 16 + i % 16]   if a_lanes_are_rows,
//              else  a[(k / 16) * a_stride + i * 16 + k % 16].
template <class T>
struct Gemm {
  enum class Init { kZero, kPerRow, kPerLane, kAccumulate };
  int64_t rows, depth, panels;
  const T* a;
  int64_t a_stride;
  bool a_lanes_are_rows;
  const T* b;
  int64_t b_stride;
  T* out;
  int64_t out_stride;
  Init init;
  const T* bias;  // kPerRow: bias[i]; kPerLane: bias[p * 16 + lane]
  // What is read next beside the output: matrices of its rows and panels, panels prefetch_stride
  // apart, whose lines are brought near while each tile is computed.
  static constexpr int kMaxPrefetches = 4;
  int prefetches = 0;
  const T* prefetch[kMaxPrefetches];
  int64_t prefetch_stride;
};

enum class Reduction : int { kSum, kMax, kMin, kProduct, kCount };
constexpr int kReductionCount = static_cast<int>(Reduction::kCount);

template <class T>
struct KernelTable {
  ElementwiseKernel<T> elementwise[kElementwiseCount];  // null where the type has no such operation

  // out[i * 16 + lane] = in[i]
  void (*spread)(T* out, const T* in, int64_t count);

  void (*gemm)(const Gemm<T>& gemm);
  int gemm_panels;  // of a register tile

  // out[lane] = reduction over `groups` lines of in.
  void (*reduce_groups[kReductionCount])(T* out, const T* in, int64_t groups);
  // out[i] = reduction over `rows` lanes spread over panels `panel_stride` apart, for i < count:
  // first panel by panel in each lane, then the 16 lanes as a fixed tree.
  void (*reduce_lanes[kReductionCount])(T* out, const T* in, int64_t rows, int64_t panel_stride,
                                        int64_t count);
  // The same of the sum of in * x, by fused multiply-adds; x: `rows` elements, storage of whole
  // lines.
  void (*dot_lanes)(T* out, const T* in, const T* x, int64_t rows, int64_t panel_stride,
                    int64_t count);
  // Index of the first largest of `groups` lines, per lane; NaN counts as largest.
  void (*argmax_groups)(T* out, const T* in, int64_t groups);

  // One panel of samples, `classes` lines.
  void (*softmax)(T* out, const T* in, int64_t classes);
  void (*log_softmax)(T* out, const T* in, int64_t classes);
  // -sum_c target[c] log softmax(in)[c]
  void (*softmax_cross_entropy)(T* out, const T* in, const T* target, int64_t classes);
  // -log softmax(in)[label]; label: one line holding class numbers
  void (*sparse_softmax_cross_entropy)(T* out, const T* in, const T* label, int64_t classes);

  // 16 x 16 block; strides in elements between lines.
  void (*transpose16)(const T* in, int64_t in_stride, T* out, int64_t out_stride);

  // Uniform numbers in [0, 1): element i of the stream (key, counter) by Philox4x32-10.
  void (*uniform)(T* out, int64_t begin, int64_t end, const uint32_t key[2],
                  const uint32_t counter[2]);
  // The words of Philox's blocks `first` and on, of 64 at a time: word w of block 16 g + b at
  // out[64 g + 16 w + b].
  void (*random_words)(uint32_t* out, uint64_t first, int64_t blocks, const uint32_t key[2],
                       const uint32_t counter[2]);

  // Runs fused multiply-adds on registers only; returns how many floating-point operations.
  int64_t (*fma_burst)(int64_t iterations, T* sink);
};

struct Kernels {
  const char* isa;
  const KernelTable<float>* float32;
};

// The kernels in use: PRONGHORN_ISA if set (an error if this machine cannot run it), else the best.
const Kernels& kernels();
const Kernels& kernels_for(const char* isa);  // throws Error

template <class T>
const KernelTable<T>& kernel_table();

}  // namespace pronghorn
