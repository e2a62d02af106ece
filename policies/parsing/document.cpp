// SPDX-License-Identifier: MIT
#include "policies/parsing/document.hpp"

#include "policies/parsing/characters.hpp"
#include "policies/parsing/lines.hpp"
#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>

namespace {

// What toml++ throws in place of assert(). Version 3.3 asserts what it has not checked: "[[[" and
// "a = [[{b=[" abort it, and with NDEBUG they are undefined behaviour under clang.
struct BrokenPromise {};
[[noreturn]] void break_promise() {
    throw BrokenPromise{};
}

} // namespace

#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : break_promise())
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

// Each dot of a key may nest a table one deeper, and toml++ 3.3 destroys nested tables by a
// recursion that it does not bound. 1024 addresses, all a policy may list, have 3072 dots.
constexpr std::ptrdiff_t k_most_dots = 4096;

// After so many broken lines the file is not a policy.
constexpr int k_most_broken_lines = 20;

Position place(const toml::source_region& source) {
    const auto known = [](toml::source_index index) {
        return std::max(1, static_cast<int>(index));
    };
    return {known(source.begin.line), known(source.begin.column)};
}

Node convert(const toml::node& node);

Table convert(const toml::table& table) {
    Table result;
    for (const auto& [key, node] : table) {
        result.push_back({place(key.source()), std::string(key.str()), convert(node)});
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Entry& a, const Entry& b) { return a.at < b.at; });
    return result;
}

List convert(const toml::array& array) {
    List result;
    for (const toml::node& node : array) {
        result.push_back(convert(node));
    }
    return result;
}

// toml++ bounds the nesting of values (256 levels) and k_most_dots that of tables, so the recursion
// ends.
Node convert(const toml::node& node) {
    const Position at = place(node.source());
    if (const auto* text = node.as_string()) {
        return {at, text->get()};
    }
    if (const auto* integer = node.as_integer()) {
        return {at, integer->get()};
    }
    if (const auto* real = node.as_floating_point()) {
        return {at, real->get()};
    }
    if (const auto* truth = node.as_boolean()) {
        return {at, truth->get()};
    }
    if (const auto* array = node.as_array()) {
        return {at, convert(*array)};
    }
    if (const auto* table = node.as_table()) {
        return {at, convert(*table)};
    }
    return {at, Moment{}};
}

// "max = 256MiB" is the slip to expect: strings want their quotes.
std::string suggestion_for(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return "";
    }
    const std::string_view value =
        text::trimmed(line.substr(equals + 1, line.find('#') - equals - 1));
    const bool bare = !value.empty() && value.find_first_of("\"'[{") == std::string_view::npos;
    return bare ? "write text in quotes: " + text::quoted(value) : "";
}

int column_at(std::size_t index) {
    return static_cast<int>(index) + 1;
}

std::string with_section(std::string_view text, int line) {
    const std::string section = section_at(text, line);
    const std::string_view key = key_of(line_of(text, line));
    return text::masked(section.empty() ? std::string(key) : section + "." + std::string(key));
}

Fault fault_of(const toml::parse_error& error, std::string_view text) {
    const Position at = place(error.source());
    const std::string_view line = line_of(text, at.line);
    const std::string_view description = error.description();
    Fault fault{at.line, at.column, "", "", ""};
    if (last_line_of_braces(text, at.line) > at.line) {
        fault.column = column_at(value_of(line));
        fault.reason =
            "TOML wants an inline table on one line, and this one goes on in the next line";
        fault.suggestion = "write its keys below a header of their own, [" +
                           with_section(text, at.line) + "], or all of it on one line";
        return fault;
    }
    if (description.find("redefine") != std::string_view::npos) {
        const bool header = is_header(line);
        fault.column = column_at(line.find_first_not_of(header ? " \t[" : " \t"));
        fault.reason = header ? "this section occurs twice" : "this key occurs twice";
        fault.suggestion = header ? "join the two" : "remove one of the two";
        return fault;
    }
    constexpr std::string_view preface = "Error while parsing ";
    const bool prefaced = description.starts_with(preface);
    fault.reason = "this is not TOML: " +
                   text::masked(prefaced ? description.substr(preface.size()) : description);
    fault.suggestion = suggestion_for(line);
    if (!fault.suggestion.empty()) {
        fault.column = column_at(value_of(line)); // all of it is what is wrong
    }
    return fault;
}

