// SPDX-License-Identifier: MIT
#include "recycler/worker/look/idleness.hpp"

#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/references.hpp"
#include "recycler/worker/look/holding.hpp"
#include "recycler/worker/look/port_counts.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <vector>

namespace recycler::worker {
namespace {

bool may_not_look(const Error& error) {
    return error.code == EACCES || error.code == EPERM;
}

bool holds_more(const Watched& watched, const std::vector<SocketInode>& held) {
    std::vector<int> given = watched.keeping.sockets;
    given.push_back(watched.listener);
    return holds_more_than(given, held);
}

// By the recorder's word.
bool opened_none(const Watched& watched, std::span<const pid_t> processes) {
    return !processes.empty() && watched.nothing_open && watched.nothing_open(processes);
}

// Shown by the recorder and by the descriptors, so that the kernel need not list the connections of
// everybody on the host.
bool holds_none(const Watched& watched, std::span<const pid_t> processes, const LookTime& time) {
    if (!opened_none(watched, processes)) {
        return false;
    }
    const auto held = held_by(processes, time);
    return held && !holds_more(watched, *held) && opened_none(watched, processes);
}

// No connection is half-open, being taken or held; or some are queued, and none is held. nullopt:
// only the table can tell.
std::optional<Idleness> shown_without_table(const Watched& watched, SocketDiag& diag) {
    const LookTime time(watched.patience);
    const auto processes =
        watched.nothing_open ? sorted_list(watched.processes) : std::vector<pid_t>();
    if (!processes || !opened_none(watched, *processes)) {
        return std::nullopt;
    }
    const auto references = references_of(watched.listener);
    const auto queued = queue_length(watched.listener, diag);
    if (!queued || (*queued == 0 && (!references || *references != 1))) {
        return std::nullopt;
    }
    const auto taking = count_taking(*processes, time);
    if (!taking || *taking != 0 || !holds_none(watched, *processes, time)) {
        return std::nullopt;
    }
    const auto changed = list_changed(watched.processes, *processes);
    if (!changed || *changed != 0) {
        return std::nullopt;
    }
    return Idleness{.queued = *queued};
}

// One TCP listener on the port: everything that the kernel's table has on it is this worker's. A
// walk that many looks share costs less than what each of them could do without it.
Result<Idleness> look_at_port(const Watched& watched, const BoundName& name, SocketDiag& diag) {
    if (const auto shown = diag.is_in_round() ? std::nullopt : shown_without_table(watched, diag)) {
        return *shown;
    }
    const auto on_port = diag.connections_seen(name);
    const auto queued = queue_length(watched.listener, diag);
    if (!on_port || !queued) {
        return !on_port ? on_port.error() : queued.error();
    }
    return Idleness{.half_open = count_if(*on_port, is_half_open),
                    .queued = std::max(*queued, count_if(*on_port, is_pending)),
                    .connections = count_if(*on_port, is_held)};
}

// The sockets of a shared port, as far as they must be known. `none_half_open`: no reference to the
// listener shows one, and the walk through the whole table, which the sockets of everybody on the
// host make long, is left until a descriptor needs it.
struct Share {
    bool none_half_open = false;
    std::vector<PortSocket> on_port;
};

Result<Share> share_of(int listener, const BoundName& name, SocketDiag& diag) {
    if (const auto references = references_of(listener); references && *references == 1) {
        return Share{.none_half_open = true, .on_port = {}};
    }
    auto on_port = diag.connections_on(name);
    return on_port ? Result(Share{false, std::move(*on_port)}) : std::move(on_port).error();
}

Result<Idleness> look_at_share(const Watched& watched, const BoundName& name, SocketDiag& diag) {
    const LookTime time(watched.patience);
    const auto processes = sorted_list(watched.processes);
    if (!processes) {
        return processes.error();
    }
    // Who may be taking one is not idle, whatever the table would say.
    const auto busy = count_taking(*processes, time);
    if (!busy || *busy > 0) {
        return busy ? Result(Idleness{.unsettled = *busy}) : busy.error();
    }
    auto share = share_of(watched.listener, name, diag);
    if (!share) {
        return std::move(share).error();
    }
    Idleness seen{.half_open = count_if(share->on_port, is_half_open)};
    const auto queued = queue_length(watched.listener, diag);
    const auto taking = count_taking(*processes, time);
    const auto held = held_by(*processes, time);
    if (!queued || !taking || !held) {
        return !queued ? queued.error() : !taking ? taking.error() : held.error();
    }
    // What had no inode when the port was read may have got one meanwhile, and be among `held`.
    if (share->none_half_open ? holds_more(watched, *held)
                              : seen.half_open + count_if(share->on_port, is_pending) > 0) {
        auto on_port = diag.connections_on(name);
        if (!on_port) {
            return std::move(on_port).error();
        }
        share->on_port = std::move(*on_port);
    }
    const auto changed = list_changed(watched.processes, *processes);
    if (!changed) {
        return changed.error();
    }
    seen.queued = *queued;
    seen.unsettled = *taking + *changed;
    seen.connections = count_shared(share->on_port, *held);
    return seen;
}

// Counts the connections that bear the listener's name and are among `held`; nullopt: all that
// somebody holds.
Result<std::uint32_t> held_of_name(const BoundName& name,
                                   const std::optional<std::vector<SocketInode>>& held,
                                   SocketDiag& diag) {
    if (name.family == AF_UNIX) {
        const auto connections = diag.unix_connections(name.path);
        return connections
                   ? Result(count_if(*connections,
                                     [&](SocketInode one) {
                                         return !held || std::ranges::binary_search(*held, one);
                                     }))
                   : connections.error();
    }
    const auto on_port = diag.connections_on(name);
    if (!on_port) {
        return on_port.error();
    }
    return held ? count_shared(*on_port, *held) : count_if(*on_port, is_held);
}

// How many connections that bear the name a worker without `keeping` may hold: all of them. Of one
// with it, others may hold some, and its descriptors tell which are its own.
Result<std::uint32_t> held_on_path(const Watched& watched, const BoundName& name,
                                   std::span<const pid_t> processes, const LookTime& time,
                                   SocketDiag& diag) {
    auto held =
        watched.keeping.keeps ? held_by(processes, time) : Result(std::vector<SocketInode>());
    if (!held && !may_not_look(held.error())) {
        return std::move(held).error();
    }
    const bool is_known = watched.keeping.keeps && held;
    return held_of_name(name, is_known ? std::optional(std::move(held).value()) : std::nullopt,
                        diag);
}

// A unix connection bears the name that its listener was bound under, so descriptors are read only
// where that costs less, or where others may hold it. Between being taken and getting its inode it
// shows nowhere: hence the threads.
Result<Idleness> look_at_path(const Watched& watched, const BoundName& name, SocketDiag& diag) {
    const LookTime time(watched.patience);
    const auto processes = sorted_list(watched.processes);
    if (!processes) {
        return processes.error();
    }
    const auto queued = queue_length(watched.listener, diag);
    if (!queued) {
        return queued.error();
    }
    auto taking = count_taking(*processes, time);
    if (!taking && may_not_look(taking.error())) {
        taking = 1U;
    }
    if (!taking) {
        return taking.error();
    }
    const bool none = *taking == 0 && holds_none(watched, *processes, time);
    const auto connections =
        none ? Result(0U) : held_on_path(watched, name, *processes, time, diag);
    if (!connections) {
        return connections.error();
    }
    const auto changed = list_changed(watched.processes, *processes);
    if (!changed) {
        return changed.error();
    }
    return Idleness{
        .queued = *queued, .unsettled = *taking + *changed, .connections = *connections};
}

// The four stages for a worker whose connections are handed from one to another: what bears the
// listener's name may be anybody's, so its own descriptors are read. What has come to it from other
// slots bears another name: of that the recorder knows. nullopt: something is open by its word.
std::optional<Idleness> shown_by_recorder(const Watched& watched, const BoundName& name,
                                          SocketDiag& diag) {
    const LookTime time(watched.patience);
    const auto processes =
        watched.nothing_open ? sorted_list(watched.processes) : std::vector<pid_t>();
    if (!processes || !opened_none(watched, *processes)) {
        return std::nullopt;
    }
    const auto share =
        name.family == AF_UNIX ? Result(Share{}) : share_of(watched.listener, name, diag);
    const auto queued = queue_length(watched.listener, diag);
    const auto taking = count_taking(*processes, time);
    const auto held = held_by(*processes, time);
    const auto connections = held && holds_more(watched, *held) ? held_of_name(name, *held, diag)
                                                                : Result(std::uint32_t{0});
    const auto changed = list_changed(watched.processes, *processes);
    if (!share || !queued || !taking || !held || !connections || !changed ||
        !opened_none(watched, *processes)) {
        return std::nullopt;
    }
    return Idleness{.half_open = count_if(share->on_port, is_half_open),
                    .queued = std::max(*queued, count_if(share->on_port, is_pending)),
                    .unsettled = *taking + *changed,
                    .connections = *connections};
}

} // namespace

Result<Idleness> look(const Watched& watched, SocketDiag& diag) {
    const auto name = bound_name(watched.listener);
    if (!name) {
        return name.error();
    }
    if (const auto shown =
            watched.keeping.keeps ? shown_by_recorder(watched, *name, diag) : std::nullopt) {
        return *shown;
    }
    if (name->family == AF_UNIX) {
        return look_at_path(watched, *name, diag);
    }
    if (watched.port == Port::shared || watched.keeping.keeps) {
        auto seen = look_at_share(watched, *name, diag);
        if (seen || !may_not_look(seen.error())) {
            return seen;
        }
    }
    return look_at_port(watched, *name, diag);
}

Result<std::uint32_t> connections_held(const Watched& frozen, SocketDiag& diag) {
    const LookTime time(frozen.patience);
    const auto name = bound_name(frozen.listener);
    if (!name) {
        return name.error();
    }
    const bool is_ours = name->family == AF_UNIX || frozen.port == Port::ours_alone;
    if (is_ours && !frozen.keeping.keeps) {
        return held_of_name(*name, std::nullopt, diag);
    }
    const auto processes = frozen.processes();
    if (!processes) {
        return processes.error();
    }
    auto held = held_by(*processes, time);
    if (!held && !may_not_look(held.error())) {
        return held.error();
    }
    if (held && !holds_more(frozen, *held)) {
        return 0U;
    }
    return held_of_name(*name, held ? std::optional(std::move(held).value()) : std::nullopt, diag);
}

} // namespace recycler::worker
