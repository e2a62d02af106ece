// SPDX-License-Identifier: MIT
#include "recycler/events/file_store.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/death/verdict.hpp"
#include "recycler/events/event_kinds.hpp"
#include "recycler/events/log.hpp"

namespace recycler::events {

namespace {

// Read back when a controller takes over: enough for what `why` and `events` show, and understood
// in some milliseconds.
constexpr Bytes k_recalled = 512_KiB;

// A record is written when its evidence is in, at worst this much after the end it tells of.
constexpr Duration k_latest_record = std::chrono::minutes(1);

// So long after the disk has room again what waited for it is kept, at the latest.
constexpr Duration k_write_again = std::chrono::seconds(1);

// The text of a member, as far as there is no escape in it; empty: no such member. Of many lines
// few are wanted: to read each as JSON would hold the loop up.
std::string_view text_member(std::string_view line, std::string_view name) {
    const std::string lead = "\"" + std::string(name) + "\":\"";
    const std::size_t at = line.find(lead);
    if (at == std::string_view::npos) {
        return {};
    }
    line.remove_prefix(at + lead.size());
    return line.substr(0, line.find('"'));
}

Report::Take judged(std::string_view line, const EventStore::Question& question) {
    if (question.since) {
        const auto at = control::time_from_text(text_member(line, "at"));
        if (at && *at + k_latest_record < *question.since) {
            return Report::Take::enough;
        }
    }
    if (question.wanted == EventStore::Wanted::everything) {
        return Report::Take::yes;
    }
    const std::string_view verdict = text_member(line, "verdict");
    const bool is_record = !verdict.empty() && !text_member(line, "kind").empty();
    const bool is_wanted =
        question.wanted == EventStore::Wanted::records || death::is_unexpected(verdict);
    const bool is_of_slot = !question.slot || text_member(line, "slot") == *question.slot;
    return is_record && is_wanted && is_of_slot ? Report::Take::yes : Report::Take::no;
}

log::Level level_of(const EventKind* kind) {
    if (kind == nullptr) {
        return log::Level::info;
    }
    switch (kind->urgency) {
    case Urgency::error:
        return log::Level::error;
    case Urgency::warning:
        return log::Level::warning;
    case Urgency::notice:
        return log::Level::info;
    case Urgency::info:
        break;
    }
    return log::Level::debug;
}

} // namespace

void FileStore::keep(const control::EventLine& event) {
    log::say(level_of(kind_of(event)), in_words(event, app_));
    put({{}, control::to_json(event)});
}

void FileStore::keep(const RecordId& id, const control::Record& record) {
    log::say(level_of(&kind_of(record)), record.sentence);
    put({id, control::to_json(record)});
    put({{}, control::to_json(ended(record))});
}

Result<std::unique_ptr<FileStore>> FileStore::create(systemd::EventLoop& loop, std::string path,
                                                     std::string app) {
    std::unique_ptr<FileStore> store(new FileStore(loop, std::move(path), std::move(app)));
    auto retry = loop.add_timer([made = store.get()] { made->flush(); }, systemd::Priority::last);
    if (!retry) {
        return std::move(retry).error();
    }
    store->retry_ = std::move(*retry);
    return store;
}

void FileStore::put(WaitingLines::Line line) {
    waiting_.add(std::move(line));
    flush();
}

void FileStore::flush() {
    waiting_.write([this](const WaitingLines::Line& next) {
        return next.id ? report_.append(*next.id, next.json) : report_.append(next.json);
    });
    const auto& trouble = waiting_.trouble();
    const std::string why = trouble ? trouble->message() : std::string();
    if (!why.empty() && why != told_) {
        log::say(log::Level::error,
                 why + "; the daemon keeps it in memory and writes it as soon as it can");
    } else if (why.empty() && !told_.empty()) {
        log::say(log::Level::info, "the lines that waited are now in " + report_.path());
    }
    told_ = why;
    if (trouble) {
        retry_.arm(loop_.now() + k_write_again);
    }
}

std::vector<std::string> FileStore::read(const Question& question) const {
    auto lines = report_.read_back([&](std::string_view line) { return judged(line, question); },
                                   question.limit);
    return lines ? std::move(*lines) : std::vector<std::string>();
}

EventStore::Recalled FileStore::recall(WallTime, const std::vector<RecordId>& ended) const {
    auto lines = report_.tail(k_recalled);
    auto records = report_.find(ended);
    if (!lines || !records) {
        return {.lines = {},
                .records = std::vector<std::optional<std::string>>(ended.size()),
                .trouble = (lines ? records.error() : lines.error()).message()};
    }
    return {.lines = std::move(*lines), .records = std::move(*records), .trouble = {}};
}

void FileStore::write_to(const std::string& path) {
    if (path != report_.path()) {
        report_ = Report(path);
    }
}

std::optional<std::string> FileStore::limitation() const {
    std::string said;
    if (waiting_.count() > 0) {
        said = std::to_string(waiting_.count()) +
               (waiting_.count() == 1 ? " line waits" : " lines wait") + " to be written to " +
               report_.path() + ": " + told_ + ".";
    }
    if (waiting_.lost() > 0) {
        text::add_to(said, " ",
                     std::to_string(waiting_.lost()) +
                         (waiting_.lost() == 1 ? " line is" : " lines are") +
                         " lost, because the daemon could not write to " + report_.path() + ": " +
                         waiting_.why_lost() + ".");
    }
    return said.empty() ? std::nullopt : std::optional(std::move(said));
}

} // namespace recycler::events
