// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cfenv>
#include <cstdint>

namespace pronghorn {

// The engine's floating-point arithmetic, while it lives, on the thread that made it: subnormal
// numbers count as zero (each operation on one costs a hundred cycles on many processors, and slots
// of optimizers would stay subnormal for ever: half of the least number rounds to itself), rounding
// is to nearest and nothing traps. The caller's settings and status flags come back at the end.
//
// IEEE 754 has the processor keep a note of every operation that made an infinity or a NaN of
// finite numbers. Looking for the note costs a few nanoseconds, looking at the numbers a pass over
// memory.
class FloatEnvironment {
 public:
#if defined(__x86_64__)
  // Whether that has happened on this thread since the environment was made or `forget` called.
  static bool has_overflowed() { return (__builtin_ia32_stmxcsr() & kMadeNonFinite) != 0; }
  static void forget() { __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~kMadeNonFinite); }

  FloatEnvironment() : before_(__builtin_ia32_stmxcsr()) {
    constexpr unsigned kDefault = 0x1f80, kInputsToZero = 0x40, kResultsToZero = 0x8000;
    __builtin_ia32_ldmxcsr(kDefault | kInputsToZero | kResultsToZero);
  }
  ~FloatEnvironment() { __builtin_ia32_ldmxcsr(before_); }

 private:
  static constexpr unsigned kMadeNonFinite = 0x01 | 0x04 | 0x08;  // invalid, by zero, overflow
  unsigned before_;
#elif defined(__aarch64__)
  static bool has_overflowed() { return (status() & kMadeNonFinite) != 0; }
  static void forget() { set_status(status() & ~kMadeNonFinite); }

  FloatEnvironment() : status_before_(status()) {
    constexpr uint64_t kFlushToZero = uint64_t{1} << 24;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(before_));
    __asm__ __volatile__("msr fpcr, %0" : : "r"(kFlushToZero));
    set_status(0);
  }
  ~FloatEnvironment() {
    __asm__ __volatile__("msr fpcr, %0" : : "r"(before_));
    set_status(status_before_);
  }

 private:
  static constexpr uint64_t kMadeNonFinite = 0x1 | 0x2 | 0x4;  // invalid, by zero, overflow
  static uint64_t status() {
    uint64_t word;
    __asm__ __volatile__("mrs %0, fpsr" : "=r"(word));
    return word;
  }
  static void set_status(uint64_t word) { __asm__ __volatile__("msr fpsr, %0" : : "r"(word)); }
  uint64_t before_ = 0, status_before_;
#else
  static bool has_overflowed() {
    return std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) != 0;
  }
  static void forget() { std::feclearexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW); }

  FloatEnvironment() { std::feholdexcept(&before_); }
  ~FloatEnvironment() { std::fesetenv(&before_); }

 private:
  std::fenv_t before_;
#endif

 public:
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace pronghorn
