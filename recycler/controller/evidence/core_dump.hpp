// SPDX-License-Identifier: MIT
// Where the core dump of a crashed worker is, or why there is none: by how it ended, and by what
// the kernel does with core dumps. systemd-coredump keeps them and tells the journal of each, some
// time after the end. Reads nothing but the kernel's setting, and looks at one folder.
#pragma once

#include "policies/policy.hpp"
#include "recycler/death/evidence.hpp"
#include "recycler/keeper/protocol/news.hpp"
#include "recycler/worker/spawn/account.hpp"
#include "systemd/journal_reader.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::controller {

// What is known so far: nobody has looked; systemd-coredump has been given it, and the journal is
// being asked; or all that there is to know: nothing, if no core was to be expected.
struct CoreUnknown {};
struct CoreAsked {};
using CoreKnown = std::optional<death::Core>;
using CoreKnowledge = std::variant<CoreUnknown, CoreAsked, CoreKnown>;

// /proc/sys/kernel/core_pattern (core(5)); empty when it cannot be read.
[[nodiscard]] std::string core_pattern();

// What would keep the kernel from writing a core dump of a worker.
struct CoreGround {
    std::uint64_t most = UINT64_MAX; // bytes: the hard limit of the daemon
    std::string fault{};             // of the folder that the pattern names, seen from the worker's
};
[[nodiscard]] CoreGround core_ground(const std::string& pattern, const policies::Policy& policy,
                                     const worker::Account& account);

// What is known without asking: CoreAsked says that the journal is to be asked.
[[nodiscard]] std::variant<CoreAsked, CoreKnown> core_of(const keeper::Exit& exit,
                                                         const std::string& pattern,
                                                         const policies::Policy& policy,
                                                         const CoreGround& ground = {});

// The user named like systemd-coredump. It gives up root's rights on the way: to become the
// worker's user or, for one that is no person's (www-data), this one. Asks the machine's directory
// of users, which may take its time.
[[nodiscard]] std::optional<std::uint32_t> core_dump_user();

// For systemd-coredump's entry of this process, which began at `since`: waits some seconds for it.
struct CrashedProcess {
    pid_t pid = 0;
    std::vector<std::uint32_t> dumpers; // who may tell of it besides root
    WallTime since;
};
[[nodiscard]] systemd::JournalQuery core_query(const CrashedProcess& process);
// What its answer tells.
[[nodiscard]] death::Core core_in(const Result<systemd::JournalEntries>& answer, pid_t pid);

} // namespace recycler::controller
