// SPDX-License-Identifier: MIT
#include "recycler/explain/advice.hpp"

#include "recycler/base/text/join.hpp"

#include <array>
#include <string_view>

namespace recycler::explain {

namespace {

Advice on_permission(const About& about) {
    Advice advice{.sentence = "The kernel did not let the balancer connect (EACCES or EPERM). "
                              "Recycler saw nothing of these connections."};
    if (about.ports || !about.sockets) {
        text::add_to(advice.next_step, " ",
                     "For a port, look for a denial of SELinux with `ausearch -m avc -ts recent`, "
                     "and permit it with `setsebool -P httpd_can_network_connect 1` (for HAProxy "
                     "`haproxy_connect_any 1`). If there is none, look at IPAddressDeny= of the "
                     "balancer's unit.");
    }
    if (about.sockets) {
        text::add_to(
            advice.next_step, " ",
            "For a socket file, set app.socket_group to the balancer's group and "
            "app.socket_mode to \"0660\", and let that group search (x) every folder above "
            "the file; `namei -l FILE` shows them. SELinux may deny it, too.");
    }
    return advice;
}

Advice on_unfinished(const About& about) {
    if (!about.unfinished) {
        return {
            "The answer had begun, and its end did not come, although the worker lived on. "
            "HAProxy's state SD does not say whether the worker closed the connection or sent "
            "nothing more within `timeout server`.",
            "Compare the time of the request with `timeout server`, and look at what the program "
            "itself logged for that request. recycle.hung below that limit ends a worker that "
            "stops, and the record says where it stood."};
    }
    return {"The answer had begun, and then nothing moved for as long as the balancer waits: the "
            "client stopped reading, or the worker stopped in the middle of its answer. No record "
            "shows a worker that hung in this request, which does not rule the worker out.",
            "If clients are slow, raise the balancer's limit: server.max-write-idle of lighttpd, "
            "send_timeout of nginx, `timeout client` of HAProxy. If a worker stops, set "
            "recycle.hung below that limit: the record of the worker's end says where it stood."};
}

Advice on_client(const About& about) {
    if (!about.unfinished) {
        return {};
    }
    return {"Some clients stopped reading an answer that had begun; the workers were not to blame.",
            "If such clients are only slow, raise the balancer's limit: server.max-write-idle of "
            "lighttpd, send_timeout of nginx, `timeout client` of HAProxy."};
}

Advice on_gate(const About& about) {
    if (!about.marked_down) {
        return {};
    }
    return {
        "HAProxy cut off requests that a worker was answering, because its health check found the "
        "gate closed. Recycler lets running requests finish behind a closed gate; HAProxy, with "
        "this setting, does not.",
        "Take `on-marked-down shutdown-sessions` out of the server's line."};
}

Advice on_bad_answer(const About& about) {
    if (!about.closed) {
        return {
            "A worker that lived answered what is no FastCGI, or headers that the balancer does "
            "not take: malformed, or too long.",
            "Ask the worker for the same request with `cgi-fcgi -bind -connect ADDRESS`, and "
            "compare its headers with the balancer's limit (fastcgi_buffer_size of nginx, "
            "tune.bufsize of HAProxy)."};
    }
    return {
        "The worker closed connections without an answer, or before the end of one, and lived on: "
        "Recycler has no record of an end of this worker then. A program that gives up a request "
        "does this, and so does a child process of the worker that ends unseen.",
        "Look at what the program itself logged for the request that the line names."};
}

Advice on_nothing(const About& about) {
    if (!about.unsaid) {
        return {};
    }
    return {"HAProxy logs that it had no connection, and not why. No gate was closed, and a daemon "
            "ran: HAProxy may not have been permitted to connect, a socket file was missing, or "
            "there was no way to the address.",
            "Add `check` to the server's line: the line of a health check that fails names the "
            "error."};
}

struct Known {
    Cause cause;
    std::string_view sentence;
    std::string_view next_step;
};
constexpr std::array k_known{
    Known{Cause::no_local_port,
          "The balancer had no local port left for a connection to that address "
          "(EADDRNOTAVAIL): each connection that it closed keeps its port for a minute.",
          "On the balancer's machine, widen net.ipv4.ip_local_port_range and set "
          "net.ipv4.tcp_tw_reuse to 1; or let the workers listen on socket files, which need "
          "no ports."},
    Known{Cause::unreachable,
          "The balancer's machine found no way to the address (EHOSTUNREACH or ENETUNREACH): "
          "the machine is down, a route is missing, or a packet filter rejects it.",
          "Ask the machine that the line names with `ip route get ADDRESS`, and look at the "
          "packet filters between the two. `recyclerctl lint` compares the addresses in the "
          "balancer's configuration with those of the policy."},
    Known{Cause::no_handshake,
          "The connection was not made in time, although nobody refused it: the slot's queue "
          "was full, or packets were lost on the way.",
          "Compare Recv-Q with Send-Q in `ss -ltn`: if the queue is full, add addresses to "
          "app.listen, or raise app.backlog. Otherwise look at the packet filters between "
          "the balancer and the workers."},
    Known{Cause::queue_full,
          "The queue of the socket file was full (EAGAIN): connections came faster than the "
          "worker took them.",
          "Add socket files to app.listen, or raise app.backlog and net.core.somaxconn."},
    Known{Cause::no_socket,
          "The socket file was not there (ENOENT), although a daemon ran and the gate was "
          "open: somebody removed the file, or the balancer sees another folder (a chroot, "
          "PrivateTmp=, a container).",
          "Compare both views of the folder, and keep cleaners such as systemd-tmpfiles out "
          "of it. `recyclerctl recycle SLOT` makes the file again."},
    Known{Cause::balancer_limit,
          "The balancer had no descriptor, connection or memory left (EMFILE, ENFILE, ENOMEM "
          "and the like). The workers are not involved.",
          "Raise its limit: worker_rlimit_nofile and worker_connections of nginx, "
          "server.max-fds of lighttpd, maxconn of HAProxy, LimitNOFILE= of its unit."},
    Known{Cause::resolver, "The balancer could not resolve a name, so it asked no worker.",
          "Mend the name server that the line names, or write the workers' addresses into the "
          "balancer's configuration."},
    Known{Cause::start_failed, "The slot had no worker: one start after another failed.",
          "`recyclerctl why SLOT` says why each start failed, and what to do."},
    Known{Cause::brake,
          "The slot had no worker: its workers kept ending, so Recycler delayed the next start "
          "(the brake).",
          "Mend what `recyclerctl why SLOT` names. Then `recyclerctl recycle SLOT` starts a "
          "worker at once."},
};

} // namespace

Advice advice_on(Cause cause, const About& about) {
    for (const Known& known : k_known) {
        if (known.cause == cause) {
            return {std::string(known.sentence), std::string(known.next_step)};
        }
    }
    if (cause == Cause::not_permitted) {
        return on_permission(about);
    }
    if (cause == Cause::unfinished) {
        return on_unfinished(about);
    }
    return cause == Cause::client        ? on_client(about)
           : cause == Cause::bad_answer  ? on_bad_answer(about)
           : cause == Cause::gate        ? on_gate(about)
           : cause == Cause::unexplained ? on_nothing(about)
                                         : Advice{};
}

} // namespace recycler::explain
