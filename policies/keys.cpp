#include "policies/keys.hpp"

#include "policies/parsing/values.hpp"

namespace policies {
namespace {

using parsing::size_from;
using parsing::span_from;
using parsing::Value;
using parsing::whole;

// A key with a field of its own.
template <typename Section, typename Field, typename Read>
Key field(std::string_view name, Section Policy::*section, Field Section::*member, Read read,
          Effect effect = Effect::settings) {
    return {
        name, effect, [=](const Value& value) { read(value, value.draft.policy.*section.*member); },
        [=](const Policy& a, const Policy& b) { return a.*section.*member == b.*section.*member; }};
}

bool always_same(const Policy&, const Policy&) {
    return true;
}

std::vector<Key> table() {
    using P = Policy;
    constexpr auto workers = Effect::workers;
    constexpr Duration some = 1ns;
    constexpr Duration none = 0ns;
    // Bounds that are not the policy's: Linux numbers at most 2^22 threads; fs.nr_open is at most
    // 2^31 - 128; cgroup v2 weights go from 1 to 10000; the kernel itself cuts a backlog to
    // net.core.somaxconn.
    constexpr whole pids{1, 1 << 22};
    constexpr whole nofile{1, 2147483520};
    constexpr whole weight{1, 10000};
    constexpr whole backlog{1, 65535};
    return {
        field("app.name", &P::app, &App::name, parsing::name, Effect::daemon),
        field("app.command", &P::app, &App::command, parsing::command, workers),
        {"app.listen", Effect::addresses, parsing::listen, always_same},
        {"app.workers", Effect::addresses, parsing::workers, always_same},
        field("app.directory", &P::app, &App::directory, parsing::absolute_path, workers),
        field("app.user", &P::app, &App::user, parsing::account, workers),
        field("app.group", &P::app, &App::group, parsing::account, workers),
        field("app.environment", &P::app, &App::environment, parsing::environment, workers),
        field("app.backlog", &P::app, &App::backlog, backlog),
        field("app.socket_mode", &P::app, &App::socket_mode, parsing::file_mode),
        field("app.socket_user", &P::app, &App::socket_user, parsing::account),
        field("app.socket_group", &P::app, &App::socket_group, parsing::account),

        field("memory.max", &P::memory, &Memory::max, size_from{{1}}, workers),
        field("memory.app_max", &P::memory, &Memory::app_max, size_from{{1}}),
        field("memory.swap_max", &P::memory, &Memory::swap_max, size_from{{0}}, workers),
        field("memory.enforcement", &P::memory, &Memory::enforcement, parsing::enforcement),

        {"recycle.memory", Effect::settings, parsing::recycle_memory,
         [](const Policy& a, const Policy& b) { return a.recycle.memory == b.recycle.memory; }},
        field("recycle.requests", &P::recycle, &Recycle::requests, whole{1, INT64_MAX}),
        field("recycle.age", &P::recycle, &Recycle::age, span_from{some}),
        field("recycle.hung", &P::recycle, &Recycle::hung, span_from{some}),
        field("recycle.spread", &P::recycle, &Recycle::spread, parsing::spread),

        field("drain.timeout", &P::drain, &Drain::timeout, span_from{none}),
        field("drain.stop_signal", &P::drain, &Drain::stop_signal, parsing::stop_signal),
        field("drain.stop_timeout", &P::drain, &Drain::stop_timeout, span_from{none}),

        field("start.ready", &P::start, &Start::ready, parsing::ready),
        field("start.timeout", &P::start, &Start::timeout, span_from{some}),

        field("capacity.handover", &P::capacity, &Capacity::handover, parsing::handover),
        field("capacity.max_unavailable", &P::capacity, &Capacity::max_unavailable,
              parsing::max_unavailable),
        field("capacity.settle", &P::capacity, &Capacity::settle, span_from{none}),

        field("restart.burst", &P::restart, &Restart::burst, whole{1, 1000}),
        field("restart.within", &P::restart, &Restart::within, span_from{some}),
        field("restart.backoff_max", &P::restart, &Restart::backoff_max, span_from{some}),

        field("limits.pids", &P::limits, &Limits::pids, pids, workers),
        field("limits.nofile", &P::limits, &Limits::nofile, nofile, workers),
        field("limits.core", &P::limits, &Limits::core, parsing::core_size, workers),
        field("limits.cpu_weight", &P::limits, &Limits::cpu_weight, weight, workers),

        field("sandbox.seccomp", &P::sandbox, &Sandbox::seccomp, parsing::seccomp, workers),
        field("sandbox.no_new_privileges", &P::sandbox, &Sandbox::no_new_privileges, parsing::truth,
              workers),

        field("control.group", &P::control, &Control::group, parsing::account),

        field("report.stderr_lines", &P::report, &Report::stderr_lines, whole{0, 1000}),
        field("report.file", &P::report, &Report::file, parsing::absolute_path),
    };
}

} // namespace

const std::vector<Key>& keys() {
    static const std::vector<Key> all = table();
    return all;
}

} // namespace policies
