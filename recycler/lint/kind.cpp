// SPDX-License-Identifier: MIT
#include "recycler/lint/kind.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>

namespace recycler::lint {

namespace {

constexpr std::array<std::string_view, 4> k_names{"nginx", "haproxy", "apache", "lighttpd"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 24> k_haproxy{
    "global",          "defaults", "frontend",       "backend",
    "listen",          "fcgi-app", "bind",           "option",
    "timeout",         "mode",     "balance",        "use-fcgi-app",
    "retries",         "server",   "default-server", "use_backend",
    "default_backend", "acl",      "http-request",   "http-response",
    "stick-table",     "docroot",  "set-param",      "path-info"};
constexpr std::array<std::string_view, 27> k_apache{
    "proxypass",       "proxypassmatch", "proxypassreverse",  "balancermember",
    "proxyset",        "loadmodule",     "serverroot",        "sethandler",
    "servername",      "documentroot",   "customlog",         "errorlog",
    "includeoptional", "proxytimeout",   "rewriterule",       "rewriteengine",
    "rewritecond",     "serveralias",    "directoryindex",    "allowoverride",
    "require",         "addhandler",     "proxyfcgisetenvif", "proxyfcgibackendtype",
    "sslengine",       "setenvif",       "fallbackresource"};

// Without a comment.
std::string_view told_in(std::string_view line) {
    line = text::trimmed(line);
    return line.starts_with('#') ? std::string_view()
                                 : text::trimmed(line.substr(0, line.find(" #")));
}

std::optional<Kind> kind_of_line(std::string_view line) {
    const std::string_view first = line.substr(0, line.find_first_of(" \t"));
    if (line.starts_with('<') || is_one_of(text::lowered(first), k_apache)) {
        return Kind::apache;
    }
    const bool closes = line.ends_with('}') && text::contains(line, ";");
    const bool is_statement = line.ends_with(';') || closes;
    if (!is_statement && (text::contains(line, "=>") || line.starts_with('$'))) {
        return Kind::lighttpd;
    }
    if (is_statement || line.ends_with('{')) {
        return Kind::nginx;
    }
    if (text::contains(first, ".") && text::contains(line, "=")) {
        return Kind::lighttpd;
    }
    return is_one_of(first, k_haproxy) ? std::optional(Kind::haproxy) : std::nullopt;
}

} // namespace

std::string_view name_of(Kind kind) {
    return k_names[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_named(std::string_view name) {
    const auto* const found = std::find(k_names.begin(), k_names.end(), name);
    return found != k_names.end() ? std::optional(static_cast<Kind>(found - k_names.begin()))
                                  : std::nullopt;
}

std::optional<Kind> recognise(std::string_view text) {
    std::array<std::size_t, k_names.size()> lines{};
    while (!text.empty()) {
        const std::string_view line = told_in(text::take_line(text));
        if (text::contains(line, "_by_lua_block")) {
            return Kind::nginx; // the lines of Lua are nobody's
        }
        if (const auto kind = line.empty() ? std::nullopt : kind_of_line(line)) {
            ++lines[static_cast<std::size_t>(*kind)];
        }
    }
    const auto best = std::max_element(lines.begin(), lines.end());
    const std::size_t most = *best;
    const auto kind = static_cast<Kind>(best - lines.begin());
    *best = 0;
    return most > 2 * *std::max_element(lines.begin(), lines.end()) ? std::optional(kind)
                                                                    : std::nullopt;
}

} // namespace recycler::lint
