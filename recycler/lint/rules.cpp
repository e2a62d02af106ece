// SPDX-License-Identifier: MIT
#include "recycler/lint/rules.hpp"

#include <algorithm>
#include <array>

namespace recycler::lint {

namespace {

constexpr auto k_loses = Severity::loses;
constexpr auto k_closed = Severity::loses_when_closed;
constexpr auto k_twice = Severity::executes_twice;
constexpr auto k_slows = Severity::slows;
constexpr auto k_note = Severity::note;

constexpr std::array k_rules{
    RuleText{
        Rule::nginx_persistent, "nginx-persistent", k_slows,
        "nginx keeps connections to the workers of $1 open ($2 with fastcgi_keep_conn on): the "
        "recorder ends those of workers with one thread after each answer, and a drain waits "
        "for idle ones of others, up to keepalive_timeout. Where it cannot be loaded (a static "
        "program), a worker sits on one connection while others starve in its queue",
        "remove the line $2, and write: fastcgi_keep_conn off;"},
    RuleText{Rule::nginx_keep_conn, "nginx-keep-conn", k_note,
             "fastcgi_keep_conn asks the workers of $1 to keep each connection open after the "
             "answer; it gains nothing without keepalive",
             "write: fastcgi_keep_conn off;"},
    RuleText{Rule::nginx_ban_time, "nginx-ban-time", k_closed,
             "after one refused connect nginx leaves a worker of $1 alone for $2: when the next "
             "gates close meanwhile, it has \"no live upstreams\" and answers 502",
             "write, for each server of $1: server $3 max_fails=0;"},
    RuleText{Rule::nginx_short_ban, "nginx-short-ban", k_slows,
             "after one refused connect nginx leaves a worker of $1 alone for $2: the others carry "
             "its load that long",
             "write, for each server of $1: server $3 max_fails=0;"},
    RuleText{Rule::nginx_next_upstream_off, "nginx-next-upstream-off", k_closed,
             "\"$1\" lacks error: a refused connect is answered with 502 instead of asking the "
             "next worker",
             "write: fastcgi_next_upstream error timeout;"},
    RuleText{Rule::nginx_next_upstream_tries, "nginx-next-upstream-tries", k_closed,
             "with one try a refused connect is answered with 502: there is no second worker to "
             "ask",
             "write: fastcgi_next_upstream_tries 0;"},
    RuleText{Rule::nginx_executes_twice, "nginx-executes-twice", k_twice,
             "$1 sends a request to another worker after the first has had it, and may have "
             "executed it; error alone asks again, for a POST, only where no byte was sent",
             "write: fastcgi_next_upstream error timeout;"},
    RuleText{Rule::haproxy_persistent, "haproxy-persistent", k_slows,
             "HAProxy keeps connections to the workers of $1 open (keep-conn is on unless it is "
             "switched off): the recorder ends those of workers with one thread after each answer, "
             "and a drain waits for idle ones of others, for pool-purge-delay and more. Where it "
             "cannot be loaded (a static program), a worker sits on one connection while others "
             "starve in its queue",
             "write, in fcgi-app $2: no option keep-conn"},
    RuleText{Rule::haproxy_no_redispatch, "haproxy-no-redispatch", k_closed,
             "a refused connect is tried at the same worker of $1 again, once a second, until "
             "HAProxy answers 503: it never goes to another one",
             "write, in $1: option redispatch 1"},
    RuleText{Rule::haproxy_late_redispatch, "haproxy-late-redispatch", k_slows,
             "a refused connect goes to another worker of $1 late: first it is tried at the same "
             "one again, once a second",
             "write, in $1: option redispatch 1"},
    RuleText{Rule::haproxy_few_retries, "haproxy-few-retries", k_closed,
             "\"$2\" leaves too few other workers of $1 to ask after a refused connect: HAProxy "
             "answers 503",
             "write, in $1: retries 10"},
    RuleText{Rule::haproxy_no_retries, "haproxy-no-retries", k_closed,
             "\"$2\" lacks conn-failure: a refused connect is answered with 503 instead of asking "
             "another worker of $1",
             "write, in $1: retry-on conn-failure"},
    RuleText{Rule::haproxy_executes_twice, "haproxy-executes-twice", k_twice,
             "$2 sends a request to another worker of $1 after the first has had it, and may have "
             "executed it",
             "write, in $1: retry-on conn-failure"},
    RuleText{Rule::haproxy_mark_down, "haproxy-mark-down", k_closed,
             "a refused connect takes the worker out until its next health check succeeds: a few "
             "closed gates take down all of $1, and HAProxy answers 503",
             "remove: $2"},
    RuleText{Rule::haproxy_observe, "haproxy-observe", k_slows,
             "refused connects count as failed health checks of $1: a worker behind a gate that "
             "was closed for a moment stays out until checks succeed again",
             "remove: $2"},
    RuleText{
        Rule::apache_persistent, "apache-persistent", k_slows,
        "Apache keeps connections to the workers of $1 open: the recorder ends those of "
        "workers with one thread after each answer, and a drain waits for idle ones of others, "
        "to which Apache sets no end. Where it cannot be loaded (a static program), a worker "
        "sits on one connection while others starve in its queue. And where a worker ends "
        "under a POST, Apache sends it to another one with an empty body: the client gets 200 "
        "and a wrong result",
        "write: disablereuse=on, instead of $2"},
    RuleText{Rule::apache_retry_zero, "apache-retry-zero", k_closed,
             "with retry=0 each of Apache's attempts may hit the same closed worker of $1 again, "
             "and it answers 503",
             "write: retry=1"},
    RuleText{Rule::apache_long_retry, "apache-long-retry", k_slows,
             "after one refused connect Apache leaves a worker of $1 alone for $2: the others "
             "carry its load that long",
             "write, for each member of $1: retry=1"},
    RuleText{Rule::apache_no_failover, "apache-no-failover", k_closed,
             "with nofailover a session whose worker of $1 is behind a closed gate gets 503 "
             "instead of another worker",
             "remove: $2"},
    RuleText{Rule::lighttpd_disable_time, "lighttpd-disable-time", k_closed,
             "after one refused connect lighttpd leaves a worker of $1 alone for about $2, and the "
             "next gate closes at most $3 (capacity.settle) after this one opens: soon all are "
             "out, and it answers 503",
             "write: \"disable-time\" => 1, and in the policy: capacity.settle = \"4s\""},
    RuleText{Rule::lighttpd_bin_path, "lighttpd-bin-path", k_loses,
             "with bin-path lighttpd starts and ends workers of its own for $1: they are neither "
             "limited nor drained, and they hold the addresses that recyclerd needs",
             "remove: $2, and max-procs and bin-environment with it"},
    RuleText{Rule::one_backend, "one-backend", k_closed,
             "$1 has one worker only: behind its closed gate there is no other to go to",
             "give it two at least; or write in the policy: handover = \"overlap\" (or \"queue\")"},
    RuleText{Rule::persistent_unix, "persistent-unix", k_loses,
             "the workers of $1 listen on unix sockets, where the end of a kept connection follows "
             "the answer and cannot come with it as on TCP: a POST that is sent on it at that very "
             "moment fails",
             "$2"},
    RuleText{Rule::sticky, "sticky", k_note,
             "\"$2\" sends some clients of $1 to one worker always: workers bloat unevenly, and "
             "what a session has left in its worker is gone at each recycle",
             "$3"},
    RuleText{Rule::connect_timeout, "connect-timeout", k_slows,
             "a connect to $1 that is caught at the instant at which a gate closes is answered "
             "only 1 s later: with $2 it counts as a failure of that worker",
             "write 2 s or more; 5 s do"},
    RuleText{Rule::read_timeout, "read-timeout", k_note,
             "the balancer gives up on a request to $1 after $2, the policy ends its worker only "
             "after $3 (recycle.hung): in between the worker does work that nobody waits for",
             "make recycle.hung shorter than $2, or this timeout longer than $3"},
    RuleText{Rule::read_timeout_twice, "read-timeout-twice", k_twice,
             "after $2 without an answer the balancer sends a request to another worker of $1 "
             "while the first still has it, until $3 (recycle.hung): one slow URL occupies all",
             "write: fastcgi_next_upstream error; or make recycle.hung shorter than $2"},
    RuleText{Rule::backend_of_nobody, "backend-of-nobody", k_slows,
             "$1 is no slot of app $2: nobody of it listens there, and each request that goes "
             "there has to be sent elsewhere",
             "remove it, or write it in the policy: app.listen"},
    RuleText{Rule::slot_without_backend, "slot-without-backend", k_slows, "$1 of app $2 $3",
             "add it here, or remove it from the policy: app.listen"},
    RuleText{Rule::other_app, "other-app", k_loses,
             "none of the backends is a slot of app $1: its workers get no request, and what goes "
             "to these backends is not recycled without loss",
             "write the addresses of the policy (app.listen), or name the policy of these workers"},
    RuleText{Rule::no_backend, "no-backend", k_note,
             "nothing here goes to a FastCGI worker: there is nothing to look at", ""},
    RuleText{Rule::unknown_address, "unknown-address", k_note,
             "\"$1\" is no fixed address: what it stands for is not looked at", ""},
    RuleText{Rule::not_followed, "not-followed", k_note,
             "what \"$1\" stands for is in no file that was named",
             "name it as a further file if it says something about FastCGI"},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < k_rules.size(); ++i) {
        if (static_cast<std::size_t>(k_rules[i].rule) != i) {
            return false;
        }
    }
    return true;
}
static_assert(in_order(), "one row for each rule, in the order of the enumeration");

} // namespace

const RuleText& text_of(Rule rule) {
    return k_rules[static_cast<std::size_t>(rule)];
}

std::string_view in_words(Severity severity) {
    switch (severity) {
    case Severity::loses:
        return "loses requests";
    case Severity::loses_when_closed:
        return "loses requests under handover = \"close\"";
    case Severity::executes_twice:
        return "executes a request twice";
    case Severity::slows:
        return "slows";
    case Severity::note:
        return "note";
    }
    return "";
}

std::string_view name_of(Severity severity) {
    switch (severity) {
    case Severity::loses:
        return "loses";
    case Severity::loses_when_closed:
        return "loses-when-closed";
    case Severity::executes_twice:
        return "executes-twice";
    case Severity::slows:
        return "slows";
    case Severity::note:
        return "note";
    }
    return "";
}

} // namespace recycler::lint
