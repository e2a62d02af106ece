#include "policies/parsing/document.hpp"

#include "policies/parsing/characters.hpp"
#include "policies/parsing/printable.hpp"

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

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The extent of a line, without its end.
struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Extent line_of(std::string_view text, int line) {
    std::size_t begin = 0;
    for (int at = 1; at < line; ++at) {
        const auto end = text.find('\n', begin);
        if (end == std::string_view::npos) {
            return {text.size(), text.size()};
        }
        begin = end + 1;
    }
    return {begin, std::min(text.find('\n', begin), text.size())};
}

// "max = 256MiB" is the slip to expect: strings want their quotes.
std::string suggestion_for(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return "";
    }
    const std::string_view value = trimmed(line.substr(equals + 1, line.find('#') - equals - 1));
    const bool bare = !value.empty() && value.find_first_of("\"'[{") == std::string_view::npos;
    return bare ? "write text in quotes: " + quoted(value) : "";
}

Fault fault_of(const toml::parse_error& error, std::string_view text) {
    const Position at = place(error.source());
    const Extent extent = line_of(text, at.line);
    std::string reason(error.description());
    constexpr std::string_view preface = "Error while parsing ";
    if (reason.starts_with(preface)) {
        reason.erase(0, preface.size());
    }
    return {at.line, at.column, "", "this is not TOML: " + printable(reason),
            suggestion_for(text.substr(extent.begin, extent.end - extent.begin))};
}

// The key of a `key = value` line, without its section; empty for any other line.
std::string_view key_of(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return {};
    }
    const std::string_view key = trimmed(line.substr(0, equals));
    return trimmed(key.substr(key.rfind('.') + 1));
}

bool is_key_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '"' || c == '\'';
}

// A table header without a name, such as "[[[" or "[=]", is what toml++ asserts never to see; it
// cannot say where it is.
Fault nameless_header(std::string_view text) {
    Fault fault{1, 1, "", "this is not TOML: a table header without a name", "write [section]"};
    for (int line = 1;; ++line) {
        const Extent extent = line_of(text, line);
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
        Fault& fault = std::get<Fault>(read);
        const Extent extent = line_of(rest, fault.line);
        const std::size_t length = extent.end - extent.begin;
        const std::string key(key_of(std::string_view(rest).substr(extent.begin, length)));
        const bool first = document.faults.empty();
        const bool further = first || fault.line > document.faults.back().line;
        // A further fault that sits in no line of its own is most likely an echo of a line left
        // out.
        if (first || (further && !key.empty())) {
            document.faults.push_back(std::move(fault));
        }
        if (key.empty() || !further) {
            return document;
        }
        document.broken.insert(key);
        rest.replace(extent.begin, length, length, ' ');
    }
    return document;
}

} // namespace policies::parsing
