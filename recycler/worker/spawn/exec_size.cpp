// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/exec_size.hpp"

#include "recycler/base/text/escape.hpp"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// MAX_ARG_STRLEN of linux/binfmts.h, in pages; below it ARG_MAX of linux/limits.h, and three
// quarters of _STK_LIM.
constexpr std::uint64_t k_pages_of_one = 32;
constexpr std::uint64_t k_least_of_all = 128 << 10;
constexpr std::uint64_t k_most_of_all = 6 << 20;

Bytes taken_by(std::size_t length) {
    return Bytes{length + 1};
}

// Exactly: one byte too many is too many.
std::string in_bytes(Bytes size) {
    return std::to_string(size.count) + " bytes";
}

Error too_long(const std::string& what, Bytes size, Bytes most, const char* remedy) {
    return Error{0, what + " is " + in_bytes(size) + " long, and the kernel takes at most " +
                        in_bytes(most) + " of one: " + remedy};
}

} // namespace

ExecLimits exec_limits() {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rlimit stack{};
    const bool is_bounded =
        ::getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
    const std::uint64_t quarter = is_bounded ? stack.rlim_cur / 4 : k_most_of_all;
    return {.of_one = Bytes{k_pages_of_one * page},
            .of_all = Bytes{std::clamp(quarter, k_least_of_all, k_most_of_all)}};
}

Result<void> check_exec_size(const policies::App& app, const ExecLimits& limits) {
    Bytes all;
    for (std::size_t i = 0; i < app.command.size(); ++i) {
        const Bytes size = taken_by(app.command[i].size());
        if (size > limits.of_one) {
            return too_long("argument " + std::to_string(i) + " of app.command", size,
                            limits.of_one, "write what it says into a file");
        }
        all = Bytes{all.count + size.count + sizeof(char*)};
    }
    for (const auto& [name, value] : app.environment) {
        const Bytes size = taken_by(name.size() + 1 + value.size());
        if (size > limits.of_one) {
            return too_long(text::percent_escaped(name) + " of app.environment", size,
                            limits.of_one, "write its value into a file, and name that in it");
        }
        all = Bytes{all.count + size.count + sizeof(char*)};
    }
    if (all > limits.of_all) {
        return Error{0, "app.command and app.environment together are " + in_bytes(all) +
                            " long, and the kernel takes at most " + in_bytes(limits.of_all) +
                            ", a quarter of the stack that the daemon may have: shorten them, or "
                            "raise that limit (LimitSTACK= of the unit, ulimit -s)"};
    }
    return {};
}

} // namespace recycler::worker
