// SPDX-License-Identifier: MIT
// The sections of a configuration of HAProxy that lead to FastCGI workers, and what is in force in
// each backend: its own lines, else those of the defaults before it or of the defaults that it
// names. All words of HAProxy count in lower case alone.
#pragma once

#include "recycler/lint/syntax.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recycler::lint {

struct HaproxySettings {
    // By name: "retries", "option redispatch".
    std::map<std::string, const Directive*, std::less<>> lines;
    std::vector<const Directive*> default_servers; // each adds to those before it
};

struct HaproxyConfiguration {
    std::map<std::string_view, HaproxySettings> defaults;
    std::map<std::string_view, const Directive*> apps;
    std::vector<std::pair<const Directive*, HaproxySettings>> backends;
    std::string chroot; // empty: none
};

// With what setenv in a global section gives the variables in it; the environment is not known.
std::vector<Tree> with_environment(const std::vector<Tree>& trees);

HaproxyConfiguration haproxy_configuration(const std::vector<Tree>& trees);

// Null: there is no such line. "no option redispatch" has the name "option redispatch".
const Directive* setting(const HaproxySettings& settings, std::string_view name);
const Directive* line_of(const Directive& section, std::string_view name);
bool is_negated(const Directive& line);

std::vector<const Directive*> section_servers(const Directive& section);
// A server's own word after `name`, or that of default-server.
std::optional<Word> parameter(const Directive& server, const HaproxySettings& settings,
                              std::string_view name);
// Whether a server has the word, itself or by default-server, and nothing with "no-" in front of it
// takes it back.
bool has_flag(const Directive& server, const HaproxySettings& settings, std::string_view name);

} // namespace recycler::lint
