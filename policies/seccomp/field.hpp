// SPDX-License-Identifier: MIT
// One value of a profile's JSON, with the key it belongs to and the place where faults about it go.
// Readers take what they expect of it; what is something else is refused where it stands.
#pragma once

#include "policies/problem.hpp"
#include "policies/seccomp/json.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace policies::seccomp {

// The highest that the kernel takes for an error (MAX_ERRNO of linux/err.h).
constexpr std::uint16_t k_last_error = 4095;

struct Field {
    const Json& json;
    std::string key; // "syscalls[3].action"
    std::vector<Fault>& faults;

    void refuse(std::string reason, std::string suggestion = "") const;

    // nullopt and nullptr: it was refused.
    [[nodiscard]] std::optional<std::string> text() const;
    [[nodiscard]] std::optional<std::uint64_t> whole(std::uint64_t most) const;
    [[nodiscard]] const JsonList* list() const;
    // The place of the text among the choices.
    [[nodiscard]] std::optional<std::size_t> word(std::span<const std::string_view> choices) const;
    [[nodiscard]] std::vector<std::string> texts() const;

    [[nodiscard]] Field element(std::size_t index) const; // of a list that has it
    [[nodiscard]] Field member(const Member& member) const;
};

struct Entry {
    std::string_view name;
    std::function<void(const Field&)> read;
};

// Hands each member to its entry. Refuses what is no object, and members that are not in the table
// or stand there twice; what is null counts as left out.
void read_object(const Field& field, std::span<const Entry> entries);

// "EPERM" and "ENOSYS" as numbers; nullopt: no such error.
std::optional<std::uint16_t> error_named(std::string_view name);
// "EPERM"; "4095" for one without a name.
std::string error_name(std::uint16_t error);

} // namespace policies::seccomp
