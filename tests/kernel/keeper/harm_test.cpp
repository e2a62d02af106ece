// SPDX-License-Identifier: MIT
#include "recycler/keeper/protocol/protocol.hpp"
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <sstream>

namespace {

// Type numbers of the protocol, as a hostile controller would write them.
const std::string k_head = "524b4550"; // the magic
const std::string k_version = "0400";

std::string rejection_of(Actor& controller, const std::string& order) {
    controller.order(order);
    const std::string answer = controller.hear("rejected ");
    controller.hear("done");
    return answer;
}

} // namespace

TEST_CASE("rubbish, wrong sizes and wrong descriptors are refused and harm nothing") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.hear("ready ");
    controller.order("launch\narg sleep\narg 1000");
    const pid_t worker = pid_in(controller.hear("launched "));
    const std::string malformed = " " + std::to_string(EBADMSG);

    CHECK(rejection_of(controller, "raw\nhex 00").ends_with(malformed));
    CHECK(rejection_of(controller, "raw\nhex ").ends_with(malformed)); // empty, and not the end
    CHECK(rejection_of(controller, "raw\nsize 256").ends_with(malformed));
    CHECK(rejection_of(controller, "raw\nsize 4000").ends_with(malformed));
    CHECK(rejection_of(controller, "raw\nsize 16\nfds 10").ends_with(malformed));
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "0400")
              .ends_with(malformed)); // a short deposit
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "0400\nsize 80")
              .ends_with(malformed)); // without a descriptor
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "0600\nsize 24\nfds 1")
              .ends_with(" 22")); // launch
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "5500\nsize 8")
              .ends_with(malformed)); // our own words
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "ff7f\nsize 8")
              .ends_with(malformed)); // nobody's
    CHECK(rejection_of(controller, "raw\nhex " + k_head + "0900" + "0300\nsize 8")
              .ends_with(malformed)); // another version
    CHECK(rejection_of(controller, "raw\nhex " + k_head + k_version + "0100\nsize 48")
              .ends_with(" " + std::to_string(EPROTO)));

    CHECK(status_of(worker, "PPid") == std::to_string(stage.keeper()));
    CHECK_FALSE(status_of(worker, "State").starts_with("Z"));
    controller.order("launch\narg true\nid 2 1");
    CHECK(controller.hear("exited 2.1 ") == std::to_string(CLD_EXITED) + " 0");
}

TEST_CASE("a plan that could change, or points outside of itself, is not carried out") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("wrong launch\narg true\nid 1 1\nfault unsealed");
    CHECK(controller.hear("failed 1.1 ") == "plan " + std::to_string(EPERM));
    controller.order_and_wait("wrong launch\narg true\nid 1 2\nfault section");
    CHECK(controller.hear("failed 1.2 ") == "plan " + std::to_string(EBADMSG));
    controller.order("launch\narg true\nid 1 3");
    CHECK(controller.hear("exited 1.3 ") == std::to_string(CLD_EXITED) + " 0");
}

TEST_CASE("a worker twice, a ring that is none, and forgetting one that lives are rejected") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order("launch\narg sleep\narg 1000\nid 1 1");
    controller.hear("launched 1.1");
    controller.order("launch\narg sleep\narg 1000\nid 1 1");
    CHECK(controller.hear("rejected ").ends_with(" " + std::to_string(EEXIST)));
    controller.order("launch\narg true\nid 2 1\nnoring 1");
    CHECK(controller.hear("rejected ").ends_with(" " + std::to_string(EINVAL)));
    controller.order("forget\nid 1 1");
    CHECK(controller.hear("rejected ").ends_with(" " + std::to_string(EBUSY)));
    controller.order("forget\nid 9 9");
    CHECK(controller.hear("rejected ").ends_with(" " + std::to_string(ENOENT)));
}

TEST_CASE("an order that loses its descriptors, because the keeper may have no more, is named") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.hear("ready ");
    rlimit before{};
    REQUIRE(::prlimit(stage.keeper(), RLIMIT_NOFILE, nullptr, &before) == 0);
    // Numbers 0 to 3 are taken for good.
    const rlimit none{.rlim_cur = 4, .rlim_max = before.rlim_max};
    REQUIRE(::prlimit(stage.keeper(), RLIMIT_NOFILE, &none, nullptr) == 0);
    controller.order("launch\narg true\nid 2 1");
    CHECK(controller.hear("rejected ") == "2.1 6 " + std::to_string(EMFILE));
    controller.order("listen");
    CHECK(controller.hear("rejected ") == "7.1 4 " + std::to_string(EMFILE));
    REQUIRE(::prlimit(stage.keeper(), RLIMIT_NOFILE, &before, nullptr) == 0);
    controller.order("launch\narg true\nid 2 1");
    CHECK(controller.hear("exited 2.1 ") == std::to_string(CLD_EXITED) + " 0");
}

TEST_CASE("more workers than fit are refused, and all that fit are replayed") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    // Each is heard of before the next one: nobody reads what the keeper says meanwhile.
    for (std::size_t i = 1; i <= recycler::keeper::k_max_workers; ++i) {
        controller.order("launch\narg /no/such\nid 1 " + std::to_string(i));
        controller.hear("failed 1." + std::to_string(i) + " ");
    }
    controller.order("launch\narg /no/such\nid 2 1");
    CHECK(controller.hear("rejected ").ends_with(" " + std::to_string(ENOSPC)));
    REQUIRE(::kill(controller.pid(), SIGKILL) == 0);
    Actor next = stage.next_controller();
    std::size_t held = 0;
    while (next.hear_next().starts_with("held worker ")) {
        ++held;
    }
    CHECK(held == recycler::keeper::k_max_workers);
}

TEST_CASE("children that a worker leaves behind are reaped without a word") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.hear("ready ");
    controller.order("launch\narg /bin/sh\narg -c\narg sleep 1000 & echo $!; exit 0");
    controller.hear("launched 1.1");
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    const std::string tail = controller.hear("tail ");
    const pid_t orphan = static_cast<pid_t>(std::stol(tail.substr(tail.find('\n') + 1)));
    CHECK(status_of(orphan, "PPid") == std::to_string(stage.keeper()));
    REQUIRE(::kill(orphan, SIGKILL) == 0);
    CHECK(is_gone_soon(orphan));
    controller.order("launch\narg true\nid 1 2"); // what is heard next is this one's
    CHECK(controller.hear_next().starts_with("launched 1.2"));
}
