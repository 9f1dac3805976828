#pragma once

#include <string>
#include <string_view>

#include "server/http/message.h"

namespace transkimmer {

/// A page in the server's style, light or dark as the reader's browser is.
std::string html_page(std::string_view title, std::string_view body);

/// An answer that is a page. It may run what stands in it and ask this server, and load nothing from
/// elsewhere.
HttpResponse page_response(std::string page);

}  // namespace transkimmer
