// SPDX-License-Identifier: MIT
#include "policies/keys.hpp"

#include "policies/parsing/values.hpp"

namespace policies {
namespace {

using parsing::SizeFrom;
using parsing::SpanFrom;
using parsing::Value;
using parsing::Whole;

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

using P = Policy;

constexpr auto k_workers = Effect::workers;
constexpr Duration k_some = 1ns;
constexpr Duration k_none = 0ns;

// Bounds that are not the policy's: Linux numbers at most 2^22 threads; fs.nr_open is at most 2^31
// - 128; cgroup v2 weights go from 1 to 10000; the kernel cuts a backlog to net.core.somaxconn by
// itself.
constexpr Whole k_pids{1, 1 << 22};
constexpr Whole k_nofile{1, 2147483520};
constexpr Whole k_weight{1, 10000};
constexpr Whole k_backlog{1, 65535};

// Each takes the memory of a worker, and one is enough as long as workers do not end at once.
constexpr Whole k_spares{0, 16};

std::vector<Key> app_keys() {
    return {
        field("app.name", &P::app, &App::name, parsing::name, Effect::daemon),
        field("app.command", &P::app, &App::command, parsing::command, k_workers),
        {"app.listen", Effect::addresses, parsing::listen, always_same},
        {"app.workers", Effect::addresses, parsing::workers, always_same},
        field("app.directory", &P::app, &App::directory, parsing::absolute_path, k_workers),
        field("app.user", &P::app, &App::user, parsing::account, k_workers),
        field("app.group", &P::app, &App::group, parsing::account, k_workers),
        field("app.environment", &P::app, &App::environment, parsing::environment, k_workers),
        field("app.backlog", &P::app, &App::backlog, k_backlog),
        field("app.socket_mode", &P::app, &App::socket_mode, parsing::file_mode),
        field("app.socket_user", &P::app, &App::socket_user, parsing::account),
        field("app.socket_group", &P::app, &App::socket_group, parsing::account),
        field("app.keep_connections", &P::app, &App::keep_connections, parsing::keep_connections),
    };
}

std::vector<Key> memory_keys() {
    return {
        field("memory.max", &P::memory, &Memory::max, SizeFrom{{1}}, k_workers),
        field("memory.app_max", &P::memory, &Memory::app_max, SizeFrom{{1}}),
        field("memory.swap_max", &P::memory, &Memory::swap_max, SizeFrom{{0}}, k_workers),
        field("memory.enforcement", &P::memory, &Memory::enforcement, parsing::enforcement),

        {"recycle.memory", Effect::settings, parsing::recycle_memory,
         [](const Policy& a, const Policy& b) { return a.recycle.memory == b.recycle.memory; }},
        field("recycle.requests", &P::recycle, &Recycle::requests, Whole{1, INT64_MAX}),
        field("recycle.age", &P::recycle, &Recycle::age, SpanFrom{k_some}),
        field("recycle.hung", &P::recycle, &Recycle::hung, SpanFrom{k_some}),
        field("recycle.stuck", &P::recycle, &Recycle::stuck, parsing::span_or_off),
        field("recycle.spread", &P::recycle, &Recycle::spread, parsing::spread),
    };
}

std::vector<Key> life_keys() {
    return {
        field("drain.timeout", &P::drain, &Drain::timeout, SpanFrom{k_none}),
        field("drain.stop_signal", &P::drain, &Drain::stop_signal, parsing::stop_signal),
        field("drain.stop_timeout", &P::drain, &Drain::stop_timeout, SpanFrom{k_none}),

        field("start.ready", &P::start, &Start::ready, parsing::ready),
        field("start.timeout", &P::start, &Start::timeout, SpanFrom{k_some}),

        field("capacity.handover", &P::capacity, &Capacity::handover, parsing::handover),
        field("capacity.max_unavailable", &P::capacity, &Capacity::max_unavailable,
              parsing::max_unavailable),
        field("capacity.settle", &P::capacity, &Capacity::settle, SpanFrom{k_none}),
        field("capacity.spares", &P::capacity, &Capacity::spares, k_spares),

        field("restart.burst", &P::restart, &Restart::burst, Whole{1, 1000}),
        field("restart.within", &P::restart, &Restart::within, SpanFrom{k_some}),
        field("restart.backoff_max", &P::restart, &Restart::backoff_max, SpanFrom{k_some}),
        field("restart.queue_timeout", &P::restart, &Restart::queue_timeout, SpanFrom{k_some}),
    };
}

std::vector<Key> bound_keys() {
    return {
        field("limits.pids", &P::limits, &Limits::pids, k_pids, k_workers),
        field("limits.nofile", &P::limits, &Limits::nofile, k_nofile, k_workers),
        field("limits.core", &P::limits, &Limits::core, parsing::core_size, k_workers),
        field("limits.cpu_weight", &P::limits, &Limits::cpu_weight, k_weight, k_workers),

        field("sandbox.seccomp", &P::sandbox, &Sandbox::seccomp, parsing::seccomp, k_workers),
        field("sandbox.no_new_privileges", &P::sandbox, &Sandbox::no_new_privileges, parsing::truth,
              k_workers),

        field("sandbox.capabilities", &P::sandbox, &Sandbox::capabilities, parsing::capabilities,
              k_workers),
        field("sandbox.umask", &P::sandbox, &Sandbox::umask, parsing::file_mode, k_workers),
        field("sandbox.nice", &P::sandbox, &Sandbox::nice, parsing::niceness, k_workers),
        field("sandbox.isolate", &P::sandbox, &Sandbox::isolate, parsing::truth, k_workers),

        field("control.group", &P::control, &Control::group, parsing::account),

        field("report.stderr_lines", &P::report, &Report::stderr_lines, Whole{0, 1000}),
        field("report.file", &P::report, &Report::file, parsing::absolute_path),

        field("blame.query", &P::blame, &Blame::query, parsing::parameters),
    };
}

} // namespace

const std::vector<Key>& keys() {
    static const std::vector<Key> all = [] {
        std::vector<Key> table;
        for (const auto& part : {app_keys(), memory_keys(), life_keys(), bound_keys()}) {
            table.insert(table.end(), part.begin(), part.end());
        }
        return table;
    }();
    return all;
}

} // namespace policies
