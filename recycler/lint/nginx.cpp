// SPDX-License-Identifier: MIT
#include "policies/units.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// What a location inherits from its server, and that from http.
constexpr std::array<std::string_view, 5> k_inherited{
    "fastcgi_keep_conn", "fastcgi_next_upstream", "fastcgi_next_upstream_tries",
    "fastcgi_connect_timeout", "fastcgi_read_timeout"};
using NginxSettings = std::map<std::string_view, const Directive*>;

// One fastcgi_pass and what is in force there.
struct Use {
    const Directive* pass;
    NginxSettings settings;
};

struct NginxConfiguration {
    std::map<std::string_view, const Directive*> upstreams;
    std::map<std::string_view, std::vector<Use>> uses; // by what fastcgi_pass names
};

void take_settings(const Tree& tree, NginxSettings& settings) {
    for (const Directive& each : tree) {
        const auto* name = std::find(k_inherited.begin(), k_inherited.end(), word(each, 0));
        if (name != k_inherited.end()) {
            settings[*name] = &each;
        }
    }
}

void walk(const Tree& tree, NginxSettings settings, NginxConfiguration& into) {
    take_settings(tree, settings);
    for (const Directive& each : tree) {
        if (word(each, 0) == "upstream") {
            into.upstreams[word(each, 1)] = &each;
        } else if (word(each, 0) == "fastcgi_pass") {
            into.uses[word(each, 1)].push_back({&each, settings});
        } else if (!each.block.empty()) {
            walk(each.block, settings, into);
        }
    }
}

// A file without http { } is one that http includes.
NginxConfiguration nginx_configuration(const std::vector<Tree>& trees) {
    NginxSettings of_http;
    for (const Tree& tree : trees) {
        take_settings(tree, of_http);
        for (const Directive& each : tree) {
            if (word(each, 0) == "http") {
                take_settings(each.block, of_http);
            }
        }
    }
    NginxConfiguration result;
    for (const Tree& tree : trees) {
        walk(tree, of_http, result);
    }
    return result;
}

const Directive* setting(const Use& use, std::string_view name) {
    const auto found = use.settings.find(name);
    return found != use.settings.end() ? found->second : nullptr;
}

std::vector<const Directive*> upstream_servers(const Directive& upstream) {
    std::vector<const Directive*> servers;
    for (const Directive& each : upstream.block) {
        if (word(each, 0) == "server" && each.words.size() > 1 && !has_word(each, "down")) {
            servers.push_back(&each);
        }
    }
    return servers;
}

void judge_bans(Pool& pool, const std::vector<const Directive*>& servers, const Pace& pace) {
    if (servers.size() < 2) {
        return; // nginx does not ban the only one
    }
    for (const Directive* server : servers) {
        const auto most = option(*server, "max_fails=");
        const auto written = option(*server, "fail_timeout=");
        const Duration ban = (written ? span(written->text, 1s) : std::nullopt).value_or(10s);
        if (most && number(most->text) == 0) {
            continue;
        }
        // Its clock counts whole seconds.
        pool.add(ban + 1s > pace.settle ? Rule::nginx_ban_time : Rule::nginx_short_ban,
                 place_of(*server),
                 {pool.name, policies::to_text(ban), std::string(word(*server, 1))});
        return;
    }
}

void read_upstream(Pool& pool, const Directive& upstream, const Pace& pace) {
    const auto servers = upstream_servers(upstream);
    for (const Directive* server : servers) {
        const Word& where = server->words[1];
        pool.backends.push_back({where.text, address(where.text), where.place});
    }
    judge_bans(pool, servers, pace);
    for (const Directive& each : upstream.block) {
        if (word(each, 0) == "ip_hash" || word(each, 0) == "hash" || word(each, 0) == "sticky") {
            pool.add(Rule::sticky, place_of(each),
                     {pool.name, written(each), "write: least_conn; or nothing"});
        }
    }
}

// `keepalive`: that of the upstream, if it has one.
void judge_persistence(Pool& pool, const Directive* keepalive, const Use& use) {
    const Directive* const keep = setting(use, "fastcgi_keep_conn");
    if (keep == nullptr || word(*keep, 1) != "on") {
        return;
    }
    if (keepalive != nullptr) {
        pool.add(Rule::nginx_persistent, place_of(*keepalive), {pool.name, written(*keepalive)});
    } else {
        pool.add(Rule::nginx_keep_conn, place_of(*keep));
    }
}

const Directive* keepalive_of(const Directive* upstream) {
    if (upstream != nullptr) {
        for (const Directive& each : upstream->block) {
            if (word(each, 0) == "keepalive") {
                return &each;
            }
        }
    }
    return nullptr;
}

void judge_next_upstream(Pool& pool, const Use& use) {
    const Directive* const tries = setting(use, "fastcgi_next_upstream_tries");
    const bool only_one = tries != nullptr && number(word(*tries, 1)) == 1;
    const Directive* const next = setting(use, "fastcgi_next_upstream");
    const bool other_after_timeout = next == nullptr || has_word(*next, "timeout");
    if (other_after_timeout && !only_one && pool.backends.size() > 1) {
        pool.on_read_timeout = OnReadTimeout::asks_another;
    }
    if (pool.backends.size() < 2) {
        return; // there is no next one
    }
    if (only_one) {
        pool.add(Rule::nginx_next_upstream_tries, place_of(*tries));
    }
    if (next == nullptr) {
        return;
    }
    if (!has_word(*next, "error")) {
        pool.add(Rule::nginx_next_upstream_off, place_of(*next), {written(*next)});
    }
    for (std::size_t i = 1; i < next->words.size(); ++i) {
        const Word& each = next->words[i];
        if (each.text == "non_idempotent" || each.text == "invalid_header" ||
            each.text.starts_with("http_")) {
            pool.add(Rule::nginx_executes_twice, each.place, {each.text});
        }
    }
}

std::optional<Limit> limit(const Use& use, std::string_view name) {
    const Directive* const written = setting(use, name);
    if (written == nullptr) {
        return Limit{60s, place_of(*use.pass)};
    }
    const auto length = span(word(*written, 1), 1s);
    return length ? std::optional(Limit{*length, place_of(*written)}) : std::nullopt;
}

Pool pool_of(std::string_view target, const std::vector<Use>& uses, const Directive* upstream,
             const Pace& pace) {
    const Directive& pass = *uses.front().pass;
    Pool pool;
    if (upstream != nullptr) {
        pool.name = "upstream " + std::string(target);
        pool.place = place_of(*upstream);
        read_upstream(pool, *upstream, pace);
    } else {
        pool.name = "fastcgi_pass " + std::string(target);
        pool.place = place_of(pass);
        pool.backends.push_back({std::string(target), address(target), pass.words.back().place});
    }
    const Directive* const keepalive = keepalive_of(upstream);
    for (const Use& use : uses) {
        judge_persistence(pool, keepalive, use);
        judge_next_upstream(pool, use);
        shorten(pool.connect, limit(use, "fastcgi_connect_timeout"));
        shorten(pool.read, limit(use, "fastcgi_read_timeout"));
    }
    return pool;
}

} // namespace

std::vector<Pool> read_nginx(const std::vector<Tree>& trees, const Pace& pace) {
    const NginxConfiguration read = nginx_configuration(trees);
    std::vector<Pool> pools;
    for (const auto& [target, uses] : read.uses) {
        const auto upstream = read.upstreams.find(target);
        pools.push_back(pool_of(
            target, uses, upstream != read.upstreams.end() ? upstream->second : nullptr, pace));
    }
    return pools;
}

} // namespace recycler::lint
