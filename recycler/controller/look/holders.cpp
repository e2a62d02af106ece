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
// Since it was begun, and a handover still goes by what it found.
constexpr Duration k_recent = std::chrono::seconds(1);
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
    const bool waited_for = is_waited_for(action.listener);
    const MonoTime now = uses_.loop.now();
    if (waited_for && now - found_.at < k_recent && found_.outsiders.contains(action.listener)) {
        return tell(action.listener);
    }
    const MonoTime wanted_at = now + (waited_for ? Duration::zero() : k_can_wait);
    wanted_at_ = asked_.empty() ? wanted_at : std::min(wanted_at, wanted_at_);
    asked_.insert(action.listener);
    if (!look_) {
        next_.arm(std::max(wanted_at_, rests_until_));
    }
}

std::map<ListenerId, worker::SocketInode> Holders::sockets() const {
    std::map<ListenerId, worker::SocketInode> sockets;
    for (const ListenerId listener : uses_.slots.listeners()) {
        if (const auto inode = worker::inode_of(uses_.slots.fd(listener))) {
            sockets.emplace(listener, *inode);
        }
    }
    return sockets;
}

void Holders::begin() {
    auto all = sockets();
    std::vector<worker::SocketInode> sought;
    sought.reserve(all.size());
    for (const auto& [listener, socket] : all) {
        sought.push_back(socket);
    }
    look_.emplace(Look{.asked = std::exchange(asked_, {}),
                       .sockets = std::move(all),
                       .search = {std::move(sought), uses_.keeper_pid},
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
    keep(look);
    for (const ListenerId listener : look.asked) {
        tell(listener);
    }
    uses_.learn.take_turn();
}

void Holders::keep(const Look& look) {
    found_ = {.at = look.began_at, .outsiders = {}};
    for (const auto& [listener, socket] : look.sockets) {
        const auto outsider = look.search.found().find(socket);
        const bool held = outsider != look.search.found().end();
        found_.outsiders.emplace(listener, held ? outsider->second : std::string());
    }
}

// A listener that was not open then has no holder to be found.
void Holders::tell(ListenerId listener) {
    const auto outsider = found_.outsiders.find(listener);
    const bool known = outsider != found_.outsiders.end();
    uses_.learn.learn(slots::HoldersSeen{listener, known ? outsider->second : std::string()});
}

} // namespace recycler::controller
