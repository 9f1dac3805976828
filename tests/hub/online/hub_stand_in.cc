#include "hub/online/hub_stand_in.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "hub/online/content_hash.h"

namespace transkimmer::test {
namespace {

constexpr std::size_t kPiece = 16 << 10;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<StandInRequest> received(int connection) {
  std::string text;
  while (text.find("\r\n\r\n") == text.npos) {
    char buffer[4096];
    const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
    if (count <= 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  StandInRequest request;
  const std::size_t space = text.find(' ');
  request.method = text.substr(0, space);
  request.path = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
  for (std::size_t at = text.find("\r\n") + 2; text.compare(at, 2, "\r\n") != 0;
       at = text.find("\r\n", at) + 2) {
    const std::size_t colon = text.find(": ", at);
    request.headers[lower_case(text.substr(at, colon - at))] =
        text.substr(colon + 2, text.find("\r\n", at) - colon - 2);
  }
  return request;
}

void send_answer(int connection, const StandInRequest& request, StandInAnswer answer) {
  std::this_thread::sleep_for(answer.delay);
  answer.headers.try_emplace("Content-Length", std::to_string(answer.body.size()));
  std::string head = fmt::format("HTTP/1.1 {} Said\r\nConnection: close\r\n", answer.status);
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (!send_all(connection, head + "\r\n") || request.method == "HEAD") return;
  const std::string_view body = std::string_view(answer.body).substr(0, answer.cut_after);
  for (std::size_t at = 0; at < body.size(); at += kPiece) {
    if (!send_all(connection, body.substr(at, kPiece))) return;
    if (answer.pause.count() > 0) std::this_thread::sleep_for(answer.pause);
  }
}

bool is_lfs(const std::string& name) {
  return name.ends_with(".safetensors") || name.ends_with(".bin");
}

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded = text[i] == '%' && i + 2 < text.size();
    plain += encoded ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
    if (encoded) i += 2;
  }
  return plain;
}

/// The parts of "/a/b/c".
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(decoded(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t first, std::size_t end) {
  std::string text;
  for (std::size_t i = first; i < end; ++i) text += (i == first ? "" : "/") + parts[i];
  return text;
}

/// The bytes of a content that a Range asks for.
StandInAnswer part_asked_for(const StandInRequest& request, StandInAnswer answer) {
  const std::string range = request.header("range");
  if (!range.starts_with("bytes=")) return answer;
  const std::size_t first = std::stoul(range.substr(6));
  const std::size_t size = answer.body.size();
  answer.status = first < size ? 206 : 416;
  answer.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", first, size - 1, size);
  answer.body.erase(0, first);
  return answer;
}

StandInAnswer refusal(int status, const std::string& code) {
  return {.status = status, .headers = {{"X-Error-Code", code}}, .body = R"({"error": "refused"})"};
}

}  // namespace

std::string StandInRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string stand_in_etag(const std::string& name, const std::string& content) {
  ContentHash hash(is_lfs(name) ? HashKind::sha256 : HashKind::git_blob, content.size());
  hash.add(content);
  return hash.finish();
}

HubStandIn::HubStandIn() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  auto* const general = reinterpret_cast<sockaddr*>(&name);
  if (::bind(socket_, general, size) != 0 || ::listen(socket_, 64) != 0 ||
      ::getsockname(socket_, general, &size) != 0)
    throw std::runtime_error("no port for the stand-in");
  address_ = fmt::format("http://127.0.0.1:{}", ntohs(name.sin_port));
  store_ = fmt::format("http://localhost:{}", ntohs(name.sin_port));
  thread_ = std::thread([this] { serve(); });
}

HubStandIn::~HubStandIn() {
  ::shutdown(socket_, SHUT_RDWR);
  thread_.join();
  ::close(socket_);
  while (open_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void HubStandIn::put(const std::string& repository, StandInModel model) {
  const std::lock_guard lock(mutex_);
  models_[repository] = std::move(model);
}

void HubStandIn::put_file(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  files_[path] = std::move(content);
}

void HubStandIn::disturb(std::function<void(const StandInRequest&, StandInAnswer&)> fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

std::vector<StandInRequest> HubStandIn::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t HubStandIn::count(std::string_view method, std::string_view path_end) const {
  const std::vector<StandInRequest> all = requests();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const StandInRequest& request) {
    return request.method == method && request.path.ends_with(path_end);
  }));
}

void HubStandIn::serve() {
  while (true) {
    const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    ++open_;
    std::thread([this, connection] {
      answer_connection(connection);
      ::close(connection);
      --open_;
    }).detach();
  }
}

void HubStandIn::answer_connection(int connection) {
  const std::optional<StandInRequest> request = received(connection);
  if (!request) return;
  StandInAnswer answer;
  std::function<void(const StandInRequest&, StandInAnswer&)> fault;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
    answer = answer_to(*request);
    fault = fault_;
  }
  if (fault) fault(*request, answer);
  send_answer(connection, *request, std::move(answer));
}

