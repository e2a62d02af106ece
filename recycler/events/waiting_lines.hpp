// SPDX-License-Identifier: MIT
// Lines that could not be kept yet, because a disk is full for one: they are kept in their order as
// soon as that goes, so that a death is explained although its record could not be written at once.
// Knows no file.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "recycler/events/report_file.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace recycler::events {

class WaitingLines {
  public:
    struct Line {
        std::optional<RecordId> id; // of a record
        std::string json;
    };
    using Write = std::function<Result<void>(const Line&)>;

    // Beyond `most` the oldest ones are lost.
    explicit WaitingLines(Bytes most) : most_(most) {}

    void add(Line line);
    // Writes all that waits, in its order, until one cannot be written: that one and those after it
    // go on waiting. One that no file would take (EINVAL, EMSGSIZE) is lost.
    void write(const Write& write);

    [[nodiscard]] std::size_t count() const { return lines_.size(); }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    // Of the last line that could not be written; none while nothing waits.
    [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
    // Why the last one was lost.
    [[nodiscard]] const std::string& why_lost() const { return why_lost_; }

  private:
    void lose_first(const std::string& why);

    Bytes most_;
    Bytes held_;
    std::deque<Line> lines_;
    std::uint64_t lost_ = 0;
    std::optional<Error> trouble_;
    std::string why_lost_;
};

} // namespace recycler::events
