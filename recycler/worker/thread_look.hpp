// What each thread of a worker is doing, for the record of one that hangs: whether it computes,
// waits for a lock, or for an answer that does not come. Reads /proc and draws no conclusions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// More threads than this are not looked at: a record is read by a person.
inline constexpr std::size_t k_most_threads = 64;

// What could not be read (the rights, or the thread, are gone) is nullopt, or empty.
struct ThreadSeen {
    pid_t thread = 0;
    std::string name;
    std::optional<char> state; // the letter of proc(5)
    // The system call it sleeps in, with its first argument when that is a descriptor of a socket
    // or file: "read of socket:[123]".
    std::optional<std::string> call;
    std::optional<std::string> wait_channel;
    std::vector<std::string> stack; // kernel functions, innermost first; needs CAP_SYS_ADMIN
};

[[nodiscard]] std::vector<ThreadSeen> look_at_threads(std::span<const pid_t> processes);

} // namespace recycler::worker
