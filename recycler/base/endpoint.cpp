// SPDX-License-Identifier: MIT
#include "recycler/base/endpoint.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

namespace recycler {

namespace {

constexpr Ipv4 k_every_ipv4{};
constexpr Ipv4 k_loopback_ipv4{127, 0, 0, 1};
constexpr Ipv6 k_every_ipv6{};
constexpr Ipv6 k_loopback_ipv6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// Takes `expected` off the front, in upper or lower case.
bool take_in_any_case(std::string_view& text, std::string_view expected) {
    if (text::lowered(text.substr(0, expected.size())) != expected) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

bool take_any_of(std::string_view& text, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view each) { return take_in_any_case(text, each); });
}

// The last of fewer than four numbers fills what is left: 127.1 is 127.0.0.1.
std::optional<Ipv4> ipv4_of(std::string_view text) {
    Ipv4 result{};
    std::size_t filled = 0;
    while (true) {
        const std::string_view part = text::take_until(text, ".");
        const auto number = text::number_in<std::uint64_t>(part);
        if (!number || !text::is_all_digits(part) || filled == result.size()) {
            return std::nullopt;
        }
        const std::size_t left = text.empty() ? result.size() - filled : 1;
        if (*number >> (8 * left) != 0) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < left; ++i) {
            result[filled + i] = static_cast<std::uint8_t>(*number >> (8 * (left - 1 - i)));
        }
        filled += left;
        if (text.empty()) {
            return result;
        }
    }
}

// One side of "::", two bytes for each group; a dotted address may be the last one.
std::optional<std::vector<std::uint8_t>> ipv6_groups(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    while (!text.empty() && bytes.size() < 16) {
        const bool is_last = !text::contains(text, ":");
        const std::string_view group = text::take_until(text, ":");
        if (is_last && std::ranges::count(group, '.') == 3) {
            const auto dotted = ipv4_of(group);
            if (!dotted) {
                return std::nullopt;
            }
            bytes.insert(bytes.end(), dotted->begin(), dotted->end());
            continue;
        }
        const auto number = text::number_in<std::uint16_t>(group, 16);
        const bool ends_in_colon = !is_last && text.empty();
        if (!number || group.size() > 4 || ends_in_colon) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(*number >> 8));
        bytes.push_back(static_cast<std::uint8_t>(*number & 0xff));
    }
    return text.empty() ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<Ipv6> ipv6_of(std::string_view text) {
    text = text.substr(0, text.find('%')); // the interface
    const std::size_t gap = text.find("::");
    const auto front = ipv6_groups(text.substr(0, gap));
    const auto back =
        ipv6_groups(gap == std::string_view::npos ? std::string_view() : text.substr(gap + 2));
    Ipv6 result{};
    if (!front || !back || front->size() + back->size() > result.size() ||
        (gap == std::string_view::npos) != (front->size() == result.size())) {
        return std::nullopt;
    }
    std::ranges::copy(*front, result.begin());
    std::ranges::copy(*back, result.end() - static_cast<std::ptrdiff_t>(back->size()));
    return result;
}

// "::ffff:127.0.0.1" goes over IPv4.
Host host_of(const Ipv6& address) {
    constexpr Ipv6 k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!std::equal(address.begin(), address.begin() + 12, k_mapped.begin())) {
        return address;
    }
    Ipv4 inner{};
    std::copy(address.begin() + 12, address.end(), inner.begin());
    return inner;
}

// Each part of `path` behind those in `parts`; ".." takes none of the first `floor` away.
void add_parts(std::string_view path, std::vector<std::string_view>& parts, std::size_t floor) {
    while (!path.empty()) {
        const std::string_view part = text::take_until(path, "/");
        if (part == "..") {
            parts.resize(std::max(floor, parts.size() - (parts.size() > floor ? 1 : 0)));
        } else if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
        // A link of every system that has both.
        if (parts.size() == 2 && parts[0] == "var" && (parts[1] == "run" || parts[1] == "lock")) {
            parts = parts[1] == "run" ? std::vector<std::string_view>{"run"}
                                      : std::vector<std::string_view>{"run", "lock"};
        }
    }
}

std::optional<Endpoint> path_in(std::string_view path, std::string_view root) {
    std::vector<std::string_view> parts;
    add_parts(root, parts, 0);
    // In a chroot there need not be such a link.
    const std::size_t floor = parts.size();
    add_parts(path, parts, floor);
    std::string whole;
    for (const std::string_view part : parts) {
        whole.append("/").append(part);
    }
    return parts.size() > floor ? std::optional<Endpoint>(SocketPath{std::move(whole)})
                                : std::nullopt;
}

