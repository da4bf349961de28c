// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace pronghorn {

// The engine's floating-point arithmetic, while it lives, on the thread that made it: subnormal
// numbers count as zero (each operation on one costs a hundred cycles on many processors, and slots
// of optimizers would stay subnormal for ever: half of the least number rounds to itself), rounding
// is to nearest and nothing traps. The caller's settings and status flags come back at the end.
class FloatEnvironment {
 public:
#if defined(__x86_64__)
  FloatEnvironment() : before_(__builtin_ia32_stmxcsr()) {
    constexpr unsigned kDefault = 0x1f80, kInputsToZero = 0x40, kResultsToZero = 0x8000;
    __builtin_ia32_ldmxcsr(kDefault | kInputsToZero | kResultsToZero);
  }
  ~FloatEnvironment() { __builtin_ia32_ldmxcsr(before_); }

 private:
  unsigned before_;
#elif defined(__aarch64__)
  FloatEnvironment() {
    constexpr uint64_t kFlushToZero = uint64_t{1} << 24;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(before_));
    __asm__ __volatile__("msr fpcr, %0" : : "r"(kFlushToZero));
  }
  ~FloatEnvironment() { __asm__ __volatile__("msr fpcr, %0" : : "r"(before_)); }

 private:
  uint64_t before_ = 0;
#else
  FloatEnvironment() = default;
#endif

 public:
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace pronghorn
