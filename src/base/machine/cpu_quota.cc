#include "base/machine/cpu_quota.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

using Quota = std::optional<std::int64_t>;

/// `quota` microseconds of processor time in every `period`, in processors.
Quota in_processors(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period + (quota % period != 0 ? 1 : 0);
}

/// "150000 100000", or "max 100000" without a limit.
Quota version_2_quota(const fs::path& group) {
  std::int64_t quota = 0, period = 0;
  std::ifstream file(group / "cpu.max");
  return file >> quota >> period ? in_processors(quota, period) : std::nullopt;
}

/// The quota is -1 without a limit.
Quota version_1_quota(const fs::path& group) {
  std::int64_t quota = 0, period = 0;
  std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
  return quota_file >> quota && period_file >> period ? in_processors(quota, period) : std::nullopt;
}

Quota least(Quota left, Quota right) {
  return left && right ? std::min(left, right) : left ? left : right;
}

/// Of the group `path` and of all that it lies in, up to `root`. Inside a container the path may be the
/// host's, which is not there; the container's own group is then the root.
template <typename Read>
Quota least_from(const fs::path& root, const fs::path& path, const Read& read) {
  Quota quota = read(root);
  fs::path group = root;
  for (const fs::path& part : path.relative_path()) {
    if (part == "..") break;  // of a process outside the groups that are visible here
    group /= part;
    quota = least(quota, read(group));
  }
  return quota;
}

bool lists(const std::string& controllers, const std::string& wanted) {
  return ("," + controllers + ",").find("," + wanted + ",") != std::string::npos;
}

}  // namespace

std::optional<int> cpu_quota(const ControlGroups& groups) {
  Quota quota;
  std::ifstream membership(groups.membership);
  // "0::/path" for version 2, "4:cpu,cpuacct:/path" for version 1.
  for (std::string line; std::getline(membership, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) quota = least(quota, least_from(groups.root, path, version_2_quota));
    if (lists(controllers, "cpu"))
      quota = least(quota, least_from(groups.root / "cpu", path, version_1_quota));
  }
  if (!quota) return std::nullopt;
  return static_cast<int>(std::min<std::int64_t>(*quota, 1 << 20));  // more than any machine has
}

}  // namespace transkimmer
