// SPDX-License-Identifier: Apache-2.0
// Chooses the kernels of one instruction set, once.
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/cpu.hpp"
#include "base/errors.hpp"
#include "kernels/integer.hpp"
#include "kernels/kernels.hpp"

namespace pronghorn {

#define PRONGHORN_DECLARE(isa)           \
  namespace isa {                        \
  extern const KernelTable<float> table; \
  }
PRONGHORN_DECLARE(scalar)
#if defined(PRONGHORN_HAS_SSE2)
PRONGHORN_DECLARE(sse2)
#endif
#if defined(PRONGHORN_HAS_AVX2)
PRONGHORN_DECLARE(avx2)
#endif
#if defined(PRONGHORN_HAS_AVX512)
PRONGHORN_DECLARE(avx512)
#endif
#if defined(PRONGHORN_HAS_NEON)
PRONGHORN_DECLARE(neon)
#endif
#undef PRONGHORN_DECLARE
namespace oracle {
extern const KernelTable<double> table;
}

namespace {

const Kernels kRows[] = {
    {"scalar", &scalar::table},
#if defined(PRONGHORN_HAS_SSE2)
    {"sse2", &sse2::table},
#endif
#if defined(PRONGHORN_HAS_AVX2)
    {"avx2", &avx2::table},
#endif
#if defined(PRONGHORN_HAS_AVX512)
    {"avx512", &avx512::table},
#endif
#if defined(PRONGHORN_HAS_NEON)
    {"neon", &neon::table},
#endif
};

const Kernels& choose() {
  const char* wanted = std::getenv("PRONGHORN_ISA");
  return kernels_for(wanted && *wanted ? wanted : supported_isas().front().c_str());
}

}  // namespace

const Kernels& kernels_for(const char* isa) {
  std::string known;
  for (const std::string& name : supported_isas()) {
    known += (known.empty() ? "" : ", ") + name;
    if (name != isa) continue;
    for (const Kernels& row : kRows) {
      if (std::strcmp(row.isa, isa) == 0) return row;
    }
  }
  throw Error("PRONGHORN_ISA must be one of " + known + " on this machine. Received: " + isa);
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

template <>
const KernelTable<float>& kernel_table<float>() {
  static const KernelTable<float>& table = *kernels().float32;
  return table;
}
template <>
const KernelTable<double>& kernel_table<double>() {
  return oracle::table;
}
template <>
const KernelTable<int32_t>& kernel_table<int32_t>() {
  return integer_table<int32_t>();
}
template <>
const KernelTable<int64_t>& kernel_table<int64_t>() {
  return integer_table<int64_t>();
}

}  // namespace pronghorn
