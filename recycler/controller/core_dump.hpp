// Where the core dump of a crashed worker is, or why there is none: by how it ended, and by what
// the kernel does with core dumps. systemd-coredump keeps them and tells the journal of each, some
// time after the end. Reads nothing but the kernel's setting.
#pragma once

#include "policies/policy.hpp"
#include "recycler/death/evidence.hpp"
#include "recycler/keeper/news.hpp"
#include "systemd/journal_reader.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::controller {

// What is known so far: nobody has looked; systemd-coredump has been given it, and the journal is
// being asked; or all that there is to know: nothing, if no core was to be expected.
struct CoreUnknown {};
struct CoreAsked {};
using CoreKnown = std::optional<death::Core>;
using CoreKnowledge = std::variant<CoreUnknown, CoreAsked, CoreKnown>;

// /proc/sys/kernel/core_pattern (core(5)); empty when it cannot be read.
[[nodiscard]] std::string core_pattern();

// What is known without asking: CoreAsked says that the journal is to be asked.
[[nodiscard]] std::variant<CoreAsked, CoreKnown>
core_of(const keeper::Exit& exit, const std::string& pattern, const policies::Policy& policy);

// For systemd-coredump's entry of this process, which began at `since`: waits some seconds for it.
// Its entries come from root or, since it gives up root's rights on the way, from the worker's
// user.
struct CrashedProcess {
    pid_t pid = 0;
    std::uint32_t uid = 0;
    WallTime since;
};
[[nodiscard]] systemd::JournalQuery core_query(const CrashedProcess& process);
// What its answer tells.
[[nodiscard]] death::Core core_in(const Result<systemd::JournalEntries>& answer, pid_t pid);

} // namespace recycler::controller