bool is_key_start(char c) {
    return text::is_letter(c) || text::is_digit(c) || c == '_' || c == '-' || c == '"' || c == '\'';
}

// A table header without a name, such as "[[[" or "[=]", is what toml++ asserts never to see; it
// cannot say where it is.
Fault nameless_header(std::string_view text) {
    Fault fault{1, 1, "", "this is not TOML: a table header without a name", "write [section]"};
    for (int line = 1;; ++line) {
        const Extent extent = extent_of(text, line);
        if (extent.begin == text.size()) {
            return fault;
        }
        const std::string_view shown = text.substr(extent.begin, extent.end - extent.begin);
        const auto inner = shown.find_first_not_of("[ \t", 0);
        const std::string_view opening = shown.substr(0, inner);
        const bool named = inner != std::string_view::npos && is_key_start(shown[inner]);
        const auto brackets = std::count(opening.begin(), opening.end(), '[');
        if (brackets > 2 || (brackets > 0 && !named)) {
            fault.line = line;
            fault.column = static_cast<int>(opening.find('[')) + 1;
            return fault;
        }
    }
}

std::variant<Table, Fault> read_toml(const std::string& text) {
    if (auto fault = find_bad_character(text)) {
        return std::move(*fault);
    }
    try {
        return convert(toml::parse(std::string_view(text)));
    } catch (const toml::parse_error& error) {
        return fault_of(error, text);
    } catch (const BrokenPromise&) {
        return nameless_header(text);
    }
}

// Takes a broken line out of `rest`, with what it goes on with in the next lines; with a broken
// header its whole section, whose keys would otherwise look like those of the section before. False
// where nothing can be taken out.
bool leave_out(std::string& rest, int line, Document& document) {
    const bool header = is_header(line_of(rest, line));
    if (key_of(line_of(rest, line)).empty() && !header) {
        return false;
    }
    int further = header ? 0 : last_line_of_braces(rest, line) - line;
    std::size_t at = extent_of(rest, line).begin;
    const auto here = [&rest, &at] { return text::first_line(std::string_view(rest).substr(at)); };
    do {
        const std::size_t length = here().size();
        document.broken.insert(std::string(key_of(here())));
        rest.replace(at, length, length, ' ');
        at = std::min(at + length + 1, rest.size());
    } while (at < rest.size() && (further-- > 0 || (header && !is_header(here()))));
    return true;
}

// With the key that the broken line gives, if it gives one.
Fault with_key(Fault fault, std::string_view text) {
    const std::string_view key = key_of(line_of(text, fault.line));
    if (!key.empty() && std::all_of(key.begin(), key.end(), is_key_start)) {
        fault.key = with_section(text, fault.line);
    }
    return fault;
}

} // namespace

Document read_document(std::string_view text) {
    Document document;
    if (std::count(text.begin(), text.end(), '.') > k_most_dots) {
        document.faults.push_back(
            {1, 1, "", "this file holds more dots than any policy needs", ""});
        return document;
    }
    std::string rest(text);
    for (int round = 0; round < k_most_broken_lines; ++round) {
        auto read = read_toml(rest);
        if (auto* root = std::get_if<Table>(&read)) {
            document.root = std::move(*root);
            return document;
        }
        const Fault fault = std::get<Fault>(std::move(read));
        const std::string_view line = line_of(rest, fault.line);
        const bool first = document.faults.empty();
        const bool further = first || fault.line > document.faults.back().line;
        // A further fault that sits in no line of its own is most likely an echo of a line left
        // out.
        if (first || (further && (!key_of(line).empty() || is_header(line)))) {
            document.faults.push_back(with_key(fault, text));
        }
        if (!further || !leave_out(rest, fault.line, document)) {
            return document;
        }
    }
    return document;
}

} // namespace policies::parsing
