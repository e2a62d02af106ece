// What comes from the keeper, packet by packet, as values.
#include "recycler/keeper/link.hpp"

#include "recycler/keeper/reports.hpp"
#include "recycler/keeper/wire.hpp"

#include <cerrno>
#include <cstring>

namespace recycler::keeper {
namespace {

WorkerId as_id(const WireId& id) {
    return {.slot = {id.slot}, .generation = id.generation};
}
MonoTime as_time(std::int64_t nanoseconds) {
    return MonoTime{Duration{nanoseconds}};
}

Exit as_exit(const WireExit& exit) {
    return {.code = exit.code,
            .status = exit.status,
            .at = as_time(exit.at),
            .user_time = Duration{exit.user_time},
            .system_time = Duration{exit.system_time}};
}

Error not_understood() {
    return Error{EBADMSG, "understand the keeper"};
}

std::variant<Starting, Running, Failed, Ended> as_state(const ReplayWorker& worker) {
    switch (worker.state) {
    case WorkerState::running:
        return Running{.execed_at = as_time(worker.execed_at)};
    case WorkerState::failed:
        return Failed{.step = worker.step, .error = worker.error};
    case WorkerState::exited:
        return Ended{.execed_at = as_time(worker.execed_at), .exit = as_exit(worker.exit)};
    case WorkerState::vacant:
    case WorkerState::starting:
        break;
    }
    return Starting{};
}

Result<News> news_in(Packet& packet, Type type) {
    if (type == Type::launched) {
        if (const auto message = message_in<Launched>(packet, 1)) {
            return News{WorkerLaunched{.id = as_id(message->id),
                                       .pid = message->pid,
                                       .pidfd = std::move(packet.fds[0]),
                                       .launched_at = as_time(message->launched_at),
                                       .execed_at = as_time(message->execed_at)}};
        }
    } else if (const auto failed = message_in<LaunchFailed>(packet)) {
        return News{WorkerLaunchFailed{
            .id = as_id(failed->id), .step = failed->step, .error = failed->error}};
    } else if (const auto exited = message_in<Exited>(packet)) {
        return News{WorkerExited{
            .id = as_id(exited->id), .pid = exited->pid, .exit = as_exit(exited->exit)}};
    } else if (const auto signal = message_in<SignalReceived>(packet)) {
        return News{SignalArrived{.signal = signal->signal}};
    } else if (message_in<Ping>(packet)) {
        return News{PingArrived{}};
    } else if (const auto rejected = message_in<Rejected>(packet)) {
        return News{OrderRejected{
            .worker = as_id(rejected->id), .order = rejected->type, .error = rejected->error}};
    }
    return not_understood();
}

} // namespace

Result<News> Link::receive() {
    Packet packet;
    switch (receive_packet(fd(), packet)) {
    case Arrival::nothing:
        return News{NothingYet{}};
    case Arrival::closed:
        return News{KeeperGone{}};
    case Arrival::malformed:
        return not_understood();
    case Arrival::packet:
        break;
    }
    const std::optional<Header> header = header_of(packet);
    return header ? news_in(packet, header->type) : not_understood();
}

// One packet of the replay, added to what came before.
Result<Link::ReplayPart> Link::receive_replay(Replay& replay) {
    Packet packet;
    const Arrival arrival = receive_packet(fd(), packet);
    const std::optional<Header> header = header_of(packet);
    if (arrival == Arrival::nothing) {
        return ReplayPart::more;
    }
    if (arrival == Arrival::closed) {
        return Error{EPIPE, "hear from the keeper"};
    }
    if (header && header->type == Type::refused) {
        return Error{EPROTONOSUPPORT, "agree with the keeper, which speaks another protocol"};
    }
    if (const auto welcome = message_in<Welcome>(packet)) {
        replay.keeper_pid = welcome->keeper_pid;
        replay.starts = welcome->starts;
        replay.keeper_build.assign(welcome->build.data(),
                                   ::strnlen(welcome->build.data(), welcome->build.size()));
    } else if (const auto deposit = message_in<ReplayDeposit>(packet, 1)) {
        replay.deposits.push_back(
            {.key = deposit->key, .aux = deposit->aux, .fd = std::move(packet.fds[0])});
    } else if (const auto worker = message_in<ReplayWorker>(packet, packet.fd_count);
               worker && packet.fd_count >= 2) {
        replay.workers.push_back({.id = as_id(worker->id),
                                  .pid = worker->pid,
                                  .pidfd = std::move(packet.fds[2]),
                                  .page = std::move(packet.fds[0]),
                                  .ring = std::move(packet.fds[1]),
                                  .launched_at = as_time(worker->launched_at),
                                  .state = as_state(*worker)});
    } else if (message_in<ReplayDone>(packet)) {
        return ReplayPart::last;
    } else if (!message_in<Ping>(packet)) { // one that is late is answered after it
        return not_understood();
    }
    return ReplayPart::more;
}

} // namespace recycler::keeper
