// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/decimals.hpp"
#include "recycler/base/text/sizes.hpp"
#include "recycler/base/text/spans.hpp"

#include <array>
#include <cmath>
#include <optional>

namespace policies {
namespace text = recycler::text;
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Each a power of 1024 above the one before.
constexpr std::string_view k_size_letters = "BKMGTPE";

constexpr std::uint64_t k_us = 1'000;
constexpr std::uint64_t k_ms = 1'000 * k_us;
constexpr std::uint64_t k_s = 1'000 * k_ms;
constexpr std::uint64_t k_min = 60 * k_s;
constexpr std::uint64_t k_h = 60 * k_min;
constexpr std::uint64_t k_d = 24 * k_h;
constexpr std::uint64_t k_w = 7 * k_d;
// A month is 30.44 days and a year 365.25 days in systemd.time(7).
constexpr std::uint64_t k_month = 30 * k_d + 44 * (k_d / 100);
constexpr std::uint64_t k_year = 365 * k_d + k_d / 4;

// Every name that systemd.time(7) lists, in its spelling.
constexpr std::array k_span_units{
    Unit{"", k_s},          Unit{"s", k_s},          Unit{"sec", k_s},      Unit{"second", k_s},
    Unit{"seconds", k_s},   Unit{"ms", k_ms},        Unit{"msec", k_ms},    Unit{"us", k_us},
    Unit{"usec", k_us},     Unit{"\u00b5s", k_us},   Unit{"\u03bcs", k_us}, Unit{"ns", 1},
    Unit{"nsec", 1},        Unit{"m", k_min},        Unit{"min", k_min},    Unit{"minute", k_min},
    Unit{"minutes", k_min}, Unit{"h", k_h},          Unit{"hr", k_h},       Unit{"hour", k_h},
    Unit{"hours", k_h},     Unit{"d", k_d},          Unit{"day", k_d},      Unit{"days", k_d},
    Unit{"w", k_w},         Unit{"week", k_w},       Unit{"weeks", k_w},    Unit{"M", k_month},
    Unit{"month", k_month}, Unit{"months", k_month}, Unit{"y", k_year},     Unit{"year", k_year},
    Unit{"years", k_year},
};

void skip_blanks(std::string_view& rest) {
    while (!rest.empty() && text::is_space(rest.front())) {
        rest.remove_prefix(1);
    }
}

std::string_view take_while(std::string_view& rest, bool (*wanted)(char)) {
    std::size_t length = 0;
    while (length < rest.size() && wanted(rest[length])) {
        ++length;
    }
    const std::string_view taken = rest.substr(0, length);
    rest.remove_prefix(length);
    return taken;
}

// One number with its unit: "1.5", "GiB".
struct Amount {
    std::uint64_t whole = 0;
    double fraction = 0;
    std::string_view unit;
};

// nullopt: no number here, or one that does not fit.
std::optional<Amount> take_amount(std::string_view& rest) {
    Amount amount;
    skip_blanks(rest);
    const std::string_view digits = take_while(rest, text::is_digit);
    if (digits.empty()) {
        return std::nullopt;
    }
    for (const char digit : digits) {
        if (__builtin_mul_overflow(amount.whole, 10U, &amount.whole) ||
            __builtin_add_overflow(amount.whole, static_cast<unsigned>(digit - '0'),
                                   &amount.whole)) {
            return std::nullopt;
        }
    }
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        const std::string_view decimals = take_while(rest, text::is_digit);
        if (decimals.empty()) {
            return std::nullopt;
        }
        double place = 0.1;
        for (const char digit : decimals) {
            amount.fraction += place * (digit - '0');
            place /= 10;
        }
    }
    skip_blanks(rest);
    amount.unit = take_while(
        rest, [](char c) { return !text::is_digit(c) && !text::is_space(c) && c != '.'; });
    return amount;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) {
            return &unit;
        }
    }
    return nullptr;
}

// whole * factor + fraction * factor, added to `sum`; false when it does not fit.
bool add_to(std::uint64_t& sum, const Amount& amount, std::uint64_t factor) {
    std::uint64_t product = 0;
    const auto part =
        static_cast<std::uint64_t>(std::llround(amount.fraction * static_cast<double>(factor)));
    return !__builtin_mul_overflow(amount.whole, factor, &product) &&
           !__builtin_add_overflow(product, part, &product) &&
           !__builtin_add_overflow(sum, product, &sum);
}

