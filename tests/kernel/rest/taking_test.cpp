// SPDX-License-Identifier: MIT
// What a worker makes of what arrives by its channel.
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/recorder/slot_word.hpp"
#include "tests/kernel/rest/slot.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

std::size_t open_descriptors(pid_t pid) {
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(pid) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// One message of these descriptors.
void send_to(int channel, std::string bytes, std::vector<int> descriptors) {
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    std::vector<char> control(CMSG_SPACE(sizeof(int) * descriptors.size()));
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), sizeof(int) * descriptors.size());
    }
    REQUIRE(sendmsg(channel, &message, 0) == static_cast<ssize_t>(bytes.size()));
}

// As the keeper does.
void move_one(const Slot& from, const Slot& to) {
    keeper::Packet packet;
    REQUIRE(keeper::receive_packet(from.in.get(), packet) == keeper::Arrival::packet);
    REQUIRE(packet.fd_count == 1);
    send_to(to.out.get(), "k", {packet.fds[0].get()});
}

std::uint32_t word_of(const Slot& slot) {
    recorder::SocketName name{};
    socklen_t size = sizeof name;
    REQUIRE(getsockname(slot.listener.fd.get(), &name.any, &size) == 0);
    return recorder::slot_word(name, size);
}

} // namespace

TEST_CASE("what is no connection to the app is refused, and nothing of it stays open") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    const Slot other{Family::local};
    const RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    ask(client, command, "first");
    REQUIRE(worker.becomes_resting(1));
    const std::size_t before = open_descriptors(worker.pid());

    const UniqueFd file{::open("/dev/null", O_RDWR)};
    const UniqueFd unconnected{::socket(AF_INET, SOCK_STREAM, 0)};
    const UniqueFd datagrams{::socket(AF_INET, SOCK_DGRAM, 0)};
    const FastCgiClient foreign = other.connect();
    const std::vector<int> many(253, foreign.fd()); // SCM_MAX_FD
    std::uint64_t sent = 0;
    for (const int fd : {file.get(), unconnected.get(), datagrams.get(), foreign.fd(),
                         slot.listener.fd.get(), slot.out.get()}) {
        send_to(slot.out.get(), "k", {fd});
        ++sent;
    }
    for (const auto& [bytes, descriptors] : std::vector<std::pair<std::string, std::vector<int>>>{
             {"k", many},
             {"k", {client.fd(), client.fd()}},
             {"k", {}},
             {"x", {client.fd()}},
             {"kk", {client.fd()}},
             {std::string(5000, 'k'), {client.fd()}}}) {
        send_to(slot.out.get(), bytes, descriptors);
        ++sent;
    }
    CHECK(worker.eventually([=](const RecordedWorker& one) { return one.read().misfits == sent; }));
    CHECK(worker.read().taken == 0);
    CHECK(open_descriptors(worker.pid()) == before);
    ask(client, command, "unharmed");
    FastCgiClient later = slot.connect();
    ask(later, command, "served");
}

TEST_CASE("an empty message is refused, and the worker goes on taking connections") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    FastCgiClient client = slot.connect();
    const UniqueFd accepted{::accept(slot.listener.fd.get(), nullptr, nullptr)};
    send_to(slot.out.get(), "", {});
    const RestingWorker worker{slot, command};
    CHECK(worker.eventually([](const RecordedWorker& one) { return one.read().misfits == 1; }));
    send_to(slot.out.get(), "k", {accepted.get()});
    ask(client, command, "taken");
    CHECK(worker.read().taken == 1);
    // The end is not taken for messages without end.
    REQUIRE(::shutdown(slot.out.get(), SHUT_RDWR) == 0);
    ask(client, command, "deaf");
    CHECK(worker.read().misfits == 1);
}

TEST_CASE("a connection of another slot ends with its next answer, so that its client goes back") {
    for (const WorkerCommand& command : {c_worker(), threaded_worker(), php_worker()}) {
        CAPTURE(command.name);
        const Slot own{Family::tcp};
        const Slot other{Family::tcp};
        FastCgiClient client = other.connect();
        FastCgiClient later = other.connect();
        FastCgiClient at_home = own.connect();
        RestingWorker worker{own, command};
        ask(at_home, command, "at-home");
        for (int i = 0; i < 2; ++i) {
            const UniqueFd accepted{::accept(other.listener.fd.get(), nullptr, nullptr)};
            send_to(own.out.get(), "k", {accepted.get()});
        }
        REQUIRE(worker.becomes_resting(3));
        ask(client, command, "taken");
        CHECK(ends(client));
        CHECK(worker.becomes_resting(2));
        ask(at_home, command, "rests");
        CHECK(worker.becomes_resting(2));
        // Where all are handed on it is no exception.
        REQUIRE(later.send(kept(command, "sleep=100")));
        REQUIRE(worker.eventually(
            [](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
        worker.hand_on();
        REQUIRE(later.receive());
        CHECK(worker.becomes_resting(0));
        CHECK(worker.read().handed_on == 2);
    }
}

TEST_CASE("on unix sockets a connection of another slot rests as any other") {
    const WorkerCommand command = c_worker();
    const Slot own{Family::local};
    const Slot other{Family::local};
    FastCgiClient client = other.connect();
    const UniqueFd accepted{::accept(other.listener.fd.get(), nullptr, nullptr)};
    send_to(own.out.get(), "k", {accepted.get()});
    const RestingWorker worker{own, command};
    ask(client, command, "taken");
    CHECK(worker.becomes_resting(1));
    ask(client, command, "rests");
    CHECK(worker.read().taken == 1);
}

TEST_CASE("what was made to another slot is handed back, and nothing else") {
    for (const WorkerCommand& command : {c_worker(), threaded_worker(), php_worker()}) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(command.name);
            CAPTURE(family);
            const Slot own{family};
            const Slot first{family};
            const Slot second{family};
            RestingWorker worker{own, command};
            FastCgiClient at_home = own.connect();
            ask(at_home, command, "at-home");
            std::vector<FastCgiClient> foreign;
            for (const Slot* slot : {&first, &first, &second}) {
                foreign.push_back(slot->connect());
                const UniqueFd accepted{::accept(slot->listener.fd.get(), nullptr, nullptr)};
                send_to(own.out.get(), "k", {accepted.get()});
            }
            REQUIRE(worker.becomes_resting(4));
            // One is busy meanwhile. TCP ends it with its answer.
            REQUIRE(foreign[0].send(kept(command, "sleep=100")));
            REQUIRE(worker.eventually(
                [](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
            worker.page().hand_back(word_of(first));
            worker.wake();
            REQUIRE(foreign[0].receive());
            REQUIRE(worker.becomes_resting(2));
            const std::uint64_t back = family == Family::local ? 2 : 1;
            CHECK(worker.read().handed_on == back);
            // What it has sent it does not take again.
            ask(at_home, command, "still-at-home");
            CHECK(worker.read().taken == 3);
            for (std::uint64_t i = 0; i < back; ++i) {
                move_one(own, first);
            }
            const RestingWorker theirs{first, command};
            ask(foreign[1], command, "back");
            CHECK(theirs.eventually(
                [=](const RecordedWorker& one) { return one.read().taken == back; }));
            ask(foreign[1], command, "rests");
            CHECK(is_open(foreign[1]));
        }
    }
}
