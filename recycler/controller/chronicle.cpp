#include "recycler/controller/chronicle.hpp"

#include "recycler/control/json.hpp"

#include <spdlog/spdlog.h>

namespace recycler::controller {

namespace {

// What `events` shows of the past, and `why` without a time.
constexpr std::size_t k_events_kept = 1000;
constexpr std::size_t k_records_shown = 100;
// Read back when a controller takes over: enough for those, and done in some milliseconds.
constexpr Bytes k_recalled = 512_KiB;

bool is_record(std::string_view line) {
    return line.find("\"verdict\":") != std::string_view::npos &&
           line.find("\"kind\":") != std::string_view::npos;
}

} // namespace

void Chronicle::happened(control::EventLine line) {
    if (const auto kept = report_.append(control::to_json(line)); !kept) {
        lost(kept.error());
    }
    if (follower_) {
        follower_(line);
    }
    events_.push_back(std::move(line));
    if (events_.size() > k_events_kept) {
        events_.pop_front();
    }
}

void Chronicle::record(const control::Record& record) {
    last_end_[record.slot] = record;
    records_.push_front(record);
    if (records_.size() > k_records_shown) {
        records_.pop_back();
    }
    const RecordId id{keeper_, record.slot, record.generation};
    if (const auto kept = report_.append(id, control::to_json(record)); !kept) {
        lost(kept.error());
    }
}

std::optional<control::Record> Chronicle::recorded(const std::string& slot,
                                                   std::uint32_t generation) const {
    const auto line = report_.find({keeper_, slot, generation});
    if (!line || !*line) {
        return std::nullopt;
    }
    auto record = control::record_from_json(**line);
    return record ? std::optional(std::move(*record)) : std::nullopt;
}

void Chronicle::lost(const Error& error) {
    if (lost_++ == 0 || why_lost_ != error.message()) {
        spdlog::error("{}", error.message());
    }
    why_lost_ = error.message();
}

Result<void> Chronicle::recall(WallTime since) {
    auto lines = report_.tail(k_recalled);
    if (!lines) {
        return std::move(lines).error();
    }
    for (const std::string& line : *lines) { // newest first
        if (is_record(line)) {
            auto record = control::record_from_json(line);
            if (record && record->at >= since && records_.size() < k_records_shown) {
                last_end_.try_emplace(record->slot, *record);
                records_.push_back(std::move(*record));
            }
        } else if (auto event = control::event_from_json(line);
                   event && event->at >= since && events_.size() < k_events_kept) {
            events_.push_front(std::move(*event));
        }
    }
    return {};
}

void Chronicle::write_to(const std::string& path) {
    if (path != report_.path()) {
        report_ = Report(path);
    }
}

std::optional<std::string> Chronicle::limitation() const {
    if (lost_ == 0) {
        return std::nullopt;
    }
    return std::to_string(lost_) + " lines could not be kept in " + report_.path() + ": " +
           why_lost_ + ".";
}

std::optional<control::Record> Chronicle::last_end(const std::string& slot) const {
    const auto it = last_end_.find(slot);
    return it == last_end_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<control::Record> Chronicle::why(const control::WhyCall& call) const {
    const auto wanted = [&](const control::Record& record) {
        return (!call.slot || record.slot == *call.slot) &&
               (!call.since || record.at >= *call.since);
    };
    std::vector<control::Record> records;
    const auto lines = report_.read_back(is_record, k_records_shown * 10);
    if (!lines || lost_ > 0) {
        for (const control::Record& record : records_) {
            if (wanted(record)) {
                records.push_back(record);
            }
        }
        return records;
    }
    for (const std::string& line : *lines) {
        auto record = control::record_from_json(line);
        if (record && wanted(*record) && records.size() < k_records_shown) {
            records.push_back(std::move(*record));
        }
    }
    return records;
}

} // namespace recycler::controller
