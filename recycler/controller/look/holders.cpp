// SPDX-License-Identifier: MIT
#include "recycler/controller/look/holders.hpp"

#include "recycler/confine/capabilities.hpp"
#include "recycler/worker/listen/outsiders.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/capability.h>
#include <utility>

namespace recycler::controller {

namespace {

constexpr Duration k_longest = std::chrono::seconds(2);
// Of the time that the last look took.
constexpr int k_rests = 10;
// The descriptors of processes of other users.
constexpr confine::Capabilities k_to_look =
    confine::capability(CAP_SYS_PTRACE) | confine::capability(CAP_DAC_READ_SEARCH);

} // namespace

Holders::Holders(Uses uses)
    : uses_(uses), children_(uses.loop, {.at_once = 1, .waiting = 1},
                             [] { return confine::keep_capabilities(k_to_look); }) {}

Result<void> Holders::add_sources() {
    auto next = uses_.loop.add_timer([this] { look(); }, systemd::Priority::last);
    if (!next) {
        return std::move(next).error();
    }
    next_ = std::move(*next);
    return {};
}

// Not within the turn that orders it: others may be asked for, too.
void Holders::carry_out(const slots::LookHolders& action) {
    asked_.insert(action.listener);
    if (!looking_ && asked_.size() == 1) {
        next_.arm(std::max(uses_.loop.now(), rests_until_));
    }
}

// A listener that is not open has no holder to be found.
void Holders::look() {
    const std::set<ListenerId> listeners = std::exchange(asked_, {});
    std::vector<worker::SocketInode> sockets;
    for (const ListenerId listener : listeners) {
        const int fd = uses_.slots.fd(listener);
        const auto inode = fd < 0 ? Result<worker::SocketInode>(Error{EBADF, "look at a listener"})
                                  : worker::inode_of(fd);
        if (inode) {
            sockets.push_back(*inode);
        }
    }
    looking_ = true;
    began_at_ = uses_.loop.now();
    children_.ask({.what = "look for outsiders that hold a listener",
                   .work =
                       [sockets, above = uses_.keeper_pid] {
                           return worker::to_lines(
                               worker::outsiders_of(sockets, above, worker::LookTime(k_longest)));
                       },
                   .limit = 2 * k_longest,
                   .answer = [this, listeners](const auto& answer) { seen(listeners, answer); }});
}

void Holders::seen(const std::set<ListenerId>& listeners, const Result<std::string>& answer) {
    looking_ = false;
    rests_until_ = uses_.loop.now() + (uses_.loop.now() - began_at_) * k_rests;
    if (!asked_.empty()) {
        next_.arm(rests_until_);
    }
    if (!answer) { // nothing is known
        return uses_.telling.complain(answer.error());
    }
    const auto outsiders = worker::outsiders_in(*answer);
    for (const ListenerId listener : listeners) {
        const int fd = uses_.slots.fd(listener);
        const auto inode = fd < 0 ? Result<worker::SocketInode>(Error{EBADF, "look at a listener"})
                                  : worker::inode_of(fd);
        const auto found = inode ? outsiders.find(*inode) : outsiders.end();
        uses_.learn.learn(
            slots::HoldersSeen{listener, found == outsiders.end() ? std::string() : found->second});
    }
    uses_.learn.take_turn();
}

} // namespace recycler::controller
