// SPDX-License-Identifier: MIT
// What is looked for: one row for each finding, with its name, how bad it is, its sentence and what
// to write instead. The texts stand in rules.cpp, the measurements behind them in no code.
#pragma once

#include <string_view>

namespace recycler::lint {

enum class Severity {
    loses,             // requests, however workers are replaced
    loses_when_closed, // requests, only where the gate of a listener closes
    executes_twice,    // a request
    slows,
    note,
};

enum class Rule {
    nginx_persistent,
    nginx_keep_conn,
    nginx_ban_time,
    nginx_short_ban,
    nginx_next_upstream_off,
    nginx_next_upstream_tries,
    nginx_executes_twice,
    haproxy_persistent,
    haproxy_no_redispatch,
    haproxy_late_redispatch,
    haproxy_few_retries,
    haproxy_no_retries,
    haproxy_executes_twice,
    haproxy_mark_down,
    haproxy_observe,
    haproxy_shutdown_sessions,
    haproxy_force_persist,
    haproxy_get_values,
    apache_persistent,
    apache_retry_zero,
    apache_long_retry,
    apache_no_failover,
    apache_shared_member,
    lighttpd_disable_time,
    lighttpd_bin_path,
    one_backend,
    persistent_unix,
    sticky,
    connect_timeout,
    read_timeout,
    read_timeout_twice,
    backend_of_nobody,
    slot_without_backend,
    other_app,
    chroot,
    other_family,
    no_backend,
    unknown_address,
    not_followed,
};

// "$1" to "$3" in a text stand for what the finding fills in.
struct RuleText {
    Rule rule;
    std::string_view name; // a contract: recyclerctl(1), "rule" in JSON
    Severity severity;
    std::string_view sentence;
    std::string_view advice; // may be empty
};

const RuleText& text_of(Rule rule);

// "loses requests", "executes a request twice": how a finding begins.
std::string_view in_words(Severity severity);
// "loses", "executes-twice": what JSON calls it.
std::string_view name_of(Severity severity);

} // namespace recycler::lint
