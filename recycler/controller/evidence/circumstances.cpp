// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/circumstances.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace recycler::controller {

namespace {

// Between two looks at the open files where they cost more than a few us: several processes, or
// a kernel that does not count them.
constexpr Duration k_costly_gap = std::chrono::seconds(10);

// Between two looks at the open files and threads of a worker that does nothing: which uses no
// memory and serves nobody.
constexpr Duration k_idle_gap = std::chrono::seconds(5);

// Of the process that has the most: each may have limits.nofile.
Result<worker::OpenFiles> fullest(const LiveWorker& worker) {
    auto most = worker::open_files_of(worker.pid);
    for (const auto& child : worker.serving_children) {
        auto files = worker::open_files_of(child.first); // one that is gone has none
        if (files && (!most || files->count > most->count)) {
            most = std::move(files);
        }
    }
    return most;
}

void note_files(LiveWorker& worker, MonoTime now) {
    auto& note = worker.notes.files;
    const bool costly = !worker.serving_children.empty() ||
                        (note && note->seen && note->seen->counted == worker::Counted::by_us);
    if (!note || !costly || now - note->at >= k_costly_gap) {
        note.emplace(Note<worker::OpenFiles>{now, fullest(worker)});
    }
}

// PHP_FCGI_MAX_REQUESTS, as php-cgi reads it; nullopt: it is another program, or counts none.
std::optional<std::uint64_t> most_requests_of(pid_t pid) {
    constexpr std::uint64_t k_if_not_set = 500;
    const auto name = worker::program_name_of(pid);
    if (!name || !name->starts_with("php-cgi")) {
        return std::nullopt;
    }
    const auto set = worker::variable_of(pid, "PHP_FCGI_MAX_REQUESTS");
    if (!set) {
        return std::nullopt;
    }
    const auto most = *set ? text::number_at_front<std::uint64_t>(**set).value_or(0) : k_if_not_set;
    return most > 0 ? std::optional(most) : std::nullopt;
}

void note_own_limits(LiveWorker& worker, MonoTime now) {
    auto& own = worker.notes.own;
    if (!own || now - own->at >= k_costly_gap) {
        if (const auto limits = worker::own_limits_of(worker.pid)) {
            own.emplace(OwnNote{
                .at = now, .limits = *limits, .most_requests = most_requests_of(worker.pid)});
        }
    }
    if (own && own->limits.address_space) {
        worker.notes.address_space.emplace(Note<Bytes>{now, worker::address_space_of(worker.pid)});
    }
    if (own && own->limits.cpu_seconds) {
        worker.notes.processor_time.emplace(
            Note<Duration>{now, worker::processor_time_of(worker.pid)});
    }
}

bool does_nothing(const LiveWorker& worker, triggers::Sample sample) {
    if (!worker.last_sample || sample.in_flight > 0) {
        return false;
    }
    sample.at = worker.last_sample->at;
    return sample == *worker.last_sample;
}

death::Unread unread(const Error& error) {
    return {error.message()};
}

death::Unread never_looked(const LiveWorker& worker) {
    return {worker.ready_at ? "it ended before the first look"
                            : "the first look comes when it is ready, and it never was"};
}

death::Seen<death::Filled> files_of(const LiveWorker& worker, MonoTime ended_at) {
    const auto& note = worker.notes.files;
    if (!note) {
        return never_looked(worker);
    }
    if (!note->seen) {
        return unread(note->seen.error());
    }
    const std::optional<std::uint64_t> wanted = worker.born_under.files_max;
    const auto limit = worker.notes.own ? worker.notes.own->limits.open_files : wanted;
    return death::Filled{.count = note->seen->count,
                         .limit = limit,
                         .before_end = std::max(ended_at - note->at, Duration::zero()),
                         .wanted = limit == wanted ? std::nullopt : wanted};
}

std::optional<death::Room> address_space_of(const LiveWorker& worker, MonoTime ended_at) {
    const auto& note = worker.notes.address_space;
    if (!note || !note->seen || !worker.notes.own) {
        return std::nullopt;
    }
    return death::Room{.used = *note->seen,
                       .limit = worker.notes.own->limits.address_space,
                       .before_end = std::max(ended_at - note->at, Duration::zero())};
}

std::optional<death::Filled> cpu_time_of(const LiveWorker& worker, MonoTime ended_at) {
    const auto& note = worker.notes.processor_time;
    if (!note || !note->seen || !worker.notes.own) {
        return std::nullopt;
    }
    const auto used = std::chrono::duration_cast<std::chrono::seconds>(*note->seen);
    return death::Filled{.count = static_cast<std::uint64_t>(used.count()),
                         .limit = worker.notes.own->limits.cpu_seconds,
                         .before_end = std::max(ended_at - note->at, Duration::zero())};
}

// Of its first process, if that comes to accept() itself; a child that ended may have left its own.
int accept_refused(const LiveWorker& worker) {
    const auto page = page_of(worker);
    if (!page) {
        return 0;
    }
    int of_another = 0;
    for (const request::Process& process : page->processes) {
        if (process.pid == worker.pid) {
            return process.accept_refused;
        }
        of_another = std::max(of_another, process.accept_refused);
    }
    return of_another;
}

std::optional<death::OwnCount> own_count_of(const LiveWorker& worker) {
    const auto& own = worker.notes.own;
    return own && own->most_requests ? std::optional(death::OwnCount{*own->most_requests})
                                     : std::nullopt;
}

death::Seen<death::Filled> tasks_of(const LiveWorker& worker, MonoTime ended_at) {
    const auto& note = worker.notes.tasks;
    if (!worker.group) {
        return death::Unread{"it has no cgroup that counts them"};
    }
    if (!note) {
        return never_looked(worker);
    }
    if (!note->seen) {
        return unread(note->seen.error());
    }
    return death::Filled{.count = *note->seen,
                         .limit = worker.born_under.pids_max,
                         .before_end = std::max(ended_at - note->at, Duration::zero())};
}

death::Seen<std::uint64_t> tasks_refused(const LiveWorker& worker) {
    if (!worker.group) {
        return death::Unread{"it has no cgroup that counts them"};
    }
    const auto refused = worker.group->tasks_refused();
    return refused ? death::Seen<std::uint64_t>(*refused) : unread(refused.error());
}

death::Seen<death::Pressure> pressure_of(const LiveWorker& worker, cgroups::Resource resource) {
    if (!worker.group) {
        return death::Unread{"it has no cgroup that counts it"};
    }
    const auto pressure = worker.group->pressure(resource);
    if (!pressure) {
        return unread(pressure.error());
    }
    return death::Pressure{.lately = pressure->lately, .in_all = pressure->in_all};
}

template <typename T>
death::Seen<death::Room> room_of(const std::optional<Note<T>>& note, MonoTime ended_at,
                                 const std::function<death::Room(const T&)>& room) {
    if (!note) {
        return death::Unread{"there was no look"};
    }
    if (!note->seen) {
        return unread(note->seen.error());
    }
    death::Room seen = room(*note->seen);
    seen.before_end = std::max(ended_at - note->at, Duration::zero());
    return seen;
}

// `running`: how long the oldest request has.
void note_request(LiveWorker& worker, const triggers::Sample& sample,
                  std::optional<Duration> running) {
    auto& note = worker.notes.request;
    if (!running) {
        note.reset();
        return;
    }
    const MonoTime since = sample.at - *running;
    if (!note || note->since != since) {
        const bool before = worker.last_sample && worker.last_sample->at <= since;
        note = RequestNote{.since = since, .before = before ? worker.last_sample : std::nullopt};
    }
    note->most = std::max(note->most, sample.bloat);
}

} // namespace

