// SPDX-License-Identifier: MIT
#include "recycler/explain/tally.hpp"

#include <algorithm>

namespace recycler::explain {

namespace {

constexpr std::size_t k_most_places = 5;
constexpr std::size_t k_most_deaths = 10;
constexpr std::size_t k_longest_sample = 300;
constexpr std::uint32_t k_nowhere = ~std::uint32_t{0};

std::string request_of(const Death& death) {
    return death.uri.empty() ? "no request"
                             : death.method + (death.method.empty() ? "" : " ") + death.uri;
}

std::string_view name_of(Category category) {
    switch (category) {
    case Category::explained:
        return "explained";
    case Category::not_ours:
        return "not-ours";
    case Category::unexplained:
        return "unexplained";
    case Category::beside:
        break;
    }
    return "beside";
}

// Those with the most lines; of equal ones the first.
template <typename Things>
void keep_most(Things& things, std::size_t most) {
    std::ranges::stable_sort(things,
                             [](const auto& a, const auto& b) { return a.lines > b.lines; });
    things.resize(std::min(things.size(), most));
}

void add_place(std::vector<control::ExplainedPlace>& places, control::ExplainedPlace place) {
    const auto same = std::ranges::find_if(places, [&](const control::ExplainedPlace& each) {
        return each.where == place.where && each.what == place.what;
    });
    if (same == places.end()) {
        places.push_back(std::move(place));
    } else {
        same->lines += place.lines;
    }
    if (places.size() > k_most_places * 4) {
        keep_most(places, k_most_places * 2);
    }
}

std::optional<std::string> told(std::string text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

} // namespace

Tally::Tally(const History& history)
    : history_(history), deaths_(history.deaths().size()), closings_(history.closings().size()),
      vacancies_(history.vacancies().size()) {}

void Tally::Count::add(const Entry& entry) {
    ++lines;
    attempts += entry.attempts;
    about.sockets |= entry.address.starts_with('/');
    about.ports |= !entry.address.empty() && !entry.address.starts_with('/');
    about.unfinished |= entry.said == Said::unfinished;
    about.marked_down |= entry.said == Said::marked_down;
    about.closed |= entry.said == Said::died;
    about.unsaid |= entry.said == Said::refused && entry.fault == Fault::none;
    progress.add(entry);
    if (!has_time(entry)) {
        return;
    }
    first = std::min(first, entry.at);
    last = std::max(last, entry.at);
}

void Tally::Count::add(const Count& other) {
    lines += other.lines;
    attempts += other.attempts;
    about.sockets |= other.about.sockets;
    about.ports |= other.about.ports;
    about.unfinished |= other.about.unfinished;
    about.marked_down |= other.about.marked_down;
    about.closed |= other.about.closed;
    about.unsaid |= other.about.unsaid;
    first = std::min(first, other.first);
    last = std::max(last, other.last);
}

void Tally::count(const Entry& entry, const Explanation& why) {
    ++lines_.all;
    if (has_time(entry)) {
        first_ = std::min(first_, entry.at);
        last_ = std::max(last_, entry.at);
    }
    switch (category_of(why.cause)) {
    case Category::explained:
        ++lines_.explained;
        [[fallthrough]];
    case Category::unexplained:
        ++lines_.of_backends;
        break;
    case Category::not_ours:
        ++lines_.not_ours;
        break;
    case Category::beside:
        ++lines_.beside;
        return;
    }
    if (why.death) {
        deaths_[*why.death].add(entry);
        return;
    }
    if (why.closing) {
        closings_[*why.closing].add(entry);
        return;
    }
    if (why.vacancy) {
        vacancies_[*why.vacancy].add(entry);
        return;
    }
    others_[{why.cause, entry.said, place_of(entry, why)}].add(entry);
}

// The number of the slot, or of an address that is none's.
std::uint32_t Tally::place_of(const Entry& entry, const Explanation& why) {
    const std::string_view address = entry.address.empty() ? entry.server : entry.address;
    if (why.slot || address.empty()) {
        return why.slot.value_or(k_nowhere);
    }
    auto known = addresses_.find(address);
    if (known == addresses_.end() && addresses_.size() < k_most_addresses) {
        const auto number = history_.slots().size() + addresses_.size();
        known = addresses_.emplace(address, static_cast<std::uint32_t>(number)).first;
    }
    return known == addresses_.end() ? k_nowhere : known->second;
}

void Tally::count_unparsed(std::string_view line) {
    ++lines_.all;
    ++lines_.unparsed;
    if (unparsed_.size() < k_most_samples) {
        unparsed_.emplace_back(line.substr(0, k_longest_sample));
    }
}

void Tally::count_continued() {
    ++lines_.all;
    ++lines_.not_ours;
    others_[{Cause::worker_said, Said::worker_said, k_nowhere}].lines += 1;
}

std::string Tally::worker(const Death& death) const {
    return history_.slots().at(death.slot).name + "." + std::to_string(death.generation);
}

void Tally::add_deaths(Rows& rows, control::ExplainedLog& log) const {
    for (std::size_t i = 0; i < deaths_.size(); ++i) {
        if (deaths_[i].lines == 0) {
            continue;
        }
        const Death& death = history_.deaths()[i];
        Row& row = rows[{Cause::death, death.verdict}];
        row.count.add(deaths_[i]);
        add_place(row.places, {worker(death), request_of(death), deaths_[i].lines});
        log.deaths.push_back(
            {worker(death), death.verdict, death.at, deaths_[i].lines, death.sentence});
        if (log.deaths.size() > k_most_deaths * 4) {
            keep_most(log.deaths, k_most_deaths);
        }
    }
    keep_most(log.deaths, k_most_deaths);
}

void Tally::add_closings(Rows& rows) const {
    for (std::size_t i = 0; i < closings_.size(); ++i) {
        if (closings_[i].lines == 0) {
            continue;
        }
        const Closing& closing = history_.closings()[i];
        const Cause cause = cause_of(closing.what_for);
        Row& row = rows[{cause, std::string(to_string(cause))}];
        row.count.add(closings_[i]);
        add_place(row.places,
                  {history_.slots().at(closing.slot).name, in_words(closing), closings_[i].lines});
    }
}

// A start that failed is behind its lines as a death is behind those of its own.
void Tally::add_vacancies(Rows& rows, control::ExplainedLog& log) const {
    for (std::size_t i = 0; i < vacancies_.size(); ++i) {
        if (vacancies_[i].lines == 0) {
            continue;
        }
        const Vacancy& vacancy = history_.vacancies()[i];
        const std::string& slot = history_.slots().at(vacancy.slot).name;
        const Cause cause = cause_of(vacancy.what_for);
        Row& row = rows[{cause, std::string(to_string(cause))}];
        row.count.add(vacancies_[i]);
        add_place(row.places, {slot, in_words(vacancy, history_), vacancies_[i].lines});
        if (const auto& failed = vacancy.failed) {
            log.deaths.push_back({slot + "." + std::to_string(failed->generation), failed->verdict,
                                  failed->at, vacancies_[i].lines, failed->sentence});
        }
    }
    keep_most(log.deaths, k_most_deaths);
}

void Tally::add_others(Rows& rows) const {
    for (const auto& [other, count] : others_) {
        const auto& [cause, said, place] = other;
        std::string where;
        for (const auto& [address, number] : addresses_) {
            where = number == place ? address : where;
        }
        if (place < history_.slots().size()) {
            where = history_.slots().at(place).name;
        }
        Row& row = rows[{cause, std::string(to_string(cause))}];
        row.count.add(count);
        add_place(row.places, {where, in_words(said, cause, count.progress), count.lines});
    }
}

control::ExplainedLog Tally::sum() const {
    control::ExplainedLog log;
    Rows rows;
    add_deaths(rows, log);
    add_closings(rows);
    add_vacancies(rows, log);
    add_others(rows);
    for (auto& [key, row] : rows) {
        keep_most(row.places, k_most_places);
        const bool timed = row.count.first <= row.count.last;
        Advice advice = advice_on(key.first, row.count.about);
        log.causes.push_back({.cause = key.second,
                              .standing = std::string(name_of(category_of(key.first))),
                              .lines = row.count.lines,
                              .attempts = row.count.attempts,
                              .first = timed ? std::optional(row.count.first) : std::nullopt,
                              .last = timed ? std::optional(row.count.last) : std::nullopt,
                              .places = std::move(row.places),
                              .sentence = told(std::move(advice.sentence)),
                              .next_step = told(std::move(advice.next_step))});
    }
    keep_most(log.causes, log.causes.size());
    std::stable_partition(log.causes.begin(), log.causes.end(),
                          [](const control::ExplainedCause& cause) {
                              return cause.standing != name_of(Category::not_ours);
                          });
    log.lines = lines_;
    log.unparsed = unparsed_;
    if (first_ <= last_) {
        log.first = first_;
        log.last = last_;
    }
    log.history.deaths = history_.deaths().size();
    log.history.closings = history_.closings().size();
    if (!history_.empty()) {
        log.history.first = history_.begin();
        log.history.last = history_.end();
    }
    return log;
}

} // namespace recycler::explain
