// SPDX-License-Identifier: Apache-2.0
// Included last by every file of isa/: fills the table of that instruction set.
#include "kernels/elementwise.hpp"
#include "kernels/gemm.hpp"
#include "kernels/random.hpp"
#include "kernels/reduce.hpp"

namespace pronghorn::PRONGHORN_ISA {
namespace {
// Always-inline functions have no address.
void transpose_block(const T* in, int64_t in_stride, T* out, int64_t out_stride) {
  transpose16(in, in_stride, out, out_stride);
}
}  // namespace

extern const KernelTable<Vec::Scalar> table;
const KernelTable<Vec::Scalar> table = {
    {
#define PRONGHORN_ROW(name, arity) &elementwise<name##_op, arity>,
        PRONGHORN_ELEMENTWISE_OPS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
    },
    &spread,
    &gemm,
    kMaxPanels,
    {&reduce_groups<SumOf>, &reduce_groups<MaxOf>, &reduce_groups<MinOf>,
     &reduce_groups<ProductOf>},
    {&reduce_lanes<SumOf>, &reduce_lanes<MaxOf>, &reduce_lanes<MinOf>, &reduce_lanes<ProductOf>},
    &argmax_groups,
    &softmax,
    &log_softmax,
    &softmax_cross_entropy,
    &sparse_softmax_cross_entropy,
    &transpose_block,
    &uniform,
    &fma_burst,
};
}  // namespace pronghorn::PRONGHORN_ISA
