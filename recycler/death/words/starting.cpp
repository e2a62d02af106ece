// SPDX-License-Identifier: MIT
// The words for a worker that could not be started, or was not ready in time.
#include "recycler/base/text/escape.hpp"
#include "recycler/death/words/clauses.hpp"
#include "recycler/death/words/hints.hpp"
#include "recycler/death/words/sentence.hpp"
#include "recycler/death/words/words.hpp"

namespace recycler::death {

Telling tell_step_failed(const Evidence& e) {
    const auto& failure = std::get<StepFailed>(*e.start_failure);
    const bool is_interpreter = !failure.missing.empty() && failure.missing != failure.on;
    return {e.worker + " could not be started: step \"" + text::in_ascii(failure.step, 60) + "\"" +
                (failure.on.empty() ? "" : " on " + text::in_ascii(failure.on, 200)) +
                " failed with " + errno_name(failure.error) +
                (is_interpreter ? ": the interpreter in its first line, " +
                                      text::in_ascii(failure.missing, 200) + ", does not exist"
                                : "") +
                ". Recycler tries again at growing intervals.",
            hint_for_step(failure)};
}

Telling tell_not_ready(const Evidence& e) {
    const NotReady* failure = e.start_failure ? std::get_if<NotReady>(&*e.start_failure) : nullptr;
    return {e.worker + " was ended because it was not ready within start.timeout" +
                (failure != nullptr ? " (" + in_words(failure->timeout) + ")" : "") + "." +
                last_words(e),
            "Start the command by hand as app.user. If it only needs more time, raise "
            "start.timeout; if it never calls accept(), see start.ready."};
}

} // namespace recycler::death
