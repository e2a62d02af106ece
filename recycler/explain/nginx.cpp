// What nginx writes about its upstreams: ngx_http_upstream.c and ngx_http_fastcgi_module.c, from
// 0.8 to 1.29. Behind the message stand ", client: ", ", request: " and ", upstream: "; what a
// worker wrote stands before them, and may look like them: they are looked for from the end.
#include "recycler/explain/formats.hpp"

#include "recycler/explain/scan.hpp"

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
    if (!take(text, "[")) {
        return false;
    }
    (void)take_until(text, "] ");
    if (!take_number<std::uint64_t>(text) || !take(text, "#") ||
        !take_number<std::uint64_t>(text) || !take(text, ": ")) {
        return false;
    }
    if (take(text, "*")) {
        (void)take_number<std::uint64_t>(text);
        (void)take(text, " ");
    }
    return true;
}

// connect(), send(), recv() and the like: whose end of the connection failed, and how.
Said said_of_call(std::string_view text) {
    const std::size_t failed = text.find(" failed (");
    if (failed == std::string_view::npos || failed > 120) { // "connect() to unix:/a/long/path"
        return Said::balancer;
    }
    const std::string_view call = text.substr(0, text.find('('));
    const bool network = call == "connect" || call == "recv" || call == "readv" || call == "send" ||
                         call == "writev" || call == "sendfile";
    if (!network) {
        return Said::balancer;
    }
    if (!contains(text, " upstream")) {
        return Said::client_left;
    }
    if (call != "connect") {
        return Said::died;
    }
    const std::string_view why = text.substr(failed + 9);
    // EAGAIN of a socket file: the queue behind it is full.
    return why.starts_with("110:") || why.starts_with("11:") ? Said::timed_out : Said::refused;
}

Said said_of(std::string_view text) {
    for (const NginxPattern& pattern : k_nginx_patterns) {
        if (text.starts_with(pattern.begins)) {
            return pattern.said;
        }
    }
    return said_of_call(text);
}

// The value of the last ", NAME: \"...\"".
std::string_view quoted(std::string_view text, std::string_view name) {
    const std::size_t at = text.rfind(name);
    if (at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + name.size());
    return text.substr(0, text.find('"'));
}

} // namespace

std::optional<Entry> read_nginx(std::string_view text) {
    if (!take_origin(text)) {
        return std::nullopt;
    }
    Entry entry{.span = k_nginx_span, .said = said_of(text)};
    if (entry.said == Said::balancer) {
        return entry;
    }
    const bool counts = speaks_of_backend(entry.said) && entry.said != Said::taken_out;
    entry.attempts = counts ? 1 : 0;
    std::string_view request = quoted(text, ", request: \"");
    entry.method = take_until(request, " ");
    entry.uri = take_until(request, " HTTP/");
    const std::string_view upstream = quoted(text, ", upstream: \"");
    if (entry.said != Said::all_down) { // there it is the name of a group
        // Whoever is spoken to otherwise is no worker of ours: its address stays as it is.
        entry.address = plain_address(upstream);
    }
    return entry;
}

} // namespace recycler::explain
