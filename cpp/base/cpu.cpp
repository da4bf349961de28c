// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace pronghorn {

std::vector<std::string> supported_isas() {
  std::vector<std::string> isas;
#if defined(__x86_64__)
  __builtin_cpu_init();
#if defined(PRONGHORN_HAS_AVX512)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("fma")) {
    isas.push_back("avx512");
  }
#endif
#if defined(PRONGHORN_HAS_AVX2)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) isas.push_back("avx2");
#endif
#if defined(PRONGHORN_HAS_SSE2)
  isas.push_back("sse2");
#endif
#elif defined(PRONGHORN_HAS_NEON)
  isas.push_back("neon");
#endif
  isas.push_back("scalar");
  return isas;
}

namespace {

int affinity_count() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

// cgroup v2 "quota period" or v1's two files; no limit: a large number.
int cgroup_quota() {
  const int unlimited = 1 << 20;
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0) {
    return std::max(1, static_cast<int>(std::ceil(std::atof(quota.c_str()) / period)));
  }
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double q = 0;
  if (v1_quota >> q && v1_period >> period && q > 0 && period > 0) {
    return std::max(1, static_cast<int>(std::ceil(q / period)));
  }
  return unlimited;
}

}  // namespace

int available_threads() {
  int threads = std::min(affinity_count(), cgroup_quota());
  if (const char* value = std::getenv("OMP_NUM_THREADS")) {
    const int wanted = std::atoi(value);
    if (wanted > 0) threads = std::min(threads, wanted);
  }
  return threads;
}

}  // namespace pronghorn
