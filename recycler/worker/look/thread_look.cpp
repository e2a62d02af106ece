// SPDX-License-Identifier: MIT
#include "recycler/worker/look/thread_look.hpp"

#include "recycler/base/text/split.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr std::size_t k_deepest_stack = 12;
constexpr std::size_t k_longest_stack = 4096;

std::string folder_of(pid_t process, pid_t thread) {
    return "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) + "/";
}

std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    return std::getline(file, line) ? std::optional(line) : std::nullopt;
}

// As it is now: the kernel walks it when it is read. Empty: errno says why.
std::string stack_of(const std::string& folder, int opened) {
    const UniqueFd own(opened < 0 ? ::open((folder + "stack").c_str(), O_RDONLY | O_CLOEXEC) : -1);
    std::array<char, k_longest_stack> text{};
    const ssize_t got = ::pread(opened < 0 ? own.get() : opened, text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

// "[<0>] futex_wait_queue+0x63/0x90": the name alone. A thread on a CPU has none.
void add_stack(ThreadSeen& seen, const std::string& folder, const StackFiles& stacks) {
    const auto opened = stacks.find(seen.thread);
    errno = 0;
    const std::string text = stack_of(folder, opened == stacks.end() ? -1 : opened->second.get());
    const int error = errno;
    std::string_view rest = text;
    while (!rest.empty() && seen.stack.size() < k_deepest_stack) {
        const std::string_view line = text::take_line(rest);
        const std::size_t begins = line.find("] ");
        const std::size_t from = begins == std::string::npos ? 0 : begins + 2;
        seen.stack.emplace_back(line.substr(from, line.find('+', from) - from));
    }
    if (seen.stack.empty() && (error == EPERM || error == EACCES || error == ENOENT)) {
        seen.why_no_stack = std::strerror(error);
    }
}

ThreadSeen look_at(pid_t process, pid_t thread, LookTables& tables, const StackFiles& stacks) {
    const std::string folder = folder_of(process, thread);
    ThreadSeen seen;
    seen.process = process;
    seen.thread = thread;
    seen.name = first_line(folder + "comm").value_or("");
    if (const auto state = state_of(process, thread)) {
        seen.state = *state;
    }
    if (const auto activity = activity_of(process, thread)) {
        if (const auto* call = std::get_if<InSyscall>(&*activity)) {
            seen.call = call_name(*call);
            seen.waits_for = waited_for(process, *call, tables);
        }
    } else {
        seen.why_no_call = activity.error().message();
    }
    seen.wait_channel = first_line(folder + "wchan");
    if (seen.wait_channel == "0") { // on a CPU, or hidden from us
        seen.wait_channel.reset();
    }
    add_stack(seen, folder, stacks);
    if (const auto used = cpu_time_of(process, thread)) {
        seen.cpu_time = *used;
    }
    return seen;
}

} // namespace

std::vector<ThreadSeen> look_at_threads(std::span<const pid_t> processes, const LookTime& time,
                                        const StackFiles& stacks) {
    LookTables tables(time);
    std::vector<ThreadSeen> all;
    for (const pid_t process : processes) {
        const auto threads = threads_of(process);
        for (const pid_t thread : threads ? *threads : std::vector<pid_t>()) {
            if (all.size() == k_most_threads || tables.time().is_over()) {
                return all;
            }
            all.push_back(look_at(process, thread, tables, stacks));
        }
    }
    return all;
}

CpuLook look_at_cpu(std::span<const pid_t> processes) {
    CpuLook used;
    for (const pid_t process : processes) {
        const auto threads = threads_of(process);
        for (const pid_t thread : threads ? *threads : std::vector<pid_t>()) {
            const auto time = cpu_time_of(process, thread);
            if (time && used.size() < k_most_threads) {
                used.emplace(thread, *time);
            }
        }
    }
    return used;
}

} // namespace recycler::worker
