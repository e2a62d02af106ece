// SPDX-License-Identifier: MIT
#include "recycler/death/proof.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace recycler::death {
namespace {

// Percent. Looks are some time apart: this near its limit, a count may have reached it since.
constexpr std::uint64_t k_nearly_full = 95;
// Likewise, where 5 % is less than one request may open.
constexpr std::uint64_t k_few_files = 3;

bool is_near(std::uint64_t count, std::uint64_t limit) {
    return limit > 0 && count >= limit / 100 * k_nearly_full + limit % 100 * k_nearly_full / 100;
}

bool rose(const std::optional<std::uint64_t>& counter) {
    return counter.value_or(0) > 0;
}

OomSource source_on_v2(const OomV2& oom, const Evidence& evidence) {
    if (!oom.worker_oom_kill) {
        return OomSource::unreadable;
    }
    if (*oom.worker_oom_kill == 0) {
        return OomSource::none;
    }
    if (rose(oom.worker_oom)) {
        return OomSource::worker;
    }
    if (!oom.worker_oom && evidence.memory_max) {
        return OomSource::unclear;
    }
    if (rose(oom.app_oom)) {
        return OomSource::app;
    }
    return !oom.app_oom && evidence.app_max ? OomSource::unclear : OomSource::host;
}

// An eventfd fires for every OOM of a group above it too. So the app's is asked before the
// worker's, and means a group above the app where the app has no limit; a silent one of the worker
// clears both.
OomSource source_on_v1(const OomV1& oom, const Evidence& evidence) {
    if (!oom.worker_oom_kill) {
        return OomSource::unreadable;
    }
    if (*oom.worker_oom_kill == 0) {
        return OomSource::none;
    }
    if (oom.app_eventfd.value_or(false)) {
        return evidence.app_max ? OomSource::app : OomSource::host;
    }
    if (!oom.worker_eventfd) {
        return evidence.memory_max || evidence.app_max ? OomSource::unclear : OomSource::host;
    }
    if (!*oom.worker_eventfd) {
        return OomSource::host;
    }
    return !oom.app_eventfd && evidence.app_max ? OomSource::unclear : OomSource::worker;
}

} // namespace

OomSource oom_source(const Evidence& evidence) {
    if (const auto* v2 = std::get_if<OomV2>(&evidence.oom)) {
        return source_on_v2(*v2, evidence);
    }
    if (const auto* v1 = std::get_if<OomV1>(&evidence.oom)) {
        return source_on_v1(*v1, evidence);
    }
    return OomSource::unreadable;
}

int fatal_signal(const Evidence& evidence) {
    if (!evidence.status) {
        return 0;
    }
    const auto* signalled = std::get_if<Signalled>(&*evidence.status);
    return signalled == nullptr ? 0 : signalled->signal;
}

bool sent_by_another(const Evidence& evidence, int signal) {
    return evidence.sender && evidence.sender->signal == signal &&
           evidence.sender->relation == Relation::other;
}

bool is_crash_signal(int signal) {
    constexpr std::array crashes{SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP};
    return std::ranges::find(crashes, signal) != crashes.end();
}

bool ended_as_ordered(const Evidence& evidence) {
    if (!evidence.order || !evidence.status ||
        std::holds_alternative<NothingSent>(evidence.order->sent)) {
        return false;
    }
    if (std::holds_alternative<Exited>(*evidence.status)) {
        return true;
    }
    const int signal = fatal_signal(evidence);
    if (const auto* stop = std::get_if<StopSent>(&evidence.order->sent)) {
        return signal == stop->signal;
    }
    return signal == SIGKILL || signal == std::get<KillSent>(evidence.order->sent).stop_signal;
}

bool ordered_for(const Evidence& evidence, Purpose purpose) {
    return evidence.order && evidence.order->purpose == purpose;
}

bool was_busy(const Evidence& evidence) {
    return evidence.at_end ? *evidence.at_end == Activity::busy : evidence.in_flight.has_value();
}

bool died_of_memory(const Evidence& evidence, OomSource source) {
    constexpr int shell_told = 128 + SIGKILL; // how a shell says that its command got it
    const bool ordered = ended_as_ordered(evidence);
    const auto* exited = evidence.status ? std::get_if<Exited>(&*evidence.status) : nullptr;
    const bool kernel_ended_it = fatal_signal(evidence) == SIGKILL ||
                                 (ordered && ordered_for(evidence, Purpose::child_oom)) ||
                                 (!ordered && exited != nullptr && exited->status == shell_told);
    return kernel_ended_it && oom_source(evidence) == source;
}

bool was_not_ready(const Evidence& evidence) {
    return ordered_for(evidence, Purpose::not_ready) ||
           (evidence.start_failure && std::holds_alternative<NotReady>(*evidence.start_failure));
}

bool ran_out_of_files(const Circumstances& circumstances) {
    const auto* files = std::get_if<Filled>(&circumstances.open_files);
    return files != nullptr &&
           (is_nearly_full(*files) ||
            (files->limit > k_few_files && files->count >= *files->limit - k_few_files));
}

bool is_nearly_full(const Filled& filled) {
    return filled.limit && is_near(filled.count, *filled.limit);
}

bool is_nearly_full(const Room& room) {
    return room.limit && is_near(room.used.count, room.limit->count);
}

bool served_its_own_count(const Circumstances& circumstances, std::optional<std::uint64_t> served) {
    return circumstances.own_count && served && *served >= circumstances.own_count->most;
}

bool ended_for_want(const Circumstances& circumstances, std::optional<std::uint64_t> served) {
    if (circumstances.accept_refused != 0 || ran_out_of_files(circumstances)) {
        return true;
    }
    // What was refused it once may be long ago, where the program has a reason of its own.
    const auto* refused = std::get_if<std::uint64_t>(&circumstances.tasks_refused);
    const bool wanted =
        (refused != nullptr && *refused > 0) ||
        (circumstances.address_space && is_nearly_full(*circumstances.address_space));
    return wanted && !served_its_own_count(circumstances, served);
}

bool left_by_itself(const Evidence& evidence) {
    if (!evidence.status || !std::holds_alternative<Exited>(*evidence.status) ||
        ended_as_ordered(evidence)) {
        return false;
    }
    const bool between_requests =
        evidence.at_end ? *evidence.at_end == Activity::idle
                        : evidence.recorder == Recorder::present && !evidence.in_flight;
    const bool had_served =
        evidence.readiness != Readiness::starting && evidence.served.value_or(0) > 0;
    return std::get<Exited>(*evidence.status).status == 0 && had_served && between_requests &&
           !evidence.sender && !ended_for_want(evidence.circumstances, evidence.served);
}

} // namespace recycler::death
