// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
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

int64_t l2_cache_bytes() {
  static const int64_t bytes = [] {
    int64_t known = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    known = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return known > 0 ? known : int64_t{1} << 20;
  }();
  return bytes;
}

namespace {

int affinity_count() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

constexpr double kUnlimited = 1 << 20;

// "quota period" of cgroup v2, or v1's two files, in processors.
double quota_of(const std::string& folder) {
  std::ifstream v2(folder + "/cpu.max");
  std::string quota;
  double q = 0, period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0) {
    return std::atof(quota.c_str()) / period;
  }
  std::ifstream v1_quota(folder + "/cpu.cfs_quota_us"), v1_period(folder + "/cpu.cfs_period_us");
  if (v1_quota >> q && v1_period >> period && q > 0 && period > 0) return q / period;
  return kUnlimited;
}

}  // namespace

int cgroup_quota(const std::string& membership, const std::string& mount) {
  double quota = std::min(quota_of(mount), quota_of(mount + "/cpu"));
  std::ifstream lines(membership);
  for (std::string line; std::getline(lines, line);) {  // "number:controllers:/path"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_v2 = controllers.empty();
    if (!is_v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    // A group is bound by its ancestors' quotas too.
    std::string path = line.substr(second + 1);
    while (path.size() > 1) {
      quota = std::min(quota, quota_of(mount + (is_v2 ? "" : "/cpu") + path));
      path.resize(path.rfind('/'));
    }
  }
  return std::max(1, static_cast<int>(std::ceil(quota)));
}

int available_threads() {
  static const int quota = cgroup_quota("/proc/self/cgroup", "/sys/fs/cgroup");
  static const int wanted = [] {
    const char* value = std::getenv("OMP_NUM_THREADS");
    const int threads = value ? std::atoi(value) : 0;
    return threads > 0 ? threads : std::numeric_limits<int>::max();
  }();
  return std::min({affinity_count(), quota, wanted});
}

}  // namespace pronghorn
