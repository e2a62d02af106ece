// SPDX-License-Identifier: MIT
// One reader for each balancer: what a line says, without the time in front of it. Each in a file
// of its own, with where its words come from. Lines of a form are told apart from others by
// line_reader.hpp.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/lines/log_time.hpp"

#include <optional>
#include <string_view>

namespace recycler::explain {

// "(gw_backend.c.274) establishing connection failed: ...": lighttpd 1.4, since 2005. It writes the
// second in which its loop woke, which may be the one before.
inline constexpr Duration k_lighttpd_span = std::chrono::seconds(2);
std::optional<Entry> read_lighttpd(std::string_view text);

// "[error] 16926#16926: *1171 upstream prematurely closed ...": nginx since 0.8.
inline constexpr Duration k_nginx_span = std::chrono::seconds(1);
std::optional<Entry> read_nginx(std::string_view text);

// "[proxy_fcgi:error] [pid 16952:tid 16992] ... AH01067: ...": Apache 2.4.
std::optional<Entry> read_apache(std::string_view text);

// "Server shop/w0 is DOWN, ...", "127.0.0.1:38142 [23/Nov/2026:17:04:41.747] web shop/w0 ...":
// HAProxy since 1.5, option httplog or tcplog. A line of a connection has a time of its own, when
// it was accepted; `at` of the entry is when it ended, or the default where the line has no time.
std::optional<Entry> read_haproxy(std::string_view text, LogClock& clock);

// "tcp:127.0.0.1:7000", "fastcgi://unix:/run/shop.sock:", "unix:/run/shop.sock": without what
// stands around the address itself.
std::string_view plain_address(std::string_view text);

} // namespace recycler::explain
