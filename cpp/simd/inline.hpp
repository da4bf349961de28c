// SPDX-License-Identifier: Apache-2.0
// What every instruction-set header needs first. An including file chooses its namespace:
//
//     #define PRONGHORN_ISA avx512
//     #include "simd/x86_avx512.hpp"
//     #include "simd/math.hpp"
//
// Everything lives in an anonymous namespace below pronghorn::PRONGHORN_ISA, so no symbol of a
// translation unit compiled for a newer processor can be picked by the linker for all of them.
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef PRONGHORN_ISA
#error "define PRONGHORN_ISA (the namespace of this instruction set) before including simd/"
#endif

#define PRONGHORN_INLINE inline __attribute__((always_inline))
