// SPDX-License-Identifier: MIT
#include "recycler/lint/haproxy/sections.hpp"
#include "recycler/lint/haproxy/sessions.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// Fewer leave no room for a second closed gate and a crash.
constexpr long k_fewest_retries = 3;

void judge_persistence(Pool& pool, const Directive& section, const HaproxyConfiguration& all,
                       const HaproxySettings& settings) {
    const Directive* const use = line_of(section, "use-fcgi-app");
    const auto servers = section_servers(section);
    const bool never_reused = std::all_of(servers.begin(), servers.end(), [&](const auto* server) {
        const auto most = parameter(*server, settings, "max-reuse");
        return most && most->text == "0";
    });
    if (use == nullptr) {
        return;
    }
    const auto app = all.apps.find(word(*use, 1));
    if (app == all.apps.end()) {
        return pool.add(Rule::not_followed, place_of(*use), {written(*use)});
    }
    const Directive* const asks = line_of(*app->second, "option get-values");
    if (asks != nullptr && !is_negated(*asks)) {
        pool.add(Rule::haproxy_get_values, place_of(*asks),
                 {pool.name, std::string(word(*use, 1))});
    }
    if (never_reused) {
        return;
    }
    const Directive* const keep = line_of(*app->second, "option keep-conn");
    if (keep == nullptr || !is_negated(*keep)) {
        pool.add(Rule::haproxy_persistent, place_of(keep != nullptr ? *keep : *app->second),
                 {pool.name, std::string(word(*use, 1))});
    }
}

void judge_retries(Pool& pool, const HaproxySettings& settings) {
    const Directive* const redispatch = setting(settings, "option redispatch");
    if (redispatch == nullptr || is_negated(*redispatch) || word(*redispatch, 2) == "0") {
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

std::optional<Limit> limit(const HaproxySettings& settings, std::string_view name) {
    const Directive* const written = setting(settings, name);
    const auto length = written != nullptr ? span(word(*written, 2), 1ms) : std::nullopt;
    return length ? std::optional(Limit{*length, place_of(*written)}) : std::nullopt;
}

// A server without an address, or at all of them, is the address that the client asked.
void follow_client(Backend& backend) {
    auto* const to = backend.address ? std::get_if<HostPort>(&*backend.address) : nullptr;
    if (to != nullptr && (to->host == host_named("0.0.0.0") || to->host == host_named("::"))) {
        to->host = EveryHost{};
    }
}

void add_backends(Pool& pool, const Directive& section) {
    for (const Directive* server : section_servers(section)) {
        const bool is_template = word(*server, 0) == "server-template";
        const std::size_t index = is_template && server->words.size() > 3 ? 3 : 2;
        const Word& where = server->words[index];
        pool.backends.push_back(backend_at(where, pool.root));
        follow_client(pool.backends.back());
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
    const std::vector<Tree> set = with_environment(trees);
    const HaproxyConfiguration all = haproxy_configuration(set);
    std::vector<Pool> pools;
    for (const auto& [section, settings] : all.backends) {
        if (!is_fastcgi(*section, settings)) {
            continue;
        }
        Pool pool{std::string(word(*section, 0)) + " " + std::string(word(*section, 1)),
                  place_of(*section)};
        pool.root = all.chroot;
        add_backends(pool, *section);
        judge_persistence(pool, *section, all, settings);
        if (pool.backends.size() > 1) {
            judge_retries(pool, settings);
        }
        judge_servers(pool, *section, settings);
        judge_stickiness(pool, *section, settings);
        judge_shutdowns(pool, *section, settings);
        pool.connect = limit(settings, "timeout connect");
        pool.read = limit(settings, "timeout server");
        pools.push_back(std::move(pool));
    }
    return pools;
}

} // namespace recycler::lint
