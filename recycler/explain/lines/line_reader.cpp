// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/line_reader.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/formats.hpp"

namespace recycler::explain {

namespace {

// Microseconds: the year 2200. Nanoseconds reach little further.
constexpr std::int64_t k_latest = 7'258'118'400'000'000;

// A line of the journal's export form that is no message: "_PID=12", "__CURSOR=...".
bool is_field(std::string_view line) {
    std::size_t length = 0;
    while (length < line.size() && (line[length] == '_' || text::is_digit(line[length]) ||
                                    (line[length] >= 'A' && line[length] <= 'Z'))) {
        ++length;
    }
    return length > 0 && length < line.size() && line[length] == '=';
}

bool looks_like_haproxy(std::string_view text) {
    return text.starts_with("Server ") || text.starts_with("Backup Server ") ||
           text.starts_with("backend ") || text.starts_with("proxy ") ||
           text.starts_with("Proxy ") || text.starts_with("Connect") ||
           text.starts_with("[WARNING]") || text.starts_with("[ALERT]") ||
           text.starts_with("[NOTICE]");
}

Line entry_at(std::optional<Entry> entry, WallTime at) {
    if (!entry) {
        return {};
    }
    if (entry->at == WallTime()) {
        entry->at = at;
    }
    return {LineKind::entry, *entry};
}

// "<134>", "1 " of RFC 5424.
void skip_priority(std::string_view& line) {
    if (line.starts_with('<')) {
        (void)text::take_until(line, ">");
        (void)text::take(line, "1 ");
    }
}

// " web1 haproxy[123]: ", " web1 haproxy 123 - - ": the host, the program.
bool skip_origin(std::string_view& line) {
    if (!text::take(line, " ")) {
        return false;
    }
    (void)text::take_until(line, " ");
    const std::size_t colon = line.find(": ");
    const std::size_t blank = line.find(' ');
    if (colon != std::string_view::npos && colon < blank) {
        line.remove_prefix(colon + 2);
        return true;
    }
    for (int field = 0; field < 4; ++field) { // program, process, message id, structured part
        (void)text::take_until(line, " ");
    }
    return !line.empty();
}

} // namespace

Line LineReader::read(std::string_view line) {
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (line.empty()) {
        return {LineKind::frame};
    }
    Line read = read_plain(line);
    if (read.kind == LineKind::unknown) {
        read = read_framed(line);
    }
    if (read.kind == LineKind::entry) {
        worker_spoke_ = read.entry.said == Said::worker_said;
        time_ = read.entry.at;
    } else if (read.kind == LineKind::unknown && worker_spoke_) {
        read.kind = LineKind::continued;
    }
    return read;
}

Line LineReader::read_plain(std::string_view line) {
    if (line.size() < 20) {
        return {};
    }
    if (text::is_digit(line[0]) && line[4] == '-' && line[10] == ' ') {
        const auto at = clock_.take(TimeForm::lighttpd, line);
        return at && text::take(line, ": ") ? entry_at(read_lighttpd(line), *at) : Line{};
    }
    if (text::is_digit(line[0]) && line[4] == '/') {
        const auto at = clock_.take(TimeForm::nginx, line);
        return at && text::take(line, " ") ? entry_at(read_nginx(line), *at) : Line{};
    }
    if (line[0] == '[' && line[4] == ' ') {
        line.remove_prefix(1);
        const auto at = clock_.take(TimeForm::apache, line);
        return at && text::take(line, "] ") ? entry_at(read_apache(line), *at) : Line{};
    }
    return {};
}

// A message whose time is known from elsewhere, if it has none of its own.
Line LineReader::read_body(std::string_view body, WallTime at) {
    if (Line plain = read_plain(body); plain.kind == LineKind::entry) {
        return plain;
    }
    if (body.starts_with('(')) {
        return entry_at(read_lighttpd(body), at);
    }
    if (looks_like_haproxy(body) || text::is_digit(body.empty() ? ' ' : body[0]) ||
        text::contains(body, " [")) {
        if (Line line = entry_at(read_haproxy(body, clock_), at); line.kind == LineKind::entry) {
            return line;
        }
    }
    auto nginx = read_nginx(body);
    return entry_at(nginx ? nginx : read_apache(body), at);
}

Line LineReader::read_framed(std::string_view line) {
    if (text::take(line, "MESSAGE=")) {
        return read_body(line, time_);
    }
    if (is_field(line)) {
        if (text::take(line, "__REALTIME_TIMESTAMP=")) {
            const auto time = text::take_number<std::int64_t>(line);
            if (time && *time >= 0 && *time < k_latest) {
                time_ = WallTime(std::chrono::microseconds(*time));
            }
        }
        return {LineKind::frame};
    }
    std::string_view rest = line;
    skip_priority(rest);
    auto at = clock_.take(TimeForm::iso, rest);
    if (!at) {
        at = clock_.take(TimeForm::syslog, rest);
    }
    if (at && skip_origin(rest)) {
        return read_body(rest, *at);
    }
    // HAProxy's own log on its stdout: its connections have times, its other news have not.
    return entry_at(read_haproxy(line, clock_), time_);
}

} // namespace recycler::explain
