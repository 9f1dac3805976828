#include "server/routes/html.h"

#include <utility>

#include <fmt/format.h>

#include "base/strings/xml.h"

namespace transkimmer {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fcfcfd; --line: #c9c9d1; --shade: 24, 90, 200; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6ea; --paper: #17171a; --line: #46464f; --shade: 90, 150, 255; }
}
body { color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: inherit; }
textarea, input, button, select { font: inherit; color: inherit; background: transparent;
       border: 1px solid var(--line); border-radius: .3rem; padding: .4rem .6rem; }
textarea, input[type=text], input[type=password] { width: 100%; box-sizing: border-box; }
input[type=range] { width: 100%; padding: 0; }
button { cursor: pointer; }
label { display: block; margin-top: .8rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line);
         font-weight: normal; }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: .3rem; padding: .5rem; }
.tokens { line-height: 2.1; }
.token { border-radius: .25rem; padding: .15rem .25rem; margin: 0 .1rem; border-bottom: 2px solid transparent; }
.token.left { color: inherit; opacity: .75; }
.token.special { font-style: italic; }
.error { border-left: 3px solid #c33; padding-left: .6rem; }
)";

}  // namespace

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
      "<meta name=viewport content='width=device-width, initial-scale=1'>\n<link rel=icon href='data:,'>\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      xml(title), kStyle, body);
}

HttpResponse page_response(std::string page) {
  HttpResponse response{.content_type = "text/html; charset=utf-8", .body = std::move(page)};
  response.headers = {{"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                       "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'"},
                      {"X-Content-Type-Options", "nosniff"}};
  return response;
}

}  // namespace transkimmer
