// SPDX-License-Identifier: MIT
#include "recycler/controller/look/holders.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace recycler::controller {

namespace {

// Other workers do not wait longer than for a look at one of them.
constexpr Duration k_slice = std::chrono::milliseconds(2);
// What is not seen by then holds nothing.
constexpr Duration k_longest = std::chrono::seconds(2);
// Where a worker has ended: about as long as its successor takes until it serves.
constexpr Duration k_can_wait = std::chrono::milliseconds(100);
// Of the processor time that the last look took.
constexpr int k_rests = 10;

} // namespace

Result<void> Holders::add_sources() {
    auto next = uses_.loop.add_timer([this] { begin(); }, systemd::Priority::last);
    if (!next) {
        return std::move(next).error();
    }
    next_ = std::move(*next);
    auto slice = uses_.loop.add_deferred([this] { go_on(); }, systemd::Priority::last);
    if (!slice) {
        return std::move(slice).error();
    }
    slice_ = std::move(*slice);
    return {};
}

bool Holders::is_waited_for(ListenerId listener) const {
    const slots::Slot* slot = uses_.decider.find(listener.slot);
    return slot != nullptr && slot->due && slot->due->holders_by;
}

// Not within the turn that orders it: others may be asked for, too.
void Holders::carry_out(const slots::LookHolders& action) {
    const MonoTime wanted_at =
        uses_.loop.now() + (is_waited_for(action.listener) ? Duration::zero() : k_can_wait);
    wanted_at_ = asked_.empty() ? wanted_at : std::min(wanted_at, wanted_at_);
    asked_.insert(action.listener);
    if (!look_) {
        next_.arm(std::max(wanted_at_, rests_until_));
    }
}

// A listener that is not open has no holder to be found.
std::optional<worker::SocketInode> Holders::socket_of(ListenerId listener) const {
    const int fd = uses_.slots.fd(listener);
    const auto inode = fd < 0 ? Result<worker::SocketInode>(Error{}) : worker::inode_of(fd);
    return inode ? std::optional(*inode) : std::nullopt;
}

void Holders::begin() {
    std::set<ListenerId> listeners = std::exchange(asked_, {});
    std::vector<worker::SocketInode> sockets;
    for (const ListenerId listener : listeners) {
        if (const auto socket = socket_of(listener)) {
            sockets.push_back(*socket);
        }
    }
    look_.emplace(Look{.listeners = std::move(listeners),
                       .search = {std::move(sockets), uses_.keeper_pid},
                       .began_at = uses_.loop.now()});
    go_on();
}

void Holders::go_on() {
    const bool late = uses_.loop.now() - look_->began_at >= k_longest;
    const Duration before = systemd::EventLoop::processor_time();
    const bool goes_on = !late && look_->search.go_on(k_slice);
    look_->used += systemd::EventLoop::processor_time() - before;
    if (goes_on) {
        slice_.schedule();
        return;
    }
    const Look look = std::move(*look_);
    look_.reset();
    rests_until_ = uses_.loop.now() + look.used * k_rests;
    if (!asked_.empty()) {
        next_.arm(std::max(wanted_at_, rests_until_));
    }
    tell(look);
}

void Holders::tell(const Look& look) {
    for (const ListenerId listener : look.listeners) {
        const auto socket = socket_of(listener);
        const auto outsider =
            socket ? look.search.found().find(*socket) : look.search.found().end();
        const bool held = outsider != look.search.found().end();
        uses_.learn.learn(slots::HoldersSeen{listener, held ? outsider->second : std::string()});
    }
    uses_.learn.take_turn();
}

} // namespace recycler::controller
