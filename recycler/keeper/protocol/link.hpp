// SPDX-License-Identifier: MIT
// The controller's end of the conversation with the keeper: typed orders out, typed news in. Owns
// the socket, holds no state of the workers. End of file means that the keeper is dead: its workers
// got SIGKILL from the kernel, their children may live, and the controller has to end every cgroup
// of its own and leave.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/news.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/request/process.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace recycler::keeper {

struct LaunchOrder {
    WorkerId id;
    int plan = -1; // from worker::seal_into_memfd
    int listener = -1;
    int page = -1;
    int ring = -1; // from make_ring
    // None, or three: where it hands connections on, where it takes them, and what wakes it. Only
    // a keeper that has_channels() knows what to do with them.
    std::span<const int> channel{};
    Placement placement = Placement::none;
    std::span<const int> placements;
};

class Link {
  public:
    // `newest`: the protocol that it offers to speak.
    explicit Link(UniqueFd socket, std::uint16_t newest = k_protocol)
        : socket_(std::move(socket)), newest_(newest) {}
    // The socket that the environment names. EINVAL: not started by a keeper.
    [[nodiscard]] static Result<Link> from_environment(std::uint16_t newest = k_protocol);

    // Readable when receive() has something.
    [[nodiscard]] int fd() const { return socket_.get(); }

    // Moves the socket to a number that nothing else of this process can get while its soft limit
    // of descriptors stays what this makes it: for a list of system calls, which sees numbers
    // alone. Before fd() is told to others.
    void fix_number();

    // The first words. Waits for the keeper, 5 s at most, as replay() does. EPROTONOSUPPORT: the
    // keeper speaks no protocol of ours, or reads no spawn plan of ours, and will start the former
    // controller; leave.
    [[nodiscard]] Result<Greeting> greet();
    // Where permits are wanted, before the replay alone: see Permit. Both descriptors are sealed.
    [[nodiscard]] Result<void> permit(int plan, int policy);
    // Takes over all else that the keeper holds.
    [[nodiscard]] Result<Replay> replay();

    // Orders. The descriptors are copied by the kernel: the caller keeps its own. EPIPE: the keeper
    // is dead.
    [[nodiscard]] Result<void> established();
    // By its place among those that were told, from 0; the others are dropped.
    [[nodiscard]] Result<void> keep_permit(std::uint32_t number);
    [[nodiscard]] Result<void> pong();
    [[nodiscard]] Result<void> deposit(const DepositKey& key, int fd, const Aux& aux);
    [[nodiscard]] Result<void> withdraw(const DepositKey& key);
    [[nodiscard]] Result<void> launch(const LaunchOrder& order);
    [[nodiscard]] Result<void> forget(WorkerId id);
    // Whether the keeper lets a worker take a slot that it was not launched for.
    [[nodiscard]] bool has_spares() const { return protocol_ >= k_spares_since; }
    // See TakeSlot.
    [[nodiscard]] Result<void> take_slot(WorkerId spare, WorkerId worker);
    // Whether the keeper gives channels to workers, and moves what stands in them.
    [[nodiscard]] bool has_channels() const { return protocol_ >= k_channels_since; }
    // See Route; more targets than it has room for are left out.
    [[nodiscard]] Result<void> route(SlotId from, std::span<const SlotId> to);
    [[nodiscard]] Result<void> route_to_nobody(SlotId from);
    // Of a process of that worker which stands still: see TakeOut. ConnectionsTakenOut answers.
    [[nodiscard]] Result<void> take_out(WorkerId id, const request::Process& process);
    // Whether the keeper opens accept counters.
    [[nodiscard]] bool opens_thread_files() const { return protocol_ >= k_thread_files_since; }
    // Of at most k_max_threads_asked threads; ThreadFilesArrived will answer.
    [[nodiscard]] Result<void> open_thread_files(WorkerId id, ThreadFile which,
                                                 std::span<const pid_t> threads);
    // How many of these the keeper has not answered yet. If both sides filled the socket, each
    // would wait for the other.
    [[nodiscard]] std::size_t thread_files_awaited() const { return thread_files_awaited_; }
    // For systemd. `until`: when this phase ends at the latest. A longer text is cut.
    [[nodiscard]] Result<void> unit_state(AppPhase phase, std::optional<MonoTime> until,
                                          std::string_view text);
    [[nodiscard]] Result<void> quit(int code);

    // The next news; never waits. EBADMSG: the keeper said something that is not in reports.hpp.
    [[nodiscard]] Result<News> receive();

  private:
    enum class ReplayPart { more, last };
    [[nodiscard]] Result<void> receive(Packet& packet, std::chrono::steady_clock::time_point until);
    [[nodiscard]] Result<std::uint32_t> receive_welcome(const Packet& packet, Greeting& greeting);
    [[nodiscard]] Result<ReplayPart> take_replay(Packet& packet, Replay& replay);

    UniqueFd socket_;
    std::uint16_t newest_;
    std::uint16_t protocol_ = k_protocol; // agreed on with the keeper
    std::size_t thread_files_awaited_ = 0;
};

} // namespace recycler::keeper
