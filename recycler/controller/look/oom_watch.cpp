// SPDX-License-Identifier: MIT
#include "recycler/controller/look/oom_watch.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <string>
#include <string_view>

namespace recycler::controller {

std::optional<std::uint64_t> count_in(const UniqueFd& eventfd) {
    if (!eventfd) {
        return std::nullopt;
    }
    const std::string path = "/proc/self/fdinfo/" + std::to_string(eventfd.get());
    const UniqueFd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 512> space{};
    const ssize_t got = info ? ::read(info.get(), space.data(), space.size()) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    const std::string_view text(space.data(), static_cast<std::size_t>(got));
    constexpr std::string_view name = "eventfd-count:"; // since Linux 3.8, hexadecimal
    const std::size_t at = text.find(name);
    const std::size_t digits =
        at == std::string_view::npos ? at : text.find_first_not_of(" \t", at + name.size());
    if (digits == std::string_view::npos) {
        return std::nullopt;
    }
    std::uint64_t count = 0;
    const auto read = std::from_chars(text.data() + digits, text.data() + text.size(), count, 16);
    return read.ec == std::errc() ? std::optional(count) : std::nullopt;
}

std::optional<std::uint64_t> risen(std::optional<std::uint64_t> before,
                                   std::optional<std::uint64_t> now) {
    if (!before || !now) {
        return std::nullopt;
    }
    return *now > *before ? *now - *before : 0;
}

death::OomV1 on_v1(std::optional<std::uint64_t> kills, std::optional<std::uint64_t> own_count,
                   std::optional<std::uint64_t> app_before, std::optional<std::uint64_t> app_now) {
    const auto of_app = risen(app_before, app_now);
    death::OomV1 oom;
    oom.worker_oom_kill = kills;
    if (own_count) {
        oom.worker_eventfd = *own_count > 0;
    }
    if (of_app) {
        oom.app_eventfd = *of_app > 0 && (!own_count || *own_count <= *of_app);
    }
    return oom;
}

} // namespace recycler::controller
