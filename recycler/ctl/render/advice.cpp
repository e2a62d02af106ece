// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/advice.hpp"

#include "recycler/ctl/render/death_groups.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>
#include <optional>

namespace recycler::ctl {

using control::Record;
using death::Verdict;

namespace {

// Workers that are looked at for what is usual, and how many there must be to say so.
constexpr std::size_t k_sample = 20;
constexpr std::size_t k_smallest_sample = 3;
// A limit is advised this far above what was seen, in steps that look like somebody chose them.
constexpr std::uint64_t k_headroom_percent = 25;
constexpr Bytes k_memory_step = 16_MiB;

bool ended_by_memory(const Record& record) {
    const auto verdict = death::verdict_named(record.verdict);
    return verdict == Verdict::oom_worker || verdict == Verdict::oom_app ||
           verdict == Verdict::oom_host;
}

bool same_worker(const Record& a, const Record& b) {
    return a.slot == b.slot && a.generation == b.generation && a.at == b.at;
}

// What the workers before it needed at most, in order of size; not those that the kernel stopped
// growing.
std::vector<Bytes> usual_peaks(const Record& record, const History& history) {
    std::vector<Bytes> peaks;
    for (const Record& other : history.ends) {
        if (peaks.size() == k_sample) {
            break;
        }
        if (other.memory.peak && !same_worker(other, record) && !ended_by_memory(other) &&
            other.kind == control::RecordKind::end) {
            peaks.push_back(*other.memory.peak);
        }
    }
    std::ranges::sort(peaks);
    return peaks;
}

Bytes with_headroom(Bytes peak) {
    const std::uint64_t wanted = peak.count + peak.count / 100 * k_headroom_percent;
    return Bytes{(wanted + k_memory_step.count - 1) / k_memory_step.count * k_memory_step.count};
}

// As a policy takes it. Rounded to two digits it might be no more than the limit that was too
// small.
std::string as_limit(Bytes limit) {
    return limit.count % (1_GiB).count == 0 ? std::to_string(limit.count / (1_GiB).count) + "G"
                                            : std::to_string(limit.count / (1_MiB).count) + "M";
}

std::optional<std::string> on_the_limit(const Record& record, const History& history) {
    if (death::verdict_named(record.verdict) != Verdict::oom_worker || !record.memory.max) {
        return std::nullopt;
    }
    const std::vector<Bytes> peaks = usual_peaks(record, history);
    if (peaks.size() < k_smallest_sample) {
        return std::nullopt;
    }
    const Bytes most = peaks.back();
    const std::string seen = "the last " + std::to_string(peaks.size()) +
                             " other workers peaked at " + short_size(peaks[peaks.size() / 2]) +
                             " (median), " + short_size(most) + " at most";
    if (with_headroom(most) > *record.memory.max) {
        return "Raise memory.max to " + as_limit(with_headroom(most)) + ": " + seen +
               ", which leaves too little room below " + as_limit(*record.memory.max) + ".";
    }
    return "The limit of " + as_limit(*record.memory.max) +
           " is not too small for the others: " + seen +
           (record.in_flight ? "; it is this request that needs more." : ".");
}

std::optional<std::string> on_the_request(const Record& record, const History& history) {
    const DeathKind kind = kind_of(record);
    if (kind.route.empty()) {
        return std::nullopt;
    }
    std::size_t alike = 0;
    std::size_t of_route = 0;
    for (const Record& other : history.unexpected) {
        const DeathKind others = kind_of(other);
        if (others.verdict == kind.verdict && others.cause == kind.cause) {
            ++alike;
            of_route += others.route == kind.route ? 1 : 0;
        }
    }
    if (of_route < 2) {
        return std::nullopt;
    }
    return "Begin with " + printable(kind.route) + ": " + std::to_string(of_route) + " of the " +
           std::to_string(alike) + " workers that ended like this were serving it.";
}

std::optional<std::string> on_repetition(const Record& record, const History& history) {
    const DeathKind kind = kind_of(record);
    const auto alike = std::ranges::count_if(
        history.unexpected, [&](const Record& other) { return kind_of(other) == kind; });
    if (alike < 2 || !kind.route.empty()) {
        return std::nullopt;
    }
    return std::to_string(alike) + " workers ended like this.";
}

std::optional<std::string> on_the_core(const Record& record) {
    for (const control::EvidenceItem& item : record.evidence) {
        if (item.name == "core" && !item.value.starts_with("none")) {
            return "Its core: " + printable(item.value);
        }
    }
    return std::nullopt;
}

} // namespace

std::vector<std::string> advice_for(const Record& record, const History& history) {
    std::vector<std::string> advice;
    for (auto& sentence : {on_the_limit(record, history), on_the_request(record, history),
                           on_repetition(record, history), on_the_core(record)}) {
        if (sentence) {
            advice.push_back(*sentence);
        }
    }
    return advice;
}

} // namespace recycler::ctl
