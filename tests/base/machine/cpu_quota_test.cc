#include "base/machine/cpu_quota.h"

#include <string>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/machine/hardware.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

class CpuQuota : public testing::Test {
 protected:
  void write(const std::filesystem::path& file, const std::string& content) const {
    std::filesystem::create_directories((directory_ / file).parent_path());
    write_file_atomically(directory_ / file, content);
  }
  std::optional<int> quota() const {
    return cpu_quota({.root = directory_.path(), .membership = directory_ / "membership"});
  }

  TemporaryDirectory directory_;
};

TEST_F(CpuQuota, IsRoundedUpToWholeProcessors) {
  write("membership", "0::/\n");
  for (const auto& [content, processors] :
       {std::pair{"200000 100000\n", 2}, {"150000 100000\n", 2}, {"1000 100000\n", 1}}) {
    write("cpu.max", content);
    EXPECT_EQ(quota(), processors) << content;
  }
}

TEST_F(CpuQuota, IsNothingWithoutALimit) {
  EXPECT_EQ(quota(), std::nullopt) << "a system without control groups";
  write("membership", "4:cpu,cpuacct:/\n0::/\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("cpu.max", "max 100000\n");
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, IsTheLeastOfAllGroupsAround) {
  write("membership", "0::/slice/service\n");
  write("slice/cpu.max", "300000 100000\n");
  write("slice/service/cpu.max", "800000 100000\n");
  EXPECT_EQ(quota(), 3);
  write("slice/service/cpu.max", "100000 100000\n");
  EXPECT_EQ(quota(), 1);
}

TEST_F(CpuQuota, IsReadFromVersion1Too) {
  write("membership", "9:memory:/x\n4:cpu,cpuacct:/docker/of-the-host\n");
  write("cpu/cpu.cfs_quota_us", "250000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 3) << "the path of the host is not there, but the container's own group is the root";
}

TEST_F(CpuQuota, NeverLeavesTheVisibleGroups) {
  write("membership", "0::/../../elsewhere\n");
  write("cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2);
}

TEST_F(CpuQuota, NarrowsTheProcessors) {
  write("membership", "0::/\n");
  write("cpu.max", "50000 100000\n");
  EXPECT_EQ(available_processors({.root = directory_.path(), .membership = directory_ / "membership"}), 1);
  write("cpu.max", "max 100000\n");
  EXPECT_GE(available_processors(), 1);
}

}  // namespace
}  // namespace transkimmer::test
