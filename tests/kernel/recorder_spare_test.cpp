// SPDX-License-Identifier: MIT
// Workers that are born without a slot: they wait for one in front of accept(), and take it.
#include "tests/kernel/rest/slot.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fstream>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

// What a spare is born with.
struct Birth {
    Listener listener; // nobody reaches it
    UniqueFd ours;     // of the birth channel
    UniqueFd out;      // its own end, under the two numbers of the channel that it will have
    UniqueFd in;
    UniqueFd wake;

    Birth() {
        const std::string path = "/tmp/recycler-birth-" + std::to_string(getpid());
        listener = Listener::open_unix(path);
        REQUIRE(unlink(path.c_str()) == 0);
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
        ours = UniqueFd{ends[0]};
        out = UniqueFd{ends[1]};
        in = UniqueFd{dup(ends[1])};
        wake = UniqueFd{eventfd(0, EFD_NONBLOCK)};
        REQUIRE(wake);
    }

    [[nodiscard]] recorder::PageFile page() const {
        auto page = recorder::PageFile::create();
        REQUIRE(page);
        struct stat status {};
        REQUIRE(fstat(listener.fd.get(), &status) == 0);
        page->name_descriptors(out.get(), in.get(), wake.get());
        page->name_birth(status.st_ino, out.get());
        page->allow_rest();
        return *std::move(page);
    }
};

class SpareWorker : public RecordedWorker {
  public:
    explicit SpareWorker(const WorkerCommand& command) : SpareWorker(Birth{}, command) {}

    [[nodiscard]] bool comes_to_wait(std::uint32_t threads = 1) const {
        return eventually([=](const RecordedWorker& worker) {
            return worker.activity().awaiting_slot == threads;
        });
    }
    // The files are the slot's listener, or that and the two ends of its channel.
    void tell(const std::vector<int>& files, char what = 's') const {
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
        REQUIRE(sendmsg(birth_.ours.get(), &message, MSG_NOSIGNAL) == 1);
    }
    void take(const Slot& slot) const {
        tell({slot.listener.fd.get(), slot.out.get(), slot.in.get()});
    }
    void no_slot_will_come() const { REQUIRE(shutdown(birth_.ours.get(), SHUT_RDWR) == 0); }
    void hand_on() {
        page().hand_on();
        REQUIRE(eventfd_write(birth_.wake.get(), 1) == 0);
    }

  private:
    SpareWorker(Birth birth, const WorkerCommand& command)
        : RecordedWorker(birth.listener, command, birth.page()), birth_(std::move(birth)) {}
    Birth birth_;
};

std::vector<std::int32_t> children_of(const SpareWorker& worker) {
    std::vector<std::int32_t> pids;
    for (const request::Process& process : worker.read().processes) {
        if (process.pid != worker.pid() && ::kill(process.pid, 0) == 0) {
            pids.push_back(process.pid);
        }
    }
    return pids;
}

// Its first thread is inside the call that it was about to make: a signal before that would find
// nothing to interrupt.
bool falls_asleep(const RecordedWorker& worker) {
    return worker.eventually([](const RecordedWorker& one) {
        std::ifstream file("/proc/" + std::to_string(one.pid()) + "/stat");
        std::string stat;
        std::getline(file, stat);
        return stat.find(") S ") != std::string::npos;
    });
}

} // namespace

TEST_CASE("a spare waits for a slot, and then serves who waits there already") {
    struct Kind {
        WorkerCommand command;
        std::uint32_t waiting;
    };
    for (const Kind& kind :
         {Kind{c_worker(), 1}, Kind{threaded_worker(), 4}, Kind{turn_taking_worker(), 1},
          Kind{perl_worker(), 1}, Kind{ruby_worker(), 1}, Kind{php_worker(), 1},
          Kind{php_worker_with_children(), 3}}) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(kind.command.name);
            CAPTURE(static_cast<int>(family));
            SpareWorker spare{kind.command};
            REQUIRE(spare.comes_to_wait(kind.waiting));
            CHECK_FALSE(spare.read().came_to_accept);
            const Slot slot{family};
            FastCgiClient client = slot.connect();
            spare.take(slot);
            ask(client, kind.command, "a");
            const bool keeps = kind.command.name != php_worker_with_children().name;
            if (keeps) {
                ask(client, kind.command, "b"); // it has rested there
            }
            CHECK(spare.read().came_to_accept);
            CHECK(spare.comes_to_wait(0));
            client.close();
            REQUIRE(spare.becomes_ready(kind.waiting));
            CHECK(spare.read().accepted == 1);
            CHECK(spare.read().came_back == (keeps ? 1 : 0));
            CHECK(spare.read().exact);
            FastCgiClient other = slot.connect();
            ask(other, kind.command, "c");
        }
    }
}

