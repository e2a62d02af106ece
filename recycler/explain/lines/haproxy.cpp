// SPDX-License-Identifier: MIT
// What HAProxy writes: a line for each connection or request (option tcplog, httplog), whose
// termination state says who ended it and when, and the news of its health checks. Of the manual's
// section 8, from 1.5 to 3.2.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

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

// Who ended it, and what was being waited for.
Said said_of(std::string_view state, bool has_server) {
    const char who = state[0];
    const char when = state[1];
    switch (who) {
    case 'S':
        if (when == 'C' || when == 'Q') {
            return has_server ? Said::refused : Said::all_down;
        }
        return Said::died;
    case 'D':
        return Said::died;
    case 's':
        return has_server ? Said::timed_out : Said::all_down;
    case 'P':
        return when == 'H' ? Said::bad_answer : Said::balancer;
    case 'C':
    case 'c':
        return Said::client_left;
    default:
        return Said::balancer;
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

// A connection of ours that came to its end, after some that were refused.
void count_retries(Entry& entry, const Retries& retries) {
    if (entry.said == Said::balancer && retries.count > 0) {
        entry.said = Said::refused;
        entry.attempts = retries.count;
        if (retries.elsewhere) {
            entry.server = {}; // that of the last attempt, which went well
        }
    }
}

// The status, the bytes, and in the HTTP form the two cookies, before the state.
void skip_to_state(std::string_view& text, bool http) {
    for (int fields = http ? 4 : 1; fields > 0; --fields) {
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
    skip_to_state(text, timers >= 5);
    const std::string_view state = text::take_until(text, " ");
    if (state.size() != 2 && state.size() != 4) {
        return std::nullopt;
    }
    const bool has_server = !entry.server.ends_with("/<NOSRV>");
    entry.said = said_of(state, has_server);
    entry.attempts = speaks_of_backend(entry.said) ? 1 : 0;
    if (!has_server) {
        entry.server = {};
    }
    count_retries(entry, retries_in(text::take_until(text, " ")));
    const std::size_t request = text.find('"');
    if (timers >= 5 && request != std::string_view::npos) {
        text.remove_prefix(request + 1);
        entry.method = text::take_until(text, " ");
        entry.uri = text.substr(0, text.find_first_of(" \""));
    }
    return entry;
}

// "[WARNING]  (17171) : Server shop/w0 is DOWN, reason: ...", as it says it on stderr.
void skip_severity(std::string_view& text) {
    if (text.starts_with("[WARNING]") || text.starts_with("[ALERT]") ||
        text.starts_with("[NOTICE]")) {
        (void)text::take_until(text, " : ");
    }
}

} // namespace

std::optional<Entry> read_haproxy(std::string_view text, LogClock& clock) {
    skip_severity(text);
    Entry entry{.span = std::chrono::seconds(1)};
    std::string_view rest = text;
    if (text::take(rest, "Server ") || text::take(rest, "Backup Server ")) {
        entry.server = text::take_until(rest, " is ");
        const bool down = rest.starts_with("DOWN") || rest.starts_with("going DOWN");
        if (!down && !rest.starts_with("UP")) {
            entry.server = {};
            return entry; // "is going into maintenance": by hand
        }
        entry.said = down ? Said::taken_out : Said::put_back;
        return entry;
    }
    // At the end alone: a line of a request may have it in a header that is captured.
    if (text.ends_with("has no server available!")) {
        entry.said = Said::all_down;
        return entry;
    }
    if (text.starts_with("Connect() failed for backend ")) {
        entry.said = Said::refused;
        entry.attempts = 1;
        return entry;
    }
    if (text.starts_with("Connect from ") || text.starts_with("Proxy ")) {
        return entry;
    }
    return read_connection(text, clock);
}

} // namespace recycler::explain
