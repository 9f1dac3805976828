#include "training/loop/run_fingerprint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/numbers.h"
#include "model_files/config/activation_names.h"
#include "training/skimming/compute_price.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// Decisions of a steered run are those of inference. Noise makes uncertain decisions dear, so predictors
// learn to be sure of what is left, and no longer hear the price: with it layers either keep all or nearly
// nothing.
constexpr double kSteeredGateNoise = 0.0;
constexpr double kPublishedGateNoise = 1.0;

// The layer that skimmed a token tells its gate nearly all there is to learn, and what comes later is saved.
constexpr std::int64_t kSteeredRemovalDelay = 1;

constexpr const char* kNone = "none";
constexpr const char* kEveryLayerText = "every layer";

std::string share_text(const std::optional<double>& share) {
  return share ? exact_text(*share) : kNone;
}

/// Of delays beyond the last layer there is one.
std::string delay_text(std::int64_t layers, const ModelConfig& config) {
  return layers < config.num_hidden_layers ? std::to_string(layers) : kEveryLayerText;
}

std::string distillation_text(const DistillationOptions& options) {
  return fmt::format("weight {}, temperature {}, state weight {}", exact_text(options.weight),
                     exact_text(options.temperature), exact_text(options.state_weight));
}

std::string weights_text(const std::vector<double>& weights) {
  std::vector<std::string> texts;
  for (const double weight : weights) texts.push_back(exact_text(weight));
  return texts.empty() ? kNone : fmt::format("{}", fmt::join(texts, " "));
}

}  // namespace

double gate_noise(const TrainingOptions& options, const SkimConfig& skim) {
  return options.gate_noise.value_or(skim.target_compute ? kSteeredGateNoise : kPublishedGateNoise);
}

std::int64_t removal_delay(const TrainingOptions& options, const SkimConfig& skim) {
  return options.removal_delay.value_or(skim.target_compute ? kSteeredRemovalDelay : kEveryLayer);
}

double skim_warmup_ratio(const TrainingOptions& options, const SkimConfig& skim) {
  return options.skim_warmup_ratio.value_or(skim.target_compute ? ComputeTarget{}.ramp : 0.0);
}

namespace {

/// What a head makes of states, where files beside config.json say it.
std::string head_text(const ModelConfig& config) {
  const HeadSpec& head = config.sentence_head;
  if (config.head != HeadKind::embedding) return {};
  std::string text = ", pooling";
  for (const Pooling pooling : head.pooling) text += fmt::format(" {}", static_cast<int>(pooling));
  for (const HeadStep& step : head.steps)
    text += fmt::format(", {} of {} columns, activation {}{}", step.name, step.out,
                        static_cast<int>(step.activation), step.biased ? "" : " without bias");
  return text + (head.normalize ? ", normalised" : "");
}

}  // namespace

std::string architecture_text(const ModelConfig& config) {
  return fmt::format(
             "{} {} of {} layers, hidden size {}, {} heads, intermediate size {}, vocabulary {}, {} "
             "positions, {} "
             "types, "
             "layer norm epsilon {}, classifier dropout {}, {} labels{}{}",
             config.model_type, name_of(config.head), config.num_hidden_layers, config.hidden_size,
             config.num_attention_heads, config.intermediate_size, config.vocab_size,
             config.max_position_embeddings, config.type_vocab_size, config.layer_norm_eps,
             config.classifier_dropout, config.num_labels(),
             config.hidden_act == Activation::gelu ? "" : fmt::format(", {}", name_of(config.hidden_act)),
             config.embedding_size == 0 ? "" : fmt::format(", embedding size {}", config.embedding_size)) +
         head_text(config);
}

std::map<std::string, std::string> run_fingerprint(const TrainingOptions& options, const ModelConfig& config,
                                                   const Teacher* teacher) {
  const SkimConfig& skim = config.skim;
  return {{"learning-rate", exact_text(options.learning_rate)},
          {"predictor-learning-rate",
           exact_text(options.predictor_learning_rate.value_or(options.learning_rate))},
          {"weight-decay", exact_text(options.weight_decay)},
          {"adam-beta1", exact_text(options.adam_beta1)},
          {"adam-beta2", exact_text(options.adam_beta2)},
          {"adam-epsilon", exact_text(options.adam_epsilon)},
          {"optim", std::string(name_of(options.optim))},
          {"warmup-ratio", exact_text(options.warmup_ratio)},
          {"max-grad-norm", exact_text(options.max_grad_norm)},
          {"max-steps", std::to_string(options.max_steps)},
          {"per-device-train-batch-size", std::to_string(options.train_batch_size)},
          {"gradient-accumulation-steps", std::to_string(options.gradient_accumulation_steps)},
          {"seed", std::to_string(options.seed)},
          {"hidden_dropout_prob", exact_text(config.hidden_dropout_prob)},
          {"attention_probs_dropout_prob", exact_text(config.attention_probs_dropout_prob)},
          {"eval-steps", std::to_string(options.eval_steps)},
          {"best-tolerance", exact_text(options.best_tolerance)},
          {"precision", options.compute.bf16 ? "bf16" : "f32"},
          {"skimming", skim.enabled ? "on" : "off"},
          {"skim-predictor-size", std::to_string(skim.enabled ? skim.predictor_size : 0)},
          {"skim-coefficient", exact_text(skim.coefficient)},
          {"target-compute", share_text(skim.target_compute)},
          {"skim-warmup-ratio", exact_text(skim_warmup_ratio(options, skim))},
          {"gate-noise", exact_text(gate_noise(options, skim))},
          {"removal-delay", delay_text(removal_delay(options, skim), config)},
          {"gumbel-temperature", exact_text(skim.temperature)},
          {"skim-threshold", exact_text(skim.threshold)},
          {"semantics", std::string(name_of(skim.semantics))},
          {"protect", std::string(name_of(skim.protection))},
          {"label-smoothing", exact_text(options.label_smoothing)},
          {"class-weights", weights_text(options.class_weights)},
          {"early-stopping-patience", std::to_string(options.early_stopping_patience)},
          {"teacher", teacher == nullptr ? kNone : teacher->fingerprint()},
          {"distillation", teacher == nullptr ? kNone : distillation_text(options.distillation)},
          {"model", architecture_text(config)}};
}

void require_same_run(const std::map<std::string, std::string>& run,
                      std::map<std::string, std::string> stored, const std::filesystem::path& checkpoint) {
  const TrainingOptions published;
  stored.emplace("adam-beta1", exact_text(published.adam_beta1));
  stored.emplace("adam-beta2", exact_text(published.adam_beta2));
  stored.emplace("optim", std::string(name_of(AdamWForm::hf)));
  stored.emplace("gate-noise", exact_text(kPublishedGateNoise));
  stored.emplace("removal-delay", kEveryLayerText);
  stored.emplace("protect", std::string(name_of(SkimProtection::first_token)));
  stored.emplace("label-smoothing", exact_text(published.label_smoothing));
  stored.emplace("early-stopping-patience", std::to_string(published.early_stopping_patience));
  for (const char* option : {"target-compute", "class-weights", "teacher", "distillation"})
    stored.emplace(option, kNone);
  for (const auto& [name, value] : run) {
    const auto found = stored.find(name);
    const std::string before = found == stored.end() ? "unknown" : found->second;
    if (before != value) {
      const auto shown = [](const std::string& text) { return text.empty() ? kNone : text; };
      throw UsageError(checkpoint.string() + ": this run had " + name + " " + shown(before) + ", not " +
                       shown(value) + "; a resumed run must go on with the same options");
    }
  }
}

}  // namespace transkimmer
