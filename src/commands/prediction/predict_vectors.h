#pragma once

#include "commands/prediction/predict_options.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// Prints a vector for each text of the input, as numbers, bytes or bits. Throws UsageError for options that
/// do not go together and for a model that is no embedder; as for_each_text does.
void predict_embeddings(const PredictOptions& options, Model model);

/// Prints a sparse vector for each text of the input. Throws UsageError for a model that is no masked
/// language model; as for_each_text does.
void predict_sparse(const PredictOptions& options, Model model);

}  // namespace transkimmer
