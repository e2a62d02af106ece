// SPDX-License-Identifier: MIT
// Counts explained lines: by cause, and within a cause by what each points to. What it keeps is
// bounded by the history and by k_most_addresses, whatever the log holds.
#pragma once

#include "recycler/control/model/explained.hpp"
#include "recycler/explain/advice.hpp"
#include "recycler/explain/words.hpp"

#include <array>
#include <map>
#include <string>

namespace recycler::explain {

// Addresses of backends that the history does not know, and samples of lines.
inline constexpr std::size_t k_most_addresses = 256;
inline constexpr std::size_t k_most_samples = 5;

class Tally {
  public:
    // `history` must outlive it.
    explicit Tally(const History& history);

    void count(const Entry& entry, const Explanation& why);
    void count_unparsed(std::string_view line);
    // A line that goes on with what a worker said.
    void count_continued();

    // Everything but what only the reader of the files knows.
    [[nodiscard]] control::ExplainedLog sum() const;

  private:
    struct Count {
        std::uint64_t lines = 0;
        std::uint64_t attempts = 0;
        WallTime first = WallTime::max();
        WallTime last = WallTime::min();
        About about{};
        Progress progress{};
        void add(const Entry& entry);
        void add(const Count& other);
    };
    struct Row {
        Count count;
        std::vector<control::ExplainedPlace> places;
    };
    using Rows = std::map<std::pair<Cause, std::string>, Row>;
    [[nodiscard]] std::uint32_t place_of(const Entry& entry, const Explanation& why);
    void add_deaths(Rows& rows, control::ExplainedLog& log) const;
    void add_closings(Rows& rows) const;
    void add_vacancies(Rows& rows, control::ExplainedLog& log) const;
    void add_others(Rows& rows) const;
    [[nodiscard]] std::string worker(const Death& death) const;

    const History& history_;
    control::ExplainedLines lines_;
    std::vector<Count> deaths_;    // as in the history
    std::vector<Count> closings_;  // as in the history
    std::vector<Count> vacancies_; // as in the history
    // Of causes that point to neither: by slot, and by what the line says.
    using Other = std::tuple<Cause, Said, std::uint32_t>;
    std::map<Other, Count> others_;
    std::map<std::string, std::uint32_t, std::less<>> addresses_; // numbered on from the slots
    std::vector<std::string> unparsed_;
    WallTime first_ = WallTime::max();
    WallTime last_ = WallTime::min();
};

} // namespace recycler::explain
