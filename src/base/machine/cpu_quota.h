#pragma once

#include <filesystem>
#include <optional>

namespace transkimmer {

/// Where the system tells of control groups (man 7 cgroups).
struct ControlGroups {
  std::filesystem::path root = "/sys/fs/cgroup";
  std::filesystem::path membership = "/proc/self/cgroup";  ///< the groups that this process is in
};

/// Processors that this process may keep busy by the time that its control groups, and those around them,
/// allow it (version 2 or 1), rounded up; nothing where none sets a limit. Containers are limited so
/// (`docker run --cpus`, Kubernetes): all processors are there, but more threads than this are stopped
/// until the next period begins.
std::optional<int> cpu_quota(const ControlGroups& groups = {});

}  // namespace transkimmer
