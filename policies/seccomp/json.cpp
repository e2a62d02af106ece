// SPDX-License-Identifier: MIT
#include "policies/seccomp/json.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

namespace policies::seccomp {
namespace text = recycler::text;
namespace {

using Library = nlohmann::json;

// The text as the library reads it; `read` is how far it has come.
class Counted {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Counted(const char* at, const char** read) : at_(at), read_(read) {}
    reference operator*() const { return *at_; }
    Counted& operator++() {
        *read_ = ++at_;
        return *this;
    }
    Counted operator++(int) {
        Counted before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Counted& other) const { return at_ == other.at_; }

  private:
    const char* at_;
    const char** read_;
};

// Turns offsets, which only grow, into lines and columns.
class Ruler {
  public:
    explicit Ruler(std::string_view text) : text_(text) {}

    Position at(std::size_t offset) {
        for (; done_ < std::min(offset, text_.size()); ++done_) {
            if (text_[done_] == '\n') {
                position_ = {position_.line + 1, 1};
            } else if (!text::continues_character(text_[done_])) {
                ++position_.column;
            }
        }
        return position_;
    }

  private:
    std::string_view text_;
    std::size_t done_ = 0;
    Position position_;
};

// What the library tells, made a tree. Between two things it tells stand only blanks, commas and
// colons, so that each begins at the first other character behind the one before.
class Builder {
  public:
    explicit Builder(std::string_view text) : text_(text), ruler_(text), read_(text.data()) {}

    Counted begin() { return {text_.data(), &read_}; }
    Counted end() { return {text_.data() + text_.size(), &read_}; }
    std::optional<Fault> fault;
    Json root;

    bool null() { return put({}); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(Library::number_integer_t) { return put(OtherNumber{}); }
    bool number_unsigned(Library::number_unsigned_t value) { return put(value); }
    bool number_float(Library::number_float_t, const std::string&) { return put(OtherNumber{}); }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(Library::binary_t&) { return put({}); } // there is none in a text
    bool start_object(std::size_t) { return open(JsonObject{}); }
    bool start_array(std::size_t) { return open(JsonList{}); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        name_ = std::move(name);
        name_at_ = begin_of_next();
        return true;
    }
    bool parse_error(std::size_t position, const std::string& token,
                     const Library::exception& error);

  private:
    using Value = decltype(Json::value);

    Position begin_of_next() {
        const std::size_t from =
            std::min(text_.find_first_not_of(" \t\r\n,:", told_), text_.size());
        told_ = static_cast<std::size_t>(read_ - text_.data());
        return ruler_.at(from);
    }
    Json& place(Json json);
    bool put(Value value) {
        place({begin_of_next(), std::move(value)});
        return true;
    }
    bool open(Value value);
    bool close() {
        (void)begin_of_next();
        open_.pop_back();
        return true;
    }

    std::string_view text_;
    Ruler ruler_;
    const char* read_;
    std::size_t told_ = 0;
    std::string name_;
    Position name_at_;
    std::vector<Json*> open_; // the lists and objects around what comes next; none of them grows
                              // while a later one is open
};

Json& Builder::place(Json json) {
    if (open_.empty()) {
        return root = std::move(json);
    }
    auto& around = open_.back()->value;
    if (auto* list = std::get_if<JsonList>(&around)) {
        return list->emplace_back(std::move(json));
    }
    auto& members = std::get<JsonObject>(around);
    members.push_back({.at = name_at_, .name = std::move(name_), .json = std::move(json)});
    return members.back().json;
}

bool Builder::open(Value value) {
    const Position at = begin_of_next();
    if (open_.size() == k_deepest_json) {
        fault = Fault{.line = at.line,
                      .column = at.column,
                      .reason = "this is nested too deeply: a profile has five levels"};
        return false;
    }
    open_.push_back(&place({at, std::move(value)}));
    return true;
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
// value - invalid literal; last read: '...'; expected ...": the part that people can use.
bool Builder::parse_error(std::size_t /*position*/, const std::string& /*token*/,
                          const Library::exception& error) {
    std::string_view reason = error.what();
    const std::size_t told = reason.find(" - ");
    reason.remove_prefix(told == std::string_view::npos ? 0 : told + 3);
    reason = reason.substr(0, reason.find("; last read"));
    const Position at = begin_of_next();
    fault = Fault{.line = at.line,
                  .column = at.column,
                  .reason = "this is not JSON: " + text::masked(reason)};
    return false;
}

} // namespace

std::variant<Json, Fault> read_json(std::string_view text) {
    Builder builder(text);
    (void)Library::sax_parse(builder.begin(), builder.end(), &builder); // `fault` says it, too
    if (builder.fault) {
        return std::move(*builder.fault);
    }
    return std::move(builder.root);
}

} // namespace policies::seccomp
