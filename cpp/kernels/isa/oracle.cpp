// SPDX-License-Identifier: Apache-2.0
#define PRONGHORN_ISA oracle
#include "kernels/kernels.hpp"
// clang-format off
#include "simd/oracle.hpp"
#include "simd/math.hpp"
#include "kernels/table.inl"
