// SPDX-License-Identifier: MIT
#include "recycler/request/fates.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::request {
namespace {

// A program that leaves within a request ends the answer on its way out (FCGI.pm does), and is gone
// within this.
constexpr Duration k_on_its_way_out = std::chrono::seconds(1);

using Found = std::vector<RequestAtEnd>;

bool is_same_life(const Process& a, const Process& b) {
    return a.pid == b.pid && a.claimed_at == b.claimed_at;
}

void add_nameless(Found& found, std::uint32_t count, Fate fate) {
    if (count > 0) {
        found.push_back({.request = std::nullopt, .fate = fate, .count = count});
    }
}

void add_running(Found& found, const Process& process) {
    if (process.in_flight > 0) {
        found.push_back({.request = process.oldest, .fate = Fate::cut_off});
        add_nameless(found, process.in_flight - 1, Fate::cut_off);
    }
}

Fate fate_after_order(Over how) {
    switch (how) {
    case Over::answered:
        return Fate::answered_late;
    case Over::empty:
    case Over::given_up:
        return Fate::cut_off;
    case Over::unknown:
        break;
    }
    return Fate::unknown;
}

// What a process has done between our order and its end, by its sums.
struct Since {
    std::uint64_t answered = 0;
    std::uint64_t given_up = 0;

    [[nodiscard]] Fate fate() const {
        if (given_up == 0) {
            return answered > 0 ? Fate::answered_late : Fate::unknown;
        }
        return answered == 0 ? Fate::cut_off : Fate::unknown;
    }
};

std::uint64_t given_up_by(const Process& process) {
    return process.begun - process.served - process.in_flight;
}

std::uint64_t risen(std::uint64_t before, std::uint64_t now) {
    return now > before ? now - before : 0; // a worker may write anything
}

Since since_order(const Process& then, const Process& now) {
    return {.answered = risen(then.served, now.served),
            .given_up = risen(given_up_by(then), given_up_by(now))};
}

// Those that were in flight at our order, and are not any more.
void add_over(Found& found, const EndSeen& seen, const Process& then) {
    const auto now = std::ranges::find_if(
        seen.processes, [&](const Process& each) { return is_same_life(each, then); });
    if (now == seen.processes.end()) {
        found.push_back({.request = then.oldest, .fate = Fate::unknown});
        return add_nameless(found, then.in_flight - 1, Fate::unknown);
    }
    const Since since = since_order(then, *now);
    const bool oldest_runs = now->oldest && then.oldest && now->oldest->since == then.oldest->since;
    if (!oldest_runs && now->in_flight < then.in_flight) {
        const auto last = last_request(seen.page, *now);
        const bool is_last = last && then.oldest && last->request.since == then.oldest->since;
        found.push_back({.request = then.oldest,
                         .until = is_last ? last->until : std::nullopt,
                         .fate = is_last ? fate_after_order(last->how) : since.fate(),
                         .how = is_last ? last->how : Over::unknown});
    }
    const std::uint32_t others = then.in_flight - 1;
    const std::uint32_t still = now->in_flight - (oldest_runs ? 1 : 0);
    add_nameless(found, others - std::min(others, still), since.fate());
}

Leaving leaving_of(const EndSeen& seen, const Process& process) {
    const bool told = seen.leaving == Leaving::told || seen.leaving == Leaving::told_busy;
    if (told || !process.exited) {
        return seen.leaving;
    }
    return *process.exited == 0 ? Leaving::left : Leaving::exited;
}

// The last request of a process that was not told to end within it.
std::optional<Fate> fate_of_last(const EndSeen& seen, Leaving leaving, const LastRequest& last) {
    if (leaving == Leaving::told) {
        return std::nullopt;
    }
    if (leaving == Leaving::told_busy) { // by a controller before
        return fate_after_order(last.how);
    }
    const bool by_itself = leaving == Leaving::left || leaving == Leaving::exited;
    const bool cut = last.how == Over::empty || last.how == Over::given_up ||
                     (last.how == Over::unknown && seen.gave_up);
    if (cut) {
        return by_itself ? std::optional(Fate::cut_off) : std::nullopt;
    }
    if (last.how == Over::unknown || leaving == Leaving::left) {
        return std::nullopt;
    }
    const bool in_the_end = last.until && seen.at - *last.until <= k_on_its_way_out;
    return leaving == Leaving::exited && in_the_end ? Fate::unknown : Fate::answered;
}

void add_last(Found& found, const EndSeen& seen, const Process& process) {
    const bool told_of = std::ranges::any_of(
        seen.at_order, [&](const Process& then) { return is_same_life(then, process); });
    const auto last =
        told_of || process.in_flight > 0 ? std::nullopt : last_request(seen.page, process);
    const auto fate = last && last->is_latest ? fate_of_last(seen, leaving_of(seen, process), *last)
                                              : std::nullopt;
    if (fate) {
        found.push_back(
            {.request = last->request, .until = last->until, .fate = *fate, .how = last->how});
    }
}

// Unknown times last.
bool is_older(const RequestAtEnd& a, const RequestAtEnd& b) {
    const auto time = [](const RequestAtEnd& each) {
        const bool known = each.request && each.request->since != MonoTime{};
        return known ? each.request->since : MonoTime::max();
    };
    return time(a) < time(b);
}

} // namespace

std::vector<RequestAtEnd> requests_at_end(const EndSeen& seen) {
    Found found;
    for (const Process& process : seen.processes) {
        add_running(found, process);
        add_last(found, seen, process);
    }
    for (const Process& then : seen.at_order) {
        add_over(found, seen, then);
    }
    std::ranges::stable_sort(found, is_older);
    return found;
}

} // namespace recycler::request
