// SPDX-License-Identifier: MIT
// Result<T>: a value, or what the operating system said and on what. Shaped like std::expected
// (C++23), so that it can be swapped for it. Programming errors are assertions; bad policy files
// have an error type of their own (policies/).
#pragma once

#include <cassert>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace recycler {

// One failure: the errno (0 where no system call failed) and a phrase that names what was tried and
// on what, such as "set memory.max of 7012.3". No trailing punctuation.
struct Error {
    int code = 0;
    std::string context;

    // "set memory.max of 7012.3: Permission denied"
    [[nodiscard]] std::string message() const {
        return code == 0 ? context : context + ": " + std::strerror(code);
    }

    // The same failure, told by a caller who knows more: "start worker 7012.3: set memory.max ...".
    [[nodiscard]] Error within(const std::string& outer) && {
        return Error{code, outer + ": " + std::move(context)};
    }
};

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        assert(has_value());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    Error& error() & {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }
    const Error& error() const& {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }
    Error&& error() && {
        assert(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }

    const Error& error() const& {
        assert(error_);
        return *error_;
    }
    Error&& error() && {
        assert(error_);
        return std::move(*error_);
    }

  private:
    std::optional<Error> error_;
};

} // namespace recycler
