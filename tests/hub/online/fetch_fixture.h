#pragma once

#include <string>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/environment.h"
#include "hub/fetch_model.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {

/// A model on the stand-in, and an empty cache.
class FetchFixture : public ::testing::Test {
 protected:
  FetchFixture() { hub_.put("org/name", model_); }

  static ModelName named(const std::string& text) { return ModelName::parse(text).value(); }
  FetchedModel fetch(const std::string& name = "org/name") {
    return fetch_model(named(name), settings_, observer_);
  }

  /// What it throws, which is a documented exception.
  std::string failure(const std::string& name = "org/name") {
    try {
      fetch(name);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

  /// That the directory has these files of the model, byte for byte.
  void expect_whole(const FetchedModel& fetched) const {
    for (const char* const file : {"config.json", "vocab.txt", "model.safetensors"})
      EXPECT_TRUE(read_file(fetched.directory / file) == model_.files.at(file)) << file;
  }
  /// That all contents in the cache are those that their names say.
  void expect_sound_cache() const {
    const auto blobs = settings_.cache / "models--org--name/blobs";
    if (!directory_exists(blobs)) return;
    for (const auto& entry : std::filesystem::directory_iterator(blobs)) {
      const std::string name = entry.path().filename();
      if (name.ends_with(".incomplete")) continue;
      const std::string content = read_file(entry.path());
      EXPECT_TRUE(name == stand_in_etag(name.size() == 64 ? "x.bin" : "x", content)) << name;
    }
  }

  StandInModel model_ = {.commit = "0123456789abcdef0123456789abcdef01234567",
                         .files = {{"config.json", R"({"model_type": "bert"})"},
                                   {"README.md", "not wanted"},
                                   {"vocab.txt", "[PAD]\n[UNK]\n"},
                                   {"model.safetensors", weights()}}};
  Variable no_proxy_{"no_proxy", "127.0.0.1,localhost"};
  TemporaryDirectory root_;
  HubStandIn hub_;
  HubSettings settings_ = {.endpoint = hub_.address(),
                           .cache = root_ / "hub",
                           .token = "",
                           .token_file = root_ / "token",
                           .answer_timeout = std::chrono::seconds(5),
                           .download_timeout = std::chrono::seconds(5),
                           .attempts = 3,
                           .listing_attempts = 3,
                           .first_pause = std::chrono::milliseconds(1)};
  FetchObserver observer_;

 private:
  static std::string weights() {
    std::string bytes;
    for (std::uint32_t i = 1; bytes.size() < 300'000; i = i * 1664525 + 1013904223)
      bytes += static_cast<char>(i >> 24);
    return bytes;
  }
};

}  // namespace transkimmer::test
