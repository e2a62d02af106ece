// SPDX-License-Identifier: MIT
// What Apache writes about FastCGI backends: mod_proxy, mod_proxy_fcgi and mod_proxy_balancer of
// 2.4. Their messages are found by number. One failure takes up to three lines of one thread, and
// only the first of them may name the address.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/explain/lines/faults.hpp"

#include <algorithm>
#include <array>

namespace recycler::explain {

namespace {

struct Message {
    int number;
    Said said;
    std::uint32_t attempts;
    std::string_view address; // what stands before it
};

constexpr std::array k_messages{
    Message{957, Said::refused, 1, "attempt to connect to "},
    Message{939, Said::refused, 1, "attempt to connect to "},
    Message{2454, Said::refused, 1, "Unix domain socket "},
    Message{959, Said::taken_out, 0, "for ("},
    Message{940, Said::taken_out, 0, "for ("},
    Message{941, Said::taken_out, 0, "for ("},
    // The last of three where a connect was refused. Alone where it was not, but another thread
    // took the member out meanwhile: Apache then closes the connection unused and asks the next
    // one.
    Message{1079, Said::taken_out, 0, ""},
    Message{1174, Said::taken_out, 0, ""},
    Message{2460, Said::taken_out, 0, ""},
    Message{932, Said::put_back, 0, "for ("},
    Message{1165, Said::put_back, 0, ""},
    Message{1170, Said::all_down, 1, ""},
    Message{1167, Said::all_down, 1, ""},
    Message{1171, Said::all_down, 1, ""},
    Message{934, Said::all_down, 1, ""},
    Message{1067, Said::died, 0, ""},
    Message{1073, Said::died, 0, ""},
    Message{1074, Said::died, 0, ""},
    Message{1075, Said::died, 1, ""},
    Message{1068, Said::bad_answer, 0, ""},
    Message{1069, Said::bad_answer, 0, ""},
    Message{1070, Said::bad_answer, 0, ""},
    Message{1072, Said::bad_answer, 0, ""},
    Message{2537, Said::bad_answer, 0, ""},
    Message{1071, Said::worker_said, 0, ""},
    Message{2608, Said::client_left, 0, ""},
    Message{898, Said::unresolved, 0, ""},
};

constexpr int k_dispatching = 1075;
// EINVAL, which Apache itself says of an answer that it cannot read.
constexpr std::string_view k_invalid = "(22)";

// Without a number, by the module that has read the headers.
constexpr std::array<std::string_view, 3> k_header_faults{
    "End of script output before headers: ", "Premature end of script headers: ",
    "malformed header from script "};

void skip_fields(std::string_view& text) {
    while (text.starts_with('[')) {
        (void)text::take_until(text, "] ");
    }
}

// "[...] mod_proxy.c(1234): (111)Connection refused: [client 127.0.0.1:9] AH01075: ": the number
// begins the message. Further on, what a module that numbers nothing quotes of a request, or the
// referrer, may look like one.
std::optional<int> take_message_number(std::string_view& text) {
    std::string_view rest = text;
    skip_fields(rest);
    if (const std::string_view file = rest.substr(0, rest.find(": "));
        file.ends_with(')') && text::contains(file, ".c(")) {
        (void)text::take_until(rest, ": ");
    }
    if (std::string_view error = rest; text::take(error, "(") && text::take_number<int>(error)) {
        (void)text::take_until(rest, ": ");
    }
    skip_fields(rest);
    if (!text::take(rest, "AH")) {
        return std::nullopt;
    }
    const auto number = text::take_number<int>(rest);
    if (!number || !text::take(rest, ": ")) {
        return std::nullopt;
    }
    text = rest;
    return number;
}

// "[pid 16952:tid 16992]", and "[pid 16952]" where processes have one thread.
std::uint64_t thread_in(std::string_view text) {
    std::string_view origin = text::after(text, "[pid ", "]");
    const std::uint64_t process = text::take_number<std::uint64_t>(origin).value_or(0);
    (void)text::take(origin, ":tid ");
    return (process << 40) ^ text::take_number<std::uint64_t>(origin).value_or(0);
}

std::string_view address_in(std::string_view text, const Message& message) {
    std::string_view found =
        message.address.empty() ? std::string_view() : text::after(text, message.address, " ");
    // "HTTP: attempt to connect to ...": no worker of ours, whatever its address.
    if (!found.empty() && text::contains(text, "attempt") && !text.starts_with("FCGI: ")) {
        return text;
    }
    return found.substr(0, found.find(')'));
}

// "(13)Permission denied: AH00957: ", "(70007)The timeout specified has expired: [client ...".
Fault fault_before(std::string_view before) {
    skip_fields(before);
    const std::size_t at = before.find('(');
    std::string_view error = before.substr(std::min(at, before.size()));
    // A place in the source stands in front of it: "mod_proxy_fcgi.c(1075): ".
    if (at > 0 && at != std::string_view::npos) {
        (void)text::take_until(error, "): ");
    }
    if (!text::take(error, "(")) {
        return Fault::none;
    }
    const auto number = text::take_number<int>(error);
    (void)text::take(error, ")");
    return fault_of(number, error);
}

// What AH01075 was at, in parentheses behind the server: "(polling)" may be before the answer or in
// the middle of it.
void read_dispatch(std::string_view before, std::string_view text, Entry& entry) {
    if (entry.said == Said::died && text::contains(before, k_invalid)) {
        entry.said = Said::bad_answer;
    } else if (text::contains(text, "(passing ") ||
               text::contains(text, "(reading input brigade)")) {
        entry.said = Said::client_left;
        entry.attempts = 0;
    } else if (entry.said == Said::timed_out && text::contains(text, "(reading response body)")) {
        entry.said = Said::unfinished;
        entry.waited_for = Side::worker;
    } else if (entry.said == Said::timed_out && text::contains(text, "(polling)")) {
        entry.said = Said::cut_short;
    }
}

bool is_of_headers(std::string_view text) {
    if (!text::contains(text.substr(0, text.find("[pid ")), "[proxy_fcgi:")) {
        return false; // of a program that Apache itself has started
    }
    skip_fields(text);
    return std::ranges::any_of(k_header_faults,
                               [text](std::string_view words) { return text.starts_with(words); });
}

// What the system said makes more of a message.
void read_fault(std::string_view before, Entry& entry) {
    entry.fault = fault_before(before);
    entry.connecting = entry.said == Said::refused;
    const bool full = entry.connecting && entry.fault == Fault::queue_full;
    // Else a read that timed out, which the system calls EAGAIN.
    const bool late = entry.fault == Fault::timed_out || entry.fault == Fault::queue_full;
    if (full || (late && (entry.said == Said::died || entry.connecting))) {
        entry.said = Said::timed_out;
    }
}

} // namespace

std::optional<Entry> read_apache(std::string_view text) {
    if (!text.starts_with('[')) {
        return std::nullopt;
    }
    Entry entry{.span = std::chrono::milliseconds(1)};
    std::string_view rest = text;
    const auto number = take_message_number(rest);
    if (!number) {
        entry.said = is_of_headers(text) ? Said::bad_answer
                     : text::contains(text, "[php") || text::contains(text, "PHP ")
                         ? Said::worker_said
                         : Said::balancer;
        return entry;
    }
    const std::string_view before = text.substr(0, text.size() - rest.size());
    for (const Message& message : k_messages) {
        if (message.number != *number) {
            continue;
        }
        entry.said = message.said;
        entry.attempts = message.attempts;
        entry.address = address_in(rest, message);
        entry.thread = thread_in(before);
        read_fault(before, entry);
        if (message.number == k_dispatching) {
            read_dispatch(before, rest, entry);
        }
        break;
    }
    return entry;
}

} // namespace recycler::explain
