// SPDX-License-Identifier: MIT
#include "recycler/worker/look/own_limits.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace recycler::worker {
namespace {

// An environment may be megabytes; what is behind this is not found.
constexpr std::size_t k_most_read = std::size_t{256} << 10;

Result<std::string> text_of(pid_t pid, const char* file) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
    const UniqueFd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> piece{};
    ssize_t got = opened ? 1 : -1;
    while (got > 0 && text.size() < k_most_read) {
        got = ::read(opened.get(), piece.data(), piece.size());
        text.append(piece.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    if (got < 0) {
        return Error{errno, "read " + path};
    }
    return text;
}

// The first figure behind `name` in /proc/PID/limits; "unlimited" is none.
std::optional<std::uint64_t> soft_limit(std::string_view limits, std::string_view name) {
    while (!limits.empty()) {
        std::string_view line = text::take_line(limits);
        if (text::take(line, name)) {
            return text::number_at_front<std::uint64_t>(text::without_leading(line));
        }
    }
    return std::nullopt;
}

} // namespace

Result<OwnLimits> own_limits_of(pid_t pid) {
    const auto limits = text_of(pid, "limits");
    if (!limits) {
        return limits.error();
    }
    const auto space = soft_limit(*limits, "Max address space ");
    return OwnLimits{.open_files = soft_limit(*limits, "Max open files "),
                     .address_space = space ? std::optional(Bytes{*space}) : std::nullopt,
                     .cpu_seconds = soft_limit(*limits, "Max cpu time ")};
}

Result<Bytes> address_space_of(pid_t pid) {
    const auto sizes = text_of(pid, "statm");
    if (!sizes) {
        return sizes.error();
    }
    const auto pages = text::number_at_front<std::uint64_t>(*sizes);
    return Bytes{pages.value_or(0) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

Result<std::string> program_name_of(pid_t pid) {
    auto name = text_of(pid, "comm");
    if (name) {
        name->resize(text::first_line(*name).size());
    }
    return name;
}

Result<std::optional<std::string>> variable_of(pid_t pid, const std::string& name) {
    const auto environment = text_of(pid, "environ");
    if (!environment) {
        return environment.error();
    }
    const std::string wanted = '\0' + name + '=';
    const std::string all = '\0' + *environment;
    const std::size_t at = all.find(wanted);
    if (at == std::string::npos) {
        return std::optional<std::string>();
    }
    const std::size_t from = at + wanted.size();
    return std::optional(all.substr(from, all.find('\0', from) - from));
}

} // namespace recycler::worker
