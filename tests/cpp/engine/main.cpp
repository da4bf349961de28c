// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"
#include "kernels/kernels.hpp"

int main() {
  std::printf("instruction set: %s\n", pronghorn::kernels().isa);
  int passed = 0, failed = 0;
  for (const Test& test : tests()) {
    const int before = failures;
    test.body();
    const bool ok = failures == before;
    (ok ? passed : failed) += 1;
    if (!ok) std::printf("FAILED %s\n", test.name.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
