#include "model_files/weights/model_weights.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/architectures/architecture.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/weights/weight_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Buffers that are no weights.
constexpr std::string_view kBuffers[] = {"embeddings.position_ids", "embeddings.token_type_ids"};

bool starts_with_any(std::string_view name, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const auto& prefix) { return name.starts_with(prefix); });
}

bool is_copy_or_buffer(std::string_view name) {
  return std::ranges::find(kBuffers, name) != std::end(kBuffers) ||
         std::ranges::any_of(architectures(), [&](const Architecture& one) {
           return std::ranges::find(one.copies, name) != one.copies.end();
         });
}

bool is_floating(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16 || dtype == DType::f64;
}

/// Without "bert." and the like, and with the names that LayerNorm has had since TensorFlow's were given up.
std::string canonical_name(std::string_view name, const Architecture& architecture) {
  for (const Architecture& any : architectures())
    if (name.starts_with(any.weight_prefix)) {
      name.remove_prefix(any.weight_prefix.size());
      break;
    }
  const auto renamed = [&](std::string_view old_ending, std::string_view ending) {
    return std::string(name.substr(0, name.size() - old_ending.size())).append(ending);
  };
  if (name.ends_with("LayerNorm.gamma")) return renamed("gamma", "weight");
  if (name.ends_with("LayerNorm.beta")) return renamed("beta", "bias");
  return architecture.canonical_name(name);
}

struct NamedView {
  std::string file_name;
  TensorView tensor;
};
using Available = std::map<std::string, NamedView, std::less<>>;

/// Takes what the configuration expects out of what the files have.
class Matcher {
 public:
  Matcher(const LoadedTensors& loaded, const Architecture& architecture) : loaded_(loaded) {
    for (const auto& [file_name, tensor] : loaded.tensors) {
      std::string name = canonical_name(file_name, architecture);
      const auto [present, added] = available_.emplace(name, NamedView{file_name, tensor});
      if (!added)
        fail(file_name, fmt::format("is the same weight as tensor {}", in_quotes(present->second.file_name)));
    }
  }

  const Available& available() const { return available_; }
  bool has(const std::string& name) const { return available_.contains(name); }

  bool fits(const WeightSpec& spec) const {
    const auto found = available_.find(spec.name);
    return found != available_.end() && found->second.tensor.shape == spec.shape &&
           is_floating(found->second.tensor.dtype);
  }

  /// Moves one weight over to `weights`, or says what is wrong with it.
  void take(const WeightSpec& spec, const ModelConfig& config,
            std::map<std::string, TensorView, std::less<>>& weights) {
    const auto found = available_.find(spec.name);
    if (found == available_.end())
      throw FormatError(fmt::format("{}: tensor {} is missing, expected with shape {}", loaded_.origin,
                                    in_quotes(file_name_of(spec, config)), shape_text(spec.shape)));
    const auto& [file_name, tensor] = found->second;
    if (tensor.shape != spec.shape)
      fail(file_name,
           fmt::format("has shape {}, expected {}", shape_text(tensor.shape), shape_text(spec.shape)));
    if (!is_floating(tensor.dtype))
      fail(file_name, fmt::format("has type {}, expected a floating-point type", name_of(tensor.dtype)));
    weights.emplace(spec.name, tensor);
    available_.erase(found);
  }

  [[noreturn]] void fail(std::string_view file_name, std::string_view message) const {
    const auto origin = loaded_.origins.find(file_name);
    throw FormatError(fmt::format("{}: tensor {} {}",
                                  origin == loaded_.origins.end() ? loaded_.origin : origin->second,
                                  in_quotes(file_name), message));
  }

 private:
  const LoadedTensors& loaded_;
  Available available_;
};

/// The published code says nothing of its predictors in config.json; the weights tell.
void detect_predictors(const Matcher& matcher, ModelConfig& config) {
  if (config.skim.enabled || config.mentions_skimming()) return;
  const std::string predictors = predictors_prefix();
  const auto any = matcher.available().lower_bound(predictors);
  if (any == matcher.available().end() || !any->first.starts_with(predictors)) return;
  config.skim.enabled = true;
  config.skim.semantics = SkimSemantics::original;
  config.skim.predictor_size = config.hidden_size;
  const auto linear = matcher.available().find(predictor_names(0).projection + ".weight");
  if (linear != matcher.available().end() && linear->second.tensor.shape.size() == 2 &&
      linear->second.tensor.shape[0] > 0)
    config.skim.predictor_size = linear->second.tensor.shape[0];
}

