// SPDX-License-Identifier: MIT
#include "recycler/explain/account.hpp"

#include "recycler/explain/words.hpp"

namespace recycler::explain {

namespace {

// Enough to find the offset in, and at most some megabytes.
constexpr std::size_t k_most_held = 4096;

} // namespace

Account::Account(const History& history, LogClock clock, Asked asked)
    : history_(history), asked_(std::move(asked)), reader_(std::move(clock)),
      pairing_([this](const ReadLine& line) { hold(line); }),
      dating_([this](const ReadLine& line) { pairing_.take(line); }), join_(history),
      tally_(history), offset_(asked_.offset) {
    if (history.deaths().empty()) {
        offset_ = offset_.value_or(Duration::zero()); // nothing to find it from
    }
}

void Account::begin_file(LogClock clock) {
    dating_.finish();
    pairing_.finish();
    reader_ = LineReader(std::move(clock));
}

void Account::take(std::string_view line) {
    const Line read = reader_.read(line);
    switch (read.kind) {
    case LineKind::entry:
        dating_.take({line, read.entry});
        return;
    case LineKind::continued:
        tally_.count_continued();
        return;
    case LineKind::unknown:
        tally_.count_unparsed(line);
        if (asked_.on_line) {
            asked_.on_line(line, nullptr);
        }
        return;
    case LineKind::frame:
        return;
    }
}

void Account::hold(const ReadLine& line) {
    if (offset_ || !speaks_of_backend(line.entry.said)) {
        explain(line.text, line.entry);
        return;
    }
    const Entry& entry = line.entry;
    if (entry.said == Said::died && entry.attempts > 0 && has_time(entry) &&
        samples_.size() < k_most_skew_samples) {
        const auto slot = history_.slots().find(entry);
        if (slot || (entry.address.empty() && entry.server.empty())) {
            samples_.push_back({entry.at + entry.span / 2, slot});
        }
    }
    held_.emplace_back(line);
    if (held_.size() >= k_most_held) {
        settle();
    }
}

void Account::settle() {
    const auto skew = find_skew(samples_, history_);
    offset_ = skew ? skew->ahead : Duration::zero();
    offset_lines_ = skew ? skew->lines : 0;
    for (const HeldLine& held : held_) {
        const ReadLine line = held.line();
        explain(line.text, line.entry);
    }
    held_.clear();
    samples_.clear();
}

void Account::explain(std::string_view text, Entry entry) {
    if (has_time(entry)) {
        entry.at -= offset_.value_or(Duration::zero());
    }
    // Of a part of the time a line is that has a time.
    if (entry.at + entry.span < asked_.since || entry.at > asked_.until) {
        return;
    }
    const Explanation why = join_.explain(entry);
    tally_.count(entry, why);
    if (asked_.on_line && category_of(why.cause) != Category::beside) {
        const std::string words = in_words(why, entry, history_);
        asked_.on_line(text, &words);
    }
}

void Account::finish() {
    dating_.finish();
    pairing_.finish();
    if (!offset_) {
        settle();
    }
}

control::ExplainedLog Account::sum() const {
    control::ExplainedLog log = tally_.sum();
    log.offset = offset_.value_or(Duration::zero());
    log.offset_lines = offset_lines_;
    return log;
}

} // namespace recycler::explain
