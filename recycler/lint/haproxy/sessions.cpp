// SPDX-License-Identifier: MIT
#include "recycler/lint/haproxy/sessions.hpp"

#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>

namespace recycler::lint {

namespace {

// Whatever they choose by, it is not the client. "first" fills one worker after the other.
constexpr std::array<std::string_view, 5> k_even{"roundrobin", "static-rr", "leastconn", "random",
                                                 "first"};

void judge_balance(Pool& pool, const HaproxySettings& settings) {
    const Directive* const balance = setting(settings, "balance");
    if (balance == nullptr) {
        return;
    }
    const std::string_view mode = word(*balance, 1).substr(0, word(*balance, 1).find('('));
    if (std::find(k_even.begin(), k_even.end(), mode) == k_even.end()) {
        pool.add(Rule::sticky, place_of(*balance),
                 {pool.name, written(*balance), "write: balance roundrobin"});
    }
}

// The cookie that HAProxy sets names a server only if servers have names in it.
void judge_cookie(Pool& pool, const Directive& section, const HaproxySettings& settings) {
    const Directive* const cookie = setting(settings, "cookie");
    if (cookie == nullptr || is_negated(*cookie)) {
        return;
    }
    const auto servers = section_servers(section);
    const bool named = std::any_of(servers.begin(), servers.end(), [&](const Directive* server) {
        return parameter(*server, settings, "cookie").has_value();
    });
    if (named || has_word(*cookie, "dynamic")) {
        pool.add(Rule::sticky, place_of(*cookie),
                 {pool.name, written(*cookie), "remove: " + written(*cookie)});
    }
}

// Of the lines that fill a table, "stick on" and "stick match" also choose by it.
void judge_tables(Pool& pool, const Directive& section) {
    for (const Directive& line : section.block) {
        if (word(line, 0) == "stick" && (word(line, 1) == "on" || word(line, 1) == "match")) {
            pool.add(Rule::sticky, place_of(line),
                     {pool.name, written(line), "remove: " + written(line)});
        }
    }
}

void judge_persistence_of_downs(Pool& pool, const Directive& section,
                                const HaproxySettings& settings) {
    const Directive* const persist = setting(settings, "option persist");
    if (persist != nullptr && !is_negated(*persist)) {
        pool.add(Rule::sticky, place_of(*persist),
                 {pool.name, "option persist", "remove: option persist"});
    }
    if (const Directive* const forced = line_of(section, "force-persist")) {
        pool.add(Rule::haproxy_force_persist, place_of(*forced), {pool.name, written(*forced)});
    }
}

bool is_watched(const Directive& server, const HaproxySettings& settings) {
    return has_flag(server, settings, "check") || has_flag(server, settings, "agent-check") ||
           parameter(server, settings, "track").has_value();
}

// Each once: it stands in every server, or in default-server.
void add_shutdown(Pool& pool, const std::optional<Word>& action, const std::string& key,
                  const std::string& reason) {
    const bool is_known =
        std::any_of(pool.findings.begin(), pool.findings.end(), [&](const Finding& each) {
            return each.rule == Rule::haproxy_shutdown_sessions &&
                   each.advice == "remove: " + key + " " + action->text;
        });
    if (!is_known) {
        pool.add(Rule::haproxy_shutdown_sessions, action->place,
                 {pool.name, key + " " + action->text, reason});
    }
}

} // namespace

void judge_stickiness(Pool& pool, const Directive& section, const HaproxySettings& settings) {
    judge_balance(pool, settings);
    judge_cookie(pool, section, settings);
    judge_tables(pool, section);
    judge_persistence_of_downs(pool, section, settings);
}

void judge_shutdowns(Pool& pool, const Directive& section, const HaproxySettings& settings) {
    const auto servers = section_servers(section);
    const bool has_backup = std::any_of(servers.begin(), servers.end(), [&](const auto* server) {
        return has_flag(*server, settings, "backup");
    });
    for (const Directive* server : servers) {
        if (!is_watched(*server, settings)) {
            continue; // it is never marked
        }
        const auto down = parameter(*server, settings, "on-marked-down");
        if (down && down->text == "shutdown-sessions") {
            add_shutdown(pool, down, "on-marked-down",
                         "while a gate is closed its worker fails the health check, and HAProxy "
                         "ends the connections whose answers a drain waits for");
        }
        const auto up = parameter(*server, settings, "on-marked-up");
        if (up && up->text == "shutdown-backup-sessions" && has_backup &&
            !has_flag(*server, settings, "backup")) {
            add_shutdown(pool, up, "on-marked-up",
                         "when a gate has opened again, its worker passes the health check, and "
                         "HAProxy ends the connections to the backup workers");
        }
    }
}

} // namespace recycler::lint
