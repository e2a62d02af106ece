// SPDX-License-Identifier: MIT
// The rules of a profile's JSON.
#pragma once

#include "policies/seccomp/field.hpp"
#include "policies/seccomp/read.hpp"

namespace policies::seccomp {

// "SCMP_ACT_ALLOW"; refused when nobody could carry it out.
void read_deed(const Field& field, std::optional<Deed>& deed);
// An errno as a number, or by name.
void read_error_number(const Field& field, std::optional<std::uint16_t>& error);
void read_error_name(const Field& field, std::optional<std::uint16_t>& error);
Action action_of(Deed deed, std::optional<std::uint16_t> error);

// The rules of the list that hold on that machine.
std::vector<Rule> read_rules(const Field& list, const Machine& machine);

// The first rule that is about every use of a call hides all others for it, as for the tools that
// the form comes from. Takes those out, and notes each that would have done something else.
void drop_hidden_rules(Profile& profile);

} // namespace policies::seccomp
