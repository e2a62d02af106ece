// SPDX-License-Identifier: MIT
#include "recycler/ctl/arguments.hpp"

#include "policies/units.hpp"
#include "recycler/base/version.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/ctl/exit_codes.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

namespace recycler::ctl {

namespace {

// What CLI11 writes into; one command of it was chosen.
struct Words {
    std::string app;
    std::vector<std::string> slots;
    std::string slot;
    std::string timeout;
    std::string since;
    std::string file;
    std::vector<std::string> files;
    std::string kind;
    std::string policy;
    std::vector<std::string> events;
    std::string zone;
    std::string until;
    std::string offset;
    std::string haproxy;
    std::string by;
    bool lines = false;
    bool json = false;
    bool watch = false;
    bool no_wait = false;
    bool force = false;
    bool follow = false;
};

struct Verbs {
    CLI::App* status;
    CLI::App* drain;
    CLI::App* open;
    CLI::App* recycle;
    CLI::App* reload;
    CLI::App* why;
    CLI::App* events;
    CLI::App* blame;
    CLI::App* check;
    CLI::App* lint;
    CLI::App* explain;
    CLI::App* stop;
};

constexpr const char* k_slot_help = "port (7012), address, or all";

void declare_lint(Verbs& verbs, CLI::App& program, Words& words) {
    verbs.lint = program.add_subcommand(
        "lint", "Say what in a balancer's configuration would lose requests");
    verbs.lint
        ->add_option("FILE", words.files, "Configuration of lighttpd, nginx, haproxy or apache")
        ->required();
    verbs.lint->add_option("--kind", words.kind, "Which balancer, if lint does not recognise it")
        ->check(CLI::IsMember({"nginx", "haproxy", "apache", "lighttpd"}));
    verbs.lint->add_option("--policy", words.policy,
                           "Compare with the policy of this app (name or file)");
}

CLI::App* declare_explain(CLI::App& program, Words& words) {
    CLI::App* verb = program.add_subcommand(
        "explain", "Say what stood behind each line about a worker in a balancer's log");
    verb->add_option("FILE", words.files,
                     "Logs of lighttpd, nginx, Apache or HAProxy, also compressed; - is stdin")
        ->required();
    verb->add_option("--events", words.events,
                     "Read the history from here (events --json, a report file); may be repeated")
        ->allow_extra_args(false); // one each time: what follows it is a log
    verb->add_option(
        "--zone", words.zone,
        "Zone of times that name none (Europe/Berlin, +02:00); default: this machine's");
    verb->add_option("--since", words.since, "Only lines since then: a span back, or a time");
    verb->add_option("--until", words.until, "Only lines until then: a span back, or a time");
    verb->add_option("--offset", words.offset,
                     "How far the balancer's clock is ahead (3s), or behind (-3s)");
    verb->add_option("--haproxy", words.haproxy,
                     "The configuration of HAProxy, which has the addresses of its servers");
    verb->add_flag("--lines", words.lines, "Also print each line, with what stood behind it");
    return verb;
}

Verbs declare_verbs(CLI::App& program, Words& words) {
    Verbs verbs{};
    verbs.status = program.add_subcommand("status", "Show what each slot and its worker does");
    verbs.status->add_option("SLOT", words.slots, k_slot_help);
    verbs.status->add_flag("--watch", words.watch, "Redraw it every second until Ctrl-C");
    verbs.drain = program.add_subcommand(
        "drain",
        "Close the gate, wait until the worker is idle, keep it alive and out of rotation");
    verbs.drain->add_option("SLOT", words.slots, k_slot_help)->required();
    verbs.drain->add_option(
        "--timeout", words.timeout,
        "Wait no longer than this (30s, 5min); then exit with 4, the gate stays closed");
    verbs.drain->add_flag("--no-wait", words.no_wait, "Return as soon as the order is accepted");
    verbs.drain->add_flag("--force", words.force, "Also close the last open gate of the app");
    verbs.open = program.add_subcommand("open", "Put a drained worker back");
    verbs.open->add_option("SLOT", words.slots, k_slot_help)->required();
    verbs.recycle =
        program.add_subcommand("recycle", "Drain and replace workers, within the capacity budget");
    verbs.recycle->add_option("SLOT", words.slots, k_slot_help)->required();
    verbs.recycle->add_flag("--no-wait", words.no_wait, "Return as soon as the order is accepted");
    verbs.reload = program.add_subcommand(
        "reload", "Read the policy again; if it has a fault, the old one stays in force");
    verbs.why = program.add_subcommand(
        "why", "Say why workers ended: by cause, for one slot, or each end (all)");
    verbs.why->add_option("SLOT", words.slot, k_slot_help);
    verbs.why->add_option("--since", words.since, "A span back (2h) or a time (RFC 3339)");
    verbs.events = program.add_subcommand("events", "Show what has happened, one event a line");
    verbs.events->add_flag("--follow", words.follow, "Go on with later events until Ctrl-C");
    verbs.blame = program.add_subcommand(
        "blame", "Show which requests make workers grow, and which are slow");
    verbs.blame->add_option("--by", words.by, "Show only one table: growth or time")
        ->check(CLI::IsMember({"growth", "time"}));
    verbs.check = program.add_subcommand("check", "Check a policy file and show every fault");
    verbs.check->add_option("FILE", words.file, "The policy, a TOML file")->required();
    declare_lint(verbs, program, words);
    verbs.explain = declare_explain(program, words);
    verbs.stop = program.add_subcommand("stop", "Drain all workers and end the daemon");
    return verbs;
}

Told usage(const std::string& text) {
    return {k_exit_usage, "recyclerctl: " + text + "\n"};
}

std::variant<Command, Told> drain_of(const Words& words) {
    control::DrainCall call;
    call.slots = words.slots;
    call.force = words.force ? control::Force::yes : control::Force::no;
    call.wait = words.no_wait ? control::Wait::until_accepted : control::Wait::until_done;
    if (!words.timeout.empty()) {
        const auto span = policies::parse_span(words.timeout);
        if (const auto* problem = std::get_if<policies::Problem>(&span)) {
            return usage("--timeout " + words.timeout + ": " + problem->reason);
        }
        call.timeout = std::get<Duration>(span);
    }
    return call;
}

// What was given with `option`; nothing where it was not.
std::variant<std::optional<Since>, Told> since_of(const std::string& option,
                                                  const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (const auto time = control::time_from_text(text)) {
        return Since(*time);
    }
    const auto span = policies::parse_span(text);
    if (const auto* length = std::get_if<Duration>(&span)) {
        return Since(*length);
    }
    return usage(option + " " + text +
                 " is neither a span (2h, 30min) nor a time (2026-01-09T11:44:38Z)");
}

std::variant<Command, Told> why_of(const Words& words) {
    Why why;
    if (words.slot == "all") {
        why.of = EachEnd{};
    } else if (!words.slot.empty()) {
        why.of = words.slot;
    }
    auto since = since_of("--since", words.since);
    if (auto* told = std::get_if<Told>(&since)) {
        return std::move(*told);
    }
    why.since = std::get<std::optional<Since>>(since);
    return why;
}

std::variant<Command, Told> explain_of(const Words& words) {
    Explain explain{.files = words.files,
                    .events = words.events,
                    .zone = words.zone,
                    .haproxy = words.haproxy,
                    .lines = words.lines ? Lines::shown : Lines::counted};
    if (words.lines && words.json) {
        return usage("--lines and --json exclude each other: JSON is one object");
    }
    for (auto& [option, text, into] : {std::tuple("--since", words.since, &explain.since),
                                       std::tuple("--until", words.until, &explain.until)}) {
        auto since = since_of(option, text);
        if (auto* told = std::get_if<Told>(&since)) {
            return std::move(*told);
        }
        *into = std::get<std::optional<Since>>(since);
    }
    if (!words.offset.empty()) {
        const bool behind = words.offset.front() == '-';
        const auto span = policies::parse_span(words.offset.substr(behind ? 1 : 0));
        if (const auto* problem = std::get_if<policies::Problem>(&span)) {
            return usage("--offset " + words.offset + ": " + problem->reason);
        }
        const Duration length = std::get<Duration>(span);
        explain.offset = behind ? -length : length;
    }
    return explain;
}

std::variant<Command, Told> command_of(const Verbs& verbs, const Words& words) {
    if (verbs.status->parsed()) {
        return Status{words.slots, words.watch ? Watch::each_second : Watch::once};
    }
    if (verbs.drain->parsed()) {
        return drain_of(words);
    }
    if (verbs.open->parsed()) {
        return control::OpenCall{words.slots};
    }
    if (verbs.recycle->parsed()) {
        return control::RecycleCall{words.slots, words.no_wait ? control::Wait::until_accepted
                                                               : control::Wait::until_done};
    }
    if (verbs.reload->parsed()) {
        return control::ReloadCall{};
    }
    if (verbs.why->parsed()) {
        return why_of(words);
    }
    if (verbs.events->parsed()) {
        return control::EventsCall{words.follow ? control::Follow::and_coming
                                                : control::Follow::only_recent};
    }
    if (verbs.blame->parsed()) {
        return Blame{words.by == "growth" ? BlameBy::growth
                     : words.by == "time" ? BlameBy::time
                                          : BlameBy::both};
    }
    if (verbs.check->parsed()) {
        return Check{words.file};
    }
    if (verbs.lint->parsed()) {
        return Lint{words.files, lint::kind_named(words.kind), words.policy};
    }
    if (verbs.explain->parsed()) {
        return explain_of(words);
    }
    return control::StopCall{};
}

} // namespace

std::variant<Invocation, Told> parse_arguments(int argc, const char* const* argv) {
    CLI::App program("Shows and steers the workers that recyclerd runs.", "recyclerctl");
    Words words;
    program.set_version_flag("--version", "recyclerctl " + std::string(version()));
    program.add_option("--app", words.app,
                       "Which app; needed only if the slot does not make it clear");
    program.add_flag("--json", words.json, "Print JSON");
    program.require_subcommand(1);
    program.fallthrough(); // --json may also stand after the verb
    const Verbs verbs = declare_verbs(program, words);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        std::ostringstream out, err;
        const int status = program.exit(problem, out, err);
        if (status == 0) {
            return Told{k_exit_done, out.str()};
        }
        return Told{k_exit_usage, "recyclerctl: " + out.str() + err.str()};
    }
    auto command = command_of(verbs, words);
    if (auto* told = std::get_if<Told>(&command)) {
        return std::move(*told);
    }
    return Invocation{words.app.empty() ? std::nullopt : std::optional(words.app),
                      words.json ? Output::json : Output::text,
                      std::get<Command>(std::move(command))};
}

} // namespace recycler::ctl
