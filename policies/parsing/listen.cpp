// SPDX-License-Identifier: MIT
#include "policies/parsing/listen.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/numbers.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <sys/un.h>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

using Addresses = Parsed<std::vector<Address>>;

struct Range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

// 1 to 65535, digits only.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = text::number_in<std::uint16_t>(text);
    return port && *port > 0 ? port : std::nullopt;
}

Parsed<Range> parse_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = parse_port(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
    if (!first || !last) {
        return Problem{text::quoted(text) + " is not a port or range of ports",
                       "ports go from 1 to 65535; write \"7000\" or \"7000-7019\""};
    }
    if (*last < *first) {
        return Problem{"the range of ports " + text::quoted(text) + " runs backwards",
                       "write \"" + std::to_string(*last) + "-" + std::to_string(*first) + "\""};
    }
    return Range{*first, *last};
}

// The host in its canonical form, without brackets.
Parsed<std::string> parse_host(std::string_view text) {
    const bool brackets = text.starts_with('[') && text.ends_with(']');
    const std::string inner(brackets ? text.substr(1, text.size() - 2) : text);
    const int family = brackets ? AF_INET6 : AF_INET;
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    if (inner.find('\0') == std::string::npos &&
        inet_pton(family, inner.c_str(), binary.data()) == 1 &&
        inet_ntop(family, binary.data(), canonical.data(), canonical.size()) != nullptr) {
        return std::string(canonical.data());
    }
    std::string suggestion = "write \"127.0.0.1:7000\", \"[::1]:7000\" or \"7000\"";
    if (inner == "localhost") {
        suggestion = "write \"127.0.0.1\"";
    } else if (inner == "*") {
        suggestion = "write \"0.0.0.0\" for all addresses";
    } else if (!brackets && inner.find(':') != std::string::npos) {
        suggestion = "an IPv6 address stands in brackets: \"[::1]:7000\"";
    }
    return Problem{text::quoted(text) + " is not a numeric address", suggestion};
}

Addresses parse_tcp(std::string_view text) {
    const auto colon = text.rfind(':');
    Parsed<std::string> host = std::string("127.0.0.1");
    if (colon != std::string_view::npos) {
        host = parse_host(text.substr(0, colon));
    }
    if (const auto* problem = std::get_if<Problem>(&host)) {
        return *problem;
    }
    // npos + 1 is 0: without a host all of it is the port.
    const auto range = parse_range(text.substr(colon + 1));
    if (const auto* problem = std::get_if<Problem>(&range)) {
        return *problem;
    }
    const auto [first, last] = std::get<Range>(range);
    if (static_cast<std::size_t>(last - first) >= k_most_slots) {
        return Problem{"these are more than " + std::to_string(k_most_slots) + " workers", ""};
    }
    std::vector<Address> addresses;
    for (unsigned port = first; port <= last; ++port) {
        addresses.push_back(
            TcpAddress{std::get<std::string>(host), static_cast<std::uint16_t>(port)});
    }
    return addresses;
}

// Each listener of a slot is bound at the path, a dot and its serial number of 32 bits.
constexpr std::size_t k_longest_path = sizeof(sockaddr_un::sun_path) - 1 - sizeof ".4294967295" + 1;

// The file's name becomes the slot's name, which cgroups and records are named by.
std::optional<Problem> check_path(std::string_view path) {
    if (!path.starts_with('/')) {
        return Problem{"the path of a unix socket must begin with /", ""};
    }
    if (path.size() > k_longest_path) {
        return Problem{"the path of a unix socket may be at most " +
                           std::to_string(k_longest_path) + " bytes long, this one has " +
                           std::to_string(path.size()),
                       "choose a shorter folder, such as /run/shop"};
    }
    const std::string_view file = path.substr(path.rfind('/') + 1);
    const auto allowed = [](char c) {
        return text::is_letter(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.';
    };
    if (file.empty() || file.front() == '.' || file.front() == '-' ||
        !std::all_of(file.begin(), file.end(), allowed)) {
        return Problem{text::quoted(file) + " cannot name a socket",
                       "use letters, digits, '_', '-' and '.', and do not begin with '-' or '.'"};
    }
    return std::nullopt;
}

Addresses parse_unix(std::string_view pattern, std::optional<std::uint32_t> workers) {
    const auto mark = pattern.find('%');
    if (mark == std::string_view::npos) {
        if (auto problem = check_path(pattern)) {
            return *problem;
        }
        return std::vector<Address>{UnixAddress{std::string(pattern)}};
    }
    const std::string before(pattern.substr(0, mark));
    const std::string_view after = pattern.substr(std::min(mark + 2, pattern.size()));
    if (!pattern.substr(mark).starts_with("%s") || after.find('%') != std::string_view::npos) {
        return Problem{"%s, the number of the worker, may occur once, and no other % may", ""};
    }
    if (!workers) {
        return Problem{"the number of sockets for which %s stands is missing",
                       "add workers = 8 to [app]"};
    }
    std::vector<Address> addresses;
    for (std::uint32_t i = 0; i < *workers; ++i) {
        std::string path = before + std::to_string(i) + std::string(after);
        if (auto problem = check_path(path)) {
            return *problem;
        }
        addresses.push_back(UnixAddress{std::move(path)});
    }
    return addresses;
}

} // namespace

Parsed<std::vector<Address>> parse_listen(std::string_view text,
                                          std::optional<std::uint32_t> workers) {
    constexpr std::string_view unix_prefix = "unix:";
    if (text.starts_with(unix_prefix)) {
        return parse_unix(text.substr(unix_prefix.size()), workers);
    }
    if (text.starts_with('/')) {
        return Problem{text::quoted(text) + " is not an address",
                       "write " + text::quoted("unix:" + std::string(text))};
    }
    return parse_tcp(text);
}

} // namespace policies::parsing
