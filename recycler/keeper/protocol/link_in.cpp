// SPDX-License-Identifier: MIT
// What comes from the keeper, packet by packet, as values.
#include "recycler/keeper/protocol/link.hpp"

#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "recycler/keeper/protocol/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

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

std::optional<DepositKey> key_in(const Rejected& rejected) {
    if (rejected.type != Type::deposit || rejected.id.reserved == 0) {
        return std::nullopt;
    }
    return DepositKey{.kind = static_cast<DepositKind>(rejected.id.reserved),
                      .slot = rejected.id.slot,
                      .serial = rejected.id.generation};
}

Error not_understood() {
    return Error{EBADMSG, "understand the keeper"};
}

// The keeper lives as long as its app.
Error no_agreement(const std::string& why) {
    return Error{EPROTONOSUPPORT, "agree with the running recyclerd: " + why +
                                      "; restart the app to bring it up to date"};
}

std::string from_to(std::uint32_t first, std::uint32_t last) {
    return std::to_string(first) + " to " + std::to_string(last);
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

Result<News> launched_in(Packet& packet, std::uint16_t protocol) {
    // Without its descriptor when we have no room for it: it runs all the same.
    const std::size_t fds = std::min<std::size_t>(packet.fd_count, 1);
    const auto message = message_in<Launched>(packet, protocol, fds);
    if (!message) {
        return not_understood();
    }
    return News{WorkerLaunched{.id = as_id(message->id),
                               .pid = message->pid,
                               .pidfd = std::move(packet.fds[0]),
                               .launched_at = as_time(message->launched_at),
                               .execed_at = as_time(message->execed_at)}};
}

Result<News> thread_files_in(Packet& packet, std::uint16_t protocol) {
    const auto message = message_in<ThreadFilesOpened>(packet, protocol, packet.fd_count);
    if (!message) {
        return not_understood();
    }
    ThreadFilesArrived arrived{.id = as_id(message->id), .which = message->which};
    if (packet.fd_count != message->files) {
        arrived.error = EMFILE;
        return News{std::move(arrived)};
    }
    const auto no_more = std::ranges::find(message->threads, 0);
    arrived.threads.assign(message->threads.begin(), no_more);
    std::move(packet.fds.begin(), packet.fds.begin() + packet.fd_count,
              std::back_inserter(arrived.files));
    return News{std::move(arrived)};
}

// An order that asks for news of its own is answered by these.
News rejected_in(const Rejected& rejected) {
    if (rejected.type == Type::open_thread_files) {
        return ThreadFilesArrived{.id = as_id(rejected.id),
                                  .which = static_cast<ThreadFile>(rejected.id.reserved),
                                  .error = rejected.error};
    }
    return OrderRejected{.worker = as_id(rejected.id),
                         .key = key_in(rejected),
                         .order = rejected.type,
                         .error = rejected.error};
}

Result<News> news_in(Packet& packet, std::uint16_t protocol, Type type) {
    if (type == Type::launched) {
        return launched_in(packet, protocol);
    }
    if (type == Type::thread_files_opened && protocol >= k_thread_files_since) {
        return thread_files_in(packet, protocol);
    }
    if (const auto taken = message_in<TakenOut>(packet, protocol)) {
        return News{ConnectionsTakenOut{
            .id = as_id(taken->id), .count = taken->count, .error = taken->error}};
    }
    if (const auto failed = message_in<LaunchFailed>(packet, protocol)) {
        return News{WorkerLaunchFailed{
            .id = as_id(failed->id), .step = failed->step, .error = failed->error}};
    } else if (const auto exited = message_in<Exited>(packet, protocol)) {
        return News{WorkerExited{
            .id = as_id(exited->id), .pid = exited->pid, .exit = as_exit(exited->exit)}};
    } else if (const auto signal = message_in<SignalReceived>(packet, protocol)) {
        return News{SignalArrived{.signal = signal->signal}};
    } else if (message_in<Ping>(packet, protocol)) {
        return News{PingArrived{}};
    } else if (const auto rejected = message_in<Rejected>(packet, protocol)) {
        return rejected_in(*rejected);
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
    case Arrival::stripped:
    case Arrival::packet:
        break;
    }
    const std::optional<Header> header = header_of(packet);
    auto news = header ? news_in(packet, protocol_, header->type) : not_understood();
    if (news && std::holds_alternative<ThreadFilesArrived>(*news) && thread_files_awaited_ > 0) {
        --thread_files_awaited_;
    }
    return news;
}

// The first words, in the protocol that the keeper has chosen. How many permits come next.
Result<std::uint32_t> Link::receive_welcome(const Packet& packet, Greeting& greeting) {
    const std::optional<Header> header = header_of(packet);
    if (header && header->type == Type::refused) {
        return no_agreement("it speaks none of the protocols " +
                            from_to(k_oldest_protocol, newest_));
    }
    protocol_ = header ? std::clamp(header->protocol, k_oldest_protocol, newest_) : newest_;
    const auto welcome = message_in<Welcome>(packet, protocol_);
    if (!welcome) {
        return not_understood();
    }
    if (welcome->newest_plan < worker::k_plain_plan_version ||
        welcome->oldest_plan > worker::k_plan_version) {
        return no_agreement("it reads the spawn plans " +
                            from_to(welcome->oldest_plan, welcome->newest_plan) +
                            ", and this controller writes " +
                            from_to(worker::k_plain_plan_version, worker::k_plan_version));
    }
    greeting.keeper_pid = welcome->keeper_pid;
    greeting.starts = welcome->starts;
    greeting.keeper_build.assign(welcome->build.data(),
                                 ::strnlen(welcome->build.data(), welcome->build.size()));
    greeting.newest_plan = welcome->newest_plan;
    greeting.wants_permits = protocol_ >= k_permits_since;
    return welcome->permits;
}

// One packet of the replay, added to what came before.
Result<Link::ReplayPart> Link::take_replay(Packet& packet, Replay& replay) {
    if (const auto deposit = message_in<ReplayDeposit>(packet, protocol_, 1)) {
        replay.deposits.push_back(
            {.key = deposit->key, .aux = deposit->aux, .fd = std::move(packet.fds[0])});
    } else if (const auto worker = message_in<ReplayWorker>(packet, protocol_, packet.fd_count);
               worker && packet.fd_count >= 2) {
        replay.workers.push_back({.id = as_id(worker->id),
                                  .pid = worker->pid,
                                  .pidfd = std::move(packet.fds[2]),
                                  .page = std::move(packet.fds[0]),
                                  .ring = std::move(packet.fds[1]),
                                  .launched_at = as_time(worker->launched_at),
                                  .state = as_state(*worker)});
    } else if (const auto done = message_in<ReplayDone>(packet, protocol_)) {
        replay.given_up = done->given_up;
        return ReplayPart::last;
    } else if (const auto rejected = message_in<Rejected>(packet, protocol_)) {
        return Error{rejected->error, "have the policy's plans permitted by recyclerd"};
    } else if (!message_in<Ping>(packet, protocol_)) { // one that is late is answered after it
        return not_understood();
    }
    return ReplayPart::more;
}

} // namespace recycler::keeper
