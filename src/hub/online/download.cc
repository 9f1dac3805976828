#include "hub/online/download.h"

#include <optional>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/input_reader.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "hub/online/answers.h"
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

/// "bytes 5-9/10": where the bytes of an answer to a Range begin, and how many there are in all.
struct ContentRange {
  std::optional<std::uint64_t> first, total;
};

std::optional<std::uint64_t> count_in(std::string_view text) {
  const auto count = parse_integer(text);
  if (!count || *count < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

ContentRange range_of(const HttpAnswer& answer) {
  const std::string header = answer.header("content-range");
  constexpr std::string_view kUnit = "bytes ";
  if (!header.starts_with(kUnit)) return {};
  const std::string_view range = std::string_view(header).substr(kUnit.size());
  const std::size_t slash = range.find('/');
  return {count_in(range.substr(0, range.find('-'))),
          slash == range.npos ? std::nullopt : count_in(range.substr(slash + 1))};
}

/// One content on its way.
class Transfer {
 public:
  Transfer(HubClient& client, const Content& content, const Download& download)
      : client_(client), content_(content), download_(download) {}

  void run() {
    // Without a size to compare with, nothing says what was left behind.
    if (!size_ || partial_.size() > *size_) partial_.clear();
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
        fmt::format("{}: what came from {} has another hash than {}, which is stated; it is not kept",
                    in_quotes(content_.name), origin_, content_.hash));
  }

 private:
  static constexpr long kPart = 206;
  static constexpr long kNoSuchRange = 416;

  bool is_complete() const { return ended_ || (size_ && partial_.size() >= *size_); }

  /// Asks until all bytes are there.
  void complete() {
    ended_ = false;
    for (int attempt = 1; !is_complete();) {
      const std::uint64_t before = partial_.size();
      HttpAnswer answer;
      answer_begun_ = false;
      try {
        answer = client_.read(content_, before,
                              [&](const HttpAnswer& head, std::string_view bytes) { take(head, bytes); });
        if (answer.status == kNoSuchRange) start_again();
        // What nobody stated a size of is whole when a success ends as HTTP has it end.
        ended_ = !size_ && answer.status >= 200 && answer.status < 300;
      } catch (const ConnectionError&) {
        if (partial_.size() == before && attempt >= settings_.attempts) throw;
      }
      if (is_complete()) return;
      if (partial_.size() > before) attempt = 1;  // a connection that often breaks still gets there
      if (attempt >= settings_.attempts) give_up(answer);
      std::this_thread::sleep_for(pause_before(attempt, answer, settings_, origin_));
      ++attempt;
    }
  }

  [[noreturn]] void give_up(const HttpAnswer& answer) const {
    if (may_pass(answer.status)) content_.refuse(answer);
    throw ConnectionError(fmt::format("{}: ends {} after {} of {} bytes", origin_, in_quotes(content_.name),
                                      partial_.size(), size_.value_or(0)));
  }

  void take(const HttpAnswer& head, std::string_view bytes) {
    if (download_.stop != nullptr && *download_.stop) throw Stopped();
    if (!answer_begun_) begin(head);
    if (size_ && bytes.size() > *size_ - partial_.size()) {
      partial_.remove();
      throw FormatError(fmt::format("{}: what comes from {} is longer than the {} bytes that are stated",
                                    in_quotes(content_.name), origin_, *size_));
    }
    partial_.append(bytes);
    told(static_cast<std::int64_t>(bytes.size()));
  }

  /// At the first bytes of an answer: a server may know no ranges, and begins at the beginning.
  void begin(const HttpAnswer& head) {
    answer_begun_ = true;
    const ContentRange range = head.status == kPart ? range_of(head) : ContentRange{0, {}};
    if (range.first == std::uint64_t{0} && partial_.size() > 0) start_again();
    if (range.first != partial_.size())
      throw FormatError(fmt::format("{}: {} was asked for its bytes from {}, and answers with others",
                                    in_quotes(content_.name), origin_, partial_.size()));
    const auto whole = head.status == kPart ? range.total : count_in(head.header("content-length"));
    if (!size_) size_ = whole;
    if (whole && *whole < *size_)
      throw FormatError(fmt::format("{}: {} has {} bytes of it, and {} are stated", in_quotes(content_.name),
                                    origin_, *whole, *size_));
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
    const auto kind = hash_kind_of(content_.hash);
    if (!kind) return true;  // another server's ETag says nothing of the content
    ContentHash hash(*kind, partial_.size());
    InputReader reader(incomplete_);
    std::string piece;
    while (reader.append_to(piece, kPiece) > 0) {
      hash.add(piece);
      piece.clear();
    }
    return hash.finish() == content_.hash;
  }

  HubClient& client_;
  const Content& content_;
  const Download& download_;
  const HubSettings& settings_ = client_.settings();
  const std::string origin_ = Address::parse(content_.address).origin;  ///< for messages
  const fs::path incomplete_ = incomplete_path(download_);
  PartialFile partial_{incomplete_};
  std::optional<std::uint64_t> size_ = content_.size;  ///< without, what the server says once it answers
  bool answer_begun_ = false;
  bool ended_ = false;
};

}  // namespace

std::uint64_t bytes_left_behind(const Download& download, std::uint64_t size) {
  if (!download.exclusive) return 0;
  std::error_code none;
  const std::uintmax_t left = fs::file_size(incomplete_path(download), none);
  return none || left > size ? 0 : left;
}

void download(HubClient& client, const Content& content, const Download& download) {
  Transfer(client, content, download).run();
}

}  // namespace transkimmer
