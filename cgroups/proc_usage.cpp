// SPDX-License-Identifier: MIT
#include "cgroups/proc_usage.hpp"

#include "cgroups/files.hpp"
#include "cgroups/parse.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace cgroups {
namespace {

using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

constexpr std::uint64_t k_kib = 1024; // /proc writes "kB" and means KiB

// A line that is missing counts 0: a zombie has no memory, and old kernels have fewer lines.
Bytes size_of(std::string_view text, std::initializer_list<std::string_view> keys) {
    Bytes sum;
    for (const std::string_view key : keys) {
        sum = sum + Bytes{parse_key(text, key).value_or(0) * k_kib};
    }
    return sum;
}

Result<std::string> read_of(pid_t pid, const char* file) {
    const std::string owner = "pid " + std::to_string(pid);
    const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
    return files::read(AT_FDCWD, {path.c_str(), owner});
}

bool gone(int code) {
    return code == ENOENT || code == ESRCH;
}

// What the process alone would tell: shared pages count in full.
Usage whole(std::string_view status) {
    return {.current = size_of(status, {"VmRSS:"}),
            .bloat = size_of(status, {"RssAnon:", "RssShmem:", "VmSwap:"}),
            .peak = size_of(status, {"VmHWM:"})};
}

// Its share of what it shares with others. Linux before 5.4 tells no Pss_Anon: there Anonymous
// counts shared pages in full.
Usage share(std::string_view rollup, Bytes peak) {
    const bool split = parse_key(rollup, "Pss_Anon:").has_value();
    return {.current = size_of(rollup, {"Pss:"}),
            .bloat = split ? size_of(rollup, {"Pss_Anon:", "Pss_Shmem:", "SwapPss:"})
                           : size_of(rollup, {"Anonymous:", "SwapPss:"}),
            .peak = peak};
}

Result<Usage> usage_of(pid_t pid, bool shares) {
    const auto status = read_of(pid, "status");
    if (!status) {
        return status.error();
    }
    const Usage alone = whole(*status);
    if (!shares) {
        return alone;
    }
    const auto rollup = read_of(pid, "smaps_rollup");
    if (!rollup) {
        return rollup.error();
    }
    return share(*rollup, alone.peak);
}

Result<std::vector<pid_t>> children_of(pid_t pid) {
    const std::string owner = "the threads of pid " + std::to_string(pid);
    const std::string path = "/proc/" + std::to_string(pid) + "/task";
    const UniqueFd tasks(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!tasks) {
        return Error{errno, "list " + owner};
    }
    const auto threads = files::subdirectories(tasks.get(), owner);
    if (!threads) {
        return threads.error();
    }
    std::vector<pid_t> children;
    for (const std::string& thread : *threads) {
        const std::string file = thread + "/children";
        const auto text = files::read(tasks.get(), {file.c_str(), owner});
        if (!text && !gone(text.error().code)) {
            return text.error();
        }
        for (const std::string_view word :
             parse_words(text ? std::string_view(*text) : std::string_view{})) {
            if (const auto child = parse_procs(word); child && !child->empty()) {
                children.push_back(child->front());
            }
        }
    }
    return children;
}

} // namespace

Result<Usage> proc_usage(std::span<const pid_t> pids) {
    Usage sum;
    std::size_t found = 0;
    for (const pid_t pid : pids) {
        const auto usage = usage_of(pid, pids.size() > 1);
        if (!usage && !gone(usage.error().code)) {
            return usage.error();
        }
        if (usage) {
            ++found;
            sum = {sum.current + usage->current, sum.bloat + usage->bloat, sum.peak + usage->peak};
        }
    }
    if (found == 0) {
        return Error{ESRCH, "read the memory of a worker"};
    }
    return sum;
}

Result<std::vector<pid_t>> proc_tree(pid_t root) {
    std::vector<pid_t> tree{root};
    for (std::size_t next = 0; next < tree.size(); ++next) {
        const auto children = children_of(tree[next]);
        if (!children && next == 0) {
            return children.error();
        }
        // Whoever ended meanwhile has none. One that changed its parent while the lists were read
        // is counted once.
        for (const pid_t child : children ? *children : std::vector<pid_t>{}) {
            if (std::find(tree.begin(), tree.end(), child) == tree.end()) {
                tree.push_back(child);
            }
        }
    }
    return tree;
}

Result<HostMemory> host_memory() {
    const std::string owner = "the host";
    const auto text = files::read(AT_FDCWD, {"/proc/meminfo", owner});
    if (!text) {
        return text.error();
    }
    const auto ram = parse_key(*text, "MemTotal:");
    const auto available = parse_key(*text, "MemAvailable:");
    if (!ram || !available) {
        return Error{EBADMSG, "find MemTotal and MemAvailable in /proc/meminfo"};
    }
    return HostMemory{.ram = Bytes{*ram * k_kib},
                      .available = Bytes{*available * k_kib},
                      .swap_free = size_of(*text, {"SwapFree:"})};
}

Result<Bytes> host_available() {
    const auto memory = host_memory();
    return memory ? Result(memory->available) : Result<Bytes>(memory.error());
}

Result<Bytes> host_ram() {
    const auto memory = host_memory();
    return memory ? Result(memory->ram) : Result<Bytes>(memory.error());
}

} // namespace cgroups
