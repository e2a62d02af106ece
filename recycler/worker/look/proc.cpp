// SPDX-License-Identifier: MIT
#include "recycler/worker/look/proc.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/unique_fd.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

std::string process_path(pid_t pid) {
    return "/proc/" + std::to_string(pid);
}

std::string thread_path(pid_t pid, pid_t thread) {
    return process_path(pid) + "/task/" + std::to_string(thread);
}

// One line of /proc, which the kernel writes whole into a buffer that is long enough for it.
Result<std::string> read_line(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text{};
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
    if (got < 0) {
        return Error{errno, "read " + path};
    }
    return std::string(text.data(), static_cast<std::size_t>(got));
}

// Calls `visit` with each entry whose name is a number, and with the directory's descriptor.
template <typename Visit>
Result<void> for_each_number(const std::string& path, Visit visit) {
    const Directory directory(::opendir(path.c_str()), ::closedir);
    if (!directory) {
        return Error{errno, "open " + path};
    }
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        if (const auto number = text::number_in<int>(entry->d_name)) {
            visit(::dirfd(directory.get()), *number);
        }
        errno = 0;
    }
    return errno == 0 ? Result<void>() : Result<void>(Error{errno, "list " + path});
}

// "socket:[12345]"; anything else is no socket.
SocketInode inode_in(std::string_view link) {
    constexpr std::string_view k_prefix = "socket:[";
    if (!link.starts_with(k_prefix) || !link.ends_with(']')) {
        return 0;
    }
    link.remove_prefix(k_prefix.size());
    link.remove_suffix(1);
    return text::number_in<SocketInode>(link).value_or(0);
}

// Returns how many descriptors there are.
Result<std::size_t> collect_sockets(const std::string& folder, const LookTime& time,
                                    std::vector<SocketInode>& into) {
    constexpr std::size_t k_between_clocks = 64;
    std::size_t seen = 0;
    bool over = false;
    auto listed = for_each_number(folder, [&](int directory, int fd) {
        over = over || (++seen % k_between_clocks == 0 && time.is_over());
        if (over) {
            return;
        }
        if (const SocketInode inode = linked_socket(directory, std::to_string(fd).c_str());
            inode != 0) {
            into.push_back(inode);
        }
    });
    if (over) {
        return LookTime::took_too_long();
    }
    return listed ? Result<std::size_t>(seen) : Result<std::size_t>(std::move(listed).error());
}

std::string_view next_word(std::string_view& text) {
    const auto end = text.find_first_of(" \n");
    const auto word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

// /proc/PID/task/TID/stat from its third field on. The name before it stands in parentheses and may
// contain any of them itself.
Result<std::string> fields_of(pid_t pid, pid_t thread) {
    auto line = read_line(thread_path(pid, thread) + "/stat");
    if (!line) {
        return line;
    }
    const auto name_end = line->rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= line->size()) {
        return Error{EBADMSG, "read the state of thread " + std::to_string(thread)};
    }
    return line->substr(name_end + 2);
}

// PF_EXITING of linux/sched.h: set before an ending thread closes anything.
constexpr unsigned k_exiting = 0x4;

// The ninth field of all.
std::optional<unsigned> flags_in(std::string_view fields) {
    for (int before = 0; before < 6; ++before) {
        (void)next_word(fields);
    }
    return text::number_in<unsigned>(next_word(fields));
}

} // namespace

bool is_gone(const Error& error) {
    return error.code == ENOENT || error.code == ESRCH;
}

Result<std::vector<pid_t>> threads_of(pid_t pid) {
    std::vector<pid_t> threads;
    auto listed = for_each_number(process_path(pid) + "/task",
                                  [&](int, int thread) { threads.push_back(thread); });
    if (!listed) {
        return std::move(listed).error();
    }
    return threads;
}

Result<char> state_of(pid_t pid, pid_t thread) {
    const auto fields = fields_of(pid, thread);
    if (!fields) {
        return fields.error();
    }
    return fields->front();
}

Result<pid_t> parent_of(pid_t pid) {
    const auto fields = fields_of(pid, pid);
    if (!fields) {
        return fields.error();
    }
    std::string_view rest(*fields);
    (void)next_word(rest); // its state
    const auto parent = text::number_in<pid_t>(next_word(rest));
    return parent ? Result<pid_t>(*parent)
                  : Result<pid_t>(Error{EBADMSG, "read the parent of " + std::to_string(pid)});
}

