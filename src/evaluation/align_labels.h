#pragma once

#include <cstddef>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/tagged_sentences.h"
#include "model_files/config/model_config.h"

namespace transkimmer {

/// Rewrites the labels of `dataset` from its own label order to the model's: by name, or by index when the
/// model's names are LABEL_0, LABEL_1, ... Case counts only where the model has names that differ in nothing
/// else: many published models write a task's classes in capitals. Returns the model's index of each of the
/// data's classes, [classes]; empty without classes. Throws UsageError when the two do not describe the same
/// classes.
std::vector<std::size_t> align_labels(Dataset& dataset, const ModelConfig& config);

/// The same of tags, of which the data need not have all that the model knows. Throws UsageError, with the
/// line, for a tag that the model does not know, or where nameless classes are fewer.
void align_labels(TaggedDataset& dataset, const ModelConfig& config);

}  // namespace transkimmer
