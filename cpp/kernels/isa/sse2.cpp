// SPDX-License-Identifier: Apache-2.0
#define PRONGHORN_ISA sse2
#include "kernels/kernels.hpp"
// clang-format off
#include "simd/x86_sse2.hpp"
#include "simd/math.hpp"
#include "kernels/table.inl"
