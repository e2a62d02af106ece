// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/core_dump.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/controller/workers/launching.hpp"
#include "recycler/death/stack_trace.hpp"
#include "recycler/worker/listen/folder.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sys/stat.h>

namespace recycler::controller {

namespace {

// sd-messages.h, SD_MESSAGE_COREDUMP.
constexpr const char* k_coredump_message = "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1";
// The worker ends for us when systemd-coredump has read it; what follows is compression and one
// entry.
constexpr Duration k_told_within = std::chrono::seconds(10);

// signal(7), "Core".
bool dumps_core(int signal) {
    constexpr std::array signals{SIGABRT, SIGBUS, SIGFPE,  SIGILL,  SIGQUIT,
                                 SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
    return std::ranges::find(signals, signal) != signals.end();
}

bool is_number(const std::string& text) {
    return text.size() <= 20 && text::is_all_digits(text);
}

death::NoCore why_none(const std::string& pattern, const policies::Policy& policy,
                       const CoreGround& ground) {
    const bool by_a_program = pattern.starts_with('|');
    if (policy.limits.core == Bytes{0} && !by_a_program) {
        return {"limits.core is 0"};
    }
    if (ground.most == 0 && !by_a_program) {
        return {"the hard limit of core dumps of the daemon is 0, and so of its workers",
                "To get one the next time, raise that limit: LimitCORE= in the unit, or ulimit "
                "-Hc in the shell that starts recyclerd."};
    }
    if (pattern.empty()) {
        return {"kernel.core_pattern is empty"};
    }
    if (!ground.fault.empty()) {
        return {ground.fault + ", where kernel.core_pattern (" + pattern + ") puts it",
                "To get one the next time, set kernel.core_pattern (sysctl) to a path in a folder "
                "to which app.user may write."};
    }
    return {"the kernel could not write one; kernel.core_pattern is " + pattern};
}

} // namespace

// Where an absolute path leads this process need not see; a program that gets it has a place of its
// own.
CoreGround core_ground(const std::string& pattern, const policies::Policy& policy,
                       const worker::Account& account) {
    CoreGround ground{.most = hard_limits().core};
    if (pattern.starts_with('/') || pattern.starts_with('|') || pattern.empty()) {
        return ground;
    }
    const std::size_t slash = pattern.rfind('/');
    const std::string folder =
        policy.app.directory + (slash == std::string::npos ? "" : "/" + pattern.substr(0, slash));
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        ground.fault = errno == ENOENT ? "there is no folder " + folder : "";
    } else if (!worker::may(status, account, S_IWOTH) || !worker::may(status, account, S_IXOTH)) {
        ground.fault = "user " + account.name + " may not write to the folder " + folder;
    }
    return ground;
}

std::string core_pattern() {
    std::ifstream file("/proc/sys/kernel/core_pattern");
    std::string pattern;
    std::getline(file, pattern);
    return pattern;
}

std::variant<CoreAsked, CoreKnown> core_of(const keeper::Exit& exit, const std::string& pattern,
                                           const policies::Policy& policy,
                                           const CoreGround& ground) {
    if (exit.code == CLD_EXITED || !dumps_core(exit.status)) {
        return CoreKnown();
    }
    if (exit.code != CLD_DUMPED) {
        return CoreKnown(why_none(pattern, policy, ground));
    }
    if (!pattern.starts_with('|')) {
        return CoreKnown(
            death::CoreDumped{.where = "a file named by kernel.core_pattern, " + pattern +
                                       ", seen from " + policy.app.directory,
                              .why_no_frames = "Recycler does not read the dump; gdb does"});
    }
    if (pattern.find("systemd-coredump") == std::string::npos) {
        return CoreKnown(
            death::CoreDumped{.where = "given to the program in kernel.core_pattern, " + pattern,
                              .why_no_frames = "that program does not pass them on"});
    }
    return CoreAsked();
}

std::optional<std::uint32_t> core_dump_user() {
    const auto account = worker::resolve_account("systemd-coredump", "");
    return account ? std::optional(account->uid) : std::nullopt;
}

systemd::JournalQuery core_query(const CrashedProcess& process) {
    systemd::JournalMatches matches{k_coredump_message,
                                    "COREDUMP_PID=" + std::to_string(process.pid), "_UID=0"};
    for (const std::uint32_t user : process.dumpers) {
        matches.push_back("_UID=" + std::to_string(user));
    }
    return {.matches = matches,
            .fields = {"COREDUMP_TIMESTAMP", "MESSAGE"},
            .since = process.since,
            .limit = 2,
            .awaited = matches,
            .patience = k_told_within};
}

// The oldest of several is ours: the number can be another process's only after it was ours.
death::Core core_in(const Result<systemd::JournalEntries>& answer, pid_t pid) {
    const std::string wanted = "COREDUMP_PID=" + std::to_string(pid);
    if (!answer || answer->empty()) {
        return death::CoreDumped{
            .where = "coredumpctl info " + wanted +
                     " (systemd-coredump got it; 10s later the journal did not show it)",
            .why_no_frames = answer ? "the journal does not show it" : answer.error().message()};
    }
    const systemd::JournalEntry& entry = answer->back();
    const auto at = entry.find("COREDUMP_TIMESTAMP");
    const bool exact = at != entry.end() && is_number(at->second);
    death::CoreDumped dumped{.where = "coredumpctl info " + wanted +
                                      (exact ? " COREDUMP_TIMESTAMP=" + at->second : "")};
    if (const auto message = entry.find("MESSAGE"); message != entry.end()) {
        dumped.frames = death::frames_in(message->second);
    }
    if (dumped.frames.empty()) {
        dumped.why_no_frames = "systemd-coredump had none (it needs libdw1, and a dump below "
                               "ProcessSizeMax of coredump.conf)";
    }
    return dumped;
}

} // namespace recycler::controller
