// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/child_end.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/death/words/words.hpp"
#include "recycler/request/fates.hpp"

#include <algorithm>
#include <sys/wait.h>

namespace recycler::controller {

namespace {

// By the kernel's word, else by that of its recorder, which sees no signal.
struct ChildExit {
    std::optional<int> signal;
    std::optional<int> status;
};

ChildExit exit_of_child(const GoneChild& child) {
    if (const auto told = child.wait_status) {
        return WIFSIGNALED(*told) ? ChildExit{.signal = WTERMSIG(*told), .status = {}}
                                  : ChildExit{.signal = {}, .status = WEXITSTATUS(*told)};
    }
    return {.signal = {},
            .status = child.process && child.process->exited
                          ? std::optional(static_cast<int>(*child.process->exited))
                          : std::nullopt};
}

request::Leaving leaving_of_child(const ChildExit& exit) {
    return !exit.status        ? request::Leaving::signalled
           : *exit.status == 0 ? request::Leaving::left
                               : request::Leaving::exited;
}

std::string way_out_in_words(const ChildExit& exit) {
    if (exit.signal) {
        return death::signal_name(*exit.signal) + " ended it";
    }
    return exit.status ? "it ended by itself with status " + std::to_string(*exit.status)
                       : "it ended";
}

std::string named(const request::InFlight& request) {
    return request.uri.empty() ? "a request of which only the beginning had arrived"
                               : request.method + " " + request.uri;
}

std::string doings_in_words(const GoneChild& child, const std::vector<request::RequestAtEnd>& found,
                            std::uint64_t cut) {
    if (!child.process) {
        return "; what it was doing is not known";
    }
    const auto known = std::ranges::find_if(
        found, [](const request::RequestAtEnd& each) { return each.request.has_value(); });
    const std::string was_cut =
        "; " + text::counted_plain(cut, "request") + (cut == 1 ? " was" : " were") + " cut off";
    if (known == found.end()) {
        return cut > 0 ? was_cut : " between two requests";
    }
    const std::string request = named(*known->request);
    switch (known->fate) {
    case Fate::cut_off:
        return " while it served " + request + was_cut;
    case Fate::unknown:
        return " just as it ended its answer to " + request +
               "; whether that answer was complete is not known";
    case Fate::answered:
    case Fate::answered_late:
        break;
    }
    return " after its answer to " + request;
}

} // namespace

std::optional<EventMembers> death_of_child(const LiveWorker& worker, const GoneChild& child,
                                           MonoTime now) {
    const ChildExit exit = exit_of_child(child);
    std::vector<request::RequestAtEnd> found;
    if (child.process && worker.page) {
        found = request::requests_at_end({.page = worker.page->bytes(),
                                          .processes = {*child.process},
                                          .at_order = {},
                                          .leaving = leaving_of_child(exit),
                                          .at = now});
    }
    std::uint64_t cut = 0;
    for (const request::RequestAtEnd& each : found) {
        cut += each.fate == Fate::cut_off ? each.count : 0;
    }
    if (exit.status == 0 && cut == 0) {
        return std::nullopt;
    }
    EventMembers members{{"pid", std::int64_t{child.pid}}};
    if (exit.signal) {
        members.emplace_back("signal", death::signal_name(*exit.signal));
    } else if (exit.status) {
        members.emplace_back("status", std::int64_t{*exit.status});
    }
    members.emplace_back("requests_cut", static_cast<std::int64_t>(cut));
    if (!found.empty() && found.front().request) {
        members.emplace_back("method", found.front().request->method);
        members.emplace_back("uri", found.front().request->uri);
    }
    const bool is_known = exit.signal || exit.status;
    members.emplace_back("text", way_out_in_words(exit) + doings_in_words(child, found, cut) +
                                     (is_known ? "" : "; how it ended is not known"));
    return members;
}

} // namespace recycler::controller
