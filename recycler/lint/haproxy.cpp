// SPDX-License-Identifier: MIT
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// What a backend inherits from the defaults before it, by name: "retries", "option redispatch".
using HaproxySettings = std::map<std::string, const Directive*, std::less<>>;
constexpr std::array<std::string_view, 7> k_looked_at{
    "option redispatch", "retries", "retry-on",      "timeout connect",
    "timeout server",    "balance", "default-server"};

// Fewer leave no room for a second closed gate and a crash.
constexpr long k_fewest_retries = 3;

struct HaproxyConfiguration {
    std::map<std::string_view, HaproxySettings> defaults;
    std::map<std::string_view, const Directive*> apps;
    std::vector<std::pair<const Directive*, HaproxySettings>> backends;
};

// "no option redispatch" and "option redispatch 1" are the same setting.
std::string name_of(const Directive& line) {
    const std::size_t first = word(line, 0) == "no" ? 1 : 0;
    const std::string_view head = word(line, first);
    return std::string(head) +
           (head == "option" || head == "timeout" ? " " + std::string(word(line, first + 1)) : "");
}

void take_settings(const Directive& section, HaproxySettings& settings) {
    for (const Directive& line : section.block) {
        const std::string name = name_of(line);
        if (std::find(k_looked_at.begin(), k_looked_at.end(), name) != k_looked_at.end()) {
            settings[name] = &line;
        }
    }
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
    const auto found = settings.find(name);
    return found != settings.end() ? found->second : nullptr;
}

