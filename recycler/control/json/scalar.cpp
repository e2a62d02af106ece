// SPDX-License-Identifier: MIT
// Text to JSON values, and the scalars in them, each within its range.
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace recycler::control {

namespace {

// Follows the brackets of a text outside its strings; a text that is no JSON is the parser's to
// refuse.
class Shape {
  public:
    // False: nested too deep or an object with too many members.
    bool accept(char c) {
        if (in_string_) {
            in_string_ = escaped_ || c != '"';
            escaped_ = !escaped_ && c == '\\';
            return true;
        }
        switch (c) {
        case '"':
            in_string_ = true;
            return true;
        case '{':
        case '[':
            open_.push_back({c == '{', 0});
            return open_.size() <= k_deepest_nesting;
        case '}':
        case ']':
            if (!open_.empty()) {
                open_.pop_back();
            }
            return true;
        case ',':
            return open_.empty() || !open_.back().is_object ||
                   ++open_.back().commas < k_most_members;
        default:
            return true;
        }
    }

  private:
    struct Bracket {
        bool is_object;
        std::size_t commas;
    };
    std::vector<Bracket> open_;
    bool in_string_ = false;
    bool escaped_ = false;
};

template <typename Integer>
void read_integer(const Json& value, Integer& into, Fault& fault) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (std::in_range<Integer>(number)) {
            into = static_cast<Integer>(number);
            return;
        }
    } else if (value.is_number_integer()) {
        const auto number = value.get<std::int64_t>();
        if (std::in_range<Integer>(number)) {
            into = static_cast<Integer>(number);
            return;
        }
    }
    fault.set("is not an integer in its range");
}

} // namespace

Result<Json> parse(std::string_view text) {
    Shape shape;
    for (const char c : text) {
        if (!shape.accept(c)) {
            return Error{0, "JSON nested too deep or too wide"};
        }
    }
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) {
        return Error{0, "no JSON"};
    }
    return value;
}

void Fault::inside(const std::string& step) {
    const bool joined = path_.empty() || path_.front() == '[';
    path_ = joined ? step + path_ : step + "." + path_;
}

void read(const Json& value, bool& into, Fault& fault) {
    if (!value.is_boolean()) {
        fault.set("is neither true nor false");
        return;
    }
    into = value.get<bool>();
}

void read(const Json& value, std::string& into, Fault& fault) {
    if (!value.is_string()) {
        fault.set("is not a string");
        return;
    }
    into = value.get_ref<const std::string&>();
}

void read(const Json& value, std::int64_t& into, Fault& fault) {
    read_integer(value, into, fault);
}
void read(const Json& value, std::uint64_t& into, Fault& fault) {
    read_integer(value, into, fault);
}
void read(const Json& value, std::int32_t& into, Fault& fault) {
    read_integer(value, into, fault);
}
void read(const Json& value, std::uint32_t& into, Fault& fault) {
    read_integer(value, into, fault);
}
void read(const Json& value, Bytes& into, Fault& fault) {
    read_integer(value, into.count, fault);
}

void read(const Json& value, Duration& into, Fault& fault) {
    // What 64-bit nanoseconds hold, less a margin for the rounding of doubles.
    constexpr double k_longest = 9.2e9;
    if (!value.is_number()) {
        fault.set("is not a number of seconds");
        return;
    }
    const double seconds = value.get<double>();
    if (!(std::abs(seconds) <= k_longest)) {
        fault.set("is too large a number of seconds");
        return;
    }
    into = std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>{seconds});
}

void read(const Json& value, WallTime& into, Fault& fault) {
    if (value.is_string()) {
        if (const auto time = time_from_text(value.get_ref<const std::string&>())) {
            into = *time;
            return;
        }
    }
    fault.set("is not a time in the form of RFC 3339");
}

} // namespace recycler::control
