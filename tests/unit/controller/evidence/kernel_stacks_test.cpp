// SPDX-License-Identifier: MIT
// Kernel stacks, as the keeper opens them: asked for packet by packet, kept by thread.
#include "recycler/controller/evidence/kernel_stacks.hpp"

#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

constexpr WorkerId k_worker{.slot = {1}, .generation = 5};

// A controller that has greeted a keeper of this protocol, which answers nothing by itself.
class Exchange {
  public:
    explicit Exchange(std::uint16_t protocol = keeper::k_protocol) : link_(std::move(ends_.ours)) {
        REQUIRE(keeper::send_message(ends_.theirs.get(), protocol, keeper::Welcome{}) == 0);
        REQUIRE(link_.greet());
        REQUIRE(keeper::receive_packet(ends_.theirs.get(), packet_) == keeper::Arrival::packet);
    }
    keeper::Link& link() { return link_; }
    // The threads of the next order; empty: there is none.
    std::vector<int> next_order() {
        if (keeper::receive_packet(ends_.theirs.get(), packet_) != keeper::Arrival::packet) {
            return {};
        }
        const auto order = keeper::message_in<keeper::OpenThreadFiles>(packet_, keeper::k_protocol);
        REQUIRE(order);
        CHECK(order->which == keeper::ThreadFile::stack);
        return {order->threads.begin(), order->threads.end()};
    }

  private:
    keeper::LinkPair ends_;
    keeper::Link link_;
    keeper::Packet packet_;
};

keeper::ThreadFilesArrived opened(std::vector<pid_t> threads) {
    keeper::ThreadFilesArrived arrived{.id = k_worker, .which = keeper::ThreadFile::stack};
    for (std::size_t i = 0; i < threads.size(); ++i) {
        arrived.files.emplace_back(::dup(STDIN_FILENO));
    }
    arrived.threads = std::move(threads);
    return arrived;
}

std::vector<pid_t> threads_of(const KernelStacks& stacks) {
    std::vector<pid_t> threads;
    for (const auto& [thread, file] : stacks.files()) {
        threads.push_back(thread);
    }
    return threads;
}

} // namespace

TEST_CASE("stacks are asked for one packet after another, and kept by thread") {
    Exchange exchange;
    KernelStacks stacks(k_worker, {11, 12, 13, 14, 15, 16}, exchange.link());
    CHECK(exchange.next_order() == std::vector{11, 12, 13, 14, 15});
    CHECK(exchange.next_order().empty());
    stacks.take(opened({11, 13}), exchange.link()); // the others have ended
    CHECK(exchange.next_order() == std::vector{16, 0, 0, 0, 0});
    stacks.take(opened({16}), exchange.link());
    CHECK(exchange.next_order().empty());
    CHECK(threads_of(stacks) == std::vector<pid_t>{11, 13, 16});
}

TEST_CASE("a keeper that cannot open one is not asked for more") {
    Exchange exchange;
    KernelStacks stacks(k_worker, {11, 12, 13, 14, 15, 16}, exchange.link());
    CHECK(exchange.next_order().size() == 5);
    stacks.take({.id = k_worker, .which = keeper::ThreadFile::stack, .error = EACCES},
                exchange.link());
    CHECK(exchange.next_order().empty());
    CHECK(stacks.files().empty());
}

TEST_CASE("a keeper of an earlier version is not asked for stacks") {
    Exchange exchange(keeper::k_thread_files_since - 1);
    const KernelStacks stacks(k_worker, {11}, exchange.link());
    CHECK(exchange.next_order().empty());
}
