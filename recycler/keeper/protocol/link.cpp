// SPDX-License-Identifier: MIT
#include "recycler/keeper/protocol/link.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/version.hpp"
#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"
#include "recycler/keeper/protocol/take_out.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "recycler/keeper/protocol/wire.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/resource.h>

namespace recycler::keeper {
namespace {

// The keeper answers within a turn of its loop; one that does not is stopped, and so are we.
constexpr std::chrono::seconds k_patience{5};
// The kernel's table reaches to the highest number in use.
constexpr rlim_t k_most_descriptors = 65536;

WireId as_wire(WorkerId id) {
    return {.slot = id.slot.index, .generation = id.generation};
}

// Waits until the socket is ready. 0, ETIMEDOUT or an errno.
int await(int socket, short events, std::chrono::steady_clock::time_point deadline) {
    using std::chrono::milliseconds;
    for (;;) {
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd question{.fd = socket, .events = events, .revents = 0};
        const int answer =
            ::poll(&question, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
        if (answer > 0) {
            return 0;
        }
        if (answer == 0 || errno != EINTR) {
            return answer == 0 ? ETIMEDOUT : errno;
        }
    }
}

template <typename Message>
Result<void> send_order(int socket, std::uint16_t protocol, const Message& message,
                        std::span<const int> fds, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    int error = send_message(socket, protocol, message, fds);
    while (error == EAGAIN) {
        error = await(socket, POLLOUT, deadline);
        error = error == 0 ? send_message(socket, protocol, message, fds) : error;
    }
    if (error != 0) {
        return Error{error, std::string{"tell the keeper to "} + what};
    }
    return {};
}

} // namespace

Result<Link> Link::from_environment(std::uint16_t newest) {
    const char* text = std::getenv(k_link_variable);
    const std::string_view digits = text != nullptr ? text : "";
    const int fd = text::number_in<int>(digits).value_or(-1);
    if (fd < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return Error{EINVAL, std::string{"find the keeper: "} + k_link_variable +
                                 " names no descriptor (the controller is started by recyclerd)"};
    }
    return Link{UniqueFd{fd}, newest};
}

void Link::fix_number() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    const rlim_t last = std::min(limit.rlim_cur, k_most_descriptors) - 1;
    UniqueFd moved(::fcntl(fd(), F_DUPFD_CLOEXEC, static_cast<int>(last)));
    limit.rlim_cur = last;
    if (moved && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) {
        socket_ = std::move(moved);
    }
}

Result<Greeting> Link::greet() {
    Hello hello{.newest = newest_};
    std::ranges::copy(version(), hello.build.begin());
    if (Result<void> sent = send_order(fd(), protocol_, hello, {}, "say what it holds"); !sent) {
        return std::move(sent).error();
    }
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    Greeting greeting;
    Packet packet;
    if (Result<void> came = receive(packet, deadline); !came) {
        return std::move(came).error();
    }
    const Result<std::uint32_t> permits = receive_welcome(packet, greeting);
    if (!permits) {
        return Error{permits.error()};
    }
    while (greeting.policies.size() < *permits) {
        if (Result<void> came = receive(packet, deadline); !came) {
            return std::move(came).error();
        }
        if (!message_in<ReplayPermit>(packet, protocol_, 1)) {
            return Error{EBADMSG, "understand the keeper"};
        }
        greeting.policies.push_back(std::move(packet.fds[0]));
    }
    return greeting;
}

Result<void> Link::permit(int plan, int policy) {
    return send_order(fd(), protocol_, Permit{}, std::array{plan, policy}, "permit a plan");
}

Result<Replay> Link::replay() {
    if (protocol_ >= k_permits_since) {
        Result<void> sent = send_order(fd(), protocol_, Inherit{}, {}, "say what it holds");
        if (!sent) {
            return std::move(sent).error();
        }
    }
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    Replay replay;
    for (;;) {
        Packet packet;
        if (Result<void> came = receive(packet, deadline); !came) {
            return std::move(came).error();
        }
        const Result<ReplayPart> part = take_replay(packet, replay);
        if (!part) {
            return Error{part.error()};
        }
        if (*part == ReplayPart::last) {
            return replay;
        }
    }
}

// The next packet while there is nothing else to do.
Result<void> Link::receive(Packet& packet, std::chrono::steady_clock::time_point until) {
    for (;;) {
        if (const int error = await(fd(), POLLIN, until)) {
            return Error{error, "wait for what the keeper holds"};
        }
        switch (receive_packet(fd(), packet)) {
        case Arrival::nothing:
            continue;
        case Arrival::closed:
            return Error{EPIPE, "hear from the keeper"};
        case Arrival::stripped:
            return Error{EMFILE, "take over what the keeper holds"};
        case Arrival::malformed: // told apart from all messages by its size
        case Arrival::packet:
            return {};
        }
    }
}

Result<void> Link::established() {
    return send_order(fd(), protocol_, Established{}, {}, "count on us");
}
Result<void> Link::keep_permit(std::uint32_t number) {
    return send_order(fd(), protocol_, KeepPermit{.permit = number}, {}, "drop the other permits");
}
Result<void> Link::pong() {
    return send_order(fd(), protocol_, Pong{}, {}, "know that we live");
}

Result<void> Link::deposit(const DepositKey& key, int deposited, const Aux& aux) {
    return send_order(fd(), protocol_, Deposit{.key = key, .aux = aux}, std::span{&deposited, 1},
                      "hold a descriptor");
}

Result<void> Link::withdraw(const DepositKey& key) {
    return send_order(fd(), protocol_, Withdraw{.key = key}, {}, "close a descriptor");
}

Result<void> Link::launch(const LaunchOrder& order) {
    std::vector<int> fds{order.plan, order.listener, order.page, order.ring};
    fds.insert(fds.end(), order.channel.begin(), order.channel.end());
    fds.insert(fds.end(), order.placements.begin(), order.placements.end());
    return send_order(fd(), protocol_,
                      Launch{.id = as_wire(order.id),
                             .placement = order.placement,
                             .placements = static_cast<std::uint16_t>(order.placements.size()),
                             .channel = static_cast<std::uint32_t>(order.channel.size())},
                      fds, "start a worker");
}

Result<void> Link::forget(WorkerId id) {
    return send_order(fd(), protocol_, Forget{.id = as_wire(id)}, {}, "forget a worker");
}

Result<void> Link::take_slot(WorkerId spare, WorkerId worker) {
    return send_order(fd(), protocol_, TakeSlot{.spare = as_wire(spare), .worker = as_wire(worker)},
                      {}, "call a worker by another name");
}

Result<void> Link::route(SlotId from, std::span<const SlotId> to) {
    Route order{.slot = from.index};
    for (const SlotId target : to.first(std::min(to.size(), order.targets.size()))) {
        order.targets[order.count++] = target.index;
    }
    return send_order(fd(), protocol_, order, {}, "move connections to other slots");
}

Result<void> Link::route_to_nobody(SlotId from) {
    const Route order{.slot = from.index, .count = k_to_nobody};
    return send_order(fd(), protocol_, order, {}, "close connections that nobody takes");
}

Result<void> Link::take_out(WorkerId id, const request::Process& process) {
    const TakeOut order{.id = as_wire(id), .process = process.pid, .numbers = process.resting_at};
    return send_order(fd(), protocol_, order, {}, "take connections out of a worker");
}

Result<void> Link::open_thread_files(WorkerId id, ThreadFile which,
                                     std::span<const pid_t> threads) {
    OpenThreadFiles order{.id = as_wire(id), .which = which};
    std::ranges::copy(threads.first(std::min(threads.size(), order.threads.size())),
                      order.threads.begin());
    auto sent =
        send_order(fd(), protocol_, order, {}, "open what the kernel tells of a worker's threads");
    thread_files_awaited_ += sent ? 1 : 0;
    return sent;
}

Result<void> Link::unit_state(AppPhase phase, std::optional<MonoTime> until,
                              std::string_view text) {
    UnitState unit_state{.phase = phase,
                         .until = until ? until->time_since_epoch().count() : std::int64_t{0}};
    std::ranges::copy(text.substr(0, unit_state.text.size() - 1), unit_state.text.begin());
    return send_order(fd(), protocol_, unit_state, {}, "tell systemd how we stand");
}

Result<void> Link::quit(int code) {
    return send_order(fd(), protocol_, Quit{.code = code}, {}, "end");
}

} // namespace recycler::keeper
