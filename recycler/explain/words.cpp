// SPDX-License-Identifier: MIT
#include "recycler/explain/words.hpp"

#include "recycler/base/text/plural.hpp"

#include <algorithm>
#include <array>

namespace recycler::explain {

namespace {

// "11:55:02 UTC".
std::string clock_of(WallTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
    const auto two = [](std::int64_t number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    return two(time.hours().count()) + ":" + two(time.minutes().count()) + ":" +
           two(time.seconds().count()) + " UTC";
}

std::string worker_of(SlotIndex slot, std::uint32_t generation, const History& history) {
    return history.slots().at(slot).name + "." + std::to_string(generation);
}

std::string of_trigger(const std::string& trigger) {
    return "(" + (trigger.empty() ? "unknown" : trigger) + ")";
}

// "start-failed" says that it was a start; of other verdicts it has to be said.
std::string failure_of(const Vacancy& vacancy, const History& history) {
    if (!vacancy.failed) {
        return {};
    }
    const FailedStart& failed = *vacancy.failed;
    const bool told = failed.verdict.starts_with("start-");
    return worker_of(vacancy.slot, failed.generation, history) + " " + failed.verdict +
           (told ? "" : " before it was ready");
}

// "34,776 bytes", "4,096 to 34,776 bytes".
std::string bytes_of(const Progress& progress) {
    const std::string most = text::counted(progress.most.value_or(0), "byte");
    return progress.least == progress.most
               ? most
               : text::grouped(progress.least.value_or(0)) + " to " + most;
}

// How far it came, and for how long nothing came behind that.
std::string in_words(const Progress& progress, bool by_client) {
    std::string words = by_client ? "the client read no more of its answer" : "its answer stopped";
    if (progress.most) {
        words += " after " + bytes_of(progress);
    }
    if (progress.waited) {
        const auto seconds = std::chrono::round<std::chrono::seconds>(*progress.waited);
        words += ", nothing for " + std::to_string(seconds.count()) + " s";
    }
    return words;
}

struct ConnectWords {
    Cause cause;
    std::string_view words;
};
// What the system said is not what a gate says.
constexpr std::array k_connect_words{
    ConnectWords{Cause::not_permitted, "the balancer may not connect"},
    ConnectWords{Cause::no_local_port, "the balancer has no port left"},
    ConnectWords{Cause::unreachable, "the address cannot be reached"},
    ConnectWords{Cause::no_handshake, "not connected in time"},
    ConnectWords{Cause::queue_full, "its queue was full"},
    ConnectWords{Cause::no_socket, "its socket file was missing"},
    ConnectWords{Cause::balancer_limit, "the balancer had nothing left to connect with"}};

std::string_view of_connect(Cause cause) {
    const auto found = std::ranges::find(k_connect_words, cause, &ConnectWords::cause);
    return found == k_connect_words.end() ? std::string_view() : found->words;
}

} // namespace

void Progress::add(const Entry& entry) {
    if (entry.said != Said::unfinished) {
        return;
    }
    if (entry.bytes) {
        least = std::min(least.value_or(*entry.bytes), *entry.bytes);
        most = std::max(most.value_or(0), *entry.bytes);
    }
    waited = std::max(waited, entry.waited);
}

std::string in_words(const Closing& closing) {
    switch (closing.what_for) {
    case ClosedFor::drain:
        return "drained by an operator";
    case ClosedFor::recycle:
        return "recycled " + of_trigger(closing.trigger);
    case ClosedFor::hung:
        return "ending a hung worker";
    case ClosedFor::stuck:
        return "ending a stuck worker";
    case ClosedFor::restart:
        return "starting after a death";
    case ClosedFor::brake:
        return "braked";
    case ClosedFor::stop:
        return "stopping";
    }
    return {};
}

std::string in_words(const Vacancy& vacancy, const History& history) {
    const std::string failure = failure_of(vacancy, history);
    const bool over = vacancy.until != WallTime::max();
    switch (vacancy.what_for) {
    case VacantFor::start:
        return "no worker: it was starting";
    case VacantFor::failing:
        return "no worker: " + failure;
    case VacantFor::brake:
        return "no worker: the brake delayed the next start" +
               (over ? " until " + clock_of(vacancy.until) : "") +
               (failure.empty() ? "" : ", " + failure);
    case VacantFor::recycle:
        return "no worker yet: the slot was being recycled " + of_trigger(vacancy.trigger);
    }
    return {};
}

std::string in_words(Said said, Cause cause, const Progress& progress) {
    if (said == Said::unfinished) {
        return in_words(progress, cause == Cause::client);
    }
    if (said == Said::died && cause == Cause::bad_answer) {
        return "closed without a whole answer, and it lived on";
    }
    if (said == Said::died && cause == Cause::unfinished) {
        return std::string(in_words(Said::unfinished));
    }
    const bool failed =
        said == Said::refused || said == Said::timed_out || cause == Cause::queue_full;
    const std::string_view words = failed ? of_connect(cause) : std::string_view();
    return std::string(words.empty() ? in_words(said) : words);
}

std::string in_words(const Explanation& why, const Entry& entry, const History& history) {
    std::string words(to_string(why.cause));
    if (why.death) {
        const Death& death = history.deaths()[*why.death];
        words = worker_of(death.slot, death.generation, history) + " " + death.verdict;
        if (!death.uri.empty()) {
            words +=
                " while serving " + death.method + (death.method.empty() ? "" : " ") + death.uri;
        }
        return words;
    }
    if (why.slot) {
        words += " " + history.slots().at(*why.slot).name;
    }
    if (why.closing) {
        words += " " + in_words(history.closings()[*why.closing]);
    } else if (why.vacancy) {
        words += " " + in_words(history.vacancies()[*why.vacancy], history);
    } else if (why.cause != Cause::balancer && why.cause != Cause::no_history) {
        Progress progress;
        progress.add(entry);
        words += ": " + in_words(entry.said, why.cause, progress);
    }
    return words;
}

} // namespace recycler::explain
