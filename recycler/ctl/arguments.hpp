// SPDX-License-Identifier: MIT
// The command line of recyclerctl as a value. The only file pair of this program that knows the
// argument parser. Nothing is looked up here: slots and apps stay the words that were typed.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/lint/kind.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::ctl {

enum class Output { text, json };
enum class Watch { once, each_second };

struct Status {
    std::vector<std::string> slots;
    Watch watch = Watch::once;
};
// A span back from now, or a time.
using Since = std::variant<Duration, WallTime>;
// One slot's ends, those of all slots each for itself, or the unexpected ones by their cause.
struct EachEnd {};
struct ByCause {};
using WhyOf = std::variant<ByCause, EachEnd, std::string>;
struct Why {
    WhyOf of;
    std::optional<Since> since;
};
struct Check {
    std::string file;
};
struct Lint {
    std::vector<std::string> files;
    std::optional<lint::Kind> kind;
    std::string policy; // a file, the name of an app, or empty
};
enum class BlameBy { both, growth, time };
struct Blame {
    BlameBy by = BlameBy::both;
};
enum class Lines { counted, shown };
struct Explain {
    std::vector<std::string> files;  // "-": standard input
    std::vector<std::string> events; // none: what this machine's daemons have kept
    std::string zone;                // empty: this machine's
    std::optional<Since> since, until;
    std::optional<Duration> offset; // how far the balancer's clock is ahead
    std::string haproxy;            // its configuration; empty: where it usually is
    Lines lines = Lines::counted;
};
// The verbs that are nothing but one call stand as that call.
using Command = std::variant<Status, control::DrainCall, control::OpenCall, control::RecycleCall,
                             control::ReloadCall, Why, control::EventsCall, Blame, Check, Lint,
                             Explain, control::StopCall>;

struct Invocation {
    std::optional<std::string> app;
    Output output = Output::text;
    Command command;
};

// Nothing to be done but to print: help or version (exit 0, to stdout), or what is wrong with the
// command line (exit 2, to stderr).
struct Told {
    int exit_code = 0;
    std::string text;
};

// `argv` as main() gets it.
std::variant<Invocation, Told> parse_arguments(int argc, const char* const* argv);

// The slots that a command names, none where it names none or all; they help to find the app.
std::vector<std::string> slots_named(const Command& command);
// "drain 7012 7013": the command as it was typed, for advice on what to type instead.
std::string typed(int argc, const char* const* argv);

} // namespace recycler::ctl
