// SPDX-License-Identifier: MIT
#include "recycler/events/journal_store.hpp"

#include "recycler/control/json/json.hpp"
#include "recycler/death/verdict.hpp"
#include "recycler/events/event_kinds.hpp"

#include <unistd.h>

namespace recycler::events {

namespace {

using systemd::JournalField;
using Fields = std::vector<JournalField>;

// A journald that was stopped or replaced is tried again this often: nobody waits for it.
constexpr Duration k_retry = std::chrono::milliseconds(100);
// journald is given so long to come as far as what the controllers before us sent.
constexpr Duration k_settles = std::chrono::seconds(10);

std::string name_of(const RecordId& id) {
    return id.keeper + "/" + id.slot + "/" + std::to_string(id.generation);
}

void add(Fields& fields, std::string_view name, std::optional<std::string> value) {
    if (value) {
        fields.push_back({name, std::move(*value)});
    }
}

void add_kind(Fields& fields, const EventKind& kind) {
    fields.push_back({"MESSAGE_ID", std::string(kind.message_id)});
    fields.push_back({"PRIORITY", std::to_string(static_cast<int>(kind.urgency))});
}

std::optional<std::string> text(std::optional<std::uint64_t> number) {
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

} // namespace

JournalStore::JournalStore(systemd::EventLoop& loop, std::string app, std::string controller)
    : loop_(loop), app_(std::move(app)), controller_(std::move(controller)) {}

Result<std::unique_ptr<JournalStore>>
JournalStore::create(systemd::EventLoop& loop, std::string app, std::string controller) {
    std::unique_ptr<JournalStore> store(
        new JournalStore(loop, std::move(app), std::move(controller)));
    auto retry = loop.add_timer([made = store.get()] { made->flush(); }, systemd::Priority::last);
    if (!retry) {
        return std::move(retry).error();
    }
    store->retry_ = std::move(*retry);
    return store;
}

void JournalStore::keep(const control::EventLine& event) {
    Fields fields{{"MESSAGE", in_words(event, app_)}, {"RECYCLER_EVENT", event.event}};
    if (const EventKind* kind = kind_of(event)) {
        add_kind(fields, *kind);
    }
    add(fields, "RECYCLER_SLOT", event.slot);
    add(fields, "RECYCLER_GENERATION", text(event.generation));
    add(fields, "RECYCLER_TRIGGER", member(event, "trigger"));
    add(fields, "RECYCLER_TEXT", member(event, "text"));
    add(fields, "OBJECT_PID", member(event, "pid"));
    fields.push_back({"RECYCLER_JSON", control::to_json(event)});
    send(std::move(fields));
}

void JournalStore::keep(const RecordId& id, const control::Record& record) {
    Fields fields{{"MESSAGE", record.sentence},
                  {"RECYCLER_EVENT", control::name_of(EventName::ended)}};
    add_kind(fields, kind_of(record));
    fields.push_back({"RECYCLER_SLOT", record.slot});
    fields.push_back({"RECYCLER_GENERATION", std::to_string(record.generation)});
    fields.push_back({"RECYCLER_VERDICT", record.verdict});
    add(fields, "RECYCLER_TRIGGER", record.trigger);
    // journalctl -x shows the name of a field that an entry has not.
    fields.push_back({"RECYCLER_NEXT_STEP", record.next_step.value_or("nothing.")});
    if (record.pid) {
        fields.push_back({"OBJECT_PID", std::to_string(*record.pid)});
    }
    fields.push_back({"RECYCLER_RECORD", name_of(id)});
    fields.push_back({"RECYCLER_JSON", control::to_json(record)});
    send(std::move(fields));
}

void JournalStore::send(Fields fields) {
    fields.push_back({"SYSLOG_IDENTIFIER", "recyclerd"});
    fields.push_back({"RECYCLER_APP", app_});
    fields.push_back({"RECYCLER_CONTROLLER", controller_});
    switch (writer_.send(fields)) {
    case systemd::JournalWriter::Fate::sent:
        tell_losses();
        return;
    case systemd::JournalWriter::Fate::waiting:
        retry_.arm(loop_.now() + k_retry);
        return;
    case systemd::JournalWriter::Fate::lost:
        return; // counted
    }
}

void JournalStore::flush() {
    writer_.flush();
    if (writer_.waiting() > 0) {
        retry_.arm(loop_.now() + k_retry);
    } else {
        tell_losses();
    }
}

// When entries flow again, the first one after a gap says how large it is.
void JournalStore::tell_losses() {
    const std::uint64_t lost = writer_.take_losses();
    if (lost == 0) {
        return;
    }
    keep(control::EventLine{
        .at = loop_.wall_now(),
        .event = control::name_of(EventName::entries_lost),
        .members = {{"text", std::to_string(lost) + " (" + writer_.trouble() + ")"},
                    {"entries", static_cast<std::int64_t>(lost)}}});
}

systemd::JournalQuery JournalStore::ours() const {
    return {.matches = {"_UID=" + std::to_string(::getuid()), "RECYCLER_APP=" + app_,
                        "SYSLOG_IDENTIFIER=recyclerd"},
            .fields = {"RECYCLER_JSON", "RECYCLER_RECORD"}};
}

namespace {

// An end is one entry, and two lines: its record, and before it, since newest come first, the
// event.
std::vector<std::string> lines_of(systemd::JournalEntries entries, EventStore::Wanted wanted) {
    std::vector<std::string> lines;
    for (systemd::JournalEntry& entry : entries) {
        const auto json = entry.find("RECYCLER_JSON");
        if (json == entry.end()) {
            continue;
        }
        if (entry.contains("RECYCLER_RECORD") && wanted == EventStore::Wanted::everything) {
            if (const auto record = control::record_from_json(json->second)) {
                lines.push_back(control::to_json(ended(*record)));
            }
        }
        lines.push_back(std::move(json->second));
    }
    return lines;
}

std::optional<std::string> record_in(const systemd::JournalEntries& entries,
                                     const std::string& name) {
    for (const systemd::JournalEntry& entry : entries) {
        const auto record = entry.find("RECYCLER_RECORD");
        const auto json = entry.find("RECYCLER_JSON");
        if (record != entry.end() && record->second == name && json != entry.end()) {
            return json->second;
        }
    }
    return std::nullopt;
}

} // namespace

std::vector<std::string> JournalStore::read(const Question& question) const {
    systemd::JournalQuery query = ours();
    if (question.wanted != Wanted::everything) {
        query.matches.emplace_back("RECYCLER_EVENT=ended");
    }
    if (question.wanted == Wanted::unexpected_records) {
        for (const death::VerdictTraits& verdict : death::k_verdicts) {
            if (verdict.severity == death::Severity::warning) {
                query.matches.push_back("RECYCLER_VERDICT=" + std::string(verdict.name));
            }
        }
    }
    if (question.slot) {
        query.matches.push_back("RECYCLER_SLOT=" + *question.slot);
    }
    query.since = question.since;
    query.limit = question.limit;
    auto entries = systemd::read_journal(query);
    // Unreadable: what this controller remembers is the answer.
    return entries ? lines_of(std::move(*entries), question.wanted) : std::vector<std::string>();
}

EventStore::Recalled JournalStore::recall(WallTime since,
                                          const std::vector<RecordId>& ended) const {
    systemd::JournalQuery query = ours();
    query.since = since;
    query.limit = 2000; // what `why` and `events` show, and more
    query.awaited = {"_UID=" + std::to_string(::getuid()), "RECYCLER_CONTROLLER=" + controller_};
    query.patience = k_settles;
    auto entries = systemd::read_journal(query);
    Recalled recalled;
    for (const RecordId& id : ended) {
        recalled.records.push_back(entries ? record_in(*entries, name_of(id)) : std::nullopt);
    }
    if (entries) {
        recalled.lines = lines_of(std::move(*entries), Wanted::everything);
    }
    return recalled;
}

std::optional<std::string> JournalStore::limitation() const {
    if (writer_.lost() == 0 && writer_.waiting() == 0) {
        return std::nullopt;
    }
    std::string sentence = writer_.lost() > 0
                               ? std::to_string(writer_.lost()) +
                                     (writer_.lost() == 1 ? " entry is lost" : " entries are lost")
                               : std::to_string(writer_.waiting()) +
                                     (writer_.waiting() == 1 ? " entry waits" : " entries wait");
    return sentence + ", because the journal did not take all entries: " + writer_.trouble() + ".";
}

} // namespace recycler::events
