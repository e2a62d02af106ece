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
        Rule::nginx_persistent, "nginx-persistent", k_note,
        "nginx keeps connections to the workers of $1 open ($2 with fastcgi_keep_conn on): "
        "workers that wait in accept() for the next request (libfcgi, php-cgi, "
        "the FCGI modules of Perl and Ruby) let them rest, which saves time, and hand them on "
        "when they end. Of other workers, those with one thread end each connection after its "
        "answer, and a drain of the others waits for idle connections, up to keepalive_timeout. "
        "A worker without the recorder (a static program) sits on one connection while others "
        "wait in its queue",
        "for workers in which none rests, remove the line $2, and write: fastcgi_keep_conn off;"},
    RuleText{
        Rule::nginx_keep_conn, "nginx-keep-conn", k_note,
        "fastcgi_keep_conn asks the workers of $1 to keep each connection open after the "
        "answer, which gains nothing without keepalive; nginx 1.29.7 and later has keepalive 32 in "
        "each upstream that does not say otherwise, and keeps them open",
        "write: fastcgi_keep_conn off;"},
    RuleText{Rule::nginx_ban_time, "nginx-ban-time", k_closed,
             "nginx waits $2 before it tries a worker of $1 again that refused one connection: if "
             "other gates close meanwhile, it has \"no live upstreams\" and answers 502",
             "write, for each server of $1: server $3 max_fails=0;"},
    RuleText{Rule::nginx_short_ban, "nginx-short-ban", k_slows,
             "nginx waits $2 before it tries a worker of $1 again that refused one connection: "
             "meanwhile the others carry its load",
             "write, for each server of $1: server $3 max_fails=0;"},
    RuleText{Rule::nginx_next_upstream_off, "nginx-next-upstream-off", k_closed,
             "\"$1\" lacks error: nginx answers a refused connection with 502 and does not ask "
             "another worker",
             "write: fastcgi_next_upstream error timeout;"},
    RuleText{
        Rule::nginx_next_upstream_tries, "nginx-next-upstream-tries", k_closed,
        "with one try nginx answers a refused connection with 502 and does not ask another worker",
        "write: fastcgi_next_upstream_tries 0;"},
    RuleText{Rule::nginx_executes_twice, "nginx-executes-twice", k_twice,
             "with $1 nginx sends a request to another worker although the first one got it and "
             "may have executed it; with error alone it sends a POST again only if it has sent no "
             "byte of it",
             "write: fastcgi_next_upstream error timeout;"},
    RuleText{
        Rule::haproxy_persistent, "haproxy-persistent", k_note,
        "HAProxy keeps connections to the workers of $1 open (keep-conn is on by default): "
        "workers that wait in accept() for the next request (libfcgi, php-cgi, "
        "the FCGI modules of Perl and Ruby) let them rest, which saves time, and hand them on "
        "when they end. Of other workers, those with one thread end each connection after its "
        "answer, and a drain of the others waits for idle connections, for pool-purge-delay and "
        "longer. A worker without the recorder (a static program) sits on one connection while "
        "others wait in its queue",
        "for workers in which none rests, write, in fcgi-app $2: no option keep-conn"},
    RuleText{Rule::haproxy_no_redispatch, "haproxy-no-redispatch", k_closed,
             "HAProxy repeats a refused connection at the same worker of $1, once a second, and "
             "then answers 503: it never tries another worker",
             "write, in $1: option redispatch 1"},
    RuleText{Rule::haproxy_late_redispatch, "haproxy-late-redispatch", k_slows,
             "HAProxy first repeats a refused connection at the same worker of $1, once a second, "
             "and tries another worker late",
             "write, in $1: option redispatch 1"},
    RuleText{Rule::haproxy_few_retries, "haproxy-few-retries", k_closed,
             "\"$2\" lets HAProxy try too few other workers of $1 after a refused connection: it "
             "answers 503",
             "write, in $1: retries 10"},
    RuleText{Rule::haproxy_no_retries, "haproxy-no-retries", k_closed,
             "\"$2\" lacks conn-failure: HAProxy answers a refused connection with 503 and does "
             "not try another worker of $1",
             "write, in $1: retry-on conn-failure"},
    RuleText{Rule::haproxy_executes_twice, "haproxy-executes-twice", k_twice,
             "with $2 HAProxy sends a request to another worker of $1 although the first one got "
             "it and may have executed it",
             "write, in $1: retry-on conn-failure"},
    RuleText{Rule::haproxy_mark_down, "haproxy-mark-down", k_closed,
             "a refused connection takes the worker out of rotation until its next health check "
             "succeeds: a few closed gates take all of $1 out, and HAProxy answers 503",
             "remove: $2"},
    RuleText{Rule::haproxy_observe, "haproxy-observe", k_slows,
             "refused connections count as failed health checks of $1: after a gate was closed for "
             "a moment, its worker stays out of rotation until checks succeed again",
             "remove: $2"},
    RuleText{Rule::haproxy_shutdown_sessions, "haproxy-shutdown-sessions", k_loses,
             "with \"$2\" HAProxy cuts requests that a worker of $1 still executes: $3",
             "remove: $2"},
    RuleText{
        Rule::haproxy_force_persist, "haproxy-force-persist", k_closed,
        "with force-persist HAProxy sends a request to the worker of $1 that its cookie names, "
        "even if that worker refuses connections, and then answers 503: it tries no other "
        "worker",
        "remove: force-persist"},
    RuleText{Rule::haproxy_get_values, "haproxy-get-values", k_slows,
             "with get-values HAProxy sends a worker of $1 no request on a new connection before "
             "the worker has answered FCGI_GET_VALUES. PHP answers; libfcgi (C, C++, Perl and "
             "others) does not, and there every request ends with 503",
             "remove, in fcgi-app $2: option get-values"},
    RuleText{
        Rule::apache_persistent, "apache-persistent", k_note,
        "Apache keeps connections to the workers of $1 open: workers that wait in accept() for "
        "the next request (libfcgi, php-cgi, the FCGI modules of Perl and Ruby) "
        "let them rest, which saves time, and hand them on when they end. Of other workers, "
        "those with one thread end each connection after its answer, and a drain of the others "
        "waits for idle connections, which Apache never closes. A worker without the recorder (a "
        "static program) sits on one connection while others wait in its queue. If a worker dies "
        "while it executes a POST, Apache sends the POST to another worker with an empty body, "
        "and the client gets 200 and a wrong result",
        "for workers in which none rests, write: disablereuse=on, instead of $2"},
    RuleText{Rule::apache_retry_zero, "apache-retry-zero", k_closed,
             "with retry=0 all of Apache's attempts may hit the same closed worker of $1, and "
             "Apache answers 503",
             "write: retry=1"},
    RuleText{Rule::apache_long_retry, "apache-long-retry", k_slows,
             "Apache waits $2 before it tries a worker of $1 again that refused one connection: "
             "meanwhile the others carry its load",
             "write, for each member of $1: retry=1"},
    RuleText{Rule::apache_no_failover, "apache-no-failover", k_closed,
             "with nofailover a session whose worker of $1 is behind a closed gate gets 503, and "
             "no other worker",
             "remove: $2"},
    RuleText{Rule::apache_shared_member, "apache-shared-member", k_slows,
             "Apache tells the members of $1 apart by what follows the |, and takes \"$2\" for "
             "\"$3\": no request reaches it",
             "give each member a name of its own, such as fcgi://w0 and fcgi://w1 behind the |"},
    RuleText{Rule::lighttpd_disable_time, "lighttpd-disable-time", k_closed,
             "lighttpd waits about $2 before it tries a worker of $1 again that refused one "
             "connection, and the next gate closes at most $3 (capacity.settle) after this one "
             "opens: soon lighttpd has no worker left, and answers 503",
             "write: \"disable-time\" => 1, and in the policy: capacity.settle = \"4s\""},
    RuleText{Rule::lighttpd_bin_path, "lighttpd-bin-path", k_loses,
             "with bin-path lighttpd starts and ends workers of its own for $1: nobody limits or "
             "drains them, and they hold the addresses that recyclerd needs",
             "remove: $2, and max-procs and bin-environment with it"},
    RuleText{Rule::one_backend, "one-backend", k_closed,
             "$1 has only one worker: while its gate is closed, the balancer has nowhere to go",
             "add a second worker; or write in the policy: handover = \"overlap\" (or \"queue\")"},
    RuleText{
        Rule::persistent_unix, "persistent-unix", k_note,
        "the workers of $1 listen on unix sockets, where the end of a kept connection follows the "
        "answer and cannot come with it as on TCP: where a worker lets none rest, a POST that the "
        "balancer sends in between fails",
        "$2"},
    RuleText{Rule::sticky, "sticky", k_note,
             "\"$2\" always sends a client of $1 to the same worker: workers bloat unevenly, and "
             "each recycle loses what a session kept in its worker",
             "$3"},
    RuleText{Rule::connect_timeout, "connect-timeout", k_slows,
             "a connection to $1 that arrives at the instant at which a gate closes is answered "
             "only 1 s later: with $2 it counts as a failure of that worker",
             "write 2 s or more, such as 5 s"},
    RuleText{Rule::read_timeout, "read-timeout", k_note,
             "the balancer gives up a request to $1 after $2, and the policy ends its worker only "
             "after $3 (recycle.hung): in between the worker does work for nobody",
             "make recycle.hung shorter than $2, or this timeout longer than $3"},
    RuleText{
        Rule::read_timeout_twice, "read-timeout-twice", k_twice,
        "after $2 without an answer the balancer sends a request to another worker of $1 while the "
        "first one still has it, until $3 (recycle.hung): one slow URL occupies all workers",
        "write: fastcgi_next_upstream error; or make recycle.hung shorter than $2"},
    RuleText{Rule::backend_of_nobody, "backend-of-nobody", k_slows,
             "$1 is not a slot of app $2: no worker listens there, and the balancer has to send "
             "each of these requests elsewhere",
             "remove it, or write it in the policy: app.listen"},
    RuleText{Rule::slot_without_backend, "slot-without-backend", k_slows, "$1 of app $2 $3",
             "add it here, or remove it from the policy: app.listen"},
    RuleText{Rule::other_app, "other-app", k_loses,
             "none of the backends is a slot of app $1: its workers get no requests, and Recycler "
             "does not manage these backends",
             "write the addresses of the policy (app.listen), or name the policy of these workers"},
    RuleText{Rule::chroot, "chroot", k_loses,
             "the balancer runs in the chroot $2 and looks for $1 there, but the slot of app $3 is "
             "outside of it: no request reaches its worker",
             "put $2 in front of the path in the policy (app.listen), or remove the chroot"},
    RuleText{Rule::other_family, "other-family", k_loses,
             "no connection to $1 reaches the slot $2 of app $3: its listener takes $4 alone, and "
             "the kernel refuses this one",
             "write here: $5; or listen in the policy on the address that is written here"},
    RuleText{Rule::no_backend, "no-backend", k_note,
             "no FastCGI worker gets requests from this configuration: lint has nothing to judge",
             ""},
    RuleText{Rule::unknown_address, "unknown-address", k_note,
             "\"$1\" is not a fixed address: lint does not know what it stands for", ""},
    RuleText{Rule::not_followed, "not-followed", k_note,
             "nothing in the named files says what \"$1\" stands for",
             "name its file, too, if it says something about FastCGI"},
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
