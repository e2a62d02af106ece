// SPDX-License-Identifier: MIT
#include "recycler/death/cause.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/words.hpp"

#include <variant>

namespace recycler::death {
namespace {

constexpr std::size_t k_longest_word = 60;

} // namespace

std::string by_which_child(const Evidence& e) {
    return e.chosen_child ? ", by its child " + text::in_ascii(e.chosen_child->comm, 16) : "";
}

std::string signal_of_whom(const Evidence& e) {
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

std::string signal_of_crash(const Evidence& e) {
    return signal_name(fatal_signal(e));
}

std::string call_forbidden(const Evidence& e) {
    return e.syscall ? text::in_ascii(*e.syscall, k_longest_word) : "an unknown system call";
}

std::string step_of_start(const Evidence& e) {
    const auto& step = std::get<StepFailed>(*e.start_failure);
    const std::string name = errno_name(step.error);
    return text::in_ascii(step.step, k_longest_word) + ": " + name.substr(0, name.find(' '));
}

std::string status_of_exit(const Evidence& e) {
    const std::string status = "status " + std::to_string(std::get<Exited>(*e.status).status);
    const int refused = e.circumstances.accept_refused;
    if (refused == 0) {
        return status;
    }
    const std::string name = errno_name(refused);
    return status + " after " + name.substr(0, name.find(' ')) + " in accept()";
}

std::string what_cut_it_off(const Evidence& e) {
    return ordered_for(e, Purpose::drain_cut) ? "drain.timeout" : "ended at once";
}

} // namespace recycler::death
