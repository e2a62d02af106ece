// SPDX-License-Identifier: MIT
#include "recycler/explain/join.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace recycler::explain {

namespace {

using std::chrono::milliseconds;

// Clocks are read at different moments: the balancer's when it wakes, ours when the keeper is told.
constexpr Duration k_slack = milliseconds(300);
// A worker that waited for a place to start has let its balancer wait, too.
constexpr Duration k_follows = std::chrono::minutes(5);
// The recorder keeps the beginning of a long one.
constexpr std::size_t k_cut_uri = 100;

bool same_uri(std::string_view line, std::string_view record) {
    if (line.empty() || record.empty()) {
        return false;
    }
    if (record.ends_with("...")) {
        record.remove_suffix(3);
    }
    const std::size_t length = std::min(line.size(), record.size());
    const bool whole = line.size() == record.size();
    return (whole || length >= k_cut_uri) && line.substr(0, length) == record.substr(0, length);
}

// How far apart two spans of time are; zero where they touch.
Duration distance(const Entry& entry, WallTime from, WallTime until) {
    if (until < entry.at) {
        return entry.at - until;
    }
    const WallTime last = entry.at + entry.span;
    return from > last ? from - last : Duration::zero();
}

// For how long both last.
Duration overlap(const Entry& entry, WallTime from, WallTime until) {
    const Duration both = std::min(entry.at + entry.span, until) - std::max(entry.at, from);
    return std::max(both, Duration::zero());
}

// Those of a sorted list whose time is from `from` to `until`.
template <typename Things, typename Time>
std::pair<std::vector<std::size_t>::const_iterator, std::vector<std::size_t>::const_iterator>
within(const std::vector<std::size_t>& list, const Things& things, Time time,
       std::pair<WallTime, WallTime> span) {
    const auto at = [&](std::size_t index) { return things[index].*time; };
    return {std::ranges::lower_bound(list, span.first, {}, at),
            std::ranges::upper_bound(list, span.second, {}, at)};
}

// How long, at its end, it had let wait who waited for it.
Duration held_for(const Death& death) {
    return std::max(death.running, death.unserved);
}

bool is_planned(const Death& death) {
    return death.verdict == "recycled" || death.verdict == "stopped";
}

} // namespace

Cause cause_of(ClosedFor what_for) {
    switch (what_for) {
    case ClosedFor::drain:
    case ClosedFor::recycle:
    case ClosedFor::hung:
    case ClosedFor::stuck:
        return Cause::gate;
    case ClosedFor::restart:
        return Cause::restart;
    case ClosedFor::brake:
        return Cause::brake;
    case ClosedFor::stop:
        return Cause::stop;
    }
    return Cause::gate;
}

std::string_view to_string(Cause cause) {
    constexpr std::array<std::string_view, k_cause_count> names{
        "death",          "gate",        "restart",    "brake",       "stop",
        "no-daemon",      "slow",        "bad-answer", "worker-said", "client",
        "other-upstream", "unexplained", "no-history", "balancer"};
    return names[static_cast<std::size_t>(cause)];
}

Category category_of(Cause cause) {
    switch (cause) {
    case Cause::worker_said:
    case Cause::client:
    case Cause::other_upstream:
        return Category::not_ours;
    case Cause::unexplained:
    case Cause::no_history:
        return Category::unexplained;
    case Cause::balancer:
        return Category::beside;
    case Cause::death:
    case Cause::gate:
    case Cause::restart:
    case Cause::brake:
    case Cause::stop:
    case Cause::no_daemon:
    case Cause::slow:
    case Cause::bad_answer:
        return Category::explained;
    }
    return Category::explained;
}

Join::Join(const History& history)
    : history_(history), explained_(history.deaths().size()), deaths_of_(history.slots().size()),
      closings_of_(history.slots().size()), last_of_(history.slots().size()) {
    for (std::size_t i = 0; i < history.deaths().size(); ++i) {
        deaths_of_[history.deaths()[i].slot].push_back(i);
        all_deaths_.push_back(i);
        longest_hold_ = std::max(longest_hold_, held_for(history.deaths()[i]));
    }
    for (std::size_t i = 0; i < history.closings().size(); ++i) {
        closings_of_[history.closings()[i].slot].push_back(i);
        all_closings_.push_back(i);
    }
}

std::optional<SlotIndex> Join::slot_of(const Entry& entry) {
    if (!entry.server.empty()) {
        return history_.slots().find_server(entry.server);
    }
    if (entry.address.empty()) {
        return std::nullopt;
    }
    if (entry.address != last_address_) {
        last_found_ = history_.slots().find_address(entry.address);
        last_address_ = entry.address;
    }
    return last_found_;
}

bool Join::is_known(const Entry& entry) const {
    return !history_.empty() && entry.at + entry.span + k_slack >= history_.begin();
}

Explanation Join::explain(const Entry& entry) {
    if (!speaks_of_backend(entry.said)) {
        return {.cause = entry.said == Said::client_left   ? Cause::client
                         : entry.said == Said::worker_said ? Cause::worker_said
                                                           : Cause::balancer};
    }
    const auto slot = slot_of(entry);
    if (!slot && !entry.address.empty() && !history_.empty()) {
        return {.cause = Cause::other_upstream};
    }
    Explanation why = of_backend(entry, slot);
    why.slot = why.slot ? why.slot : slot;
    if (why.death) {
        why.slot = history_.deaths()[*why.death].slot;
        explained_[*why.death] += entry.attempts;
    } else if (why.closing) {
        why.slot = history_.closings()[*why.closing].slot;
    }
    if (entry.said != Said::put_back && category_of(why.cause) == Category::explained) {
        last_ = Trouble{entry.at, why};
        if (why.slot) {
            last_of_[*why.slot] = last_;
        }
    }
    return why;
}

