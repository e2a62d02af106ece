// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/frame.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/json_text.hpp"

#include <algorithm>
#include <utility>

namespace recycler::explain {

namespace {

// As long as a line of a file may be; Docker and the CRI cut theirs after 16 KiB.
constexpr std::size_t k_longest_joined = std::size_t{64} << 10;
constexpr std::size_t k_longest_name = 128; // of a container, a pod

// "\x1b[36m", "\x1b[0K": up to the letter that ends it.
void skip_escape(std::string_view& text) {
    std::size_t length = 2;
    while (length < text.size() && !text::is_letter(text[length])) {
        ++length;
    }
    text.remove_prefix(std::min(length + 1, text.size()));
}

// "nginx-1  | ", "shop_nginx.1.x7k@node1    | ".
bool skip_compose(std::string_view& line) {
    const std::size_t bar = line.substr(0, k_longest_name).find("| ");
    if (bar == std::string_view::npos || bar == 0) {
        return false;
    }
    const std::string_view name = line.substr(0, line.substr(0, bar).find_last_not_of(' ') + 1);
    const auto in_name = [](char c) {
        return text::is_letter(c) || text::is_digit(c) ||
               std::string_view("-_./@").find(c) != std::string_view::npos;
    };
    if (name.empty() || name.size() == bar || !std::ranges::all_of(name, in_name)) {
        return false;
    }
    line.remove_prefix(bar + 2);
    return true;
}

// "[pod/web-7d9f/nginx] ".
bool skip_pod(std::string_view& line) {
    const std::size_t end = line.substr(0, k_longest_name).find("] ");
    if (!line.starts_with("[pod/") || end == std::string_view::npos) {
        return false;
    }
    line.remove_prefix(end + 2);
    return true;
}

// "-- Boot 3f1c... --", "-- Journal begins at ...", "-- No entries --".
bool is_journal_head(std::string_view line) {
    return line.starts_with("-- ") &&
           (text::contains(line, "Journal") || text::contains(line, "Logs begin") ||
            text::contains(line, "entries") || text::contains(line, "Boot") ||
            text::contains(line, "Reboot"));
}

// "Mon 2026-11-23 17:04:46 UTC host haproxy[1]: ...", "1795453477.123456 host haproxy[1]: ...".
std::optional<Framed> take_journal(std::string_view line, LogClock& clock) {
    for (const TimeForm form : {TimeForm::journal, TimeForm::epoch}) {
        std::string_view rest = line;
        if (const auto at = clock.take(form, rest); at && rest.starts_with(' ')) {
            return Framed{Framed::Form::origin, rest, at, clock.had_zone()};
        }
    }
    return std::nullopt;
}

} // namespace

std::string_view Frames::without_colours(std::string_view line) {
    if (line.find('\x1b') == std::string_view::npos) {
        return line;
    }
    plain_.clear();
    while (!line.empty()) {
        const std::size_t escape = std::min(line.find("\x1b["), line.size());
        plain_ += line.substr(0, escape);
        line.remove_prefix(escape);
        if (!line.empty()) {
            skip_escape(line);
        }
    }
    return plain_;
}

// Parts of a line that was longer than the driver's buffer; the last one says that it is the last.
Framed Frames::joined(std::string_view piece, Stream stream, bool goes_on) {
    std::string& begun = begun_.at(stream);
    if (begun.empty() && !goes_on) {
        return {Framed::Form::message, piece};
    }
    begun += piece.substr(0, k_longest_joined - std::min(begun.size(), k_longest_joined));
    if (goes_on) {
        return {Framed::Form::nothing};
    }
    message_ = std::exchange(begun, {});
    return {Framed::Form::message, message_};
}

std::optional<Framed> Frames::take_json(std::string_view line, LogClock& clock) {
    if (auto log = text_in_json(line, "log")) {
        const std::string time = text_in_json(line, "time").value_or("");
        const auto stream =
            text_in_json(line, "stream") == "stderr" ? stderr_stream : stdout_stream;
        const bool whole = log->ends_with('\n');
        log->resize(log->size() - (whole ? 1 : 0));
        const Framed framed = joined(*log, stream, !whole);
        if (framed.form == Framed::Form::message && framed.text.data() != message_.data()) {
            message_ = std::move(*log);
        }
        std::string_view rest = time;
        const auto at = clock.take(TimeForm::iso, rest);
        return Framed{framed.form, message_, at, at && clock.had_zone()};
    }
    if (auto message = text_in_json(line, "MESSAGE")) {
        message_ = std::move(*message);
        const std::string time = text_in_json(line, "__REALTIME_TIMESTAMP").value_or("");
        const auto at = from_microseconds(time);
        return Framed{Framed::Form::message, message_, at, at.has_value()};
    }
    return std::nullopt;
}

// "2026-11-23T17:04:46.123456789Z stderr F ...": P instead of F where more of the line follows,
// behind a colon perhaps other tags.
std::optional<Framed> Frames::take_cri(std::string_view line, LogClock& clock) {
    const auto at = clock.take(TimeForm::iso, line);
    if (!at || !clock.had_zone() || !text::take(line, " ")) {
        return std::nullopt;
    }
    const bool is_stderr = line.starts_with("stderr ");
    if (!is_stderr && !line.starts_with("stdout ")) {
        return std::nullopt;
    }
    (void)text::take_until(line, " ");
    const std::string_view tags = text::take_until(line, " ");
    if (!tags.starts_with('F') && !tags.starts_with('P')) {
        return std::nullopt;
    }
    Framed framed = joined(line, is_stderr ? stderr_stream : stdout_stream, tags.starts_with('P'));
    framed.at = at;
    framed.has_zone = true;
    return framed;
}

std::optional<Framed> Frames::take(std::string_view line, LogClock& clock) {
    if (line.starts_with('{')) {
        return take_json(line, clock);
    }
    if (is_journal_head(line)) {
        return Framed{Framed::Form::nothing};
    }
    const bool prefixed = skip_compose(line) || skip_pod(line);
    if (auto framed = take_cri(line, clock)) {
        return framed;
    }
    if (auto framed = take_journal(line, clock)) {
        return framed;
    }
    if (!prefixed) {
        return std::nullopt;
    }
    std::string_view rest = line;
    const auto at = clock.take(TimeForm::iso, rest); // of `logs -t`
    if (at && text::take(rest, " ")) {
        return Framed{Framed::Form::message, rest, at, clock.had_zone()};
    }
    return Framed{Framed::Form::message, line};
}

} // namespace recycler::explain
