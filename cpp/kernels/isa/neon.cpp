// SPDX-License-Identifier: Apache-2.0
#define PRONGHORN_ISA neon
#include "kernels/kernels.hpp"
// clang-format off
#include "simd/arm_neon.hpp"
#include "simd/math.hpp"
#include "kernels/table.inl"