StandInAnswer HubStandIn::answer_to(const StandInRequest& request) const {
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (const auto found = files_.find(path); found != files_.end())
    return part_asked_for(request, {.body = found->second});
  const std::vector<std::string> parts = parts_of(path);
  const auto at = [&](const char* word) {
    return std::find(parts.begin(), parts.end(), word) - parts.begin();
  };
  const auto end = static_cast<std::ptrdiff_t>(parts.size());
  if (const auto key = at("revision"); path.starts_with("/api/models/") && key + 1 < end)
    return listing(joined(parts, 2, static_cast<std::size_t>(key)), parts[static_cast<std::size_t>(key) + 1]);
  if (const auto key = at("tree"); path.starts_with("/api/models/") && key < end)
    return tree(joined(parts, 2, static_cast<std::size_t>(key)));
  for (const char* const route : {"resolve", "stored"})
    if (const auto key = at(route); key + 2 < end + 0)
      return file(request, joined(parts, 0, static_cast<std::size_t>(key)),
                  parts[static_cast<std::size_t>(key) + 1],
                  joined(parts, static_cast<std::size_t>(key) + 2, parts.size()));
  return refusal(404, "RepoNotFound");
}

StandInAnswer HubStandIn::listing(const std::string& repository, const std::string& revision) const {
  const auto found = models_.find(repository);
  if (found == models_.end()) return refusal(401, "RepoNotFound");
  const StandInModel& model = found->second;
  const bool known = revision == model.commit || std::find(model.revisions.begin(), model.revisions.end(),
                                                           revision) != model.revisions.end();
  if (!known) return refusal(404, "RevisionNotFound");
  nlohmann::json siblings = nlohmann::json::array();
  for (const auto& [name, content] : model.files) siblings.push_back({{"rfilename", name}});
  return {.headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = nlohmann::json{{"id", repository}, {"sha", model.commit}, {"siblings", siblings}}.dump()};
}

StandInAnswer HubStandIn::tree(const std::string& repository) const {
  const auto found = models_.find(repository);
  if (found == models_.end()) return refusal(401, "RepoNotFound");
  nlohmann::json entries = nlohmann::json::array();
  for (const auto& [name, content] : found->second.files)
    entries.push_back(
        {{"type", "file"}, {"path", name}, {"size", content.size()}, {"oid", stand_in_etag("", content)}});
  return {.headers = {{"Content-Type", "application/json"}}, .body = entries.dump()};
}

StandInAnswer HubStandIn::file(const StandInRequest& request, const std::string& repository,
                               const std::string& revision, const std::string& name) const {
  const auto found = models_.find(repository);
  if (found == models_.end()) return refusal(401, "RepoNotFound");
  const auto content = found->second.files.find(name);
  if (content == found->second.files.end()) {
    StandInAnswer answer = refusal(404, "EntryNotFound");
    answer.headers["X-Repo-Commit"] = found->second.commit;
    return answer;
  }
  const std::string etag = "\"" + stand_in_etag(name, content->second) + "\"";
  StandInAnswer answer;
  if (request.path.find("/stored/") != std::string::npos) {
    answer.headers = {{"ETag", "\"of-the-store\""}, {"Accept-Ranges", "bytes"}};
  } else {
    answer.headers = {{"X-Repo-Commit", found->second.commit}, {"ETag", etag}};
    if (is_lfs(name)) {
      answer.status = 302;
      answer.headers["X-Linked-Etag"] = etag;
      answer.headers["X-Linked-Size"] = std::to_string(content->second.size());
      answer.headers["Location"] = fmt::format("{}/{}/stored/{}/{}", store_, repository, revision, name);
      return answer;
    }
  }
  answer.body = content->second;
  return part_asked_for(request, std::move(answer));
}

}  // namespace transkimmer::test