const Directive* line_of(const Directive& section, std::string_view name) {
    const auto found = std::find_if(section.block.rbegin(), section.block.rend(),
                                    [&](const Directive& line) { return name_of(line) == name; });
    return found != section.block.rend() ? &*found : nullptr;
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

// A server's own word, or that of default-server.
std::optional<Word> parameter(const Directive& server, const HaproxySettings& settings,
                              std::string_view name) {
    const auto own = follower(server, name);
    const Directive* const general = setting(settings, "default-server");
    return own || general == nullptr ? own : follower(*general, name);
}

void judge_persistence(Pool& pool, const Directive& section, const HaproxyConfiguration& all,
                       const HaproxySettings& settings) {
    const Directive* const use = line_of(section, "use-fcgi-app");
    const auto servers = section_servers(section);
    const bool never_reused = std::all_of(servers.begin(), servers.end(), [&](const auto* server) {
        const auto most = parameter(*server, settings, "max-reuse");
        return most && most->text == "0";
    });
    if (use == nullptr || never_reused) {
        return;
    }
    const auto app = all.apps.find(word(*use, 1));
    if (app == all.apps.end()) {
        return pool.add(Rule::not_followed, place_of(*use), {written(*use)});
    }
    const Directive* const keep = line_of(*app->second, "option keep-conn");
    if (keep == nullptr || word(*keep, 0) != "no") {
        pool.add(Rule::haproxy_persistent, place_of(keep != nullptr ? *keep : *app->second),
                 {pool.name, std::string(word(*use, 1))});
    }
}

void judge_retries(Pool& pool, const HaproxySettings& settings) {
    const Directive* const redispatch = setting(settings, "option redispatch");
    if (redispatch == nullptr || word(*redispatch, 0) == "no") {
        pool.add(Rule::haproxy_no_redispatch,
                 redispatch != nullptr ? place_of(*redispatch) : pool.place);
    } else if (word(*redispatch, 2) != "1") {
        pool.add(Rule::haproxy_late_redispatch, place_of(*redispatch));
    }
    const Directive* const retries = setting(settings, "retries");
    if (retries != nullptr && number(word(*retries, 1)).value_or(10) < k_fewest_retries) {
        pool.add(Rule::haproxy_few_retries, place_of(*retries), {pool.name, written(*retries)});
    }
    const Directive* const retry_on = setting(settings, "retry-on");
    if (retry_on == nullptr) {
        return;
    }
    if (!has_word(*retry_on, "conn-failure") && !has_word(*retry_on, "all-retryable-errors")) {
        pool.add(Rule::haproxy_no_retries, place_of(*retry_on), {pool.name, written(*retry_on)});
    }
    for (std::size_t i = 1; i < retry_on->words.size(); ++i) {
        const Word& each = retry_on->words[i];
        if (each.text != "conn-failure" && each.text != "none" && each.text != "0rtt-rejected") {
            return pool.add(Rule::haproxy_executes_twice, each.place, {pool.name, each.text});
        }
    }
}

void judge_servers(Pool& pool, const Directive& section, const HaproxySettings& settings) {
    for (const Directive* server : section_servers(section)) {
        const auto observe = parameter(*server, settings, "observe");
        const auto on_error = parameter(*server, settings, "on-error");
        if (observe) {
            const bool at_once =
                on_error && (on_error->text == "mark-down" || on_error->text == "sudden-death");
            return pool.add(at_once ? Rule::haproxy_mark_down : Rule::haproxy_observe,
                            observe->place,
                            {pool.name, "observe " + observe->text +
                                            (on_error ? " on-error " + on_error->text : "")});
        }
    }
}

void judge_balance(Pool& pool, const HaproxySettings& settings) {
    const Directive* const balance = setting(settings, "balance");
    if (balance == nullptr) {
        return;
    }
    const std::string mode(word(*balance, 1).substr(0, word(*balance, 1).find('(')));
    for (const std::string_view even : {"roundrobin", "static-rr", "leastconn", "random"}) {
        if (mode == even) {
            return;
        }
    }
    pool.add(Rule::sticky, place_of(*balance),
             {pool.name, written(*balance), "write: balance roundrobin"});
}

std::optional<Limit> limit(const HaproxySettings& settings, std::string_view name) {
    const Directive* const written = setting(settings, name);
    const auto length = written != nullptr ? span(word(*written, 2), 1ms) : std::nullopt;
    return length ? std::optional(Limit{*length, place_of(*written)}) : std::nullopt;
}

void add_backends(Pool& pool, const Directive& section) {
    for (const Directive* server : section_servers(section)) {
        const bool is_template = word(*server, 0) == "server-template";
        const std::size_t index = is_template && server->words.size() > 3 ? 3 : 2;
        const Word& where = server->words[index];
        pool.backends.push_back({where.text, address(where.text), where.place});
        if (is_template && word(*server, 2) != "1") {
            pool.backends.push_back(pool.backends.back()); // two at least
        }
    }
}

bool is_fastcgi(const Directive& section, const HaproxySettings& settings) {
    const auto servers = section_servers(section);
    return line_of(section, "use-fcgi-app") != nullptr ||
           std::any_of(servers.begin(), servers.end(), [&](const Directive* server) {
               const auto protocol = parameter(*server, settings, "proto");
               return protocol && protocol->text == "fcgi";
           });
}

} // namespace

std::vector<Pool> read_haproxy(const std::vector<Tree>& trees) {
    const HaproxyConfiguration all = haproxy_configuration(trees);
    std::vector<Pool> pools;
    for (const auto& [section, settings] : all.backends) {
        if (!is_fastcgi(*section, settings)) {
            continue;
        }
        Pool pool{std::string(word(*section, 0)) + " " + std::string(word(*section, 1)),
                  place_of(*section)};
        add_backends(pool, *section);
        judge_persistence(pool, *section, all, settings);
        if (pool.backends.size() > 1) {
            judge_retries(pool, settings);
        }
        judge_servers(pool, *section, settings);
        judge_balance(pool, settings);
        pool.connect = limit(settings, "timeout connect");
        pool.read = limit(settings, "timeout server");
        pools.push_back(std::move(pool));
    }
    return pools;
}

} // namespace recycler::lint
