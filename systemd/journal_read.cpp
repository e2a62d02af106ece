// SPDX-License-Identifier: MIT
// The journal, read by libsystemd.
#include "systemd/journal_reader.hpp"

#include <cerrno>
#include <memory>
#include <string_view>
#include <systemd/sd-journal.h>
#include <time.h>

namespace systemd {

using recycler::Duration;
using recycler::Error;
using recycler::Result;

namespace {

struct Close {
    void operator()(sd_journal* journal) const noexcept { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, Close>;

// A record with everything in it stays far below; what is larger is cut.
constexpr std::size_t k_longest_field = std::size_t{4} << 20;

Duration monotonic_now() {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail for this clock
    return std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec);
}

std::uint64_t microseconds_of(recycler::WallTime at) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
}

Result<Journal> open_at_end(const JournalMatches& matches) {
    sd_journal* opened = nullptr;
    if (const int error = sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY); error < 0) {
        return Error{-error, "open the journal"};
    }
    Journal journal(opened);
    (void)sd_journal_set_data_threshold(journal.get(), k_longest_field);
    for (const std::string& match : matches) {
        if (const int error = sd_journal_add_match(journal.get(), match.data(), match.size());
            error < 0) {
            return Error{-error, "look for " + match + " in the journal"};
        }
    }
    if (const int error = sd_journal_seek_tail(journal.get()); error < 0) {
        return Error{-error, "go to the end of the journal"};
    }
    return journal;
}

// To the entry before this one, unless that is older than `since`.
bool step_back(sd_journal* journal, const std::optional<recycler::WallTime>& since) {
    if (sd_journal_previous(journal) <= 0) {
        return false;
    }
    std::uint64_t at = 0;
    return !since ||
           (sd_journal_get_realtime_usec(journal, &at) == 0 && at >= microseconds_of(*since));
}

JournalEntry entry_at(sd_journal* journal, const std::vector<std::string>& fields) {
    JournalEntry entry;
    for (const std::string& field : fields) {
        const void* bytes = nullptr;
        std::size_t size = 0;
        if (sd_journal_get_data(journal, field.c_str(), &bytes, &size) == 0) {
            const std::string_view text(static_cast<const char*>(bytes), size);
            entry.emplace(field, text.substr(std::min(field.size() + 1, size))); // "NAME=value"
        }
    }
    return entry;
}

// Returns as well when the time is up: what is there then is the answer.
Result<void> wait_for(const JournalQuery& query) {
    const Duration until = monotonic_now() + query.patience;
    auto journal = open_at_end(query.awaited);
    if (!journal) {
        return std::move(journal).error();
    }
    while (!step_back(journal->get(), query.since)) {
        const Duration left = until - monotonic_now();
        if (left <= Duration::zero()) {
            return {};
        }
        // The first call reports what came between opening and watching, too.
        const auto wait = std::chrono::ceil<std::chrono::microseconds>(left);
        if (const int error =
                sd_journal_wait(journal->get(), static_cast<std::uint64_t>(wait.count()));
            error < 0) {
            return Error{-error, "wait for the journal"};
        }
        (void)sd_journal_seek_tail(journal->get());
    }
    return {};
}

} // namespace

// Newer releases of libsystemd load what they unpack entries with when they meet the first one.
std::vector<std::string> journal_files() {
    return {"/var/log/journal",
            "/run/log/journal",
            "/etc/machine-id",
            "/proc/sys/kernel/random",
            "/usr/lib",
            "/usr/lib64",
            "/lib",
            "/lib64",
            "/etc/ld.so.cache"};
}

Result<JournalEntries> read_journal(const JournalQuery& query) {
    if (!query.awaited.empty()) {
        if (auto waited = wait_for(query); !waited) {
            return std::move(waited).error();
        }
    }
    auto journal = open_at_end(query.matches);
    if (!journal) {
        return std::move(journal).error();
    }
    JournalEntries entries;
    while (entries.size() < query.limit && step_back(journal->get(), query.since)) {
        entries.push_back(entry_at(journal->get(), query.fields));
    }
    return entries;
}

Result<void> visit_journal(const JournalQuery& query,
                           const std::function<void(const JournalEntry&)>& visit) {
    auto journal = open_at_end(query.matches);
    if (!journal) {
        return std::move(journal).error();
    }
    while (step_back(journal->get(), query.since)) {
        visit(entry_at(journal->get(), query.fields));
    }
    return {};
}

} // namespace systemd