void take_notes(LiveWorker& worker, const slots::WorkerSampled& seen,
                std::optional<std::uint64_t> served) {
    const triggers::Sample& sample = seen.sample;
    note_request(worker, sample, seen.running);
    worker.notes.life.add({sample.at - worker.launched_at, sample.bloat, served});
    const auto& tasks = worker.notes.tasks;
    if (does_nothing(worker, sample) && tasks && sample.at - tasks->at < k_idle_gap) {
        return;
    }
    note_files(worker, sample.at);
    note_own_limits(worker, sample.at);
    if (worker.group) {
        worker.notes.tasks.emplace(Note<std::uint64_t>{sample.at, worker.group->tasks()});
    }
}

death::Seen<death::RequestGrowth> growth_during(const LiveWorker& worker, MonoTime since,
                                                std::optional<Bytes> peak) {
    const auto& note = worker.notes.request;
    const bool seen = note && note->since == since;
    const bool after_last = worker.last_sample && worker.last_sample->at <= since;
    const auto before = seen ? note->before : (after_last ? worker.last_sample : std::nullopt);
    if (!before) {
        return death::Unread{"it was not measured just before that request began"};
    }
    Bytes most = std::max(seen ? note->most : Bytes{}, before->bloat);
    if (peak && *peak > before->peak) {
        most = std::max(most, *peak); // the peak of all its life was reached since
    }
    return death::RequestGrowth{
        .before = before->bloat, .before_it = since - before->at, .most = most};
}

bool ended_for_want(const LiveWorker& worker, MonoTime ended_at, std::uint64_t served) {
    return death::ended_for_want({.open_files = files_of(worker, ended_at),
                                  .accept_refused = accept_refused(worker),
                                  .address_space = address_space_of(worker, ended_at),
                                  .own_count = own_count_of(worker),
                                  .tasks_refused = tasks_refused(worker)},
                                 served);
}

death::Circumstances circumstances_of(const LiveWorker& worker, MonoTime ended_at,
                                      std::optional<Bytes> app_max) {
    const MemorySeen& memory = worker.notes.memory;
    return {.life = worker.notes.life.points(),
            .life_seen_from = worker.notes.life_seen_from,
            .open_files = files_of(worker, ended_at),
            .accept_refused = accept_refused(worker),
            .address_space = address_space_of(worker, ended_at),
            .cpu_time = cpu_time_of(worker, ended_at),
            .own_count = own_count_of(worker),
            .tasks = tasks_of(worker, ended_at),
            .tasks_refused = tasks_refused(worker),
            .memory_pressure = pressure_of(worker, cgroups::Resource::memory),
            .cpu_pressure = pressure_of(worker, cgroups::Resource::cpu),
            .io_pressure = pressure_of(worker, cgroups::Resource::io),
            .app_memory = room_of<Bytes>(
                memory.app, ended_at,
                [&](const Bytes& bloat) { return death::Room{.used = bloat, .limit = app_max}; }),
            .host_memory = room_of<cgroups::HostMemory>(
                memory.host, ended_at, [](const cgroups::HostMemory& host) {
                    return death::Room{.used = host.ram - host.available,
                                       .limit = host.ram,
                                       .swap_free = host.swap_free};
                })};
}

} // namespace recycler::controller
