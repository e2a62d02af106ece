#include "recycler/controller/file_archive.hpp"

#include "recycler/control/json.hpp"
#include "recycler/controller/event_kinds.hpp"

#include <spdlog/spdlog.h>

namespace recycler::controller {

namespace {

// Read back when a controller takes over: enough for what `why` and `events` show, and done in some
// milliseconds.
constexpr Bytes k_recalled = 512_KiB;

bool is_record(std::string_view line) {
    return line.find("\"verdict\":") != std::string_view::npos &&
           line.find("\"kind\":") != std::string_view::npos;
}

spdlog::level::level_enum level_of(const EventKind* kind) {
    if (kind == nullptr) {
        return spdlog::level::info;
    }
    switch (kind->urgency) {
    case Urgency::error:
        return spdlog::level::err;
    case Urgency::warning:
        return spdlog::level::warn;
    case Urgency::notice:
        return spdlog::level::info;
    case Urgency::info:
        break;
    }
    return spdlog::level::debug;
}

} // namespace

void FileArchive::keep(const control::EventLine& event) {
    spdlog::log(level_of(kind_of(event)), "{}", in_words(event, app_));
    count(report_.append(control::to_json(event)));
}

void FileArchive::keep(const RecordId& id, const control::Record& record) {
    spdlog::log(level_of(&kind_of(record)), "{}", record.sentence);
    count(report_.append(id, control::to_json(record)));
    count(report_.append(control::to_json(ended(record))));
}

void FileArchive::count(const Result<void>& kept) {
    if (kept) {
        return;
    }
    if (lost_++ == 0 || why_lost_ != kept.error().message()) {
        spdlog::error("{}", kept.error().message());
    }
    why_lost_ = kept.error().message();
}

void FileArchive::look_up(const Question& question, Lines answer) {
    const auto wanted = [&](std::string_view line) {
        return question.wanted == Wanted::everything || is_record(line);
    };
    auto lines = report_.read_back(wanted, question.limit);
    answer(lines ? std::move(*lines) : std::vector<std::string>());
}

void FileArchive::recall(WallTime, Lines answer) {
    auto lines = report_.tail(k_recalled);
    if (!lines) {
        spdlog::warn("{}", lines.error().message());
    }
    answer(lines ? std::move(*lines) : std::vector<std::string>());
}

std::optional<std::string> FileArchive::find(const RecordId& id) const {
    const auto line = report_.find(id);
    return line ? *line : std::nullopt;
}

void FileArchive::write_to(const std::string& path) {
    if (path != report_.path()) {
        report_ = Report(path);
    }
}

std::optional<std::string> FileArchive::limitation() const {
    if (lost_ == 0) {
        return std::nullopt;
    }
    return std::to_string(lost_) + " lines could not be kept in " + report_.path() + ": " +
           why_lost_ + ".";
}

} // namespace recycler::controller
