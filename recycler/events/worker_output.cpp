// SPDX-License-Identifier: MIT
#include "recycler/events/worker_output.hpp"

#include "recycler/keeper/ring/ring_reader.hpp"

#include <algorithm>
#include <array>

namespace recycler::events {

namespace {

using Fate = systemd::JournalWriter::Fate;

constexpr Duration k_pace = std::chrono::seconds(1);
// While there is more than one turn hands on: some 10,000 lines a second at most, a tenth of a
// processor. What a worker writes beyond that is lost in its ring, and said.
constexpr Duration k_pace_behind = std::chrono::milliseconds(100);
constexpr std::size_t k_lines_a_turn = 1000;
constexpr std::size_t k_lines_of_one = 250;
// A ring holds more only of the shortest lines.
constexpr std::size_t k_lines_at_the_end = 4000;

} // namespace

Duration WorkerOutput::follow(const std::map<WorkerId, OutputSource>& sources) {
    tell_losses();
    std::size_t left = k_lines_a_turn;
    bool is_behind = false;
    auto source = sources.lower_bound(next_);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        source = source == sources.end() ? sources.begin() : source;
        const std::size_t most = std::min(left, k_lines_of_one);
        const std::size_t handed_on = hand_on(source->second, Extent::whole_lines, most);
        left -= handed_on;
        is_behind = is_behind || handed_on == most;
        next_ = source->first; // the first of the next turn, if this was the last
        ++source;
        if (left == 0) {
            break;
        }
    }
    return is_behind || writer_.waiting() > 0 ? k_pace_behind : k_pace;
}

void WorkerOutput::follow_to_end(const OutputSource& source) {
    (void)hand_on(source, Extent::all, k_lines_at_the_end);
}

// The first line of `bytes` that can be handed on; of size 0: there is none yet.
WorkerOutput::Line WorkerOutput::first_line(std::string_view bytes, Extent extent) {
    const std::size_t newline = bytes.substr(0, k_longest_line + 1).find('\n');
    if (newline != std::string_view::npos) {
        return {.text = bytes.substr(0, newline), .size = newline + 1};
    }
    if (bytes.size() > k_longest_line) {
        return {.text = bytes.substr(0, k_longest_line),
                .size = k_longest_line,
                .ended = Break::line_max};
    }
    return extent == Extent::all ? Line{.text = bytes, .size = bytes.size(), .ended = Break::eof}
                                 : Line{};
}

// How many lines of at most `most`.
std::size_t WorkerOutput::hand_on(const OutputSource& source, Extent extent, std::size_t most) {
    writer_.flush();
    const bool stands_still = writer_.waiting() > 0 && extent == Extent::whole_lines;
    auto untold = source.ring >= 0 && !stands_still ? keeper::read_untold(source.ring)
                                                    : Result<keeper::Untold>(Error{});
    if (!untold || (untold->bytes.empty() && untold->lost == 0)) {
        return 0;
    }
    if (untold->lost > 0) {
        tell_lost(source, untold->lost);
    }
    std::string_view rest(untold->bytes.data(), untold->bytes.size());
    std::uint64_t told = untold->begin;
    (void)keeper::mark_told(source.ring, told);
    std::size_t count = 0;
    for (Line line = first_line(rest, extent); line.size > 0 && count < most; ++count) {
        const bool goes_on = send(source, line) || extent == Extent::all;
        told += line.size;
        rest.remove_prefix(line.size);
        // After each: a controller may be killed at any time.
        (void)keeper::mark_told(source.ring, told);
        if (!goes_on) {
            return most; // more may be there
        }
        line = first_line(rest, extent);
    }
    if (extent == Extent::all && !rest.empty()) {
        tell_lost(source, rest.size());
        (void)keeper::mark_told(source.ring, told + rest.size());
    }
    return count;
}

// False: journald did not take it at once.
bool WorkerOutput::send(const OutputSource& source, const Line& line) {
    if (line.text.empty()) {
        return true; // as journald does with what it reads from a service itself
    }
    std::vector<systemd::JournalField> entry = fields(source);
    entry.push_back({"MESSAGE", std::string(line.text)});
    entry.push_back({"PRIORITY", "6"});
    if (line.ended != Break::newline) {
        entry.push_back(
            {"RECYCLER_LINE_BREAK", line.ended == Break::line_max ? "line-max" : "eof"});
    }
    return writer_.send(entry) == Fate::sent;
}

void WorkerOutput::tell_lost(const OutputSource& source, std::uint64_t lost) {
    std::vector<systemd::JournalField> entry = fields(source);
    entry.push_back({"MESSAGE", std::to_string(lost) +
                                    " bytes of this worker's output are lost here, because "
                                    "it wrote faster than the daemon could pass them on"});
    entry.push_back({"PRIORITY", "6"});
    entry.push_back({"RECYCLER_LOST_BYTES", std::to_string(lost)});
    (void)writer_.send(entry);
}

// Of entries that found no room while journald stood still.
void WorkerOutput::tell_losses() {
    writer_.flush();
    const std::uint64_t losses = writer_.take_losses();
    if (losses == 0) {
        return;
    }
    const std::string lost = std::to_string(losses);
    const std::array<systemd::JournalField, 5> entry{
        {{"SYSLOG_IDENTIFIER", app_},
         {"RECYCLER_APP", app_},
         {"MESSAGE", lost + " lines of workers' output were lost: " + writer_.trouble()},
         {"PRIORITY", "6"},
         {"RECYCLER_LOST_LINES", lost}}};
    (void)writer_.send(entry);
}

std::vector<systemd::JournalField> WorkerOutput::fields(const OutputSource& source) const {
    return {{"SYSLOG_IDENTIFIER", app_},
            {"RECYCLER_APP", app_},
            {"RECYCLER_SLOT", source.slot},
            {"RECYCLER_GENERATION", std::to_string(source.generation)},
            {"OBJECT_PID", std::to_string(source.pid)}};
}

} // namespace recycler::events
