// SPDX-License-Identifier: MIT
// The readers of values.hpp that belong to one key or a few; the general ones are in values.cpp.
#include "policies/parsing/read_word.hpp"
#include "policies/parsing/values.hpp"
#include "policies/parsing/words.hpp"
#include "policies/units.hpp"
#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/escape.hpp"

#include <algorithm>
#include <array>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

constexpr std::array<std::string_view, 2> k_ready{"accept", "probe"};
constexpr std::array<std::string_view, 4> k_handover{"overlap", "queue", "close", "auto"};
constexpr std::array<std::string_view, 2> k_enforcement{"required", "preferred"};

bool is_account(std::string_view text) {
    const auto allowed = [](char c) {
        return text::is_letter(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.' ||
               c == '$';
    };
    return std::all_of(text.begin(), text.end(), allowed) && text.front() != '-';
}

// Of a query string. Blame keeps what it tells routes apart by within narrow bounds.
constexpr std::size_t k_most_parameters = 8;
constexpr std::size_t k_longest_parameter = 32;

bool is_parameter(std::string_view text) {
    return text.size() <= k_longest_parameter && std::ranges::all_of(text, text::is_printable) &&
           text.find_first_of("?&=;# ") == std::string_view::npos;
}

void take_listen(const Value& value) {
    if (auto text = read_text(value)) {
        value.draft.listen.push_back({std::move(*text), value.node.at});
    }
}

} // namespace

void command(const Value& value, std::vector<std::string>& field) {
    const auto* list = std::get_if<List>(&value.node.value);
    if (list == nullptr) {
        value.refuse_type("a list of text",
                          "Recycler uses no shell: write each argument separately, such as "
                          "[\"/usr/bin/php-cgi\", \"-c\", \"/etc/php.ini\"]");
        return;
    }
    if (list->empty()) {
        value.refuse({"the command is empty", "its first element is the program to run"});
        return;
    }
    for (const Node& node : *list) {
        const auto* text = std::get_if<std::string>(&node.value);
        const bool first = &node == &list->front();
        // Later arguments may be empty: "" is one.
        if (text != nullptr && text->empty() && !first) {
            field.emplace_back();
        } else if (auto argument = read_text({node, value.key, value.draft})) {
            field.push_back(std::move(*argument));
        }
    }
    const auto* program = std::get_if<std::string>(&list->front().value);
    if (program != nullptr && !program->empty() && program->find('/') == std::string::npos) {
        value.draft.blame(list->front().at, value.key,
                          {"Recycler does not search PATH for the program",
                           "write its path, such as " + text::quoted("/usr/bin/" + *program)});
    }
}

void parameters(const Value& value, std::vector<std::string>& field) {
    const auto* list = std::get_if<List>(&value.node.value);
    if (list == nullptr) {
        value.refuse_type("a list of text", "such as [\"action\"]");
        return;
    }
    if (list->size() > k_most_parameters) {
        value.refuse({"these are more than " + std::to_string(k_most_parameters) + " parameters",
                      "name those alone that choose what the application does"});
        return;
    }
    for (const Node& node : *list) {
        const Value one{node, value.key, value.draft};
        const auto name = read_text(one);
        if (name && !is_parameter(*name)) {
            one.refuse({text::quoted(*name) + " is not the name of a parameter in a query string",
                        "write the name alone, such as \"action\" for ?action=edit; it may have " +
                            std::to_string(k_longest_parameter) + " characters"});
        } else if (name) {
            field.push_back(*name);
        }
    }
}

void environment(const Value& value, std::map<std::string, std::string>& field) {
    const auto* table = std::get_if<Table>(&value.node.value);
    if (table == nullptr) {
        value.refuse_type("a table", "write it as { RAILS_ENV = \"production\" }");
        return;
    }
    for (const Entry& entry : *table) {
        if (entry.key.empty() ||
            entry.key.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
            value.draft.blame(
                entry.at, value.key,
                {text::quoted(entry.key) + " is not a name of an environment variable", ""});
        }
        const auto* text = std::get_if<std::string>(&entry.node.value);
        if (text != nullptr && text->empty()) {
            field[entry.key] = "";
        } else if (auto meant = read_text({entry.node, value.key, value.draft})) {
            field[entry.key] = std::move(*meant);
        }
    }
}

void name(const Value& value, std::string& field) {
    field = read_text(value).value_or("");
}

void account(const Value& value, std::string& field) {
    auto text = read_text(value);
    if (text && !is_account(*text)) {
        value.refuse({text::quoted(*text) + " is not a name of a user or group", ""});
    } else if (text) {
        field = std::move(*text);
    }
}

