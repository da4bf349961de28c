// SPDX-License-Identifier: Apache-2.0
// Included last by every file of isa/: fills the table of that instruction set.
#include "kernels/elementwise.hpp"
#include "kernels/gemm.hpp"
#include "kernels/random.hpp"
#include "kernels/reduce.hpp"

namespace pronghorn::PRONGHORN_ISA {
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
    &dot_lanes,
    &argmax_groups,
    &softmax,
    &log_softmax,
    &softmax_cross_entropy,
    &sparse_softmax_cross_entropy,
    &transpose_block,
    &uniform,
    &random_words,
    &fma_burst,
};
}  // namespace pronghorn::PRONGHORN_ISA
