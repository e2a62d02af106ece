// SPDX-License-Identifier: MIT
// What Apache writes about FastCGI backends: mod_proxy, mod_proxy_fcgi and mod_proxy_balancer of
// 2.4. Their messages are found by number. One failure takes up to three lines of one thread, and
// only the first of them may name the address.
#include "recycler/explain/lines/formats.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

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
};

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

bool is_timeout(std::string_view why) {
    return text::contains(why, "(70007)") || text::contains(why, "(110)") ||
           text::contains(why, "(11)");
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
        entry.said = text::contains(text, "[php") || text::contains(text, "PHP ")
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
        const bool waited = message.said == Said::died || message.said == Said::refused;
        if (waited && is_timeout(before)) {
            entry.said = Said::timed_out;
        }
        break;
    }
    return entry;
}

} // namespace recycler::explain
