#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/strings/numbers.h"

namespace transkimmer {

/// Reads typed values out of one JSON object and says in one way what is wrong with them:
/// `config.json: 'hidden_size' is "768", expected an integer from 1 to 67108864`. A key that is null counts
/// as absent.
class JsonFields {
 public:
  /// Both must outlive this object. `prefix` goes before key names in messages ("transkimmer.").
  JsonFields(const nlohmann::json& object, const std::string& origin, std::string prefix = "");

  /// Whether the key is there, if only as null.
  bool has(const char* key) const { return object_.contains(key); }
  /// The value, or null when the key is absent.
  const nlohmann::json* find(const char* key) const;
  std::int64_t required_integer(const char* key, IntegerRange range) const;
  std::int64_t integer(const char* key, IntegerRange range, std::int64_t absent) const;
  double real(const char* key, RealRange range, double absent) const;
  bool boolean(const char* key, bool absent) const;
  std::optional<std::string> string(const char* key) const;
  const std::string& origin() const { return origin_; }

  [[noreturn]] void fail(const char* key, const nlohmann::json& found, std::string_view expected) const;
  [[noreturn]] void fail_missing(const char* key) const;
  /// `config.json: 'key' ` and `message`.
  [[noreturn]] void fail_because(const char* key, std::string_view message) const;

 private:
  const nlohmann::json& object_;
  const std::string& origin_;
  std::string prefix_;
};

}  // namespace transkimmer
