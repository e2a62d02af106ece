// SPDX-License-Identifier: MIT
#include "recycler/controller/act/births.hpp"

#include "recycler/controller/start/deposits.hpp"
#include "recycler/worker/listen/listener.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace recycler::controller {

namespace {

// Its name goes before anybody can have connected: nothing is accepted from it.
Result<UniqueFd> listen_unreachably(const std::string& path) {
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!listener || path.size() >= sizeof address.sun_path) {
        return Error{listener ? ENAMETOOLONG : errno, "make a listener for a spare"};
    }
    path.copy(address.sun_path, path.size());
    (void)::unlink(path.c_str()); // of a controller that was killed here
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error{errno, "bind " + path};
    }
    if (::unlink(path.c_str()) != 0) {
        return Error{errno, "remove " + path};
    }
    if (::listen(listener.get(), 1) != 0) {
        return Error{errno, "listen for a spare"};
    }
    return listener;
}

// The controller's end first.
Result<std::array<UniqueFd, 2>> make_birth_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
        return Error{errno, "make a channel for a spare"};
    }
    return std::array{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

int send_slot(int channel, const std::vector<int>& files) {
    char what = 's';
    iovec byte{.iov_base = &what, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 3)> control{};
    msghdr message{};
    message.msg_iov = &byte;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * files.size());
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
    std::memcpy(CMSG_DATA(rights), files.data(), sizeof(int) * files.size());
    return ::sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : errno;
}

// Each of its processes has taken its slot and closed the channel; or has a message in it.
bool is_told_already(int error) {
    return error == EPIPE || error == ECONNRESET || error == EAGAIN;
}

} // namespace

Result<Births::Newborn> Births::prepare(WorkerId spare, LiveWorker& worker) {
    auto listener =
        listen_unreachably(folder_ + "/spare-" + std::to_string(spare.generation) + ".birth");
    if (!listener) {
        return std::move(listener).error();
    }
    auto channel = make_birth_channel();
    if (!channel) {
        return std::move(channel).error();
    }
    const auto inode = worker::inode_of(listener->get());
    if (!inode) {
        return inode.error();
    }
    Newborn born{.listener = std::move(*listener), .end = std::move((*channel)[1]), .channel = {}};
    worker.birth = Birth{.spare = spare.generation,
                         .listener = static_cast<std::uint64_t>(*inode),
                         .channel = std::move((*channel)[0])};
    if (auto kept = uses_.link.deposit(key_of_birth(spare), worker.birth->channel.get(),
                                       with_numbers(spare.generation, *inode));
        !kept) {
        return std::move(kept).error();
    }
    auto wake = uses_.channels.give_wake(spare, worker);
    if (!wake) {
        return std::move(wake).error();
    }
    // Where the slot's channel will be, it has its end of the birth channel until then.
    const int end = born.end.get();
    born.channel = {end, end, worker.kept.wake ? worker.kept.wake.get() : end};
    return born;
}

// What the keeper holds of it stands under the new name before it has that, and under the old one
// until it has: what is left of a name that nobody has, the next controller withdraws.
LiveWorker* Births::rename(WorkerId spare, WorkerId id) {
    LiveWorker* worker = find_in(uses_.workers, spare);
    if (worker == nullptr || !worker->birth) {
        return nullptr;
    }
    auto done = uses_.link.deposit(key_of_birth(id), worker->birth->channel.get(),
                                   with_numbers(worker->birth->spare, worker->birth->listener));
    if (done && worker->kept.wake) {
        done = uses_.link.deposit(key_of_wake(id), worker->kept.wake.get(), {});
    }
    if (done && worker->oom.eventfd) {
        done = uses_.link.deposit(key_of_oom_watch(id), worker->oom.eventfd.get(),
                                  with_number(worker->oom.app_before.value_or(0)));
    }
    if (done) {
        done = uses_.link.take_slot(spare, id);
    }
    for (const auto& key : {key_of_birth(spare), key_of_wake(spare), key_of_oom_watch(spare)}) {
        done = done ? uses_.link.withdraw(key) : std::move(done);
    }
    if (!done) {
        uses_.telling.complain(done.error()); // the keeper is gone, and the worker with it
        return nullptr;
    }
    auto node = uses_.workers.extract(spare);
    node.key() = id;
    return &uses_.workers.insert(std::move(node)).position->second;
}

void Births::give_slot(WorkerId id, LiveWorker& worker) {
    std::vector<int> files{uses_.slots.fd(worker.listener)};
    if (worker.kept.wake) {
        if (const auto ends = uses_.channels.ends_of(id.slot)) {
            files.insert(files.end(), ends->begin(), ends->end());
            worker.kept.takes = true;
        } else {
            uses_.telling.complain(ends.error());
        }
    }
    const int error = send_slot(worker.birth->channel.get(), files);
    if (error != 0 && !is_told_already(error)) {
        uses_.telling.complain(
            Error{error, "give the slot " + uses_.slots.name(id.slot) + " to a spare"});
    }
}

void Births::give_slots_again() {
    for (auto& [id, worker] : uses_.workers) {
        const bool waits = worker.birth && id.slot != k_spare_slot && exit_of(worker) == nullptr;
        const auto page = waits ? page_of(worker) : std::nullopt;
        if (page && !page->came_to_accept && uses_.slots.fd(worker.listener) >= 0) {
            give_slot(id, worker);
        }
    }
}

void Births::end(const LiveWorker& spare) {
    if (spare.birth) {
        (void)::shutdown(spare.birth->channel.get(), SHUT_RDWR); // fails if nobody has it any more
    }
}

} // namespace recycler::controller