void absolute_path(const Value& value, std::string& field) {
    auto text = read_text(value);
    if (text && text->front() != '/') {
        value.refuse({"this path must begin with /", ""});
    } else if (text) {
        field = std::move(*text);
    }
}

void file_mode(const Value& value, std::uint32_t& field) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text == nullptr) {
        value.refuse_type("text", "write the mode in quotes, in octal: \"0660\"");
        return;
    }
    const bool octal = !text->empty() && text->size() <= 4 &&
                       text->find_first_not_of("01234567") == std::string::npos;
    const unsigned long mode = octal ? std::stoul(*text, nullptr, 8) : 0;
    if (!octal || mode > 0777) {
        value.refuse({text::quoted(*text) + " is not a file mode",
                      "write it in octal, from \"0000\" to \"0777\""});
        return;
    }
    field = static_cast<std::uint32_t>(mode);
}

void truth(const Value& value, bool& field) {
    if (const auto* meant = std::get_if<bool>(&value.node.value)) {
        field = *meant;
        return;
    }
    value.refuse_type("true or false", "write it without quotes");
}

void stop_signal(const Value& value, int& field) {
    const auto text = read_text(value);
    if (!text) {
        return;
    }
    auto signal = parse_signal(*text);
    if (auto* problem = std::get_if<Problem>(&signal)) {
        value.refuse(std::move(*problem));
        return;
    }
    field = std::get<int>(signal);
}

// nullopt is off.
void span_or_off(const Value& value, std::optional<Duration>& field) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text != nullptr && *text == "off") {
        field.reset();
    } else if (const auto span = read_span(value, 1ns)) {
        field = *span;
    }
}

void spread(const Value& value, Percent& field) {
    const auto part = read_percent(value);
    if (part && part->value > 90) {
        value.refuse({"a spread of more than 90% leaves almost nothing of the limit", ""});
    } else if (part) {
        field = *part;
    }
}

void core_size(const Value& value, std::optional<Bytes>& field) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text != nullptr && *text == "unlimited") {
        field.reset();
    } else if (text != nullptr && text->ends_with('%')) {
        value.refuse(
            {"the size of a core dump cannot be a percentage", "write \"unlimited\" or a size"});
    } else if (const auto size = read_size(value)) {
        field = *size;
    }
}

void ready(const Value& value, Ready& field) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    const bool digit_first = text != nullptr && !text->empty() && text::is_digit(text->front());
    if (text == nullptr || digit_first) {
        if (const auto span = read_span(value, 1ns)) {
            field = *span;
        }
    } else if (const auto word = read_word(value, k_ready)) {
        field = *word == 0 ? Ready{ReadyAccept{}} : Ready{ReadyProbe{}};
    }
}

void handover(const Value& value, HandoverMode& field) {
    if (const auto word = read_word(value, k_handover)) {
        constexpr std::array modes{HandoverMode::overlap, HandoverMode::queue, HandoverMode::close,
                                   HandoverMode::automatic};
        field = modes.at(*word);
    }
}

void enforcement(const Value& value, Enforcement& field) {
    if (const auto word = read_word(value, k_enforcement)) {
        field = *word == 0 ? Enforcement::required : Enforcement::preferred;
    }
}

void max_unavailable(const Value& value, std::variant<std::uint32_t, Percent>& field) {
    if (std::holds_alternative<std::string>(value.node.value)) {
        const auto part = read_percent(value);
        if (part && part->value <= 0) {
            value.refuse({"at 0 Recycler could not replace any worker", ""});
        } else if (part) {
            field = *part;
        }
    } else if (const auto number = read_whole(value, 1, UINT16_MAX)) {
        field = static_cast<std::uint32_t>(*number);
    }
}

void listen(const Value& value) {
    const auto* list = std::get_if<List>(&value.node.value);
    if (list == nullptr) {
        take_listen(value);
        return;
    }
    for (const Node& node : *list) {
        take_listen({node, value.key, value.draft});
    }
}

void workers(const Value& value) {
    if (const auto number = read_whole(value, 1, 1024)) {
        value.draft.workers = static_cast<std::uint32_t>(*number);
    }
}

void recycle_memory(const Value& value) {
    const auto* text = std::get_if<std::string>(&value.node.value);
    if (text != nullptr && *text == "off") {
        value.draft.recycle_memory = Off{};
    } else if (text != nullptr && text->ends_with('%')) {
        if (const auto part = read_percent(value)) {
            value.draft.recycle_memory = *part;
        }
    } else if (const auto size = read_size(value)) {
        value.draft.recycle_memory = *size;
    }
}

} // namespace policies::parsing
