// SPDX-License-Identifier: MIT
// What lighttpd writes about its backends: mod_fastcgi.c up to 1.4.44, gw_backend.c and
// mod_fastcgi.c since. The words, and what stands behind them, are those of its sources from 1.4.11
// (2006) to 1.4.79.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/faults.hpp"

#include <array>

namespace recycler::explain {

namespace {

struct LighttpdPattern {
    std::string_view begins;
    Said said;
    std::uint32_t attempts;
    std::string_view address; // what stands before it; empty: no address
    std::string_view uri;
    std::string_view uri_end;
};

// A request that fails takes two lines, of which the second counts.
constexpr std::array k_lighttpd_patterns{
    LighttpdPattern{"unexpected end-of-file (perhaps the fastcgi process died)", Said::died, 0,
                    "socket: ", "", ""},
    LighttpdPattern{"connection was dropped after accept()", Said::died, 0, "socket: ", "", ""},
    LighttpdPattern{"response not received, request not sent", Said::died, 1,
                    "on socket: ", " for ", ", reconnecting"},
    LighttpdPattern{"response not received, request", Said::died, 1, "on socket: ", " for ",
                    ", closing"},
    LighttpdPattern{"response already sent out, but backend returned error", Said::died, 1,
                    "on socket: ", " for ", ", terminating"},
    LighttpdPattern{"establishing connection failed: ", Said::refused, 1, "socket: ", "", ""},
    LighttpdPattern{"connect failed: ", Said::refused, 1, " on ", "", ""},
    LighttpdPattern{"backend died; we'll disable", Said::taken_out, 0, "", "", ""},
    LighttpdPattern{"backend error; we'll disable", Said::taken_out, 0, "", "", ""},
    LighttpdPattern{"backend is overloaded; we'll disable", Said::taken_out, 0, "socket: ", "", ""},
    LighttpdPattern{"fcgi-server re-enabled: ", Said::put_back, 0, "re-enabled: ", "", ""},
    LighttpdPattern{"gw-server re-enabled: ", Said::put_back, 0, "re-enabled: ", "", ""},
    LighttpdPattern{"all handlers for ", Said::all_down, 1, "", "all handlers for ", " on "},
    LighttpdPattern{"read timeout on socket: ", Said::timed_out, 1, "socket: ", "", ""},
    LighttpdPattern{"write timeout on socket: ", Said::timed_out, 1, "socket: ", "", ""},
    LighttpdPattern{"connect timeout on socket: ", Said::timed_out, 1, "socket: ", "", ""},
    LighttpdPattern{"NOTE: a request ", Said::unfinished, 1, "", " for ", " timed out after"},
    LighttpdPattern{"FastCGI-stderr:", Said::worker_said, 0, "", "", ""},
    LighttpdPattern{"FastCGI: header.type not handled", Said::bad_answer, 1, "", "", ""},
    LighttpdPattern{"response headers too large for ", Said::bad_answer, 1, "",
                    "response headers too large for ", "\n"},
    LighttpdPattern{"connection closed", Said::client_left, 0, "", "", ""},
    LighttpdPattern{"SSL: ", Said::client_left, 0, "", "", ""},
};

// "(mod_fastcgi.c.2396) ".
bool take_place(std::string_view& text) {
    if (!text.starts_with('(')) {
        return false;
    }
    const std::size_t end = text.find(") ");
    if (end == std::string_view::npos ||
        text.substr(0, end).find(".c.") == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(end + 2);
    return true;
}

// Up to the next blank or comma; a colon that an errno's words follow is none of it.
std::string_view address_in(std::string_view text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    if (mark.empty() || at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + mark.size());
    return plain_address(text.substr(0, text.find_first_of(" ,")));
}

// A path without a query is followed by "?", or by a blank.
std::string_view uri_in(std::string_view text, const LighttpdPattern& pattern) {
    if (pattern.uri.empty()) {
        return {};
    }
    const std::size_t end = text.rfind(pattern.uri_end);
    std::string_view uri = text::after(text.substr(0, end), pattern.uri, "\n");
    while (uri.ends_with(' ') || uri.ends_with('?')) {
        uri.remove_suffix(1);
    }
    return uri;
}

// "Connection refused socket: tcp:...", "socket: unix:/run/a.sock: Permission denied", "Connection
// refused on unix:/run/a.sock": the system's words stand in front of the address, or behind it.
Fault fault_of_connect(std::string_view text) {
    (void)text::take_until(text, " failed: ");
    if (text::take(text, "socket: ")) {
        (void)text::take_until(text, ": ");
    }
    return fault_of(std::nullopt, text);
}

// It sent nothing. On a socket file whose queue is full lighttpd takes EAGAIN for a connection that
// is being made, goes on with it, and fails only then.
bool is_unsent(std::string_view text) {
    return text::contains(text, ", request not sent on ") ||
           text::contains(text, ", request sent: 0 on ") ||
           text::contains(text, ", write-offset: 0 socket: ");
}

// "... timed out after writing 34776 bytes. We waited 360 seconds. ...".
void read_progress(std::string_view text, Entry& entry) {
    std::string_view bytes = text::after(text, " timed out after writing ", " ");
    entry.bytes = text::take_number<std::uint64_t>(bytes);
    std::string_view seconds = text::after(text, " bytes. We waited ", " ");
    if (const auto waited = text::take_number<std::uint32_t>(seconds)) {
        entry.waited = std::chrono::seconds(*waited);
    }
}

} // namespace

std::string_view plain_address(std::string_view text) {
    (void)text::take(text, "fastcgi://");
    if (!text::take(text, "unix:")) {
        (void)text::take(text, "tcp:");
    }
    while (text.ends_with(':')) {
        text.remove_suffix(1);
    }
    return text;
}

std::optional<Entry> read_lighttpd(std::string_view text) {
    if (!take_place(text)) {
        return std::nullopt;
    }
    Entry entry{.span = k_lighttpd_span};
    for (const LighttpdPattern& pattern : k_lighttpd_patterns) {
        if (!text.starts_with(pattern.begins)) {
            continue;
        }
        entry.said = pattern.said;
        entry.attempts = pattern.attempts;
        entry.address = address_in(text, pattern.address);
        entry.uri = uri_in(text, pattern);
        break;
    }
    if (entry.said == Said::refused) {
        entry.fault = fault_of_connect(text);
        entry.connecting = true;
        const bool waited = entry.fault == Fault::timed_out || entry.fault == Fault::queue_full;
        entry.said = waited ? Said::timed_out : Said::refused;
    } else if (entry.said == Said::unfinished) {
        read_progress(text, entry);
    }
    entry.connecting = entry.connecting || is_unsent(text) || text.starts_with("connect timeout ");
    return entry;
}

} // namespace recycler::explain
