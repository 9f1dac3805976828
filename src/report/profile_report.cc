#include "report/profile_report.h"

#include <vector>

#include <fmt/format.h>

namespace transkimmer {
namespace {

struct ProfileRow {
  std::string name;
  double milliseconds;  ///< of a pass, as if the threads shared it evenly
  double share;         ///< of the time of all threads
  double gflops;        ///< 0: counts no arithmetic
};

ProfileRow row_of(const std::string& name, double thread_seconds, std::uint64_t macs, const Profile& profile,
                  std::size_t passes) {
  const double seconds = thread_seconds / profile.threads;
  const double gflops = macs == 0 || seconds <= 0 ? 0 : 2e-9 * static_cast<double>(macs) / seconds;
  return {name, 1000 * seconds / static_cast<double>(passes), seconds / profile.seconds, gflops};
}

std::vector<ProfileRow> rows_of(const Profile& profile, std::size_t passes) {
  std::vector<ProfileRow> rows;
  std::uint64_t macs = 0;
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const auto operation = static_cast<Operation>(i);
    const OperationTotals& totals = profile.operations.of(operation);
    macs += totals.macs;
    if (totals.seconds > 0)
      rows.push_back(row_of(std::string(name_of(operation)), totals.seconds, totals.macs, profile, passes));
  }
  rows.push_back(row_of("waiting, sharing out", profile.waiting(), 0, profile, passes));
  rows.push_back(row_of("all", profile.threads * profile.seconds, macs, profile, passes));
  return rows;
}

}  // namespace

std::string profile_table(const Profile& profile, std::size_t passes) {
  std::string text = fmt::format("{:<24}{:>10}{:>9}{:>10}\n", "operation", "ms", "share", "GFLOP/s");
  for (const ProfileRow& row : rows_of(profile, passes)) {
    const std::string rate = row.gflops > 0 ? fmt::format("{:.0f}", row.gflops) : "";
    text +=
        fmt::format("{:<24}{:>10.3f}{:>7.1f} %{:>10}\n", row.name, row.milliseconds, 100 * row.share, rate);
  }
  return text;
}

nlohmann::ordered_json as_json(const Profile& profile, std::size_t passes) {
  auto json = nlohmann::ordered_json::array();
  for (const ProfileRow& row : rows_of(profile, passes)) {
    json.push_back({{"operation", row.name}, {"milliseconds", row.milliseconds}, {"share", row.share}});
    if (row.gflops > 0) json.back()["gflops"] = row.gflops;
  }
  return json;
}

}  // namespace transkimmer
