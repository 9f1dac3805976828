#include "hub/online/hub_client.h"

#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/files/plain_name.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "hub/online/answers.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"

namespace transkimmer {
namespace {

/// As browsers do.
constexpr int kMostRedirects = 10;

/// What an answer says of the file that it redirects to, and the next one may not repeat.
constexpr const char* kKeptHeaders[] = {"x-repo-commit", "x-linked-etag", "x-linked-size"};

void keep_headers(const HttpAnswer& earlier, HttpAnswer& answer) {
  for (const char* const name : kKeptHeaders)
    if (const std::string value = earlier.header(name); !value.empty())
      answer.headers.insert_or_assign(name, value);
}

/// `W/"abc"` as abc.
std::string plain_etag(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

std::string first_header(const HttpAnswer& answer, const char* name, const char* otherwise) {
  const std::string value = answer.header(name);
  return value.empty() ? answer.header(otherwise) : value;
}

ModelListing parsed_listing(const std::string& body, const std::string& origin) {
  const nlohmann::json object = parse_json(body, origin);
  if (!object.is_object())
    throw FormatError(fmt::format("{}: found {}, expected an object", origin, shown(object)));
  const JsonFields fields(object, origin);
  ModelListing listing;
  listing.commit = fields.string("sha").value_or("");
  if (!is_commit_hash(listing.commit)) fields.fail("sha", listing.commit, "the hash of a commit");
  const nlohmann::json* const siblings = fields.find("siblings");
  if (siblings == nullptr) fields.fail_missing("siblings");
  if (!siblings->is_array()) fields.fail("siblings", *siblings, "an array");
  for (const nlohmann::json& sibling : *siblings) {
    if (!sibling.is_object()) fields.fail("siblings", sibling, "objects in it");
    const std::string name = JsonFields(sibling, origin).string("rfilename").value_or("");
    if (!stays_below(name))
      fields.fail_because("siblings", "names a file that leads out of its folder: " + in_quotes(name));
    listing.files.insert(name);
  }
  return listing;
}

}  // namespace

HubClient::HubClient(HubSettings settings)
    : settings_(std::move(settings)), endpoint_(Address::parse(settings_.endpoint)) {}

HubClient::Followed HubClient::follow(HttpRequest request, const BodySink& sink) {
  Address address = Address::parse(request.address);
  HttpAnswer earlier;
  for (int redirects = 0;; ++redirects) {
    request.address = address.text;
    request.token = address.origin == endpoint_.origin ? settings_.token : "";
    HttpAnswer answer = connection_.ask(request, sink);
    keep_headers(earlier, answer);
    const std::string location = answer.header("location");
    if (!answer.is_redirect() || location.empty()) return {std::move(answer), address.text};
    Address next = address.redirected_to(location);
    require_safe_redirect(address, next);
    // Who only asks what there is need not ask the server that stores it: its own ETag is another.
    if (request.head && next.origin != endpoint_.origin) return {std::move(answer), next.text};
    if (redirects == kMostRedirects)
      throw IoError(fmt::format("{}: redirects more than {} times, in a circle it seems", endpoint_.origin,
                                kMostRedirects));
    earlier = std::move(answer);
    address = std::move(next);
  }
}

HubClient::Followed HubClient::insist(const HttpRequest& request, int attempts) {
  for (int attempt = 1;; ++attempt) {
    HttpAnswer refusal;
    try {
      Followed followed = follow(request, {});
      if (!may_pass(followed.answer.status) || attempt >= attempts) return followed;
      refusal = std::move(followed.answer);
    } catch (const ConnectionError&) {
      if (attempt >= attempts) throw;
    }
    std::this_thread::sleep_for(pause_before(attempt, refusal, settings_, endpoint_.origin));
  }
}

ModelListing HubClient::list(const ModelName& name) {
  const std::string address = fmt::format("{}/api/models/{}/revision/{}", settings_.endpoint,
                                          name.repository(), as_address_part(name.revision()));
  const Followed followed =
      insist({.address = address, .timeout = settings_.answer_timeout}, settings_.listing_attempts);
  const HttpAnswer& answer = followed.answer;
  // A login page may come with any status, a refusal of the Hub is told by its headers or its JSON.
  if (answer.status == 200) require_no_web_page(answer, followed.address, kNoHub);
  if (answer.status != 200) throw_refusal(answer, name, settings_);
  return parsed_listing(answer.body, address);
}

RemoteFile HubClient::look_up(const ModelName& name, const std::string& commit, const std::string& file) {
  const std::string address = fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, name.repository(),
                                          commit, as_address_path(file));
  const Followed followed =
      insist({.address = address, .head = true, .timeout = settings_.answer_timeout}, settings_.attempts);
  const HttpAnswer& answer = followed.answer;
  if (answer.status != 200 && !answer.is_redirect()) throw_refusal(answer, name, settings_);
  const auto fail = [&](std::string_view what) {
    throw FormatError(fmt::format(
        "{}: the answer does not come from the Hub, it has no usable {}: does this network want a login in a "
        "browser first, or is HF_ENDPOINT no Hub?",
        address, what));
  };
  // Not where it redirects to: such addresses hold for an hour or so, and a download may take longer.
  RemoteFile remote{.name = file, .address = address};
  if (answer.header("x-repo-commit") != commit) fail("X-Repo-Commit");
  remote.etag = plain_etag(first_header(answer, "x-linked-etag", "etag"));
  if (!is_plain_name(remote.etag) || remote.etag.starts_with('.')) fail("ETag");
  const auto size =
      parse_integer(answer.is_redirect() ? answer.header("x-linked-size")
                                         : first_header(answer, "x-linked-size", "content-length"));
  if (!size || *size < 0) fail("size");
  remote.size = static_cast<std::uint64_t>(*size);
  return remote;
}

HttpAnswer HubClient::read(const Content& content, std::uint64_t first_byte, const BodySink& sink) {
  const auto checked = [&](const HttpAnswer& head, std::string_view bytes) {
    require_no_web_page({.status = head.status, .headers = head.headers}, content.address,
                        content.else_because);
    sink(head, bytes);
  };
  HttpAnswer answer =
      follow({.address = content.address, .first_byte = first_byte, .timeout = settings_.download_timeout},
             checked)
          .answer;
  constexpr long kNoSuchRange = 416;
  const bool success = answer.status == 200 || answer.status == 206 || answer.status == kNoSuchRange;
  if (!success && !may_pass(answer.status)) content.refuse(answer);
  return answer;
}

}  // namespace transkimmer
