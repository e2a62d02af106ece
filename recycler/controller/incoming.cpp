// SPDX-License-Identifier: MIT
#include "recycler/controller/incoming.hpp"

#include <sys/epoll.h>
#include <utility>

namespace recycler::controller {

namespace {

// Level triggering brings us back for the rest.
constexpr int k_packets_of_a_turn = 64;
constexpr Duration k_taking_of_a_turn = std::chrono::milliseconds(20);

} // namespace

Result<void> Incoming::add_sources() {
    auto arrived = uses_.loop.add_io(
        uses_.link.fd(), EPOLLIN, [this](std::uint32_t) { read(); }, systemd::Priority::first);
    if (!arrived) {
        return std::move(arrived).error();
    }
    arrived_ = std::move(*arrived);
    auto rest = uses_.loop.add_deferred([this] { take_in(); });
    if (!rest) {
        return std::move(rest).error();
    }
    rest_ = std::move(*rest);
    return {};
}

void Incoming::read() {
    const bool has_a_turn = !waiting_.empty();
    for (int count = 0; count < k_packets_of_a_turn && read_one() == Read::more; ++count) {
    }
    if (!has_a_turn) {
        take_in();
    }
}

Incoming::Read Incoming::read_one() {
    auto news = uses_.link.receive();
    if (!news) {
        uses_.complain(news.error());
        return Read::nothing;
    }
    if (std::holds_alternative<keeper::NothingYet>(*news)) {
        return Read::nothing;
    }
    if (std::holds_alternative<keeper::PingArrived>(*news)) {
        if (const auto sent = uses_.link.pong(); !sent) {
            uses_.complain(sent.error());
        }
        return Read::more;
    }
    if (std::holds_alternative<keeper::KeeperGone>(*news)) {
        keeper_gone_ = true;
        uses_.take(*news);
        return Read::nothing;
    }
    waiting_.push_back(std::move(*news));
    return Read::more;
}

// Who asks for anything comes in between.
void Incoming::take_in() {
    while (!waiting_.empty() && !keeper_gone_) {
        keeper::News news = std::move(waiting_.front());
        waiting_.pop_front();
        uses_.take(news);
        if (!waiting_.empty() && uses_.loop.taken() >= k_taking_of_a_turn) {
            rest_.schedule();
            return;
        }
    }
}

} // namespace recycler::controller
