#include "hub/online/download.h"

#include <optional>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/input_reader.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "hub/online/content_hash.h"
#include "hub/online/partial_file.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1 << 20;

fs::path beside(const fs::path& path, const std::string& ending) {
  return path.parent_path() / (path.filename().string() + ending);
}

fs::path incomplete_path(const Download& download) {
  if (download.exclusive) return beside(download.blob, ".incomplete");
  return beside(download.blob, fmt::format(".{:08x}.incomplete", std::random_device{}()));
}

/// Where the bytes of an answer to a Range begin.
std::optional<std::uint64_t> first_byte_of(const HttpAnswer& answer) {
  const std::string range = answer.header("content-range");  // "bytes 5-9/10"
  constexpr std::string_view kUnit = "bytes ";
  if (!range.starts_with(kUnit)) return std::nullopt;
  const auto first =
      parse_integer(std::string_view(range).substr(kUnit.size(), range.find('-') - kUnit.size()));
  if (!first || *first < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*first);
}

/// One content on its way.
class Transfer {
 public:
  Transfer(HubClient& client, const ModelName& name, const RemoteFile& file, const Download& download)
      : client_(client), name_(name), file_(file), download_(download) {}

  void run() {
    if (partial_.size() > file_.size) partial_.clear();
    bool resumed = partial_.size() > 0;
    while (true) {
      complete();
      if (is_as_stated()) return partial_.become(download_.blob);
      if (!resumed) break;
      start_again();  // what was left behind may be the fault
      resumed = false;
    }
    partial_.remove();
    throw FormatError(
        fmt::format("{}: what came from {} has another hash than the {} that the Hub states; it is not kept",
                    in_quotes(file_.name), Address::parse(file_.address).origin, file_.etag));
  }

 private:
  /// Asks until all bytes are there.
  void complete() {
    for (int attempt = 1; partial_.size() < file_.size;) {
      const std::uint64_t before = partial_.size();
      HttpAnswer answer;
      answer_begun_ = false;
      try {
        answer = client_.read(name_, file_, before,
                              [&](const HttpAnswer& head, std::string_view bytes) { take(head, bytes); });
        if (answer.status == 416) start_again();
      } catch (const ConnectionError&) {
        if (partial_.size() == before && attempt >= client_.settings().attempts) throw;
      }
      if (partial_.size() >= file_.size) return;
      if (partial_.size() > before) attempt = 1;  // a connection that often breaks still gets there
      if (attempt >= client_.settings().attempts) give_up(answer);
      std::this_thread::sleep_for(pause_before(attempt, answer, client_.settings()));
      ++attempt;
    }
  }

  [[noreturn]] void give_up(const HttpAnswer& answer) const {
    if (may_pass(answer.status)) throw_refusal(answer, name_, client_.settings());
    throw ConnectionError(fmt::format("{}: ends {} after {} of {} bytes",
                                      Address::parse(file_.address).origin, in_quotes(file_.name),
                                      partial_.size(), file_.size));
  }

  void take(const HttpAnswer& head, std::string_view bytes) {
    if (download_.stop != nullptr && *download_.stop) throw Stopped();
    if (!answer_begun_) begin(head);
    if (bytes.size() > file_.size - partial_.size()) {
      partial_.remove();
      throw FormatError(fmt::format("{}: what comes from {} is longer than the {} bytes that the Hub states",
                                    in_quotes(file_.name), Address::parse(file_.address).origin, file_.size));
    }
    partial_.append(bytes);
    told(static_cast<std::int64_t>(bytes.size()));
  }

  /// At the first bytes of an answer: a server may know no ranges, and begins at the beginning.
  void begin(const HttpAnswer& head) {
    answer_begun_ = true;
    constexpr long kPart = 206;
    const std::uint64_t first = head.status == kPart ? first_byte_of(head).value_or(UINT64_MAX) : 0;
    if (first == 0 && partial_.size() > 0) start_again();
    if (first != partial_.size())
      throw FormatError(fmt::format("{}: {} was asked for its bytes from {}, and answers with others",
                                    in_quotes(file_.name), Address::parse(file_.address).origin,
                                    partial_.size()));
  }

  void start_again() {
    told(-static_cast<std::int64_t>(partial_.size()));
    partial_.clear();
  }

  void told(std::int64_t bytes) const {
    if (download_.on_bytes) download_.on_bytes(bytes);
  }

  /// Read again from disk, as what an earlier process left counts, too.
  bool is_as_stated() const {
    const auto kind = hash_kind_of(file_.etag);
    if (!kind) return true;  // another server's ETag says nothing of the content
    ContentHash hash(*kind, file_.size);
    InputReader reader(incomplete_);
    std::string piece;
    while (reader.append_to(piece, kPiece) > 0) {
      hash.add(piece);
      piece.clear();
    }
    return hash.finish() == file_.etag;
  }

  HubClient& client_;
  const ModelName& name_;
  const RemoteFile& file_;
  const Download& download_;
  const fs::path incomplete_ = incomplete_path(download_);
  PartialFile partial_{incomplete_};
  bool answer_begun_ = false;
};

}  // namespace

std::uint64_t bytes_left_behind(const Download& download, const RemoteFile& file) {
  if (!download.exclusive) return 0;
  std::error_code none;
  const std::uintmax_t size = fs::file_size(incomplete_path(download), none);
  return none || size > file.size ? 0 : size;
}

void download(HubClient& client, const ModelName& name, const RemoteFile& file, const Download& download) {
  Transfer(client, name, file, download).run();
}

}  // namespace transkimmer
