#include "training/loop/trainer_state.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTokensSeen = "num_input_tokens_seen";

Json to_json(const LogEntry& entry) {
  Json object = Json::object();
  for (const auto& [name, value] : entry) {
    // Counts are written as integers, as Hugging Face does.
    if (name == "step" || name == kTokensSeen) {
      object[name] = static_cast<std::int64_t>(value);
    } else {
      object[name] = value;
    }
  }
  return object;
}

LogEntry log_entry_from(const Json& object) {
  LogEntry entry;
  for (const auto& [name, value] : object.items())
    entry.emplace_back(name,
                       value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return entry;
}

Json to_json(const RunningSums& sums) {
  return {{"loss", sums.loss},
          {"task_loss", sums.task_loss},
          {"skim_loss", sums.skim_loss},
          {"distillation_loss", sums.distillation_loss},
          {"compute_share", sums.compute_share},
          {"kept_fraction", sums.kept_fraction},
          {"gradient_norm", sums.gradient_norm},
          {"steps", sums.steps}};
}

RunningSums running_sums_from(const Json& object) {
  return {.loss = object.at("loss"),
          .task_loss = object.at("task_loss"),
          .skim_loss = object.at("skim_loss"),
          .distillation_loss = object.value("distillation_loss", 0.0),
          .compute_share = object.value("compute_share", 0.0),
          .kept_fraction = object.at("kept_fraction"),
          .gradient_norm = object.at("gradient_norm"),
          .steps = object.at("steps")};
}

Json to_json(const TrainerState& state) {
  Json log = Json::array();
  for (const LogEntry& entry : state.log_history) log.push_back(to_json(entry));
  Json own = {{"steps_per_epoch", state.steps_per_epoch},
              {"chief_metric", state.chief_metric},
              {"sums", to_json(state.sums)},
              {"options", state.fingerprint}};
  if (state.evaluation_pending) own["evaluation_pending"] = true;
  if (state.start_score) own["start_score"] = *state.start_score;
  if (state.compute_price != 0) own["compute_price"] = state.compute_price;
  if (state.best_score) own["best_score"] = *state.best_score;
  if (state.stopped_early) own["stopped_early"] = true;
  if (state.evaluations_since_best > 0) own["evaluations_since_best"] = state.evaluations_since_best;
  if (state.chosen) {
    own["chosen"] = {{"step", state.chosen->step},
                     {"score", state.chosen->score},
                     {"kept_fraction", state.chosen->kept_fraction},
                     {"compute_share", state.chosen->compute_share}};
  }
  return {{"best_metric", state.chosen ? Json(state.chosen->score) : Json()},
          {"best_model_checkpoint", Json()},
          {"epoch", state.epoch()},
          {"global_step", state.global_step},
          {"is_hyper_param_search", false},
          {"is_local_process_zero", true},
          {"is_world_process_zero", true},
          {"log_history", log},
          {"max_steps", state.max_steps},
          {"num_train_epochs", state.num_train_epochs},
          {kTokensSeen, state.tokens_seen},
          {"total_flos", 0},
          {"trial_name", Json()},
          {"trial_params", Json()},
          {"transkimmer", own}};
}

TrainerState state_from(const Json& json) {
  TrainerState state;
  const Json& own = json.at("transkimmer");
  state.global_step = json.at("global_step");
  state.max_steps = json.at("max_steps");
  state.num_train_epochs = json.at("num_train_epochs");
  state.tokens_seen = json.value(kTokensSeen, std::int64_t{0});
  state.steps_per_epoch = own.at("steps_per_epoch");
  state.chief_metric = own.at("chief_metric");
  state.sums = running_sums_from(own.at("sums"));
  state.fingerprint = own.at("options").get<std::map<std::string, std::string>>();
  state.compute_price = own.value("compute_price", 0.0);
  state.evaluation_pending = own.value("evaluation_pending", false);
  state.stopped_early = own.value("stopped_early", false);
  state.evaluations_since_best = own.value("evaluations_since_best", std::int64_t{0});
  if (own.contains("start_score")) state.start_score = own.at("start_score").get<double>();
  if (own.contains("best_score")) state.best_score = own.at("best_score").get<double>();
  if (own.contains("chosen")) {
    const Json& chosen = own.at("chosen");
    state.chosen = {chosen.at("step"), chosen.at("score"), chosen.at("kept_fraction"),
                    chosen.value("compute_share", 0.0)};
  }
  for (const Json& entry : json.at("log_history")) state.log_history.push_back(log_entry_from(entry));
  return state;
}

}  // namespace

void save_trainer_state(const TrainerState& state, const std::filesystem::path& directory) {
  write_file_atomically(directory / kTrainerStateFile, to_json(state).dump(2) + "\n");
}

TrainerState load_trainer_state(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kTrainerStateFile;
  const std::string text = read_file(path);
  try {
    return state_from(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(path.string() + ": not the state of a training of ours: " + error.what());
  }
}

}  // namespace transkimmer
