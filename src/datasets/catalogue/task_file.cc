#include "datasets/catalogue/task_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "base/files/plain_name.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/location.h"
#include "hub/names/model_name.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What a key may be set to, by the word that the file has for it.
template <typename T, std::size_t count>
using Words = std::array<std::pair<std::string_view, T>, count>;

constexpr Words<HeadKind, 4> kKinds = {{{"classification", HeadKind::classification},
                                        {"multi_label", HeadKind::multi_label},
                                        {"regression", HeadKind::regression},
                                        {"question_answering", HeadKind::question_answering}}};
constexpr Words<DataLayout, 6> kLayouts = {{{"table", DataLayout::table},
                                            {"glue", DataLayout::glue},
                                            {"yelp", DataLayout::yelp},
                                            {"imdb", DataLayout::imdb},
                                            {"newsgroups", DataLayout::newsgroups},
                                            {"squad", DataLayout::squad}}};
/// The keys of a section, in the order in which messages list them.
constexpr std::array<std::string_view, 16> kKeys = {
    "description", "kind",  "labels", "metrics", "layout", "folders", "text",     "text_pair",
    "label",       "train", "dev",    "test",    "fetch",  "licence", "citation", "label_columns"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

/// The parts between separators, without spaces around them.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

/// Metrics that a task of such a kind can have.
std::vector<Metric> possible_metrics(HeadKind head) {
  if (head == HeadKind::classification) return {Metric::accuracy, Metric::f1, Metric::matthews};
  return usual_metrics(head);
}

/// Makes tasks of the lines of a file.
class TaskReader {
 public:
  explicit TaskReader(const std::string& origin) : origin_(origin) {}

  std::vector<Task> read(std::string_view text) && {
    text = readable_text(text, origin_);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      ++line_;
      take(trimmed(text.substr(begin, end - begin)));
      begin = end + 1;
    }
    finish_task();
    if (tasks_.empty())
      throw FormatError(origin_ + ": has no task, expected a line [NAME] and keys below it");
    return std::move(tasks_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw FormatError(at_line(origin_, line_) + what); }

  void take(std::string_view line) {
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[') return begin_task(line);
    const std::size_t equals = line.find('=');
    if (equals == line.npos) fail(fmt::format("found {}, expected [NAME] or key = value", in_quotes(line)));
    if (!task_) fail("a key stands before the first task, expected a line [NAME]");
    const std::string key(trimmed(line.substr(0, equals)));
    const std::string value(trimmed(line.substr(equals + 1)));
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
      fail(fmt::format("unknown key {}, expected one of {}", in_quotes(key), fmt::join(kKeys, ", ")));
    if (key != "fetch" && !keys_.insert(key).second)
      fail(fmt::format("key {} is there twice", in_quotes(key)));
    if (value.empty()) fail(fmt::format("key {} has no value", in_quotes(key)));
    set(key, value);
  }

  void begin_task(std::string_view line) {
    finish_task();
    const std::string name(trimmed(line.substr(1, line.size() - 1 - (line.ends_with(']') ? 1 : 0))));
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-' || c == '.';
    });
    // It names a folder of the cache, too.
    constexpr std::size_t kLongest = 64;
    if (!line.ends_with(']') || name.empty() || name.size() > kLongest || name.front() == '.' || !plain)
      fail(fmt::format("found {}, expected [NAME] of letters, digits, _, - and .", in_quotes(line)));
    if (!names_.insert(name).second) fail(fmt::format("task {} is there twice", in_quotes(name)));
    task_.emplace();
    task_->name = name;
    first_line_ = line_;
  }

  void set(const std::string& key, const std::string& value) {
    Task& task = *task_;
    if (key == "description") task.description = value;
    if (key == "kind") task.head = word(key, value, kKinds);
    if (key == "labels") task.labels = names(key, value);
    if (key == "metrics") metrics_ = names(key, value);
    if (key == "layout") task.layout = word(key, value, kLayouts);
    if (key == "folders") task.folders = paths(key, value);
    if (key == "text") task.columns.text = value;
    if (key == "text_pair") task.columns.text_pair = value;
    if (key == "label") task.columns.label = value;
    if (key == "label_columns") task.columns.labels = names(key, value);
    if (key == "train") task.files[0] = paths(key, value).front();
    if (key == "dev") task.files[1] = paths(key, value).front();
    if (key == "test") task.files[2] = paths(key, value).front();
    if (key == "fetch") task.source.files.push_back(published(value));
    if (key == "licence") task.source.licence = value;
    if (key == "citation") task.source.citation = value;
  }

  template <typename T, std::size_t count>
  T word(const std::string& key, const std::string& value, const Words<T, count>& words) const {
    std::string known;
    for (const auto& [name, meaning] : words) {
      if (name == value) return meaning;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    fail(fmt::format("key {} is {}, expected one of {}", in_quotes(key), in_quotes(value), known));
  }

  std::vector<std::string> names(const std::string& key, const std::string& value) const {
    std::vector<std::string> all = split(value, ',');
    std::set<std::string> different(all.begin(), all.end());
    if (different.count("") > 0 || different.size() < all.size())
      fail(fmt::format("key {} is {}, expected names with commas between them, each once", in_quotes(key),
                       in_quotes(value)));
    return all;
  }

  std::vector<std::string> paths(const std::string& key, const std::string& value) const {
    std::vector<std::string> all = split(value, ',');
    for (const std::string& path : all)
      if (!stays_below(path))
        fail(fmt::format("key {} has {}, expected a path below the folder of the data", in_quotes(key),
                         in_quotes(path)));
    return all;
  }

  PublishedFile published(const std::string& value) const {
    PublishedFile file;
    for (const std::string& part : split(value, ' ')) {
      if (part.empty()) continue;
      const std::size_t equals = part.find('=');
      const std::string before = part.substr(0, equals);
      if (before == "size" || before == "sha256" || before == "as") {
        describe(before, part.substr(equals + 1), file);
      } else {
        add_address(part, file);
      }
    }
    if (file.addresses.empty()) fail("key 'fetch' has no address");
    if (!is_plain_name(file.name) || file.name.starts_with('.'))
      fail(fmt::format("key 'fetch' ends in {}, which is no name for a file; as=NAME gives it one",
                       in_quotes(file.name)));
    return file;
  }

  void add_address(const std::string& part, PublishedFile& file) const {
    const std::string address = data_address(part);
    if (address.empty())
      fail(
          fmt::format("key 'fetch' has {}, expected https://..., http://..., size=, sha256=, as=, or a path "
                      "at one of the hosts {}, as in glue:SST-2.zip",
                      in_quotes(part), data_host_names()));
    file.addresses.push_back(address);
    // What the first place calls it, unless another name is given.
    if (file.name.empty()) file.name = address.substr(address.rfind('/') + 1);
  }

  void describe(const std::string& what, const std::string& value, PublishedFile& file) const {
    if (what == "as") file.name = value;
    if (what == "size") {
      const auto size = parse_integer(value);
      if (!size || *size < 1) fail(fmt::format("size={} is no number of bytes", value));
      file.size = static_cast<std::uint64_t>(*size);
    }
    if (what != "sha256") return;
    constexpr std::size_t kDigits = 64;
    if (value.size() != kDigits || value.find_first_not_of("0123456789abcdef") != value.npos)
      fail(fmt::format("sha256={} is no SHA-256, expected 64 digits from 0 to f", value));
    file.sha256 = value;
  }

  /// Says what is wrong with a whole section at its beginning.
  void finish_task() {
    if (!task_) return;
    const std::size_t line = std::exchange(line_, first_line_);
    Task& task = *task_;
    task.pair = !task.columns.text_pair.empty() || task.head == HeadKind::question_answering;
    if (task.head == HeadKind::question_answering && keys_.count("layout") == 0)
      task.layout = DataLayout::squad;
    check_kind(task);
    choose_metrics(task);
    check_files(task);
    tasks_.push_back(std::move(task));
    task_.reset();
    keys_.clear();
    metrics_.clear();
    line_ = line;
  }

  void check_kind(const Task& task) const {
    const bool questions = task.head == HeadKind::question_answering;
    if (questions != (task.layout == DataLayout::squad))
      fail(fmt::format("task {}: layout squad and kind question_answering go together", task.name));
    const bool table = task.layout == DataLayout::table;
    if (task.head == HeadKind::multi_label && !table)
      fail(fmt::format("task {}: kind multi_label needs layout table", task.name));
    if (!task.columns.labels.empty() && task.head != HeadKind::multi_label)
      fail(fmt::format("task {}: label_columns are for kind multi_label", task.name));
    if (traits_of(task.head).classifies() && task.labels.size() < 2)
      fail(
          fmt::format("task {}: expected labels = NAME, NAME, ... in the order of their indices", task.name));
    if (!traits_of(task.head).classifies() && !task.labels.empty())
      fail(fmt::format("task {}: labels are for kind classification and multi_label", task.name));
  }

  void choose_metrics(Task& task) const {
    const std::vector<Metric> possible = possible_metrics(task.head);
    for (const std::string& name : metrics_) {
      const auto found = std::find_if(possible.begin(), possible.end(),
                                      [&](Metric metric) { return name_of(metric) == name; });
      std::string known;
      for (const Metric metric : possible)
        known += (known.empty() ? "" : ", ") + std::string(name_of(metric));
      if (found == possible.end())
        fail(fmt::format("task {}: {} is no metric of this kind, expected some of {}", task.name,
                         in_quotes(name), known));
      task.metrics.push_back(*found);
    }
    if (metrics_.empty()) task.metrics = usual_metrics(task.head);
    if (task.description.empty()) task.description = task.name;
  }

  void check_files(Task& task) const {
    if (task.layout == DataLayout::imdb) task.files = {"train.jsonl", "test.jsonl", "test.jsonl"};
    if (task.layout == DataLayout::newsgroups) task.files = {"train.jsonl", "dev.jsonl", "test.jsonl"};
    if (std::all_of(task.files.begin(), task.files.end(),
                    [](const std::string& file) { return file.empty(); }))
      fail(fmt::format("task {}: expected train = FILE, dev = FILE or test = FILE", task.name));
    for (const std::string& file : task.files) {
      if (file.empty() || task.layout != DataLayout::table) continue;
      const std::string extension = lower_case_extension(file);
      if (extension != ".csv" && extension != ".tsv" && extension != ".jsonl" && extension != ".json")
        fail(fmt::format("task {}: {} has an unknown extension, expected .csv, .tsv, .jsonl or .json",
                         task.name, in_quotes(file)));
    }
  }

  const std::string& origin_;
  std::vector<Task> tasks_;
  std::set<std::string> names_;
  std::optional<Task> task_;
  std::set<std::string> keys_;        ///< of the task so far
  std::vector<std::string> metrics_;  ///< of the task, which depend on its kind
  std::size_t line_ = 0;
  std::size_t first_line_ = 0;  ///< of the task
};

}  // namespace

std::vector<Task> parse_tasks(std::string_view text, const std::string& origin) {
  return TaskReader(origin).read(text);
}

std::vector<Task> load_task_file(const std::filesystem::path& file) {
  // As long as a file of settings may be; a data set that is named by mistake is longer.
  constexpr std::uint64_t kMostBytes = 16 << 20;
  std::vector<Task> tasks = parse_tasks(read_file(file, kMostBytes), file.string());
  for (const Task& task : tasks)
    for (const Task& known : task_catalogue())
      if (known.name == task.name)
        throw FormatError(fmt::format("{}: task {} comes with the program; give yours another name",
                                      file.string(), in_quotes(task.name)));
  return tasks;
}

}  // namespace transkimmer
