// SPDX-License-Identifier: MIT
// Where recyclerctl prints and how it is interrupted: the size and colours of stdout and stderr,
// Ctrl-C as a descriptor. A pipe that nobody reads is an error of print(), not a signal.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/ctl/render/render.hpp"

#include <chrono>
#include <optional>

namespace recycler::ctl {

class Terminal {
  public:
    // Blocks SIGINT and SIGTERM: from now on they only make interrupt() readable.
    static Result<Terminal> open();

    // As it is now: it may have been resized. 80 columns where stdout is no terminal; colours only
    // on one, and never under NO_COLOR.
    [[nodiscard]] Style style() const;
    [[nodiscard]] bool is_terminal() const;
    // Of stdout; 24 where it does not say.
    [[nodiscard]] std::size_t rows() const;
    // Where progress can be drawn: stderr, if it is a terminal that moves its cursor.
    struct Screen {
        Style style;
        std::size_t rows = 24;
    };
    [[nodiscard]] std::optional<Screen> progress_screen() const;
    [[nodiscard]] int interrupt() const { return signals_.get(); }
    // False: interrupted.
    [[nodiscard]] bool wait(std::chrono::milliseconds time) const;

  private:
    explicit Terminal(UniqueFd signals) : signals_(std::move(signals)) {}
    UniqueFd signals_;
};

// To stdout at once, whole. False: nobody reads it any more, the disk is full, or it was
// interrupted while the reader took nothing.
bool print(const std::string& text);
// "recyclerctl: SENTENCE" to stderr.
void complain(const std::string& sentence);

} // namespace recycler::ctl
