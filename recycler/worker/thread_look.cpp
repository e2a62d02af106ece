#include "recycler/worker/thread_look.hpp"

#include "recycler/worker/proc.hpp"
#include "recycler/worker/syscall_name.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr std::size_t k_deepest_stack = 12;

std::string folder_of(pid_t process, pid_t thread) {
    return "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) + "/";
}

std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    return std::getline(file, line) ? std::optional(line) : std::nullopt;
}

// "[<0>] futex_wait_queue+0x63/0x90": the name alone.
std::vector<std::string> stack_of(const std::string& folder) {
    std::ifstream file(folder + "stack");
    std::vector<std::string> stack;
    for (std::string line; stack.size() < k_deepest_stack && std::getline(file, line);) {
        const std::size_t begins = line.find("] ");
        const std::size_t from = begins == std::string::npos ? 0 : begins + 2;
        stack.push_back(line.substr(from, line.find('+', from) - from));
    }
    return stack;
}

// Those whose first argument is a descriptor, and that may sleep for as long as its other end
// wants.
bool waits_on_descriptor(long call) {
    constexpr std::array calls{SYS_read,    SYS_write,   SYS_readv,   SYS_writev, SYS_pread64,
                               SYS_connect, SYS_accept,  SYS_accept4, SYS_sendto, SYS_recvfrom,
                               SYS_sendmsg, SYS_recvmsg, SYS_flock,   SYS_fsync,  SYS_ioctl};
    return std::ranges::find(calls, call) != calls.end();
}

std::string call_text(pid_t process, const InSyscall& call) {
    std::string text = syscall_name(call.number);
    if (waits_on_descriptor(call.number)) {
        const std::string link =
            "/proc/" + std::to_string(process) + "/fd/" + std::to_string(call.arguments[0]);
        std::array<char, 256> target{};
        const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
        if (length > 0) {
            text += " of " + std::string(target.data(), static_cast<std::size_t>(length));
        }
    }
    return text;
}

ThreadSeen look_at(pid_t process, pid_t thread) {
    const std::string folder = folder_of(process, thread);
    ThreadSeen seen;
    seen.thread = thread;
    seen.name = first_line(folder + "comm").value_or("");
    if (const auto state = state_of(process, thread)) {
        seen.state = *state;
    }
    if (const auto activity = activity_of(process, thread)) {
        if (const auto* call = std::get_if<InSyscall>(&*activity)) {
            seen.call = call_text(process, *call);
        }
    }
    seen.wait_channel = first_line(folder + "wchan");
    if (seen.wait_channel == "0") { // on a CPU, or hidden from us
        seen.wait_channel.reset();
    }
    seen.stack = stack_of(folder);
    return seen;
}

} // namespace

std::vector<ThreadSeen> look_at_threads(std::span<const pid_t> processes) {
    std::vector<ThreadSeen> all;
    for (const pid_t process : processes) {
        const auto threads = threads_of(process);
        for (const pid_t thread : threads ? *threads : std::vector<pid_t>()) {
            if (all.size() == k_most_threads) {
                return all;
            }
            all.push_back(look_at(process, thread));
        }
    }
    return all;
}

} // namespace recycler::worker
