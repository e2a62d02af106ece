// SPDX-License-Identifier: MIT
#include "recycler/lint/kind.hpp"

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

constexpr std::array<std::string_view, 14> k_haproxy{
    "global",  "defaults", "frontend", "backend",      "fcgi-app",        "bind",    "option",
    "timeout", "mode",     "balance",  "use-fcgi-app", "default_backend", "retries", "server"};
constexpr std::array<std::string_view, 16> k_apache{
    "proxypass",       "proxypassmatch", "proxypassreverse", "balancermember",
    "proxyset",        "loadmodule",     "serverroot",       "sethandler",
    "servername",      "documentroot",   "customlog",        "errorlog",
    "includeoptional", "proxytimeout",   "rewriterule",      "rewriteengine"};

std::string_view trimmed(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') {
        return {};
    }
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::optional<Kind> kind_of_line(std::string_view line) {
    const std::string_view first = line.substr(0, line.find_first_of(" \t"));
    if (line.starts_with('<') || is_one_of(lowered(first), k_apache)) {
        return Kind::apache;
    }
    if (line.find("=>") != std::string_view::npos || line.starts_with('$') ||
        first.find('.') != std::string_view::npos) {
        return Kind::lighttpd;
    }
    const bool closes = line.ends_with('}') && line.find(';') != std::string_view::npos;
    if (line.ends_with(';') || line.ends_with('{') || closes) {
        return Kind::nginx;
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
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        if (const auto kind = line.empty() ? std::nullopt : kind_of_line(line)) {
            ++lines[static_cast<std::size_t>(*kind)];
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    const auto best = std::max_element(lines.begin(), lines.end());
    const std::size_t most = *best;
    const auto kind = static_cast<Kind>(best - lines.begin());
    *best = 0;
    return most > 2 * *std::max_element(lines.begin(), lines.end()) ? std::optional(kind)
                                                                    : std::nullopt;
}

} // namespace recycler::lint
