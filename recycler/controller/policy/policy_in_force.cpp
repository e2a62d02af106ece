// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/policy_in_force.hpp"

#include "policies/seccomp/read.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

// Lines of words, an empty line, then the profile's text and the policy's as they are. No address
// holds a line break: the policy's parser refuses control characters.
constexpr std::string_view k_first_line = "recycler-accepted 2";

std::string address_text(const policies::Address& address) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        return "unix " + local->path;
    }
    const auto& tcp = std::get<policies::TcpAddress>(address);
    return "tcp " + std::to_string(tcp.port) + " " + tcp.host;
}

std::optional<policies::Address> address_in(std::string_view text) {
    const std::string_view kind = text::take_until(text, " ");
    if (kind == "unix") {
        return policies::UnixAddress{std::string(text)};
    }
    const auto port = text::number_in<std::uint16_t>(text::take_until(text, " "));
    if (kind != "tcp" || !port) {
        return std::nullopt;
    }
    return policies::TcpAddress{std::string(text), *port};
}

bool read_line(std::string_view line, PolicyInForce& into) {
    const std::string_view what = text::take_until(line, " ");
    if (what == "profile") {
        const auto size = text::number_in<std::size_t>(line);
        into.profile.resize(std::min(size.value_or(0), policies::seccomp::k_longest_profile));
        return size.has_value();
    }
    if (what == "workers") {
        into.workers = line == "outdated" ? Workers::outdated : Workers::up_to_date;
        return true;
    }
    if (what == "loaded") {
        const auto at = text::number_in<std::int64_t>(line);
        into.loaded_at = WallTime(Duration(at.value_or(0)));
        return at.has_value();
    }
    if (what == "slot") {
        const auto index = text::number_in<std::uint16_t>(text::take_until(line, " "));
        auto address = address_in(line);
        return index && address && into.names.slots.emplace(SlotId{*index}, *address).second;
    }
    if (what == "departed") {
        const auto generation = text::number_in<std::uint32_t>(text::take_until(line, " "));
        return generation && into.names.departed.emplace(line, *generation).second;
    }
    return false;
}

} // namespace

std::string to_bytes(const PolicyInForce& in_force) {
    std::string bytes(k_first_line);
    bytes += "\nworkers ";
    bytes += in_force.workers == Workers::outdated ? "outdated" : "up-to-date";
    bytes += "\nloaded " + std::to_string(in_force.loaded_at.time_since_epoch().count());
    for (const auto& [id, address] : in_force.names.slots) {
        bytes += "\nslot " + std::to_string(id.index) + " " + address_text(address);
    }
    for (const auto& [name, generation] : in_force.names.departed) {
        bytes += "\ndeparted " + std::to_string(generation) + " " + name;
    }
    bytes += "\nprofile " + std::to_string(in_force.profile.size());
    return bytes + "\n\n" + in_force.profile + in_force.text;
}

Result<PolicyInForce> policy_in_force_from(std::string_view bytes) {
    const Error no_such{EBADMSG, "read the policy that was accepted"};
    std::string_view rest = bytes;
    if (text::take_line(rest) != k_first_line) {
        return no_such;
    }
    PolicyInForce in_force;
    for (std::string_view line = text::take_line(rest); !line.empty();
         line = text::take_line(rest)) {
        if (!read_line(line, in_force)) {
            return no_such;
        }
    }
    const std::string_view texts = rest;
    if (texts.size() < in_force.profile.size()) {
        return no_such;
    }
    in_force.text = texts.substr(in_force.profile.size());
    in_force.profile = texts.substr(0, in_force.profile.size());
    return in_force;
}

Result<UniqueFd> keep(const PolicyInForce& in_force) {
    const std::string bytes = to_bytes(in_force);
    UniqueFd fd(::memfd_create("recycler-policy", MFD_CLOEXEC));
    std::size_t written = 0;
    while (fd && written < bytes.size()) {
        const ssize_t put = ::write(fd.get(), bytes.data() + written, bytes.size() - written);
        if (put <= 0) {
            break;
        }
        written += static_cast<std::size_t>(put);
    }
    if (!fd || written < bytes.size()) {
        return Error{errno, "keep the text of the policy"};
    }
    return fd;
}

Result<PolicyInForce> read_policy_in_force(int fd) {
    std::string bytes;
    std::array<char, 16384> block;
    for (;;) {
        const ssize_t got =
            ::pread(fd, block.data(), block.size(), static_cast<off_t>(bytes.size()));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{errno, "read the policy that was accepted"};
        }
        if (got == 0) {
            return policy_in_force_from(bytes);
        }
        bytes.append(block.data(), static_cast<std::size_t>(got));
    }
}

} // namespace recycler::controller
