// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/slot_notes.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/control/progress.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <array>

namespace recycler::ctl {

using control::SlotState;
using control::SlotStatus;
using control::Snapshot;
using control::WorkerState;
using control::WorkerStatus;

namespace {

// A worker's URI is as long as its client likes; status has only to know it again.
constexpr std::size_t k_longest_uri = 52;
constexpr const char* k_in_full = "recyclerctl status --verbose shows them in full";
// An end that should not have been stands out for so long.
constexpr std::chrono::hours k_recent{1};

// It has a worker that would serve, and no client gets there.
bool is_unreachable(const SlotStatus& slot) {
    return slot.trouble && slot.gate == control::Gate::closed && state_word(slot) == "serving";
}

// "18 of 20 slots serving, 1 drained, 1 braked"; of slots that were named nothing is said that
// would be taken for the app: "slot 7012 is braked", "of 3 slots 2 are serving, 1 braked".
std::string serving_text(const Snapshot& snapshot, Shown::Slots of) {
    const auto count = [&](std::string_view word) {
        return std::ranges::count(snapshot.slots, word, state_word);
    };
    const bool is_part = of == Shown::Slots::named;
    if (is_part && snapshot.slots.size() == 1) {
        const SlotStatus& slot = snapshot.slots.front();
        return "slot " + printable(slot.slot) + " is " +
               std::string(is_unreachable(slot) ? "unreachable" : state_word(slot));
    }
    const auto unreachable = std::ranges::count_if(snapshot.slots, is_unreachable);
    const auto reached = count("serving") - unreachable;
    const std::string slots = text::counted_plain(snapshot.slots.size(), "slot");
    const std::string serving = std::to_string(reached);
    std::string text =
        is_part ? "of these " + slots + " " + serving + (reached == 1 ? " is" : " are") + " serving"
                : serving + " of " + slots + " serving";
    if (unreachable > 0) {
        text += ", " + std::to_string(unreachable) + " unreachable";
    }
    for (const char* word : {"replacing", "draining", "drained", "parked", "stopping", "starting",
                             "braked", "empty"}) {
        if (const auto number = count(word); number > 0) {
            text += ", " + std::to_string(number) + " " + word;
        }
    }
    return text;
}

// "189 (memory 150, age 39)".
std::string counts_text(const std::map<std::string, std::uint64_t>& counts) {
    std::uint64_t sum = 0;
    std::vector<std::string> parts;
    for (const auto& [name, count] : counts) {
        sum += count;
        if (count > 0) {
            parts.push_back(printable(name) + " " + grouped(count));
        }
    }
    return grouped(sum) + (parts.empty() ? "" : " (" + joined(parts, ", ") + ")");
}

// The daemon is two processes, and --json names both.
std::string done_text(const Snapshot& snapshot) {
    const std::string keeper =
        snapshot.keeper_pid ? "keeper pid " + std::to_string(*snapshot.keeper_pid) + ", " : "";
    return "recyclerd " + printable(snapshot.version) + ", " + keeper + "controller pid " +
           std::to_string(snapshot.pid) + "; requests " +
           (snapshot.totals.requests ? grouped(*snapshot.totals.requests) : "?") + ", recycled " +
           counts_text(snapshot.totals.recycles) + ", ended " + counts_text(snapshot.totals.ends) +
           (snapshot.totals.turned_away.value_or(0) > 0
                ? ", turned away " + grouped(*snapshot.totals.turned_away)
                : "");
}

std::string lines_of(const std::string& text, Paint with, const Style& style) {
    std::string out;
    for (const std::string& line : wrapped(text, style.width)) {
        out += paint(line, with, style) + "\n";
    }
    return out;
}

// The beginning of a sentence is enough to know it again; whoever wants to act on it asks for all.
std::string limitation_lines(const std::vector<std::string>& limitations, const Style& style,
                             const Shown& shown) {
    std::string out;
    bool is_cut = false;
    for (const std::string& limitation : limitations) {
        const std::string text = "LIMITATION: " + printable(limitation);
        if (shown.limitations == Shown::Limitations::whole) {
            out += lines_of(text, Paint::bad, style);
        } else {
            out += paint(clipped(text, style.width), Paint::bad, style) + "\n";
            is_cut = is_cut || width_of(text) > style.width;
        }
    }
    return is_cut ? out + paint(k_in_full, Paint::dim, style) + "\n" : out;
}

std::string in_flight_text(const WorkerStatus& worker) {
    const auto& requests = worker.requests;
    std::string text =
        requests.oldest ? "running " + long_span(*requests.oldest) + ": " : "running: ";
    return text + printable(requests.method.value_or("")) + (requests.method ? " " : "") +
           clipped(printable(requests.uri.value_or("a request")), k_longest_uri);
}

bool is_worth_naming(const WorkerStatus& worker, Detail detail) {
    const auto& requests = worker.requests;
    if (requests.in_flight.value_or(0) == 0 || (!requests.uri && !requests.oldest)) {
        return false;
    }
    return detail == Detail::full ? requests.uri.has_value()
                                  : requests.oldest && *requests.oldest >= k_long_request;
}

void add_worker_notes(const SlotStatus& slot, Detail detail, std::vector<std::string>& notes) {
    const WorkerStatus& worker = *slot.worker;
    const bool is_said = to_string(worker.state) == state_word(slot);
    if (worker.state != WorkerState::serving && !is_said) {
        notes.push_back("worker " + std::string(to_string(worker.state)));
    }
    if (slot.next) {
        notes.push_back("next: generation " + std::to_string(slot.next->generation) + " " +
                        std::string(to_string(slot.next->state)) +
                        (slot.next->pid ? " (pid " + std::to_string(*slot.next->pid) + ")" : ""));
    }
    const bool is_draining =
        worker.state == WorkerState::draining || worker.state == WorkerState::parked;
    if (is_draining && worker.requests.in_flight == 0U && worker.requests.kept_open > 0U) {
        notes.push_back("waits " + control::kept_open_text(*worker.requests.kept_open));
    }
    if (is_draining && worker.keeping && worker.keeping->resting.value_or(0) > 0) {
        notes.push_back("hands on " + text::counted(*worker.keeping->resting, "kept connection"));
    }
    if (const auto& unserved = worker.requests.unserved) {
        notes.push_back("connections wait, and the worker has accepted none for " +
                        long_span(*unserved));
    }
    if (is_worth_naming(worker, detail)) {
        notes.push_back(in_flight_text(worker));
    }
}

bool is_recent(const control::Record& record, const Style& style) {
    return record.at > style.now - k_recent;
}

std::string ago_text(WallTime then, const Style& style) {
    return then <= style.now ? short_span(style.now - then) + " ago" : "at " + clock_text(then);
}

} // namespace

std::string_view state_word(const SlotStatus& slot) {
    const bool is_other = slot.state == SlotState::serving && slot.worker &&
                          slot.worker->state != WorkerState::serving;
    return is_other ? to_string(slot.worker->state) : to_string(slot.state);
}

std::string render_head(const Snapshot& snapshot, const Style& style, const Shown& shown) {
    const std::string serving = serving_text(snapshot, shown.slots);
    const std::string identity = printable(snapshot.app) + ": " +
                                 (snapshot.stopping.value_or(false) ? "stopping; " : "") + serving;
    const std::string above =
        lines_of(identity, Paint::bold, style) + lines_of(done_text(snapshot), Paint::plain, style);
    const std::string limits = limitation_lines(snapshot.limitations, style, shown);
    const auto length = std::ranges::count(above + limits, '\n');
    if (!shown.rows || static_cast<std::size_t>(length) * 2 <= *shown.rows) {
        return above + limits;
    }
    // Three lines, of which the last is there only if something does not hold.
    const auto one_line = [&](const std::string& text, Paint with) {
        return paint(clipped(text, style.width), with, style) + "\n";
    };
    std::string out = one_line(identity, Paint::bold) + one_line(done_text(snapshot), Paint::plain);
    if (!snapshot.limitations.empty()) {
        const auto number = snapshot.limitations.size();
        out += one_line(std::to_string(number) +
                            (number == 1 ? " LIMITATION: " : " LIMITATIONS: ") + k_in_full,
                        Paint::bad);
    }
    return out;
}

Notes notes_of(const SlotStatus& slot, Detail detail, const Style& style) {
    std::vector<std::string> notes;
    if (slot.due) {
        notes.push_back(
            "due: " + printable(slot.due->trigger) +
            (slot.due->waiting_for ? ", waiting for " + printable(*slot.due->waiting_for) : ""));
    }
    if (slot.handover) {
        notes.push_back("handover: " + std::string(to_string(*slot.handover)));
    }
    if (slot.trouble) {
        notes.push_back("trouble: " + printable(*slot.trouble));
    }
    if (slot.braked_until) {
        notes.push_back("braked until " + clock_text(*slot.braked_until));
    }
    if (slot.turned_away.value_or(0) > 0 && (slot.braked_until || detail == Detail::full)) {
        notes.push_back("turned away " + grouped(*slot.turned_away));
    }
    if (slot.worker) {
        add_worker_notes(slot, detail, notes);
    }
    const bool is_bad = slot.last_end && is_recent(*slot.last_end, style) &&
                        paint_for_verdict(slot.last_end->verdict) == Paint::bad;
    const bool is_urgent = is_bad || !notes.empty();
    if (slot.last_end && (detail == Detail::full || is_bad)) {
        const auto& trigger = slot.last_end->trigger;
        const bool is_told = !trigger || *trigger == slot.last_end->verdict;
        notes.push_back("last end: " + printable(slot.last_end->verdict) +
                        (is_told ? "" : " (" + printable(*trigger) + ")") + " " +
                        ago_text(slot.last_end->at, style));
    }
    return {joined(notes, "; "), is_bad ? Paint::bad : is_urgent ? Paint::warning : Paint::dim};
}

} // namespace recycler::ctl
