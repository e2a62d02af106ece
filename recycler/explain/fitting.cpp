// SPDX-License-Identifier: MIT
#include "recycler/explain/fitting.hpp"

#include <algorithm>
#include <tuple>

namespace recycler::explain {

namespace {

// The recorder keeps the beginning of a long one.
constexpr std::size_t k_cut_uri = 100;
// Closings of one slot never overlap; of all slots a bounded number is looked at.
constexpr std::size_t k_most_looked_at = 64;

// A daemon is seldom silent for longer: a line further from its last word may have other causes.
constexpr Duration k_longest_gap = std::chrono::minutes(10);

// A record may tell of an end a little late.
constexpr Duration k_near = std::chrono::seconds(2);

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

// Of what lasts from `from` to `until`, the one that is nearest, and of these the one that lasts
// longest within the line's own time.
template <typename Things>
std::optional<std::size_t> nearest(const Entry& entry, const std::vector<std::size_t>& list,
                                   const Things& things, bool of_one_slot) {
    using Thing = typename Things::value_type;
    const auto [first, last] =
        within(list, things, &Thing::from, {WallTime::min(), entry.at + entry.span + k_slack});
    std::optional<std::size_t> best;
    std::pair<Duration, Duration> best_rank{k_slack, {}};
    std::size_t looked_at = 0;
    for (auto each = last; each != first && looked_at < k_most_looked_at; ++looked_at) { // latest
        const auto& thing = things[*--each];
        const std::pair rank{distance(entry, thing.from, thing.until),
                             -overlap(entry, thing.from, thing.until)};
        if (rank <= best_rank) {
            best = *each;
            best_rank = rank;
        }
        if (of_one_slot && thing.until < entry.at - k_slack) {
            break;
        }
    }
    return best;
}

// How long, at its end, it had let wait who waited for it.
Duration held_for(const Death& death) {
    return std::max(death.running, death.unserved);
}

bool is_for_hanging(const Death& death) {
    return death.verdict == "hung" || death.unserved > Duration::zero();
}

bool is_planned(const Death& death) {
    return death.verdict == "recycled" || death.verdict == "stopped";
}

} // namespace

bool is_same_uri(std::string_view line, std::string_view record) {
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

Fitting::Fitting(const History& history)
    : history_(history), deaths_of_(history.slots().size()), closings_of_(history.slots().size()),
      vacancies_of_(history.slots().size()) {
    for (std::size_t i = 0; i < history.deaths().size(); ++i) {
        deaths_of_[history.deaths()[i].slot].push_back(i);
        all_deaths_.push_back(i);
        longest_hold_ = std::max(longest_hold_, held_for(history.deaths()[i]));
    }
    for (std::size_t i = 0; i < history.closings().size(); ++i) {
        closings_of_[history.closings()[i].slot].push_back(i);
        all_closings_.push_back(i);
    }
    for (std::size_t i = 0; i < history.vacancies().size(); ++i) {
        vacancies_of_[history.vacancies()[i].slot].push_back(i);
    }
}

std::optional<std::size_t> Fitting::death_for(const Entry& entry, Slot slot,
                                              const std::vector<std::uint32_t>& explained) const {
    const auto [first, last] =
        within(slot ? deaths_of_[*slot] : all_deaths_, history_.deaths(), &Death::at,
               {entry.at - k_slack, entry.at + entry.span + k_slack});
    std::optional<std::size_t> best;
    std::tuple<bool, bool, bool, std::uint32_t, Duration> best_rank;
    for (auto each = first; each != last; ++each) {
        const Death& death = history_.deaths()[*each];
        const std::tuple rank{!is_same_uri(entry.uri, death.uri), is_planned(death),
                              death.uri.empty(), explained[*each],
                              distance(entry, death.at, death.at)};
        if (!best || rank < best_rank) {
            best = *each;
            best_rank = rank;
        }
    }
    return best;
}

template <typename Fits>
std::optional<std::size_t> Fitting::hang_for(const Entry& entry, Slot slot, Fits fits) const {
    const auto [first, last] =
        within(slot ? deaths_of_[*slot] : all_deaths_, history_.deaths(), &Death::at,
               {entry.at - k_slack, entry.at + entry.span + longest_hold_ + k_slack});
    for (auto each = first; each != last; ++each) {
        const Death& death = history_.deaths()[*each];
        if (distance(entry, death.at - held_for(death), death.at) <= k_slack && fits(death)) {
            return *each;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> Fitting::hang_of(const Entry& entry, Slot slot) const {
    return hang_for(entry, slot,
                    [&](const Death& death) { return is_same_uri(entry.uri, death.uri); });
}

std::optional<std::size_t> Fitting::hang_beside(const Entry& entry, Slot slot) const {
    if (!slot && !entry.uri.empty()) {
        return std::nullopt; // nothing says that it waited for this one
    }
    return hang_for(entry, slot, [](const Death& death) {
        return !is_planned(death) && (!death.uri.empty() || death.unserved > Duration::zero());
    });
}

std::optional<std::size_t> Fitting::ended_for_it(const Entry& entry, Slot slot) const {
    const bool says_whose = slot || entry.uri.empty();
    return says_whose ? hang_for(entry, slot, is_for_hanging) : std::nullopt;
}

std::optional<std::size_t> Fitting::closing_for(const Entry& entry, Slot slot) const {
    return nearest(entry, slot ? closings_of_[*slot] : all_closings_, history_.closings(),
                   slot.has_value());
}

std::optional<std::size_t> Fitting::vacancy_for(const Entry& entry, Slot slot) const {
    return slot ? nearest(entry, vacancies_of_[*slot], history_.vacancies(), true) : std::nullopt;
}

bool Fitting::is_vacant(const Entry& entry, Slot slot) const {
    const auto found = vacancy_for(entry, slot);
    if (!found) {
        return false;
    }
    const Vacancy& vacancy = history_.vacancies()[*found];
    return overlap(entry, vacancy.from, vacancy.until) == entry.span;
}

bool Fitting::daemon_vanished(const Entry& entry, Slot slot) const {
    return std::ranges::any_of(history_.reigns(), [&](const Reign& reign) {
        const bool its = !slot || history_.slots().at(*slot).app == reign.app;
        return its && reign.next && *reign.next - reign.until <= k_longest_gap &&
               distance(entry, reign.until, *reign.next) == Duration::zero();
    });
}

bool Fitting::daemon_ran(const Entry& entry, Slot slot) const {
    return std::ranges::any_of(history_.reigns(), [&](const Reign& reign) {
        const bool its = !slot || history_.slots().at(*slot).app == reign.app;
        return its && distance(entry, reign.from, reign.until) == Duration::zero();
    });
}

bool Fitting::daemon_changed(const Entry& entry, Slot slot) const {
    return std::ranges::any_of(history_.reigns(), [&](const Reign& reign) {
        const bool its = !slot || history_.slots().at(*slot).app == reign.app;
        return its && ((reign.started && distance(entry, reign.from, reign.from) <= k_slack) ||
                       distance(entry, reign.until, reign.until) <= k_slack);
    });
}

bool Fitting::lived_on(const Entry& entry, Slot slot) const {
    const bool told = std::ranges::any_of(history_.reigns(), [&](const Reign& reign) {
        const bool its = !slot || history_.slots().at(*slot).app == reign.app;
        return its && distance(entry, reign.from, reign.told_until) == Duration::zero();
    });
    const auto [first, last] =
        within(slot ? deaths_of_[*slot] : all_deaths_, history_.deaths(), &Death::at,
               {entry.at - k_near, entry.at + entry.span + k_near});
    return told && first == last && !is_vacant(entry, slot);
}

} // namespace recycler::explain
