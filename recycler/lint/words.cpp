// SPDX-License-Identifier: MIT
#include "recycler/lint/words.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t k_longest_quote = 60;

constexpr std::array<std::pair<std::string_view, Duration>, 10> k_units{{
    {"us", 1us},
    {"ms", 1ms},
    {"s", 1s},
    {"m", 1min},
    {"mi", 1min},
    {"min", 1min},
    {"h", 1h},
    {"hour", 1h},
    {"d", 24h},
    {"w", 168h},
}};

std::optional<Duration> unit(std::string_view name) {
    const auto* found = std::find_if(k_units.begin(), k_units.end(),
                                     [&](const auto& row) { return row.first == name; });
    return found != k_units.end() ? std::optional(found->second) : std::nullopt;
}

// How many bytes at the front are digits, or are none.
std::size_t run_of(std::string_view text, bool (*belongs)(char)) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) -
                                    text.begin());
}

} // namespace

std::string written(const Directive& directive, std::size_t first) {
    std::string result;
    for (std::size_t i = first; i < directive.words.size(); ++i) {
        result += (result.empty() ? "" : " ") + directive.words[i].text;
        if (result.size() > k_longest_quote) {
            result.resize(k_longest_quote);
            return result + "...";
        }
    }
    return result;
}

Place place_of(const Directive& directive) {
    return directive.words.front().place;
}

std::string_view word(const Directive& directive, std::size_t index) {
    return index < directive.words.size() ? std::string_view(directive.words[index].text)
                                          : std::string_view();
}

std::optional<Word> option(const Directive& directive, std::string_view key) {
    for (const Word& each : directive.words) {
        if (each.text.starts_with(key)) {
            return Word{each.text.substr(key.size()), each.place};
        }
    }
    return std::nullopt;
}

bool is_in_any_case(std::string_view text, std::string_view lower) {
    return text::lowered(text) == lower;
}

std::optional<Word> option_in_any_case(const Directive& directive, std::string_view key) {
    for (const Word& each : directive.words) {
        if (is_in_any_case(std::string_view(each.text).substr(0, key.size()), key)) {
            return Word{each.text.substr(key.size()), each.place};
        }
    }
    return std::nullopt;
}

std::optional<Word> follower(const Directive& directive, std::string_view key) {
    for (std::size_t i = 0; i + 1 < directive.words.size(); ++i) {
        if (directive.words[i].text == key) {
            return directive.words[i + 1];
        }
    }
    return std::nullopt;
}

bool has_word(const Directive& directive, std::string_view text) {
    return std::any_of(directive.words.begin(), directive.words.end(),
                       [&](const Word& each) { return each.text == text; });
}

std::optional<long> number(std::string_view text) {
    const bool sane = text.size() <= 9 && text::is_all_digits(text);
    return sane ? text::number_in<long>(text) : std::nullopt;
}

std::optional<Duration> span(std::string_view text, Duration plain) {
    if (const auto count = number(text)) {
        return *count * plain;
    }
    Duration sum{0};
    while (!text.empty()) {
        const std::size_t digits = run_of(text, text::is_digit);
        const auto count = number(text.substr(0, digits));
        text.remove_prefix(digits);
        const std::size_t letters = run_of(text, [](char byte) { return !text::is_digit(byte); });
        const auto length = unit(text.substr(0, letters));
        text.remove_prefix(letters);
        // Longer than a century is no timeout, and would overflow.
        if (!count || !length || *count > 24h * 36500 / *length || sum > 24h * 36500) {
            return std::nullopt;
        }
        sum += *count * *length;
    }
    return sum > 0s || !text.empty() ? std::optional(sum) : std::nullopt;
}

} // namespace recycler::lint
