// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/cpu.hpp"
#include "check.hpp"

namespace pronghorn {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const char* text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

// The quota of a process of the groups `membership` names.
int quota(const fs::path& mount, const char* membership) {
  write(mount / "membership", membership);
  return cgroup_quota((mount / "membership").string(), mount.string());
}

struct Mount {
  fs::path path = fs::temp_directory_path() / ("pronghorn_test_cpu_" + std::to_string(::getpid()));
  ~Mount() { fs::remove_all(path); }
};

TEST(no_quota_is_no_limit) {
  const Mount mount;
  CHECK(quota(mount.path, "0::/a\n") > 1000);
  write(mount.path / "a/cpu.max", "max 100000\n");
  CHECK(quota(mount.path, "0::/a\n") > 1000);
  CHECK(quota(mount.path, "nonsense\n") > 1000);
}

TEST(the_quota_is_rounded_up_and_at_least_one) {
  const Mount mount;
  write(mount.path / "a/cpu.max", "250000 100000\n");
  CHECK(quota(mount.path, "0::/a\n") == 3);
  write(mount.path / "a/cpu.max", "1000 100000\n");
  CHECK(quota(mount.path, "0::/a\n") == 1);
}

TEST(the_least_quota_of_a_group_and_its_ancestors_counts) {
  const Mount mount;
  write(mount.path / "a/cpu.max", "200000 100000\n");
  write(mount.path / "a/b/cpu.max", "700000 100000\n");
  CHECK(quota(mount.path, "0::/a/b\n") == 2);
  write(mount.path / "cpu.max", "100000 100000\n");  // of a container, which sees its own as root
  CHECK(quota(mount.path, "0::/a/b\n") == 1);
}

TEST(version_one_has_its_controller_in_a_folder) {
  const Mount mount;
  write(mount.path / "cpu/job/cpu.cfs_quota_us", "150000\n");
  write(mount.path / "cpu/job/cpu.cfs_period_us", "100000\n");
  CHECK(quota(mount.path, "5:memory:/other\n4:cpu,cpuacct:/job\n") == 2);
  write(mount.path / "cpu/job/cpu.cfs_quota_us", "-1\n");
  CHECK(quota(mount.path, "4:cpu,cpuacct:/job\n") > 1000);
}

}  // namespace
}  // namespace pronghorn
