// SPDX-License-Identifier: MIT
#include "recycler/controller/look/oom_watch.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <array>
#include <fcntl.h>
#include <string>
#include <string_view>

namespace recycler::controller {

std::optional<std::uint64_t> count_in(const UniqueFd& eventfd) {
    if (!eventfd) {
        return std::nullopt;
    }
    const std::string path = own_process("fdinfo/" + std::to_string(eventfd.get()));
    const UniqueFd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 512> space{};
    const ssize_t got = info ? ::read(info.get(), space.data(), space.size()) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    const std::string_view text(space.data(), static_cast<std::size_t>(got));
    constexpr std::string_view name = "eventfd-count:"; // since Linux 3.8, hexadecimal
    const std::string_view digits = text::without_leading(text::after(text, name, "\n"));
    return text::number_at_front<std::uint64_t>(digits, 16);
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
