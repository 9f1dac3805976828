#pragma once

#include <string>

#include "server/routes/planning.h"
#include "server/routes/route.h"

namespace transkimmer {

/// What the routes are, as OpenAPI 3.1 has it: methods, fields and answers by the table of routes, with
/// examples that a model of the right kind answers. `version` is the program's.
OrderedJson openapi_document(const std::string& version, bool asks_for_key);

/// The same as a page of HTML without scripts.
std::string documents_page(const OrderedJson& openapi);

}  // namespace transkimmer