Result<Duration> cpu_time_of(pid_t pid, pid_t thread) {
    const auto fields = fields_of(pid, thread);
    if (!fields) {
        return fields.error();
    }
    std::string_view rest(*fields);
    for (int before = 0; before < 11; ++before) { // utime is the 14th field of all
        (void)next_word(rest);
    }
    const auto user = text::number_in<std::int64_t>(next_word(rest));
    const auto system = text::number_in<std::int64_t>(next_word(rest));
    if (!user || !system) {
        return Error{EBADMSG, "read the time of thread " + std::to_string(thread)};
    }
    const Duration tick = Duration(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK);
    return (*user + *system) * tick;
}

Result<Duration> processor_time_of(pid_t pid) {
    clockid_t clock{};
    if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
        return Error{error, "find the clock of process " + std::to_string(pid)};
    }
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) {
        return Error{errno, "read the clock of process " + std::to_string(pid)};
    }
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

Result<bool> is_exiting(pid_t pid) {
    const auto threads = threads_of(pid);
    if (!threads) {
        return is_gone(threads.error()) ? Result<bool>(true) : Result<bool>(threads.error());
    }
    for (const pid_t thread : *threads) {
        const auto fields = fields_of(pid, thread);
        if (!fields && is_gone(fields.error())) {
            continue;
        }
        const auto flags = fields ? flags_in(*fields) : std::nullopt;
        if (!flags) {
            return fields ? Error{EBADMSG, "read the flags of thread " + std::to_string(thread)}
                          : fields.error();
        }
        if ((*flags & k_exiting) == 0) {
            return false;
        }
    }
    return true;
}

Result<ThreadActivity> activity_of(pid_t pid, pid_t thread) {
    const auto line = read_line(thread_path(pid, thread) + "/syscall");
    if (!line) {
        return line.error();
    }
    std::string_view rest(*line);
    const std::string_view first = next_word(rest);
    if (first == "running") {
        return ThreadActivity(Running{});
    }
    const auto number = text::number_in<long>(first);
    if (!number) {
        return Error{EBADMSG, "read the system call of thread " + std::to_string(thread)};
    }
    if (*number < 0) {
        return ThreadActivity(AsleepOutside{});
    }
    InSyscall call{.number = *number};
    for (std::uint64_t& argument : call.arguments) {
        std::string_view word = next_word(rest);
        word.remove_prefix(word.starts_with("0x") ? 2 : 0);
        const auto value = text::number_in<std::uint64_t>(word, 16);
        if (!value) {
            return Error{EBADMSG, "read the system call of thread " + std::to_string(thread)};
        }
        argument = *value;
    }
    return ThreadActivity(call);
}

bool is_accept(long syscall_number) {
    return syscall_number == SYS_accept || syscall_number == SYS_accept4;
}

Result<std::vector<SocketInode>> sockets_of(pid_t pid, const LookTime& time) {
    std::vector<SocketInode> sockets;
    const auto seen = collect_sockets(process_path(pid) + "/fd", time, sockets);
    if (!seen) {
        return seen.error();
    }
    if (*seen > 0) {
        return sockets;
    }
    // A main thread that has ended shows no descriptors, though the others have them all.
    const auto threads = threads_of(pid);
    if (!threads) {
        return threads.error();
    }
    for (const pid_t thread : *threads) {
        const auto more = collect_sockets(thread_path(pid, thread) + "/fd", time, sockets);
        if (!more) {
            return more.error();
        }
        if (*more > 0) {
            break;
        }
    }
    return sockets;
}

SocketInode linked_socket(int folder, const char* descriptor) {
    std::array<char, 64> text{};
    const ssize_t got = ::readlinkat(folder, descriptor, text.data(), text.size());
    return got < 0 ? 0 : inode_in({text.data(), static_cast<std::size_t>(got)});
}

Result<std::size_t> descriptors_of(pid_t pid) {
    std::size_t count = 0;
    auto listed = for_each_number(process_path(pid) + "/fd", [&](int, int) { ++count; });
    return listed ? Result<std::size_t>(count) : Result<std::size_t>(std::move(listed).error());
}

Result<SocketInode> socket_at(pid_t pid, int fd) {
    const std::string path = process_path(pid) + "/fd/" + std::to_string(fd);
    std::array<char, 64> text{};
    const ssize_t got = ::readlink(path.c_str(), text.data(), text.size());
    if (got < 0) {
        return Error{errno, "read " + path};
    }
    return inode_in({text.data(), static_cast<std::size_t>(got)});
}

} // namespace recycler::worker
