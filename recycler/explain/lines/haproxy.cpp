// SPDX-License-Identifier: MIT
// What HAProxy writes: a line for each connection or request (option tcplog, httplog), whose
// termination state says who ended it and when, and the news of its health checks. Of the manual's
// section 8, from 1.5 to 3.2.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/faults.hpp"

namespace recycler::explain {

namespace {

// A year: beyond it is rubbish, and would not fit.
constexpr std::int64_t k_longest = std::int64_t{366} * 24 * 3600 * 1000;

// "0/0/0/-1/8", "+13": the last one is the whole time, in milliseconds.
std::optional<Duration> take_timers(std::string_view& text, int& count) {
    std::string_view timers = text::take_until(text, " ");
    std::optional<std::int64_t> last;
    for (count = 0; !timers.empty(); ++count) {
        std::string_view timer = text::take_until(timers, "/");
        (void)text::take(timer, "+");
        last = text::take_number<std::int64_t>(timer);
        if (!last || !timer.empty() || *last < -1 || *last > k_longest) {
            return std::nullopt;
        }
    }
    return count >= 3 ? std::optional<Duration>(std::chrono::milliseconds(*last)) : std::nullopt;
}

// Who ended it, and what was being waited for, by its two letters.
void read_state(std::string_view state, bool has_server, Entry& entry) {
    const char who = state[0];
    const bool connecting = state[1] == 'C';
    const bool answering = state[1] == 'D' || state[1] == 'L';
    entry.connecting = connecting && has_server;
    entry.awaiting = connecting || state[1] == 'H';
    switch (who) {
    case 'S': // in the middle of an answer it says so of `timeout server`, too
        entry.waited_for = answering ? Side::worker : Side::unknown;
        entry.said = !connecting && state[1] != 'Q' ? Said::died
                     : has_server                   ? Said::refused
                                                    : Said::all_down;
        return;
    case 's':
        entry.said = !has_server ? Said::all_down : answering ? Said::unfinished : Said::timed_out;
        entry.waited_for = answering ? Side::worker : Side::unknown;
        return;
    case 'D': // on-marked-down shutdown-sessions
    case 'U': // on-marked-up shutdown-backup-sessions
        entry.said = Said::marked_down;
        return;
    case 'R':
        entry.said = connecting ? Said::refused : Said::balancer;
        entry.fault = Fault::no_resource;
        return;
    case 'P':
        entry.said = state[1] == 'H' ? Said::bad_answer : Said::balancer;
        return;
    case 'c':
        entry.said = answering ? Said::unfinished : Said::client_left;
        entry.waited_for = Side::client;
        return;
    case 'C':
        entry.said = Said::client_left;
        return;
    default:
        return;
    }
}

// "5/5/4/2/+10": how often it was tried again; with a plus, at another server.
struct Retries {
    std::uint32_t count = 0;
    bool elsewhere = false;
};
Retries retries_in(std::string_view connections) {
    Retries retries;
    connections.remove_prefix(std::min(connections.rfind('/') + 1, connections.size()));
    retries.elsewhere = text::take(connections, "+");
    retries.count = text::take_number<std::uint32_t>(connections).value_or(0);
    return retries;
}

// A connection of ours that came to its end, after some that were refused: at some time before.
void count_retries(Entry& entry, const Retries& retries, Duration whole) {
    if (entry.said == Said::balancer && retries.count > 0) {
        entry.at -= whole;
        entry.span += whole;
        entry.said = Said::refused;
        entry.attempts = retries.count;
        if (retries.elsewhere) {
            entry.server = {}; // that of the last attempt, which went well
        }
    }
}

// The status, the bytes that the client was sent, and in the HTTP form the two cookies, before the
// state.
void skip_to_state(std::string_view& text, bool http, Entry& entry) {
    if (http) {
        (void)text::take_until(text, " ");
    }
    std::string_view bytes = text::take_until(text, " ");
    (void)text::take(bytes, "+");
    entry.bytes = text::take_number<std::uint64_t>(bytes);
    for (int fields = http ? 2 : 0; fields > 0; --fields) {
        (void)text::take_until(text, " ");
    }
}

// "127.0.0.1:38142 [23/Nov/2026:17:04:41.747] web shop/w0 0/0/0/-1/2001 504 198 - - sH-- ...".
std::optional<Entry> read_connection(std::string_view text, LogClock& clock) {
    (void)text::take_until(text, " [");
    const auto accepted = clock.take(TimeForm::haproxy, text);
    if (!accepted || !text::take(text, "] ")) {
        return std::nullopt;
    }
    Entry entry{.at = *accepted, .span = std::chrono::milliseconds(2)};
    (void)text::take_until(text, " "); // the frontend
    if (text::contains(text.substr(0, text.find(' ')), ":")) {
        entry.said = Said::client_left; // "web/1: Connection closed during SSL handshake"
        return entry;
    }
    entry.server = text::take_until(text, " ");
    int timers = 0;
    const auto whole = take_timers(text, timers);
    if (!whole) {
        return std::nullopt;
    }
    entry.at += *whole;
    skip_to_state(text, timers >= 5, entry);
    const std::string_view state = text::take_until(text, " ");
    if (state.size() != 2 && state.size() != 4) {
        return std::nullopt;
    }
    const bool has_server = !entry.server.ends_with("/<NOSRV>");
    read_state(state, has_server, entry);
    entry.attempts = speaks_of_backend(entry.said) && entry.waited_for != Side::client ? 1 : 0;
    if (!has_server) {
        entry.server = {};
    }
    count_retries(entry, retries_in(text::take_until(text, " ")), *whole);
    const std::size_t request = text.find('"');
    if (timers >= 5 && request != std::string_view::npos) {
        text.remove_prefix(request + 1);
        entry.method = text::take_until(text, " ");
        entry.uri = text.substr(0, text.find_first_of(" \""));
    }
    return entry;
}

// "[WARNING]  (17171) : Server shop/w0 is DOWN, reason: ...", as it says it on stderr.
bool skip_severity(std::string_view& text) {
    const bool severe = text.starts_with("[WARNING]") || text.starts_with("[ALERT]") ||
                        text.starts_with("[NOTICE]");
    return severe && (text::take_until(text, " : "), true);
}

// What a health check found: `info: "General socket error (Permission denied)"`.
Fault fault_of_check(std::string_view text) {
    return fault_in(text::after(text, "info: \"", "\""));
}

// "Server shop/w0 is DOWN, reason: Layer4 connection problem, info: ...", "... is UP, ...".
void read_server(std::string_view rest, Entry& entry) {
    const std::string_view server = text::take_until(rest, " is ");
    if (text::take(rest, "going DOWN for maintenance (")) { // without the parenthesis by hand
        entry.said = rest.starts_with("DNS ") || rest.starts_with("No IP") ? Said::unresolved
                                                                           : Said::balancer;
        return;
    }
    const bool down = rest.starts_with("DOWN");
    if (down || rest.starts_with("UP")) {
        entry.server = server;
        entry.said = down ? Said::taken_out : Said::put_back;
        entry.fault = down ? fault_of_check(rest) : Fault::none;
    }
}

// "Health check for server shop/w0 failed, reason: ...", of option log-health-checks.
void read_check(std::string_view rest, Entry& entry) {
    const std::string_view server = text::take_until(rest, " ");
    if (rest.starts_with("failed")) {
        entry.server = server;
        entry.said = Said::check_failed;
        entry.fault = fault_of_check(rest);
    }
}

// "Connect() failed for backend shop: no free ports.", "... can't connect to destination unix
// socket, check backlog size on the server (Resource temporarily unavailable)."
void read_failed_connect(std::string_view rest, Entry& entry) {
    const bool full = text::contains(rest, ": can't connect to destination unix socket");
    entry.said = full ? Said::timed_out : Said::refused;
    entry.fault = full ? Fault::queue_full : Fault::no_local_port;
    entry.connecting = true;
    entry.attempts = 1;
}

} // namespace

std::optional<Entry> read_haproxy(std::string_view text, LogClock& clock) {
    const bool severe = skip_severity(text);
    Entry entry{.span = std::chrono::seconds(1)};
    std::string_view rest = text;
    if (text::take(rest, "Server ") || text::take(rest, "Backup Server ")) {
        read_server(rest, entry);
        return entry;
    }
    if (text::take(rest, "Health check for server ") ||
        text::take(rest, "Health check for backup server ")) {
        read_check(rest, entry);
        return entry;
    }
    // At the end alone: a line of a request may have it in a header that is captured.
    if (text.ends_with("has no server available!")) {
        entry.said = Said::all_down;
        return entry;
    }
    if (text::take(rest, "Connect() failed for backend ")) {
        read_failed_connect(rest, entry);
        return entry;
    }
    if (text.starts_with("Connect from ") || text.starts_with("Proxy ")) {
        return entry;
    }
    auto connection = read_connection(text, clock);
    return connection || !severe ? connection : entry;
}

} // namespace recycler::explain
