// SPDX-License-Identifier: MIT
#include "recycler/controller/start/descriptors.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/controller/workers/places.hpp"
#include "recycler/slots/due/capacity.hpp"
#include "recycler/slots/failing/start_load.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

// What there is once: the log, the journal, operators' connections, cgroups of the app.
constexpr std::size_t k_of_the_app = 64;
// In the controller, which has more of them than recyclerd. Of a worker: its listener, its process,
// page, ring, the files of its cgroup and what tells of its memory.
constexpr std::size_t k_of_a_worker = 12;
// Where connections are kept: an eventfd of each worker, two ends of a channel of each slot.
constexpr std::size_t k_of_a_keeping_worker = 1;
constexpr std::size_t k_of_a_channel = 2;
// Of a spare: its end of the birth channel, and the listener until it is launched.
constexpr std::size_t k_of_a_birth = 2;
// Made ahead: two cgroups, and what places a child in them.
constexpr std::size_t k_of_a_place = 10;

// The soft limit is raised to the hard one by recyclerd, and handed down.
std::optional<std::size_t> limit_of(pid_t process) {
    rlimit limit{};
    if (::prlimit(process, RLIMIT_NOFILE, nullptr, &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY) {
        return std::nullopt; // not ours to read: it is the same in both, unless somebody changed it
    }
    return limit.rlim_cur;
}

} // namespace

std::size_t descriptors_for(const policies::Policy& policy) {
    const std::size_t slots = policy.app.listen.size();
    const std::size_t overlaps =
        std::max(slots::k_most_at_once, slots::max_unavailable(policy.capacity, slots));
    const std::size_t spares = policy.capacity.spares;
    const std::size_t workers = slots + std::min(slots, overlaps) + spares;
    const bool keeps = policy.app.keep_connections != policies::KeepConnections::off;
    const std::size_t for_keeping =
        keeps ? k_of_a_keeping_worker * workers + k_of_a_channel * slots : 0;
    return k_of_the_app + k_of_a_worker * workers + for_keeping + k_of_a_birth * spares +
           k_of_a_place * std::min(slots, k_most_ahead);
}

Result<void> enough_descriptors(const policies::Policy& policy, pid_t keeper) {
    const std::size_t needed = descriptors_for(policy);
    for (const pid_t process : {keeper, ::getpid()}) {
        const auto limit = limit_of(process);
        if (!limit || *limit >= needed) {
            continue;
        }
        return Error{0, "keep " + text::counted_plain(policy.app.listen.size(), "slot") +
                            ": this needs up to " + std::to_string(needed) +
                            " open files, and process " + std::to_string(process) + " may have " +
                            std::to_string(*limit) +
                            ": allow more (LimitNOFILE= in the unit, ulimit -Hn in a shell), or "
                            "have fewer slots"};
    }
    return {};
}

std::optional<std::string> no_descriptor_left() {
    const UniqueFd probe(::open("/dev/null", O_PATH | O_CLOEXEC));
    if (probe || errno != EMFILE) {
        return std::nullopt;
    }
    const std::string process = std::to_string(::getpid());
    return "The daemon has no file descriptor left: process " + process + " may have " +
           std::to_string(limit_of(::getpid()).value_or(0)) +
           ". Until it may have more, it may not be able to replace workers, and records have less "
           "evidence: set LimitNOFILE= in the unit, and for the running daemon use prlimit --pid " +
           process + " --nofile=MORE.";
}

} // namespace recycler::controller
