// SPDX-License-Identifier: MIT
#include "recycler/events/event_log.hpp"

#include "recycler/confine/reader.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/varlink/varlink.hpp"
#include "recycler/death/verdict.hpp"
#include "recycler/events/earlier.hpp"
#include "recycler/events/event_kinds.hpp"
#include "recycler/events/log.hpp"
#include "recycler/events/recalled.hpp"

#include <algorithm>
#include <cerrno>
#include <variant>

namespace recycler::events {

namespace {

// What `events` shows of the past, and `why`.
constexpr std::size_t k_events_kept = 1000;
constexpr std::size_t k_records_shown = 100;
constexpr std::size_t k_unexpected_shown = 500;

// Two at once leave processors to the workers when somebody asks in a loop; 64 is more than may
// be connected as the app's user. Who waits for longer than `turn` may as well ask again.
constexpr systemd::ChildWork::Bounds k_readers{
    .at_once = 2, .waiting = 64, .turn = std::chrono::seconds(10)};
constexpr Duration k_reading = std::chrono::seconds(5);
// journald is given ten seconds to settle.
constexpr Duration k_recalling = std::chrono::seconds(15);

// JSON has milliseconds, memory nanoseconds.
auto kept_time(WallTime at) {
    return std::chrono::floor<std::chrono::milliseconds>(at);
}

// Up to as many as are kept; `newest_first` came before all that are there.
void prepend(std::deque<control::EventLine>& events, std::vector<control::EventLine> newest_first) {
    for (control::EventLine& event : newest_first) {
        if (events.size() < k_events_kept) {
            events.push_front(std::move(event));
        }
    }
}

bool same_end(const control::Record& a, const control::Record& b) {
    return a.slot == b.slot && a.generation == b.generation && kept_time(a.at) == kept_time(b.at);
}

void warn_of(const std::string& trouble) {
    if (!trouble.empty()) {
        log::say(log::Level::warning, trouble);
    }
}

bool answers(const control::Record& record, const control::WhyCall& call) {
    return (!call.slot || record.slot == *call.slot) && (!call.since || record.at >= *call.since) &&
           (call.ends == control::Ends::all || death::is_unexpected(record.verdict));
}

} // namespace

EventLog::EventLog(systemd::EventLoop& loop, std::unique_ptr<EventStore> store, std::string keeper)
    : store_(std::move(store)), readers_(std::make_unique<systemd::ChildWork>(
                                    loop, k_readers, confine::reader(store_->readable()))),
      keeper_(std::move(keeper)) {}

void EventLog::happened(control::EventLine line) {
    tell_rest(line.at);
    if (budget_.admits(line)) {
        keep(std::move(line));
    }
}

void EventLog::keep(control::EventLine line) {
    store_->keep(line);
    remember(std::move(line));
}

void EventLog::tell_all(std::vector<control::EventLine> lines) {
    for (control::EventLine& line : lines) {
        keep(std::move(line));
    }
}

void EventLog::remember(control::EventLine line) {
    if (follower_) {
        follower_(line);
    }
    events_.push_back(std::move(line));
    if (events_.size() > k_events_kept) {
        events_.pop_front();
    }
}

// An end that a controller left behind may be recorded after a later one.
void EventLog::note_last_end(const control::Record& record) {
    const auto [it, is_first] = last_end_.try_emplace(record.slot, record);
    if (!is_first && record.generation > it->second.generation) {
        it->second = record;
    }
}

void EventLog::record(const control::Record& record) {
    note_last_end(record);
    records_.push_front(record);
    if (records_.size() > k_records_shown) {
        records_.pop_back();
    }
    store_->keep(RecordId{keeper_, record.slot, record.generation}, record);
    tell_rest(record.at);
    if (control::EventLine line = ended(record); budget_.admits(line)) {
        remember(std::move(line));
    }
}

std::optional<control::Record> EventLog::recorded(const std::string& slot,
                                                  std::uint32_t generation) const {
    const auto json = on_record_.find({slot, generation});
    auto record = json != on_record_.end() ? control::record_from_json(json->second)
                                           : Result<control::Record>(Error{});
    return record ? std::optional(std::move(*record)) : std::nullopt;
}

void EventLog::recall(WallTime since, const std::vector<Ended>& ended, std::function<void()> done) {
    std::vector<RecordId> ids;
    for (const auto& [slot, generation] : ended) {
        ids.push_back({keeper_, slot, generation});
    }
    readers_->ask({.what = "read what controllers before this one have kept",
                   .open = [this] { store_->open_to_read(); },
                   .work = [this, since, ids] { return to_bytes(store_->recall(since, ids)); },
                   .limit = k_recalling,
                   .answer =
                       [this, ended, done = std::move(done)](const auto& bytes) {
                           const auto recalled =
                               bytes ? recalled_from(*bytes, ended.size()) : EventStore::Recalled();
                           warn_of(bytes ? recalled.trouble : bytes.error().message());
                           for (std::size_t i = 0; i < recalled.records.size(); ++i) {
                               if (recalled.records[i]) {
                                   on_record_.emplace(ended[i], *recalled.records[i]);
                               }
                           }
                           take_back(recalled.lines);
                           recalled_ = true;
                           done();
                       }});
}

// `lines`: newest first, and perhaps also what is remembered, or of daemons before.
void EventLog::take_back(const std::vector<std::string>& lines) {
    Earlier earlier = what_was_before(lines, events_, Reach::this_daemon);
    for (control::Record& record : earlier.records) {
        const bool known = std::ranges::any_of(
            records_, [&](const control::Record& each) { return same_end(each, record); });
        if (!known && records_.size() < k_records_shown) {
            note_last_end(record);
            records_.push_back(std::move(record));
        }
    }
    prepend(events_, std::move(earlier.events));
}

std::vector<control::EventLine> EventLog::all_events() const {
    std::deque<control::EventLine> events = events_;
    const auto lines = store_->read({.limit = k_events_kept});
    prepend(events, what_was_before(lines, events_, Reach::all).events);
    return {events.begin(), events.end()};
}

void EventLog::look_up_events(Asker asker) {
    tell(
        std::move(asker), [this] { return control::EventsReply{all_events()}; },
        [this] {
            return control::EventsReply{{events_.begin(), events_.end()}};
        });
}

// Where the child cannot read the store, the answer is what this controller remembers.
void EventLog::tell(Asker asker, const std::function<control::Reply()>& all,
                    const std::function<control::Reply()>& what_is_remembered) {
    readers_->ask(
        {.what = "read what has happened",
         .open = [this] { store_->open_to_read(); },
         .work = [all] { return control::encode_reply(all(), control::Continues::no); },
         .limit = k_reading,
         .is_wanted = std::move(asker.is_there),
         .answer =
             [what_is_remembered, answer = std::move(asker.answer)](const auto& message) {
                 if (message || message.error().code == EBUSY) {
                     answer(message);
                 } else {
                     warn_of(message.error().message());
                     answer(control::encode_reply(what_is_remembered(), control::Continues::no));
                 }
             }});
}

std::optional<control::Record> EventLog::last_end(const std::string& slot) const {
    const auto it = last_end_.find(slot);
    return it == last_end_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<control::Record> EventLog::remembered(const control::WhyCall& call) const {
    std::vector<control::Record> records;
    std::ranges::copy_if(records_, std::back_inserter(records),
                         [&](const control::Record& record) { return answers(record, call); });
    return records;
}

// What is remembered may not be readable yet, or may not have been kept at all.
std::vector<control::Record> EventLog::all_records(const control::WhyCall& call) const {
    const bool all = call.ends == control::Ends::all;
    const std::size_t most = all ? k_records_shown : k_unexpected_shown;
    const EventStore::Question question{.wanted = all ? EventStore::Wanted::records
                                                      : EventStore::Wanted::unexpected_records,
                                        .slot = call.slot,
                                        .since = call.since,
                                        .limit = all ? most * 10 : most};
    std::vector<control::Record> records = remembered(call);
    const std::vector<control::Record> ours = records;
    for (const std::string& json : store_->read(question)) {
        Line line = parsed(json);
        auto* record = std::get_if<control::Record>(&line);
        if (record != nullptr && answers(*record, call) &&
            std::ranges::none_of(ours, [&](const auto& r) { return same_end(r, *record); })) {
            records.push_back(std::move(*record));
        }
    }
    std::ranges::stable_sort(records, std::greater(), &control::Record::at);
    records.resize(std::min(records.size(), most));
    return records;
}

void EventLog::why(const control::WhyCall& call, Asker asker) {
    tell(
        std::move(asker), [this, call] { return control::WhyReply{all_records(call)}; },
        [this, call] { return control::WhyReply{remembered(call)}; });
}

} // namespace recycler::events
