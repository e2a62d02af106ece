// SPDX-License-Identifier: MIT
#include "policies/seccomp/field.hpp"

#include "policies/parsing/words.hpp"
#include "recycler/base/text/escape.hpp"

#include <algorithm>
#include <cstring>
#include <set>

namespace policies::seccomp {
namespace text = recycler::text;

void Field::refuse(std::string reason, std::string suggestion) const {
    faults.push_back({json.at.line, json.at.column, key, std::move(reason), std::move(suggestion)});
}

std::optional<std::string> Field::text() const {
    if (const auto* text = std::get_if<std::string>(&json.value)) {
        return *text;
    }
    refuse("text is expected here", "write it in quotes");
    return std::nullopt;
}

std::optional<std::uint64_t> Field::whole(std::uint64_t most) const {
    const auto* number = std::get_if<std::uint64_t>(&json.value);
    if (number == nullptr) {
        refuse("a whole number is expected here", "write it without quotes");
        return std::nullopt;
    }
    if (*number > most) {
        refuse("this is more than " + std::to_string(most));
        return std::nullopt;
    }
    return *number;
}

const JsonList* Field::list() const {
    const auto* list = std::get_if<JsonList>(&json.value);
    if (list == nullptr) {
        refuse("a list is expected here", "write it in brackets: [ ... ]");
    }
    return list;
}

std::optional<std::size_t> Field::word(std::span<const std::string_view> choices) const {
    const auto given = text();
    if (!given) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(choices, *given);
    if (found == choices.end()) {
        Problem problem = parsing::unknown_word(*given, choices);
        refuse(std::move(problem.reason), std::move(problem.suggestion));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - choices.begin());
}

std::vector<std::string> Field::texts() const {
    std::vector<std::string> all;
    const JsonList* given = list();
    for (std::size_t i = 0; given != nullptr && i < given->size(); ++i) {
        if (auto one = element(i).text()) {
            all.push_back(std::move(*one));
        }
    }
    return all;
}

Field Field::element(std::size_t index) const {
    return {std::get<JsonList>(json.value)[index], key + "[" + std::to_string(index) + "]", faults};
}

Field Field::member(const Member& member) const {
    return {member.json, key.empty() ? member.name : key + "." + member.name, faults};
}

void read_object(const Field& field, std::span<const Entry> entries) {
    const auto* object = std::get_if<JsonObject>(&field.json.value);
    if (object == nullptr) {
        field.refuse("an object is expected here", "write it in braces: { ... }");
        return;
    }
    std::vector<std::string_view> names;
    for (const Entry& entry : entries) {
        names.push_back(entry.name);
    }
    std::set<std::string_view> seen;
    for (const Member& member : *object) {
        const auto blame = [&](Problem problem) {
            field.faults.push_back({member.at.line, member.at.column, field.key,
                                    std::move(problem.reason), std::move(problem.suggestion)});
        };
        const auto entry = std::ranges::find(entries, member.name, &Entry::name);
        if (!seen.insert(member.name).second) {
            blame({text::quoted(member.name) + " stands here twice", ""});
        } else if (entry == entries.end()) {
            blame(parsing::unknown_word(member.name, names));
        } else if (!std::holds_alternative<Null>(member.json.value)) {
            entry->read(field.member(member));
        }
    }
}

std::optional<std::uint16_t> error_named(std::string_view name) {
    for (std::uint16_t error = 1; error <= k_last_error; ++error) {
        const char* known = ::strerrorname_np(error);
        if (known != nullptr && name == known) {
            return error;
        }
    }
    return std::nullopt;
}

std::string error_name(std::uint16_t error) {
    const char* name = ::strerrorname_np(error);
    return name == nullptr ? std::to_string(error) : name;
}

} // namespace policies::seccomp
