#include "hub/names/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/environment.h"
#include "hub/names/addresses.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

class HubSettingsOfTheEnvironment : public ::testing::Test {
 protected:
  TemporaryDirectory home_;
  PlainEnvironment plain_{home_.path().string()};
};

TEST_F(HubSettingsOfTheEnvironment, HaveTheDefaultsOfHuggingfaceHub) {
  const HubSettings settings = HubSettings::from_environment();
  EXPECT_EQ(settings.endpoint, kHubAddress);
  EXPECT_EQ(settings.cache, home_ / ".cache/huggingface/hub");
  EXPECT_EQ(settings.data, home_ / ".cache/huggingface/transkimmer/datasets");
  EXPECT_EQ(settings.token_file, home_ / ".cache/huggingface/token");
  EXPECT_EQ(settings.token, "");
  EXPECT_FALSE(settings.offline);
  EXPECT_TRUE(settings.links);
  EXPECT_EQ(settings.download_timeout.count(), 10);
}

TEST_F(HubSettingsOfTheEnvironment, FindTheCacheWhereItIsNamed) {
  const Variable caches("XDG_CACHE_HOME", "/caches");
  EXPECT_EQ(HubSettings::from_environment().cache, "/caches/huggingface/hub");
  const Variable hf_home("HF_HOME", "~/hf");
  EXPECT_EQ(HubSettings::from_environment().cache, home_ / "hf/hub");
  EXPECT_EQ(HubSettings::from_environment().data, home_ / "hf/transkimmer/datasets");
  const Variable old("HUGGINGFACE_HUB_CACHE", "/old");
  EXPECT_EQ(HubSettings::from_environment().cache, "/old");
  const Variable cache("HF_HUB_CACHE", "/new");
  EXPECT_EQ(HubSettings::from_environment().cache, "/new");
}

TEST_F(HubSettingsOfTheEnvironment, TakeATokenFromTheVariableBeforeTheFile) {
  make_directory(home_ / ".cache/huggingface");
  write_file_atomically(home_ / ".cache/huggingface/token", " hf_of_the_file\n");
  EXPECT_EQ(HubSettings::from_environment().token, "hf_of_the_file");
  {
    const Variable none("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    EXPECT_EQ(HubSettings::from_environment().token, "");
  }
  const Variable token("HF_TOKEN", "hf_mine");
  EXPECT_EQ(HubSettings::from_environment().token, "hf_mine");
}

TEST_F(HubSettingsOfTheEnvironment, AreOnAndOffInHuggingFacesWords) {
  for (const char* const word : {"1", "true", "YES", "On"}) {
    const Variable offline("HF_HUB_OFFLINE", word);
    EXPECT_TRUE(HubSettings::from_environment().offline) << word;
  }
  for (const char* const word : {"", "0", "no", "false"}) {
    const Variable offline("HF_HUB_OFFLINE", word);
    EXPECT_FALSE(HubSettings::from_environment().offline) << word;
  }
}

TEST_F(HubSettingsOfTheEnvironment, LoseASlashAtTheEndOfTheEndpoint) {
  const Variable endpoint("HF_ENDPOINT", "http://mirror.example//");
  EXPECT_EQ(HubSettings::from_environment().endpoint, "http://mirror.example");
}

struct WrongSetting {
  const char* variable;
  const char* value;
};
class WrongHubSettings : public HubSettingsOfTheEnvironment,
                         public ::testing::WithParamInterface<WrongSetting> {};

TEST_P(WrongHubSettings, AreToldByTheirName) {
  const Variable wrong(GetParam().variable, GetParam().value);
  try {
    HubSettings::from_environment();
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(GetParam().variable));
  }
}

INSTANTIATE_TEST_SUITE_P(All, WrongHubSettings,
                         ::testing::Values(WrongSetting{"HF_ENDPOINT", "ftp://example.org"},
                                           WrongSetting{"HF_ENDPOINT", "example.org"},
                                           WrongSetting{"HF_HUB_DOWNLOAD_TIMEOUT", "soon"},
                                           WrongSetting{"HF_HUB_ETAG_TIMEOUT", "0"},
                                           WrongSetting{"HF_TOKEN", "two words"},
                                           WrongSetting{"HF_TOKEN", "a\r\nHost: b"}));

}  // namespace
}  // namespace transkimmer::test
