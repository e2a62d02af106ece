// SPDX-License-Identifier: MIT
// The readers of values.hpp for [sandbox].
#include "policies/capabilities.hpp"
#include "policies/parsing/values.hpp"
#include "policies/parsing/words.hpp"

#include <algorithm>
#include <array>

namespace policies::parsing {
namespace {

constexpr std::array<std::string_view, 3> k_seccomp{"default", "off", "log"};

} // namespace

// A path alone, or after "log:".
void seccomp(const Value& value, Seccomp& field) {
    constexpr std::string_view k_trial = "log:";
    const auto text = read_text(value);
    if (!text) {
        return;
    }
    const bool is_trial = text->starts_with(k_trial);
    std::string path = text->substr(is_trial ? k_trial.size() : 0);
    const auto word = std::find(k_seccomp.begin(), k_seccomp.end(), *text);
    if (path.starts_with('/')) {
        field = is_trial ? Seccomp(SeccompLog{SeccompProfile{std::move(path)}})
                         : Seccomp(SeccompProfile{std::move(path)});
    } else if (is_trial || path.find('/') != std::string::npos) {
        value.refuse({"this path must begin with /", ""});
    } else if (word == k_seccomp.end()) {
        value.refuse(unknown_word(*text, k_seccomp));
    } else {
        const std::array<Seccomp, 3> choices{SeccompDefault{}, SeccompOff{}, SeccompLog{}};
        field = choices.at(static_cast<std::size_t>(word - k_seccomp.begin()));
    }
}

void capabilities(const Value& value, std::optional<std::vector<std::string>>& field) {
    const auto* list = std::get_if<List>(&value.node.value);
    if (list == nullptr) {
        value.refuse_type("a list of text", "such as [\"CAP_NET_BIND_SERVICE\"], or [] for none");
        return;
    }
    field.emplace();
    for (const Node& node : *list) {
        const Value one{node, value.key, value.draft};
        const auto name = read_text(one);
        if (name && std::ranges::find(k_capabilities, *name) == k_capabilities.end()) {
            one.refuse(unknown_word(*name, k_capabilities));
        } else if (name) {
            field->push_back(*name);
        }
    }
}

void niceness(const Value& value, int& field) {
    const auto* number = std::get_if<std::int64_t>(&value.node.value);
    if (number == nullptr) {
        value.refuse_type("a whole number", "from -20 (first) to 19 (last)");
    } else if (*number < -20 || *number > 19) {
        value.refuse({"this must be from -20 (first) to 19 (last)", ""});
    } else {
        field = static_cast<int>(*number);
    }
}

} // namespace policies::parsing