struct Leftovers {
  std::vector<std::string> names;
  bool pooler = false;  ///< some are a pooler's
};

/// What no spec has taken: either harmless, or a sign that the file is another model's.
Leftovers check_leftovers(const Matcher& matcher, const ModelConfig& config,
                          const WeightRequirements& required) {
  const std::string_view pooler = architecture_of(config.model_type).pooler;
  const std::vector<std::string> encoder_parts = encoder_prefixes();
  Leftovers left;
  for (const auto& [name, view] : matcher.available()) {
    if (is_copy_or_buffer(name)) continue;
    const bool unused_predictor = name.starts_with(predictors_prefix()) && !config.skim.enabled;
    const bool known = is_of_a_head(name) || unused_predictor;
    // An unknown name there means another model than config.json's.
    const bool in_encoder = starts_with_any(name, encoder_parts);
    if (!known && (in_encoder || required.head))
      matcher.fail(view.file_name, "is unknown: this configuration has no such weight");
    left.names.push_back(view.file_name);
    left.pooler = left.pooler || (!pooler.empty() && name.starts_with(pooler));
  }
  return left;
}

}  // namespace

std::string file_name_of(const WeightSpec& spec, const ModelConfig& config) {
  const Architecture& architecture = architecture_of(config.model_type);
  const std::string name = architecture.stored_name(spec.name);
  // A bare BertModel is saved without the name of the attribute that holds it in every model with a head.
  const bool bare = config.head == HeadKind::none || config.head == HeadKind::embedding;
  if (spec.group == WeightGroup::head || bare) return name;
  return std::string(architecture.weight_prefix) + name;
}

ModelWeights ModelWeights::match(LoadedTensors loaded, ModelConfig& config,
                                 const WeightRequirements& required) {
  ModelWeights result;
  result.origin_ = loaded.origin;
  Matcher matcher(loaded, architecture_of(config.model_type));
  detect_predictors(matcher, config);

  const std::vector<WeightSpec> specs = expected_weights(config.spec());
  const auto in = [](WeightGroup group) {
    return [group](const WeightSpec& spec) { return spec.group == group; };
  };
  const bool any_predictor = std::any_of(specs.begin(), specs.end(), [&](const WeightSpec& spec) {
    return spec.group == WeightGroup::predictor && matcher.has(spec.name);
  });
  const bool take_predictors = required.predictors || any_predictor;
  const auto complete = [&](WeightGroup group) {
    return std::all_of(specs.begin(), specs.end(),
                       [&](const WeightSpec& spec) { return spec.group != group || matcher.fits(spec); });
  };
  const bool take_pooler = required.head || complete(WeightGroup::pooler);
  const bool take_head = required.head || complete(WeightGroup::head);

  for (const WeightSpec& spec : specs) {
    const bool take =
        spec.group == WeightGroup::encoder || (spec.group == WeightGroup::predictor && take_predictors) ||
        (spec.group == WeightGroup::pooler && take_pooler) || (spec.group == WeightGroup::head && take_head);
    if (take) matcher.take(spec, config, result.weights_);
  }
  result.has_predictors_ =
      take_predictors && std::any_of(specs.begin(), specs.end(), in(WeightGroup::predictor));
  result.has_head_ =
      take_pooler && take_head && std::any_of(specs.begin(), specs.end(), in(WeightGroup::head));
  Leftovers left = check_leftovers(matcher, config, required);
  result.unused_ = std::move(left.names);
  result.left_pooler_ = left.pooler;
  result.owners_ = std::move(loaded.owners);
  result.file_paths_ = std::move(loaded.paths);
  return result;
}

ModelWeights ModelWeights::load(const std::filesystem::path& directory, ModelConfig& config,
                                const WeightRequirements& required) {
  LoadedTensors loaded = load_weight_files(directory);
  // The dense layers of a sentence-transformers directory are files of their own: FOLDER/model.safetensors.
  if (config.head == HeadKind::embedding)
    for (const HeadStep& step : config.sentence_head.steps)
      add_weight_folder(directory, module_folder(step), loaded);
  return match(std::move(loaded), config, required);
}

bool ModelWeights::contains(std::string_view canonical_name) const {
  return weights_.contains(canonical_name);
}

const TensorView& ModelWeights::at(std::string_view canonical_name) const {
  const auto found = weights_.find(canonical_name);
  if (found == weights_.end())
    throw FormatError(fmt::format("{}: weight {} is missing", origin_, in_quotes(canonical_name)));
  return found->second;
}

}  // namespace transkimmer
