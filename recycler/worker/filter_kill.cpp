#include "recycler/worker/filter_kill.hpp"

#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/syscall_name.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// The number after " NAME=". What a process may choose itself, its comm and exe, the kernel writes
// in quotes, or in hexadecimal where it holds a quote or a space: no number can be forged.
template <typename Number>
std::optional<Number> field(std::string_view record, std::string_view name, int base) {
    const std::size_t at = record.find(name);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    record.remove_prefix(at + name.size());
    Number number{};
    const auto read = std::from_chars(record.data(), record.data() + record.size(), number, base);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Reads what there is; the last word on `process` counts, since a pid is handed out again.
Result<std::optional<FilterKill>> read_on(int kmsg, pid_t process) {
    std::optional<FilterKill> last;
    std::array<char, 8192> record; // the longest that the kernel gives (CONSOLE_EXT_LOG_MAX)
    for (;;) {
        const ssize_t got = ::read(kmsg, record.data(), record.size());
        if (got >= 0) {
            const auto kill = filter_kill_in({record.data(), static_cast<std::size_t>(got)});
            last = kill && kill->pid == process ? kill : last;
        } else if (errno == EAGAIN) {
            return last;
        } else if (errno != EPIPE && errno != EINTR) { // EPIPE: overwritten before it was read
            return Error{errno, "read /dev/kmsg"};
        }
    }
}

} // namespace

std::optional<FilterKill> filter_kill_in(std::string_view record) {
    if (record.find("type=1326 ") == std::string_view::npos ||
        field<int>(record, " sig=", 10) != SIGSYS) {
        return std::nullopt;
    }
    const auto pid = field<pid_t>(record, " pid=", 10);
    const auto architecture = field<std::uint32_t>(record, " arch=", 16);
    const auto call = field<long>(record, " syscall=", 10);
    if (!pid || !architecture || !call) {
        return std::nullopt;
    }
    return FilterKill{*pid, *architecture, *call};
}

Result<std::optional<std::string>> forbidden_call_of(pid_t process, Duration patience) {
    const UniqueFd kmsg(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!kmsg) {
        return Error{errno, "open /dev/kmsg"};
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto kill = read_on(kmsg.get(), process);
        if (!kill) {
            return kill.error();
        }
        if (*kill) {
            return std::optional(syscall_name((*kill)->architecture, (*kill)->call));
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd more{kmsg.get(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&more, 1, static_cast<int>(left.count())) <= 0) {
            return std::optional<std::string>();
        }
    }
}

} // namespace recycler::worker
