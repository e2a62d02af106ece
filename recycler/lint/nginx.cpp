// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/variables/nginx.hpp"
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

// What keeps a client at its worker: ip_hash, hash and sticky are nginx's own, the others those of
// Tengine and of modules in Debian.
constexpr std::array<std::string_view, 6> k_sticky{
    "ip_hash", "hash", "sticky", "session_sticky", "consistent_hash", "jvm_route"};

// One fastcgi_pass and what is in force there.
struct Use {
    const Directive* pass;
    NginxSettings settings;
    Word target; // what the pass names, or what a variable there stands for
};

struct NginxConfiguration {
    std::map<std::string, const Directive*> upstreams; // by name, in lower case
    std::vector<Use> uses;
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
            into.upstreams[text::lowered(word(each, 1))] = &each;
        } else if (word(each, 0) == "fastcgi_pass" && each.words.size() > 1) {
            into.uses.push_back({&each, settings, {}});
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
    const auto lua =
        std::find_if(upstream.block.begin(), upstream.block.end(), [](const Directive& each) {
            return word(each, 0).starts_with("balancer_by_lua");
        });
    if (lua != upstream.block.end()) {
        // Lua chooses the address, and the server beside it is only there because one must be.
        pool.backends.push_back({lua->words[0].text, std::nullopt, place_of(*lua)});
        return;
    }
    const auto servers = upstream_servers(upstream);
    for (const Directive* server : servers) {
        pool.backends.push_back(backend_at(server->words[1]));
    }
    judge_bans(pool, servers, pace);
    for (const Directive& each : upstream.block) {
        if (std::find(k_sticky.begin(), k_sticky.end(), word(each, 0)) != k_sticky.end()) {
            pool.add(Rule::sticky, place_of(each),
                     {pool.name, written(each), "write: least_conn; or nothing"});
        }
    }
}

// `keepalive`: that of the upstream, if it has one.
void judge_persistence(Pool& pool, const Directive* keepalive, const Use& use) {
    const Directive* const keep = setting(use, "fastcgi_keep_conn");
    if (keep == nullptr || !is_in_any_case(word(*keep, 1), "on")) {
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
            if (word(each, 0) == "keepalive" && word(each, 1) != "0") {
                return &each;
            }
        }
    }
    return nullptr;
}

// nginx compares the values of its flags and lists without regard to case, its names with it.
bool names(const Directive& list, std::string_view value) {
    return std::any_of(list.words.begin() + 1, list.words.end(),
                       [&](const Word& each) { return is_in_any_case(each.text, value); });
}

void judge_next_upstream(Pool& pool, const Use& use) {
    const Directive* const tries = setting(use, "fastcgi_next_upstream_tries");
    const bool only_one = tries != nullptr && number(word(*tries, 1)) == 1;
    const Directive* const next = setting(use, "fastcgi_next_upstream");
    const bool other_after_timeout = next == nullptr || names(*next, "timeout");
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
    if (!names(*next, "error")) {
        pool.add(Rule::nginx_next_upstream_off, place_of(*next), {written(*next)});
    }
    for (std::size_t i = 1; i < next->words.size(); ++i) {
        const Word& each = next->words[i];
        const std::string value = text::lowered(each.text);
        if (value == "non_idempotent" || value == "invalid_header" || value.starts_with("http_")) {
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

Pool pool_of(const std::vector<const Use*>& uses, const Directive* upstream, const Pace& pace) {
    const Word& target = uses.front()->target;
    Pool pool;
    if (upstream != nullptr) {
        pool.name = "upstream " + std::string(word(*upstream, 1));
        pool.place = place_of(*upstream);
        read_upstream(pool, *upstream, pace);
    } else {
        pool.name = "fastcgi_pass " + target.text;
        pool.place = target.place == uses.front()->pass->words[1].place
                         ? place_of(*uses.front()->pass)
                         : target.place;
        pool.backends.push_back(backend_at(target));
    }
    const Directive* const keepalive = keepalive_of(upstream);
    for (const Use* use : uses) {
        judge_persistence(pool, keepalive, *use);
        judge_next_upstream(pool, *use);
        shorten(pool.connect, limit(*use, "fastcgi_connect_timeout"));
        shorten(pool.read, limit(*use, "fastcgi_read_timeout"));
    }
    return pool;
}

// One for each value that a variable in it may have.
std::vector<Use> resolved(const std::vector<Use>& uses, const NginxVariables& variables) {
    std::vector<Use> result;
    for (const Use& use : uses) {
        for (Word& target : variables.values_of(use.pass->words[1])) {
            result.push_back({use.pass, use.settings, std::move(target)});
        }
    }
    return result;
}

} // namespace

std::vector<Pool> read_nginx(const std::vector<Tree>& trees, const Pace& pace) {
    const NginxConfiguration read = nginx_configuration(trees);
    const std::vector<Use> uses = resolved(read.uses, NginxVariables(trees));
    std::map<std::string, std::vector<const Use*>> by_target;
    for (const Use& use : uses) {
        const std::string name = text::lowered(use.target.text);
        by_target[read.upstreams.contains(name) ? name : use.target.text].push_back(&use);
    }
    std::vector<Pool> pools;
    for (const auto& [target, of_target] : by_target) {
        const auto upstream = read.upstreams.find(target);
        pools.push_back(pool_of(
            of_target, upstream != read.upstreams.end() ? upstream->second : nullptr, pace));
    }
    return pools;
}

} // namespace recycler::lint
