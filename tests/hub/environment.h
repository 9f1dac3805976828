#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace transkimmer::test {

/// An environment variable that has another value, or none, while this lives.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

/// None of the variables that say how the Hub is reached, and a home of one's own.
class PlainEnvironment {
 public:
  explicit PlainEnvironment(const std::string& home) : home_("HOME", home) {}

 private:
  Variable home_;
  Variable caches_{"XDG_CACHE_HOME", {}};
  Variable hf_home_{"HF_HOME", {}};
  Variable cache_{"HF_HUB_CACHE", {}};
  Variable old_cache_{"HUGGINGFACE_HUB_CACHE", {}};
  Variable token_{"HF_TOKEN", {}};
  Variable old_token_{"HUGGING_FACE_HUB_TOKEN", {}};
  Variable token_path_{"HF_TOKEN_PATH", {}};
  Variable no_token_{"HF_HUB_DISABLE_IMPLICIT_TOKEN", {}};
  Variable endpoint_{"HF_ENDPOINT", {}};
  Variable offline_{"HF_HUB_OFFLINE", {}};
  Variable all_offline_{"TRANSFORMERS_OFFLINE", {}};
  Variable links_{"HF_HUB_DISABLE_SYMLINKS", {}};
  Variable answer_{"HF_HUB_ETAG_TIMEOUT", {}};
  Variable download_{"HF_HUB_DOWNLOAD_TIMEOUT", {}};
  Variable no_proxy_{"no_proxy", "127.0.0.1,localhost"};
};

}  // namespace transkimmer::test