TEST_CASE("what rests in a worker that was a spare is handed on by its slot's channel") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), ruby_worker(), php_worker()}) {
        CAPTURE(command.name);
        SpareWorker spare{command};
        REQUIRE(spare.comes_to_wait());
        const Slot slot{Family::local};
        spare.take(slot);
        FastCgiClient client = slot.connect();
        ask(client, command, "a");
        REQUIRE(spare.becomes_ready());
        spare.hand_on();
        REQUIRE(spare.eventually(
            [](const RecordedWorker& worker) { return worker.read().handed_on == 1; }));
        const RestingWorker successor{slot, command};
        ask(client, command, "b");
    }
}

TEST_CASE("a spare that gets no channel lets nothing rest in what it was born with") {
    SpareWorker spare{c_worker()};
    REQUIRE(spare.comes_to_wait());
    const Slot slot{Family::tcp};
    spare.tell({slot.listener.fd.get()});
    FastCgiClient client = slot.connect();
    ask(client, c_worker(), "a");
    spare.hand_on();
    ask(client, c_worker(), "b"); // it cannot be sent, so it goes on resting
    CHECK(spare.read().handed_on == 0);
}

TEST_CASE("children that are born later take the slot of those before") {
    const WorkerCommand command = php_worker_with_children();
    SpareWorker spare{command};
    REQUIRE(spare.comes_to_wait(3));
    const Slot slot{Family::tcp};
    spare.take(slot);
    REQUIRE(spare.becomes_ready(3));
    const auto before = children_of(spare);
    REQUIRE(before.size() == 3);
    for (const std::int32_t pid : before) {
        REQUIRE(::kill(pid, SIGKILL) == 0);
    }
    REQUIRE(spare.eventually([&](const RecordedWorker&) {
        const auto now = children_of(spare);
        return now.size() == 3 && std::ranges::none_of(now, [&](std::int32_t pid) {
                   return std::ranges::find(before, pid) != before.end();
               });
    }));
    for (const char* nonce : {"a", "b", "c"}) {
        FastCgiClient client = slot.connect();
        ask(client, command, nonce);
    }
}

TEST_CASE("a slot that is given twice is taken once") {
    for (const WorkerCommand& command : {c_worker(), php_worker_with_children()}) {
        CAPTURE(command.name);
        SpareWorker spare{command};
        REQUIRE(spare.comes_to_wait(command.name == c_worker().name ? 1 : 3));
        const Slot slot{Family::tcp};
        spare.take(slot);
        spare.take(slot);
        FastCgiClient client = slot.connect();
        ask(client, command, "a");
        client.close();
        CHECK(spare.becomes_idle());
        CHECK(spare.read().accepted == 1);
    }
}

TEST_CASE("a spare ends by its signal as in accept()") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), ruby_worker(), php_worker()}) {
        CAPTURE(command.name);
        const Slot plain{Family::tcp};
        RecordedWorker reference{plain.listener, command};
        REQUIRE(reference.becomes_ready());
        REQUIRE(falls_asleep(reference));
        reference.signal(SIGTERM);
        const int expected = reference.wait();
        SpareWorker spare{command};
        REQUIRE(spare.comes_to_wait());
        REQUIRE(falls_asleep(spare));
        spare.signal(SIGTERM);
        CHECK(spare.wait() == expected);
        // The same where the signal comes while the thread is on its way there.
        SpareWorker late{command};
        late.no_slot_will_come();
        REQUIRE(late.eventually(
            [](const RecordedWorker& worker) { return !worker.read().processes.empty(); }));
        late.signal(SIGTERM);
        CHECK(late.wait() == expected);
    }
}

TEST_CASE("a message that gives no listener is not taken") {
    SpareWorker spare{c_worker()};
    REQUIRE(spare.comes_to_wait());
    const Slot slot{Family::tcp};
    spare.tell({slot.out.get()});
    spare.tell({slot.listener.fd.get(), slot.out.get()});
    REQUIRE(spare.comes_to_wait());
    CHECK_FALSE(spare.read().came_to_accept);
    spare.signal(SIGKILL);
}
