// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/line_reader.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/formats.hpp"

namespace recycler::explain {

namespace {

// Containers write UTC, and a balancer its own zone: they are apart by quarters of an hour.
constexpr Duration k_zone_steps = std::chrono::minutes(15);

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
           text.starts_with("Health check for ") || text.starts_with("Proxy ") ||
           text.starts_with("Connect") || text.starts_with("[WARNING]") ||
           text.starts_with("[ALERT]") || text.starts_with("[NOTICE]");
}

Line entry_at(std::optional<Entry> entry, WallTime at) {
    if (!entry) {
        return {};
    }
    if (!has_time(*entry)) {
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
    line = frames_.without_colours(line);
    if (line.empty()) {
        return {LineKind::frame};
    }
    Line read = read_plain(line);
    if (read.kind == LineKind::unknown) {
        read = read_framed(line);
    }
    if (read.kind == LineKind::entry) {
        worker_spoke_ = read.entry.said == Said::worker_said;
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
Line LineReader::read_message(std::string_view body, const Written& written) {
    if (Line plain = read_plain(body); plain.kind == LineKind::entry) {
        return plain;
    }
    if (body.starts_with('(')) {
        return entry_at(read_lighttpd(body), written.at);
    }
    if (looks_like_haproxy(body) || text::is_digit(body.empty() ? ' ' : body[0]) ||
        text::contains(body, " [")) {
        if (Line line = entry_at(read_haproxy(body, clock_), written.at);
            line.kind == LineKind::entry) {
            return line;
        }
    }
    auto nginx = read_nginx(body);
    return entry_at(nginx ? nginx : read_apache(body), written.at);
}

// A time of its own is finer than the frame's, but only the frame's may have said its zone.
Line LineReader::read_body(std::string_view body, const Written& written) {
    Line line = read_message(body, written);
    if (line.kind == LineKind::entry && written.has_zone) {
        const Duration apart = written.at - line.entry.at;
        const Duration half = apart < Duration::zero() ? -k_zone_steps / 2 : k_zone_steps / 2;
        line.entry.at += (apart + half) / k_zone_steps * k_zone_steps;
    }
    return line;
}

// Of the journal's export form.
Line LineReader::read_field(std::string_view line) {
    if (text::take(line, "__REALTIME_TIMESTAMP=")) {
        entry_time_ = from_microseconds(line).value_or(entry_time_);
    }
    return {LineKind::frame};
}

Line LineReader::read_framed(std::string_view line) {
    if (text::take(line, "MESSAGE=")) {
        return read_body(line, {entry_time_, has_time({.at = entry_time_})});
    }
    if (is_field(line)) {
        return read_field(line);
    }
    const auto framed = frames_.take(line, clock_);
    if (!framed) {
        return read_syslog(line);
    }
    std::string_view text = framed->text;
    if (framed->form == Framed::Form::nothing) {
        return {LineKind::frame};
    }
    if (framed->form == Framed::Form::origin && !skip_origin(text)) {
        return {};
    }
    const Written written{framed->at.value_or(k_no_time), framed->has_zone};
    Line read = read_body(text, written);
    // The program in a container may log as if to syslog.
    return read.kind == LineKind::unknown && !framed->at ? read_syslog(text) : read;
}

Line LineReader::read_syslog(std::string_view line) {
    std::string_view rest = line;
    skip_priority(rest);
    const std::string_view message = rest;
    auto at = clock_.take(TimeForm::iso, rest);
    const bool has_zone = at && clock_.had_zone();
    if (!at) {
        at = clock_.take(TimeForm::syslog, rest);
    }
    if (!at) {
        // HAProxy's own log on its stdout: its connections have times, its other news have not.
        return entry_at(read_haproxy(message, clock_), k_no_time);
    }
    // `docker logs -t` puts a time alone in front.
    if (std::string_view bare = rest; has_zone && text::take(bare, " ")) {
        if (Line line_alone = read_body(bare, {*at, true}); line_alone.kind == LineKind::entry) {
            return line_alone;
        }
    }
    return skip_origin(rest) ? read_body(rest, {*at, has_zone}) : Line{};
}

} // namespace recycler::explain
