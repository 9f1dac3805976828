#include "model_files/json/json_fields.h"

#include <utility>

#include <fmt/format.h>

#include "model_files/json/json.h"
#include "transkimmer/error.h"

namespace transkimmer {

using nlohmann::json;

JsonFields::JsonFields(const json& object, const std::string& origin, std::string prefix)
    : object_(object), origin_(origin), prefix_(std::move(prefix)) {}

void JsonFields::fail_because(const char* key, std::string_view message) const {
  throw FormatError(fmt::format("{}: '{}{}' {}", origin_, prefix_, key, message));
}

void JsonFields::fail(const char* key, const json& found, std::string_view expected) const {
  fail_because(key, fmt::format("is {}, expected {}", shown(found), expected));
}

void JsonFields::fail_missing(const char* key) const {
  fail_because(key, "is missing");
}

const json* JsonFields::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::int64_t JsonFields::required_integer(const char* key, IntegerRange range) const {
  if (find(key) == nullptr) fail_missing(key);
  return integer(key, range, range.least);
}

std::int64_t JsonFields::integer(const char* key, IntegerRange range, std::int64_t absent) const {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  const auto reject = [&] {
    fail(key, *value, fmt::format("an integer from {} to {}", range.least, range.most));
  };
  if (!value->is_number_integer()) reject();
  // An unsigned value beyond 63 bits would turn negative in get().
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    reject();
  const auto number = value->get<std::int64_t>();
  if (number < range.least || number > range.most) reject();
  return number;
}

double JsonFields::real(const char* key, RealRange range, double absent) const {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number >= range.least && number <= range.most) return number;
  }
  fail(key, *value, fmt::format("a number from {} to {}", range.least, range.most));
}

bool JsonFields::boolean(const char* key, bool absent) const {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_boolean()) fail(key, *value, "true or false");
  return value->get<bool>();
}

std::optional<std::string> JsonFields::string(const char* key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) fail(key, *value, "a string");
  return value->get<std::string>();
}

}  // namespace transkimmer