Explanation Join::of_backend(const Entry& entry, std::optional<SlotIndex> slot) {
    if (!is_known(entry)) {
        return {.cause = Cause::no_history};
    }
    if (entry.said == Said::refused) {
        return refused(entry, slot);
    }
    if (entry.said == Said::timed_out) {
        return timed_out(entry, slot);
    }
    if (entry.said == Said::died || entry.said == Said::bad_answer) {
        if (const auto death = death_for(entry, slot)) {
            return {.cause = Cause::death, .death = death}; // an answer is cut off in the middle
        }
        return {.cause = entry.said == Said::died ? Cause::unexplained : Cause::bad_answer};
    }
    return followed(entry, slot);
}

std::optional<std::size_t> Join::death_for(const Entry& entry,
                                           std::optional<SlotIndex> slot) const {
    const auto [first, last] =
        within(slot ? deaths_of_[*slot] : all_deaths_, history_.deaths(), &Death::at,
               {entry.at - k_slack, entry.at + entry.span + k_slack});
    std::optional<std::size_t> best;
    std::tuple<bool, bool, bool, std::uint32_t, Duration> best_rank;
    for (auto each = first; each != last; ++each) {
        const Death& death = history_.deaths()[*each];
        const std::tuple rank{!same_uri(entry.uri, death.uri), is_planned(death), death.uri.empty(),
                              explained_[*each], distance(entry, death.at, death.at)};
        if (!best || rank < best_rank) {
            best = *each;
            best_rank = rank;
        }
    }
    return best;
}

// A worker that was ended later, in the middle of a request that was running at that time, or while
// it took nobody.
std::optional<std::size_t> Join::hang_for(const Entry& entry, std::optional<SlotIndex> slot) const {
    const auto [first, last] =
        within(slot ? deaths_of_[*slot] : all_deaths_, history_.deaths(), &Death::at,
               {entry.at - k_slack, entry.at + entry.span + longest_hold_ + k_slack});
    for (const bool by_uri : {true, false}) {
        for (auto each = first; each != last; ++each) {
            const Death& death = history_.deaths()[*each];
            const bool held = !death.uri.empty() || death.unserved > Duration::zero();
            const bool ran = distance(entry, death.at - held_for(death), death.at) <= k_slack;
            const bool fits =
                by_uri ? same_uri(entry.uri, death.uri) : slot.has_value() || entry.uri.empty();
            if (ran && fits && held && !is_planned(death)) {
                return *each;
            }
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> Join::closing_for(const Entry& entry,
                                             std::optional<SlotIndex> slot) const {
    const auto& list = slot ? closings_of_[*slot] : all_closings_;
    const auto [first, last] = within(list, history_.closings(), &Closing::from,
                                      {WallTime::min(), entry.at + entry.span + k_slack});
    std::optional<std::size_t> best;
    std::pair<Duration, Duration> best_rank{k_slack, {}};
    // The last ones first: one slot's closings never overlap. Of all slots, a bounded number.
    std::size_t looked_at = 0;
    for (auto each = last; each != first && looked_at < 64; ++looked_at) {
        const Closing& closing = history_.closings()[*--each];
        const std::pair rank{distance(entry, closing.from, closing.until),
                             -overlap(entry, closing.from, closing.until)};
        if (rank <= best_rank) {
            best = *each;
            best_rank = rank;
        }
        if (slot && closing.until < entry.at - k_slack) {
            break;
        }
    }
    return best;
}

bool Join::daemon_ran(const Entry& entry, std::optional<SlotIndex> slot) const {
    return std::ranges::any_of(history_.reigns(), [&](const Reign& reign) {
        const bool its = !slot || history_.slots().at(*slot).app == reign.app;
        return its && distance(entry, reign.from, reign.until) == Duration::zero();
    });
}

Explanation Join::refused(const Entry& entry, std::optional<SlotIndex> slot) const {
    if (const auto closing = closing_for(entry, slot)) {
        return {.cause = cause_of(history_.closings()[*closing].what_for), .closing = closing};
    }
    if (!daemon_ran(entry, slot)) {
        return {.cause = Cause::no_daemon};
    }
    return {.cause = Cause::unexplained};
}

Explanation Join::timed_out(const Entry& entry, std::optional<SlotIndex> slot) const {
    if (const auto hang = hang_for(entry, slot)) {
        return {.cause = Cause::death, .death = hang};
    }
    // lighttpd says the same of a client that takes nothing; it names no backend there.
    return {.cause =
                slot || entry.attempts == 0 || entry.uri.empty() ? Cause::slow : Cause::client};
}

// A consequence of lines before it.
Explanation Join::followed(const Entry& entry, std::optional<SlotIndex> slot) const {
    const std::optional<Trouble>& before = slot ? last_of_[*slot] : last_;
    const bool recent = before && entry.at <= before->at + k_follows;
    if (recent) {
        return before->why;
    }
    if (entry.said == Said::put_back) {
        return {.cause = Cause::balancer};
    }
    return refused(entry, slot);
}

} // namespace recycler::explain