bool is_all_blank(std::string_view text) {
    skip_blanks(text);
    return text.empty();
}

char capital(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

// "MiB", as systemd and people write it, "M" and "m", as Docker and PHP do, "Mi" as Kubernetes
// does. "1e3" is a number to many, so no "e".
std::optional<std::uint64_t> size_factor(std::string_view unit) {
    if (unit.empty()) {
        return 1;
    }
    const std::size_t power = k_size_letters.find(capital(unit.front()));
    const std::string_view rest = unit.substr(1);
    const bool is_letter = rest.empty() && unit != "e";
    const bool is_binary = power > 0 && (rest == "i" || rest == "iB" || rest == "ib");
    if (power == std::string_view::npos || !(is_letter || is_binary)) {
        return std::nullopt;
    }
    return std::uint64_t{1} << (10 * power);
}

// "MB", "mb", "Mb".
bool is_decimal(std::string_view unit) {
    return unit.size() == 2 && capital(unit.back()) == 'B' &&
           k_size_letters.substr(1).find(capital(unit.front())) != std::string_view::npos;
}

Problem no_decimal_unit(std::string_view unit) {
    const std::string letter(1, capital(unit.front()));
    return {"sizes use powers of 1024; there is no unit \"" + std::string(unit) + "\"",
            "write \"" + letter + "iB\" or \"" + letter + "\""};
}

} // namespace

Parsed<Bytes> parse_size(std::string_view text) {
    const Problem problem{"this is not a size",
                          "write a number with a unit, such as \"256MiB\" or \"1.5G\"; the units "
                          "are B, K, M, G, T, P and E, also as Ki or KiB"};
    if (is_all_blank(text)) {
        return problem;
    }
    Bytes sum;
    std::uint64_t last_factor = UINT64_MAX;
    while (!is_all_blank(text)) {
        const auto amount = take_amount(text);
        if (!amount) {
            return problem;
        }
        if (is_decimal(amount->unit)) {
            return no_decimal_unit(amount->unit);
        }
        const auto factor = size_factor(amount->unit);
        if (!factor || *factor >= last_factor) {
            return problem;
        }
        last_factor = *factor;
        if (!add_to(sum.count, *amount, *factor)) {
            return Problem{"this size is too large", ""};
        }
    }
    return sum;
}

Parsed<Percent> parse_percent(std::string_view text) {
    const Problem problem{"this is not a percentage", "write it as \"10%\", from 0% to 100%"};
    const auto amount = take_amount(text);
    if (!amount || amount->unit != "%" || !is_all_blank(text)) {
        return problem;
    }
    const double value = static_cast<double>(amount->whole) + amount->fraction;
    return value <= 100 ? Parsed<Percent>{Percent{value}} : problem;
}

Parsed<Duration> parse_span(std::string_view text) {
    const Problem problem{"this is not a span of time",
                          "write numbers with units, such as \"5min\", \"1h 30min\" or \"250ms\""};
    if (text == "infinity") {
        return Problem{"infinity is not allowed here", "write a long one, such as \"1w\""};
    }
    if (is_all_blank(text)) {
        return problem;
    }
    std::uint64_t sum = 0;
    while (!is_all_blank(text)) {
        const auto amount = take_amount(text);
        const Unit* unit = amount ? find_unit(k_span_units, amount->unit) : nullptr;
        if (unit == nullptr) {
            return problem;
        }
        if (!add_to(sum, *amount, unit->factor) ||
            sum > static_cast<std::uint64_t>(k_longest_span.count())) {
            return Problem{"this span of time is longer than 100 years", ""};
        }
    }
    return Duration{static_cast<Duration::rep>(sum)};
}

Bytes part_of(Percent part, Bytes whole) {
    return {static_cast<std::uint64_t>(static_cast<double>(whole.count) / 100 * part.value)};
}

std::string to_text(Bytes size) {
    return text::size_text(size);
}

std::string to_text(Percent part) {
    return text::one_decimal_up(part.value) + "%";
}

std::string to_text(Duration span) {
    return text::span_text(span);
}

} // namespace policies
