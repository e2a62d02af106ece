// SPDX-License-Identifier: MIT
#include "recycler/lint/haproxy/sections.hpp"

#include "recycler/lint/variables/assigned.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>

namespace recycler::lint {

namespace {

constexpr std::array<std::string_view, 8> k_inherited_lines{
    "option redispatch", "option persist", "retries", "retry-on",
    "timeout connect",   "timeout server", "balance", "cookie"};

// "no option redispatch" and "option redispatch 1" are the same setting.
std::string name_of(const Directive& line) {
    const std::size_t first = is_negated(line) ? 1 : 0;
    const std::string_view head = word(line, first);
    return std::string(head) +
           (head == "option" || head == "timeout" ? " " + std::string(word(line, first + 1)) : "");
}

void take_settings(const Directive& section, HaproxySettings& settings) {
    for (const Directive& line : section.block) {
        const std::string name = name_of(line);
        if (name == "default-server") {
            settings.default_servers.push_back(&line);
        } else if (std::find(k_inherited_lines.begin(), k_inherited_lines.end(), name) !=
                   k_inherited_lines.end()) {
            settings.lines[name] = &line;
        }
    }
}

// presetenv counts only if the environment has no such variable.
constexpr Assigning k_haproxy_variables{
    [](const Directive& line) {
        const bool sets = word(line, 0) == "setenv" && line.words.size() == 3;
        return sets ? std::optional(Assignment{line.words[1].text, line.words[2].text})
                    : std::nullopt;
    },
    [](std::string_view name) { return std::string(name); }};

} // namespace

std::vector<Tree> with_environment(const std::vector<Tree>& trees) {
    return with_values(trees, k_haproxy_variables);
}

HaproxyConfiguration haproxy_configuration(const std::vector<Tree>& trees) {
    HaproxyConfiguration result;
    HaproxySettings latest;
    for (const Tree& tree : trees) {
        for (const Directive& section : tree) {
            const auto from = follower(section, "from");
            const auto named = from ? result.defaults.find(from->text) : result.defaults.end();
            HaproxySettings settings = named != result.defaults.end() ? named->second : latest;
            if (word(section, 0) == "defaults") {
                settings = from ? settings : HaproxySettings{};
                take_settings(section, settings);
                latest = settings;
                result.defaults[word(section, 1)] = std::move(settings);
            } else if (word(section, 0) == "global") {
                const Directive* const chroot = line_of(section, "chroot");
                result.chroot = chroot != nullptr ? word(*chroot, 1) : result.chroot;
            } else if (word(section, 0) == "fcgi-app") {
                result.apps[word(section, 1)] = &section;
            } else if (word(section, 0) == "backend" || word(section, 0) == "listen") {
                take_settings(section, settings);
                result.backends.emplace_back(&section, std::move(settings));
            }
        }
    }
    return result;
}

const Directive* setting(const HaproxySettings& settings, std::string_view name) {
    const auto found = settings.lines.find(name);
    return found != settings.lines.end() ? found->second : nullptr;
}

const Directive* line_of(const Directive& section, std::string_view name) {
    const auto found = std::find_if(section.block.rbegin(), section.block.rend(),
                                    [&](const Directive& line) { return name_of(line) == name; });
    return found != section.block.rend() ? &*found : nullptr;
}

bool is_negated(const Directive& line) {
    return word(line, 0) == "no";
}

std::vector<const Directive*> section_servers(const Directive& section) {
    std::vector<const Directive*> servers;
    for (const Directive& line : section.block) {
        const bool is_server = word(line, 0) == "server" || word(line, 0) == "server-template";
        if (is_server && line.words.size() > 2 && !has_word(line, "disabled")) {
            servers.push_back(&line);
        }
    }
    return servers;
}

std::optional<Word> parameter(const Directive& server, const HaproxySettings& settings,
                              std::string_view name) {
    auto found = follower(server, name);
    for (auto each = settings.default_servers.rbegin();
         !found && each != settings.default_servers.rend(); ++each) {
        found = follower(**each, name);
    }
    return found;
}

bool has_flag(const Directive& server, const HaproxySettings& settings, std::string_view name) {
    const std::string negated = "no-" + std::string(name);
    std::vector<const Directive*> lines = settings.default_servers;
    lines.push_back(&server);
    bool has = false;
    for (const Directive* line : lines) {
        for (const Word& each : line->words) {
            has = each.text == name || (has && each.text != negated);
        }
    }
    return has;
}

} // namespace recycler::lint
