// SPDX-License-Identifier: MIT
#include "recycler/death/cause.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/words.hpp"

#include <variant>

namespace recycler::death {
namespace {

constexpr std::size_t k_longest_word = 60;

std::string of_memory(const char* limit, const Evidence& e) {
    return e.chosen_child
               ? std::string(limit) + ", by its child " + text::in_ascii(e.chosen_child->comm, 16)
               : limit;
}

std::string of_signal(const Evidence& e) {
    const std::string signal = signal_name(fatal_signal(e));
    if (!e.sender || e.sender->signal != fatal_signal(e)) {
        return signal + " from an unknown sender";
    }
    if (e.sender->relation == Relation::itself) {
        return signal + " from itself";
    }
    const std::string name = e.sender->comm.empty()
                                 ? "a process that was gone at once"
                                 : text::in_ascii(e.sender->comm, k_longest_word);
    return signal + " from " + name +
           (e.sender->unit.empty() ? "" : " in " + text::in_ascii(e.sender->unit, k_longest_word));
}

std::string of_start(const Evidence& e) {
    const auto* step = e.start_failure ? std::get_if<StepFailed>(&*e.start_failure) : nullptr;
    if (step == nullptr) {
        return "start.timeout";
    }
    const std::string name = errno_name(step->error);
    return text::in_ascii(step->step, k_longest_word) + ": " + name.substr(0, name.find(' '));
}

std::string of_exit(const Evidence& e) {
    return "status " + std::to_string(std::get<Exited>(*e.status).status);
}

} // namespace

std::optional<std::string> cause_of(Verdict verdict, const Evidence& e) {
    switch (verdict) {
    case Verdict::oom_worker:
        return of_memory("memory.max", e);
    case Verdict::oom_app:
        return of_memory("memory.app_max", e);
    case Verdict::oom_host:
        return of_memory("memory outside the app", e);
    case Verdict::killed:
        return of_signal(e);
    case Verdict::crashed:
        return signal_name(fatal_signal(e));
    case Verdict::forbidden_syscall:
        return e.syscall ? text::in_ascii(*e.syscall, k_longest_word) : "an unknown system call";
    case Verdict::exited:
        return of_exit(e);
    case Verdict::start_failed:
        return of_start(e);
    case Verdict::hung:
        return "recycle.hung";
    case Verdict::stuck:
        return "recycle.stuck";
    case Verdict::drain_cut:
        return ordered_for(e, Purpose::drain_cut) ? "drain.timeout" : "ended at once";
    case Verdict::recycled:
    case Verdict::stopped:
    case Verdict::left:
    case Verdict::unknown:
        break;
    }
    return std::nullopt;
}

} // namespace recycler::death
