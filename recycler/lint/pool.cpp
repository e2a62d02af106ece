// SPDX-License-Identifier: MIT
#include "recycler/lint/pool.hpp"

#include <utility>

namespace recycler::lint {

namespace {

std::string filled(std::string_view text, const std::vector<std::string>& arguments) {
    std::string result;
    while (!text.empty()) {
        const std::size_t dollar = text.find('$');
        result += text.substr(0, dollar);
        if (dollar == std::string_view::npos) {
            break;
        }
        const auto index = static_cast<std::size_t>(text[dollar + 1] - '1');
        result += index < arguments.size() ? arguments[index] : "";
        text.remove_prefix(dollar + 2);
    }
    return result;
}

} // namespace

Finding found(Rule rule, Place place, const std::vector<std::string>& arguments) {
    const RuleText& text = text_of(rule);
    return {rule, text.severity, place, filled(text.sentence, arguments),
            filled(text.advice, arguments)};
}

Backend backend_at(const Word& written, std::string_view root) {
    Backend made{written.text, endpoint(written.text, root), written.place};
    if (!root.empty()) {
        made.without_chroot = endpoint(written.text);
    }
    return made;
}

void Pool::add(Rule rule, Place where, std::vector<std::string> arguments) {
    // Most texts begin with whom they are about.
    if (arguments.empty()) {
        arguments.push_back(name);
    }
    findings.push_back(found(rule, where, arguments));
}

void shorten(std::optional<Limit>& limit, const std::optional<Limit>& other) {
    if (other && other->length.count() > 0 && (!limit || other->length < limit->length)) {
        limit = other;
    }
}

} // namespace recycler::lint
