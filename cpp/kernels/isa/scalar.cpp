// SPDX-License-Identifier: Apache-2.0
#define PRONGHORN_ISA scalar
#include "kernels/kernels.hpp"
// clang-format off
#include "simd/scalar.hpp"
#include "simd/math.hpp"
#include "kernels/table.inl"
