// SPDX-License-Identifier: MIT
#include "policies/parsing/values.hpp"

#include "policies/units.hpp"
#include "recycler/base/text/escape.hpp"

namespace policies::parsing {
namespace text = recycler::text;
namespace {

std::string_view type_of(const Node& node) {
    struct Name {
        std::string_view operator()(const std::string&) const { return "text"; }
        std::string_view operator()(std::int64_t) const { return "a whole number"; }
        std::string_view operator()(double) const { return "a fractional number"; }
        std::string_view operator()(bool) const { return "true or false"; }
        std::string_view operator()(const Moment&) const { return "a date or time"; }
        std::string_view operator()(const List&) const { return "a list"; }
        std::string_view operator()(const Table&) const { return "a table"; }
    };
    return std::visit(Name{}, node.value);
}

// The value, or a fault with the text that was meant: "\"5 mn\": this is not a span of time".
template <typename T>
std::optional<T> take(const Value& value, std::string_view text, Parsed<T> parsed) {
    if (auto* problem = std::get_if<Problem>(&parsed)) {
        value.refuse({text::quoted(text) + ": " + problem->reason, problem->suggestion});
        return std::nullopt;
    }
    return std::get<T>(std::move(parsed));
}

std::string number_text(const Node& node) {
    if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
        return std::to_string(*integer);
    }
    std::string text = std::to_string(std::get<double>(node.value));
    return text.substr(0, text.find_last_not_of('0') + 1);
}

} // namespace

void Value::refuse_type(std::string_view expected, std::string suggestion) const {
    refuse({std::string(expected) + " is expected here, not " + std::string(type_of(node)),
            std::move(suggestion)});
}

std::optional<std::string> read_text(const Value& value) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text == nullptr) {
        const bool number = std::holds_alternative<std::int64_t>(value.node.value) ||
                            std::holds_alternative<double>(value.node.value);
        value.refuse_type("text", number
                                      ? "put it in quotes: " + text::quoted(number_text(value.node))
                                      : std::string());
        return std::nullopt;
    }
    if (text->empty()) {
        value.refuse({"this is empty", "remove the key to get its default"});
        return std::nullopt;
    }
    if (text->find('\0') != std::string::npos) {
        value.refuse({"text must not contain a NUL character", ""});
        return std::nullopt;
    }
    return *text;
}

std::optional<std::uint64_t> read_whole(const Value& value, std::uint64_t least,
                                        std::uint64_t most) {
    const auto* number = std::get_if<std::int64_t>(&value.node.value);
    if (number == nullptr) {
        const bool text = std::holds_alternative<std::string>(value.node.value);
        value.refuse_type("a whole number", text ? "write it without quotes" : "");
        return std::nullopt;
    }
    if (*number < 0 || static_cast<std::uint64_t>(*number) < least ||
        static_cast<std::uint64_t>(*number) > most) {
        std::string range = most == INT64_MAX
                                ? "at least " + std::to_string(least)
                                : "from " + std::to_string(least) + " to " + std::to_string(most);
        value.refuse({"this must be " + range, ""});
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(*number);
}

std::optional<Duration> read_span(const Value& value, Duration least) {
    std::string text;
    if (std::holds_alternative<std::int64_t>(value.node.value) ||
        std::holds_alternative<double>(value.node.value)) {
        text = number_text(value.node);
    } else if (const auto* written = std::get_if<std::string>(&value.node.value)) {
        text = *written;
    } else {
        value.refuse_type("a span of time", "write it as \"5min\" or \"250ms\"");
        return std::nullopt;
    }
    const auto span = take(value, text, parse_span(text));
    if (span && *span < least) {
        value.refuse({"this must be more than 0", "remove the key to get its default"});
        return std::nullopt;
    }
    return span;
}

std::optional<Percent> read_percent(const Value& value) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text == nullptr) {
        value.refuse_type("a percentage such as \"10%\"");
        return std::nullopt;
    }
    return take(value, *text, parse_percent(*text));
}

std::optional<Bytes> read_size(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value.node.value)) {
        if (*number >= 0) {
            return Bytes{static_cast<std::uint64_t>(*number)};
        }
        value.refuse({"a size cannot be negative", ""});
        return std::nullopt;
    }
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text == nullptr) {
        value.refuse_type("a size", "write it as \"256MiB\"");
        return std::nullopt;
    }
    if (!text->ends_with('%')) {
        return take(value, *text, parse_size(*text));
    }
    const auto part = take(value, *text, parse_percent(*text));
    if (part && value.draft.host.ram == Bytes{0}) {
        value.refuse({"the amount of memory of this machine is not known", "write a size"});
        return std::nullopt;
    }
    return part ? std::optional{part_of(*part, value.draft.host.ram)} : std::nullopt;
}

} // namespace policies::parsing
