#include "model_files/config/activation_names.h"

#include <array>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct NamedActivation {
  std::string_view name;
  Activation what;
};

/// Of several names for one, the first is written.
constexpr auto kNamed = std::to_array<NamedActivation>({{"gelu", Activation::gelu},
                                                        {"gelu_new", Activation::gelu_tanh},
                                                        {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                        {"relu", Activation::relu},
                                                        {"silu", Activation::silu},
                                                        {"swish", Activation::silu}});

}  // namespace

std::optional<Activation> activation_named(std::string_view name) {
  for (const NamedActivation& named : kNamed)
    if (named.name == name) return named.what;
  return std::nullopt;
}

std::string_view name_of(Activation activation) {
  for (const NamedActivation& named : kNamed)
    if (named.what == activation) return named.name;
  throw UsageError("config.json: no name for this activation of feed-forward layers");
}

std::string activation_names() {
  std::string names;
  for (const NamedActivation& named : kNamed) {
    if (!names.empty()) names += &named == &kNamed.back() ? " or " : ", ";
    names.append(1, '"').append(named.name).append(1, '"');
  }
  return names;
}

}  // namespace transkimmer
