#pragma once

#include "model_files/architectures/architecture.h"

namespace transkimmer {

// Constant-initialised: nothing runs before main.
extern const Architecture bert;
extern const Architecture camembert;
extern const Architecture distilbert;
extern const Architecture electra;
extern const Architecture mpnet;
extern const Architecture roberta;
extern const Architecture xlm_roberta;

}  // namespace transkimmer
