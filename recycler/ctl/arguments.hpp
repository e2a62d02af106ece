// SPDX-License-Identifier: MIT
// The command line of recyclerctl as a value. The only file pair of this program that knows the
// argument parser, also for syntax.hpp.
#pragma once

#include "recycler/ctl/verbs/table.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::ctl {

struct Invocation {
    std::optional<std::string> app;
    Output output = Output::text;
    Command command;
};

// `argv` as main() gets it.
std::variant<Invocation, Told> parse_arguments(int argc, const char* const* argv);

// The slots that a command names, none where it names none or all; they help to find the app.
std::vector<std::string> slots_named(const Command& command);
// "drain 7012 7013": the command as it was typed, for advice on what to type instead.
std::string typed(int argc, const char* const* argv);

} // namespace recycler::ctl
