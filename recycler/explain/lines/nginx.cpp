// SPDX-License-Identifier: MIT
// What nginx writes about its upstreams: ngx_http_upstream.c and ngx_http_fastcgi_module.c, from
// 0.8 to 1.29. Behind the message stand ", client: ", ", server: ", ", request: ", ", upstream: ",
// ", host: " and ", referrer: " in this order (ngx_http_log_error_handler), and nothing is escaped:
// a quote in a path, a host or a referrer is written as it came.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/faults.hpp"

#include <array>

namespace recycler::explain {

namespace {

struct NginxPattern {
    std::string_view begins;
    Said said;
};

constexpr std::array k_nginx_patterns{
    NginxPattern{"upstream prematurely closed", Said::died},
    NginxPattern{"upstream timed out", Said::timed_out},
    NginxPattern{"client timed out", Said::unfinished},
    NginxPattern{"no live upstreams", Said::all_down},
    NginxPattern{"upstream server temporarily disabled", Said::taken_out},
    NginxPattern{"upstream sent", Said::bad_answer},
    NginxPattern{"FastCGI sent in stderr", Said::worker_said},
    NginxPattern{"PHP message: ", Said::worker_said},
    NginxPattern{"client ", Said::client_left},
    NginxPattern{"epoll_wait() reported that client", Said::client_left},
    NginxPattern{"kevent() reported that client", Said::client_left},
    NginxPattern{"SSL_", Said::client_left},
};

// "[error] 16926#16926: *1171 ": the last number only where there is a connection.
bool take_origin(std::string_view& text) {
    if (!text::take(text, "[")) {
        return false;
    }
    (void)text::take_until(text, "] ");
    if (!text::take_number<std::uint64_t>(text) || !text::take(text, "#") ||
        !text::take_number<std::uint64_t>(text) || !text::take(text, ": ")) {
        return false;
    }
    if (text::take(text, "*")) {
        (void)text::take_number<std::uint64_t>(text);
        (void)text::take(text, " ");
    }
    return true;
}

// "connect() failed (111: Connection refused)", "recv() failed (104: ...".
Fault fault_of_call(std::string_view text) {
    std::string_view why = text::after(text, " failed (", ")");
    const auto number = text::take_number<int>(why);
    (void)text::take(why, ": ");
    return fault_of(number, why);
}

// Of a name server, or a name: no backend has been asked yet.
bool is_of_resolver(std::string_view text) {
    return text::contains(text, " while resolving") || text::contains(text, ", resolver: ") ||
           text::contains(text, " could not be resolved (") ||
           text.starts_with("host not found in upstream") ||
           text.starts_with("no resolver defined to resolve");
}

// connect(), send(), recv() and the like: whose end of the connection failed, and how.
void read_call(std::string_view text, Entry& entry) {
    const std::size_t failed = text.find(" failed (");
    if (failed == std::string_view::npos || failed > 120) { // "connect() to unix:/a/long/path"
        return;
    }
    const std::string_view call = text.substr(0, text.find('('));
    const bool network = call == "connect" || call == "recv" || call == "readv" || call == "send" ||
                         call == "writev" || call == "sendfile";
    const bool opens = call == "socket" || call == "bind";
    const bool upstream = text::contains(text, " upstream");
    if (!network && !(opens && upstream)) {
        return;
    }
    if (!upstream) {
        entry.said = Said::client_left;
        return;
    }
    entry.fault = fault_of_call(text);
    entry.connecting = call == "connect" || opens;
    const bool waited = entry.fault == Fault::timed_out || entry.fault == Fault::queue_full;
    entry.said = !entry.connecting ? Said::died : waited ? Said::timed_out : Said::refused;
}

// Before anything of an answer has come.
bool is_before_answer(std::string_view text) {
    return text::contains(text, " while connecting to upstream") ||
           text::contains(text, " while sending request to upstream") ||
           text::contains(text, " while reading response header from upstream");
}

// What it says, as far as it is nginx's own words.
void read_words(std::string_view text, Entry& entry) {
    if (is_of_resolver(text)) {
        entry.said = Said::unresolved;
        return;
    }
    if (text::contains(text, " worker_connections are not enough while connecting to upstream")) {
        entry.said = Said::refused;
        entry.fault = Fault::no_resource;
        return;
    }
    for (const NginxPattern& pattern : k_nginx_patterns) {
        if (text.starts_with(pattern.begins)) {
            entry.said = pattern.said;
            entry.connecting = text::contains(text, " while connecting to upstream");
            break;
        }
    }
    if (entry.said == Said::balancer) {
        read_call(text, entry);
    }
    entry.awaiting = is_before_answer(text);
    if (entry.said == Said::timed_out && text.ends_with(" while reading upstream")) {
        entry.said = Said::unfinished;
        entry.waited_for = Side::worker;
    } else if (entry.said == Said::unfinished) {
        // A client that is slow to ask is none that waits for an answer.
        entry.said = text::contains(text, " while sending ") ? Said::unfinished : Said::client_left;
        entry.waited_for = Side::client;
    }
}

constexpr std::string_view k_client = ", client: ";
constexpr std::string_view k_request = ", request: \"";
constexpr std::string_view k_upstream = ", upstream: \"";

struct Named {
    std::string_view request; // without its protocol
    std::string_view upstream;
    bool operator==(const Named&) const = default;
};

// A request line, taken off up to its protocol and the quote behind it, ' HTTP/1.1"'. Paths with
// blanks, which nginx let pass until 1.21.1, have no such end in them: its parser refuses what
// follows " HTTP/1.1" in a line. Empty: there is no end, since the line of the log was cut.
std::string_view take_request(std::string_view& text) {
    constexpr std::string_view k_protocol = " HTTP/";
    for (std::size_t at = text.find(k_protocol); at != std::string_view::npos;
         at = text.find(k_protocol, at + 1)) {
        std::string_view rest = text.substr(at + k_protocol.size());
        if (text::take_number<unsigned>(rest) && text::take(rest, ".") &&
            text::take_number<unsigned>(rest) && text::take(rest, "\"")) {
            const std::string_view request = text.substr(0, at);
            text = rest;
            return request;
        }
    }
    text = {};
    return {};
}

// As far as it can be told from what the client wrote: the first of each, in nginx's order.
Named named_behind(std::string_view text) {
    Named named;
    if (text::contains(text, k_request)) { // none in ngx_stream
        (void)text::take_until(text, k_request);
        named.request = take_request(text);
    }
    named.upstream = text::after(text, k_upstream, "\"");
    return named;
}

// What a worker wrote stands before nginx's own ", client: ", what a client wrote behind it: if
// both may be in a line, nobody is named but whom each reading of it names.
Named named_in(std::string_view text, Said said) {
    const std::size_t first = text.find(k_client);
    const bool by_worker = said == Said::worker_said || said == Said::bad_answer;
    const std::size_t last = by_worker ? text.rfind(k_client) : first;
    if (first == std::string_view::npos) {
        return {};
    }
    const Named named = named_behind(text.substr(first));
    return first == last || named == named_behind(text.substr(last)) ? named : Named{};
}

} // namespace

std::optional<Entry> read_nginx(std::string_view text) {
    if (!take_origin(text)) {
        return std::nullopt;
    }
    Entry entry{.span = k_nginx_span};
    read_words(text.substr(0, text.find(k_client)), entry);
    if (entry.said == Said::balancer) {
        return entry;
    }
    const bool counts = speaks_of_backend(entry.said) && entry.said != Said::taken_out &&
                        entry.waited_for != Side::client;
    entry.attempts = counts ? 1 : 0;
    Named named = named_in(text, entry.said);
    entry.method = text::take_until(named.request, " ");
    entry.uri = named.request;
    if (entry.said != Said::all_down) { // there it is the name of a group
        // Whoever is spoken to otherwise is no worker of ours: its address stays as it is.
        entry.address = plain_address(named.upstream);
    }
    return entry;
}

} // namespace recycler::explain