std::optional<Endpoint> local(std::string_view text, std::string_view root) {
    if (text::take(text, "@")) {
        return text.empty() ? std::nullopt
                            : std::optional<Endpoint>(AbstractName{std::string(text)});
    }
    if (!text.starts_with('/') && root.empty()) {
        return std::nullopt;
    }
    return path_in(text.ends_with(':') ? text.substr(0, text.size() - 1) : text, root);
}

bool belongs_to_name(char byte) {
    return text::is_letter(byte) || text::is_digit(byte) || byte == '.' || byte == '-' ||
           byte == '_' || static_cast<unsigned char>(byte) >= 0x80;
}

std::optional<Endpoint> remote(std::string_view text) {
    text = text.substr(0, text.find('/'));
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !text::is_all_digits(text.substr(colon + 1))) {
        return std::nullopt;
    }
    const auto port = text::number_in<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0) {
        return std::nullopt;
    }
    Host host = host_named(text.substr(0, colon));
    const auto* const named = std::get_if<NamedHost>(&host);
    if (named != nullptr && !std::ranges::all_of(named->name, belongs_to_name)) {
        return std::nullopt;
    }
    return HostPort{std::move(host), *port};
}

// Whether a connection to that host arrives at a listener of this one.
struct Arrives {
    const Host& at;

    bool operator()(const Ipv4& to) const {
        const Ipv4 there = to == k_every_ipv4 ? k_loopback_ipv4 : to;
        const auto* exact = std::get_if<Ipv4>(&at);
        return exact != nullptr ? *exact == there || *exact == k_every_ipv4
                                : arrives_by_name(there == k_loopback_ipv4);
    }
    bool operator()(const Ipv6& to) const {
        const Ipv6 there = to == k_every_ipv6 ? k_loopback_ipv6 : to;
        const auto* exact = std::get_if<Ipv6>(&at);
        return exact != nullptr ? *exact == there || *exact == k_every_ipv6
                                : arrives_by_name(there == k_loopback_ipv6);
    }
    bool operator()(const LocalHost& /*both*/) const {
        return (*this)(k_loopback_ipv4) || (*this)(k_loopback_ipv6);
    }
    bool operator()(const EveryHost& /*whichever the client asked*/) const { return true; }
    bool operator()(const NamedHost& /*whatever it stands for*/) const { return true; }

  private:
    [[nodiscard]] bool arrives_by_name(bool is_loopback) const {
        return std::holds_alternative<EveryHost>(at) || std::holds_alternative<NamedHost>(at) ||
               (is_loopback && std::holds_alternative<LocalHost>(at));
    }
};

} // namespace

Host host_named(std::string_view text) {
    const bool bracketed = text.starts_with('[') && text.ends_with(']');
    const std::string name = text::lowered(bracketed ? text.substr(1, text.size() - 2) : text);
    if (name.empty() || name == "*") {
        return EveryHost{};
    }
    if (const auto address = ipv4_of(name); address && !bracketed) {
        return *address;
    }
    if (const auto address = ipv6_of(name)) {
        return host_of(*address);
    }
    return name == "localhost" ? Host(LocalHost{}) : Host(NamedHost{name});
}

std::optional<Endpoint> endpoint(std::string_view text, std::string_view root) {
    if (text::contains(text, "$")) {
        return std::nullopt; // a variable
    }
    take_any_of(text, {"fastcgi://", "fcgi://", "tcp://"});
    if (take_any_of(text, {"abns@", "abnsz@"})) {
        return local("@" + std::string(text), root);
    }
    if (take_any_of(text, {"unix:", "unix@", "uxst@"}) || text.starts_with('/') ||
        text.starts_with('@')) {
        return local(text, root);
    }
    take_any_of(text, {"tcp:", "tcp@", "tcp4@", "tcp6@", "ip@", "ipv4@", "ipv6@"});
    return remote(text);
}

bool may_reach(const Endpoint& target, const Endpoint& listener) {
    const auto* const to = std::get_if<HostPort>(&target);
    const auto* const at = std::get_if<HostPort>(&listener);
    if (to == nullptr || at == nullptr) {
        return target == listener;
    }
    return to->port == at->port && std::visit(Arrives{at->host}, to->host);
}

std::string common_name(const Endpoint& endpoint) {
    if (const auto* const inet = std::get_if<HostPort>(&endpoint)) {
        return std::to_string(inet->port);
    }
    if (const auto* const local = std::get_if<SocketPath>(&endpoint)) {
        return local->path.substr(local->path.rfind('/') + 1);
    }
    return std::get<AbstractName>(endpoint).name;
}

} // namespace recycler
