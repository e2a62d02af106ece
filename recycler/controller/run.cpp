// SPDX-License-Identifier: MIT
#include "recycler/controller/run.hpp"

#include "recycler/controller/controller.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/controller/start/startup.hpp"
#include "recycler/events/log.hpp"
#include "recycler/events/open_event_log.hpp"

#include <csignal>
#include <cstdio>
#include <sys/stat.h>
#include <sysexits.h>

namespace recycler::controller {

namespace {

// Whatever whoever started us had: a folder of ours is for everybody to enter (a worker's socket
// may stand in it) and for nobody else to write; the files in it ask for less.
constexpr mode_t k_umask = 022;

int leave(const CannotStart& cannot) {
    const std::string line = "recyclerd: " + cannot.reason + "\n";
    (void)std::fputs(
        (events::logs_to_journal() ? events::log::with_priority(line, '3') : line).c_str(), stderr);
    return cannot.code;
}

int run(systemd::EventLoop& loop, Started started, const std::function<void()>& once_running) {
    events::log::name_app(started.opened.governing.policy().app.name);
    for (const std::string& limitation : started.opened.limitations) {
        events::log::say(events::log::Level::info,
                         "limitation: " + limitation); // `status` goes on saying so
    }
    for (const std::string& limitation : started.opened.containment.limitations()) {
        events::log::say(events::log::Level::warning, limitation);
    }
    if (const auto limitation = started.opened.rights.signals.limitation()) {
        events::log::say(events::log::Level::info, *limitation);
    }
    for (const std::string& layer : started.opened.rights.confinement.missing()) {
        events::log::say(events::log::Level::info, layer);
    }
    Controller controller(loop, std::move(started.opened));
    if (const auto connected = controller.connect(std::move(started.control_socket)); !connected) {
        return leave({EX_OSERR, connected.error().message()});
    }
    if (started.adopts) {
        controller.adopt(std::move(started.inheritance));
    } else {
        controller.begin();
    }
    // After the turn in which it begins.
    auto hook = loop.add_deferred(once_running, systemd::Priority::last);
    if (hook && once_running) {
        hook->schedule();
    }
    const auto code = loop.run();
    return code ? *code : leave({EX_OSERR, code.error().message()});
}

} // namespace

int run_controller(int count, char** words, const std::function<void()>& once_running) {
    const auto parsed = parse_arguments(count, words);
    if (const auto* leaving = std::get_if<LeaveWith>(&parsed)) {
        return leaving->code;
    }
    const Arguments& arguments = std::get<Arguments>(parsed);
    if (arguments.task == Task::check) {
        return check_policy(arguments);
    }
    (void)::umask(k_umask);
    // Whoever read our messages may be gone, and the report file may be at its limit: told, not
    // died of.
    (void)std::signal(SIGPIPE, SIG_IGN);
    (void)std::signal(SIGXFSZ, SIG_IGN);
    events::log::open(events::logs_to_journal() ? events::log::Reader::journal
                                                : events::log::Reader::person);
    events::log::name_app(arguments.stem); // until the policy says it
    auto link = keeper::Link::from_environment();
    if (!link) {
        (void)std::fprintf(stderr,
                           "recycler-controller is started by recyclerd: run `recyclerd APP`\n");
        return EX_USAGE;
    }
    auto loop = systemd::EventLoop::create();
    if (!loop) {
        return leave({EX_OSERR, loop.error().message()});
    }
    auto started = start_up(arguments, std::move(*link), *loop);
    if (const auto* cannot = std::get_if<CannotStart>(&started)) {
        return leave(*cannot);
    }
    return run(*loop, std::get<Started>(std::move(started)), once_running);
}

} // namespace recycler::controller
