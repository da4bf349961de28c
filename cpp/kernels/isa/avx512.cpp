// SPDX-License-Identifier: Apache-2.0
#define PRONGHORN_ISA avx512
#include "kernels/kernels.hpp"
// clang-format off
#include "simd/x86_avx512.hpp"
#include "simd/math.hpp"
#include "kernels/table.inl"
