// SPDX-License-Identifier: MIT
// Inside recycler/control only: JSON values, for those who write and read the model as such. The
// one header that includes the JSON library. Pure.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/record.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::control {

// Keeps the order of the contract, for the people who read it. Its objects are searched linearly,
// hence k_most_members.
using Json = nlohmann::ordered_json;

// Refused before parsing: an object wider than this (a hostile one would cost quadratic time), and
// anything nested deeper than k_deepest_nesting.
constexpr std::size_t k_most_members = 128;

// A text cut to k_longest_text.
Json text_value(std::string_view text);
// Seconds, to the millisecond.
Json seconds_value(Duration duration);

// One line; bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);
Result<Json> parse(std::string_view text);

// The first thing wrong with a value: where ("slots[3].worker.pid") and what.
class Fault {
  public:
    [[nodiscard]] explicit operator bool() const { return !what_.empty(); }
    void set(std::string what) { what_ = std::move(what); }
    // The fault lies inside this member or element.
    void inside(const std::string& step);
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string message() const { return path_ + " " + what_; }

  private:
    std::string path_;
    std::string what_;
};

// Each fills `into`, or sets the fault. An optional is filled from null, and from nothing, with
// nothing.
void read(const Json& value, bool& into, Fault& fault);
void read(const Json& value, std::string& into, Fault& fault);
void read(const Json& value, std::int64_t& into, Fault& fault);
void read(const Json& value, std::uint64_t& into, Fault& fault);
void read(const Json& value, std::int32_t& into, Fault& fault);
void read(const Json& value, std::uint32_t& into, Fault& fault);
void read(const Json& value, Bytes& into, Fault& fault);
void read(const Json& value, Duration& into, Fault& fault);
void read(const Json& value, WallTime& into, Fault& fault);
void read(const Json& value, std::map<std::string, std::uint64_t>& into, Fault& fault);
void read(const Json& value, EventLine& into, Fault& fault);

template <typename T>
void read(const Json& value, std::optional<T>& into, Fault& fault) {
    if (value.is_null()) {
        into.reset();
        return;
    }
    read(value, into.emplace(), fault);
}

template <typename T>
void read(const Json& value, std::vector<T>& into, Fault& fault) {
    if (!value.is_array()) {
        fault.set("is no array");
        return;
    }
    into.reserve(value.size());
    for (std::size_t i = 0; i < value.size() && !fault; ++i) {
        read(value[i], into.emplace_back(), fault);
        if (fault) {
            fault.inside("[" + std::to_string(i) + "]");
        }
    }
}

// Reads one member of an object, unless something is wrong already.
template <typename T>
void read_member(const Json& object, const char* name, T& into, Fault& fault) {
    if (fault) {
        return;
    }
    const auto found = object.find(name);
    if (found == object.end()) {
        if constexpr (!k_is_optional<T>) {
            fault.set("is missing");
            fault.inside(name);
        }
        return;
    }
    read(*found, into, fault);
    if (fault) {
        fault.inside(name);
    }
}

} // namespace recycler::control
