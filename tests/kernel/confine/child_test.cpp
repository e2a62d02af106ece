// SPDX-License-Identifier: MIT
// Readers as the controller has them: children that answer, seen from outside while they work; and
// what they can still read.
#include "recycler/confine/reader.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/events/file_store.hpp"
#include "recycler/recorder/page_file.hpp"
#include "systemd/child_work.hpp"
#include "tests/kernel/confine/scene.hpp"
#include "tests/unit/events/temporary_folder.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace recycler;
using namespace std::chrono_literals;
using confine::Scene;

namespace {

using Answer = std::optional<Result<std::string>>;

systemd::ChildWork::Question asked(std::function<std::string()> work, Answer& answer) {
    return {.what = "read what is there",
            .work = std::move(work),
            .limit = 60s,
            .answer = [&answer](Result<std::string> said) { answer = std::move(said); }};
}

void run_until_answered(systemd::EventLoop& loop, const Answer& answer) {
    while (!answer) {
        REQUIRE(*loop.run_once(60s));
    }
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The one that is no victim of the scene.
pid_t child_beside(pid_t other) {
    const std::string mine = std::to_string(::getpid());
    std::ifstream children("/proc/" + mine + "/task/" + mine + "/children");
    for (pid_t child = 0; children >> child;) {
        if (child != other) {
            return child;
        }
    }
    return 0;
}

// In the child.
std::string wait_for_end_of(const std::string& fifo) {
    const UniqueFd file(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    ssize_t count = 1;
    while (file && count == 1) {
        count = ::read(file.get(), &byte, 1);
    }
    return count == 0 ? "seen" : "not seen";
}

// The other end of it. The child has its own among its descriptors then: one byte more than the
// fifo holds can be written only once the child has read. (open() alone returns before that.)
UniqueFd opened_when_read_from(const std::string& fifo) {
    UniqueFd end(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(end);
    const int holds = ::fcntl(end.get(), F_SETPIPE_SZ, 4096);
    REQUIRE(holds > 0);
    const std::string bytes(static_cast<std::size_t>(holds) + 1, 'x');
    REQUIRE(::write(end.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    return end;
}

struct OwnedByOther {
    explicit OwnedByOther(const std::string& path) {
        REQUIRE(::mkdir(path.c_str(), 0700) == 0);
        REQUIRE(::chown(path.c_str(), confine::k_other_user, confine::k_other_user) == 0);
    }
};

} // namespace

TEST_CASE("a child at work has no capability, gets none, is filtered, and holds its pipe alone") {
    const Scene scene;
    const std::string fifo = scene.readable().front() + "/fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    systemd::EventLoop loop = *systemd::EventLoop::create();
    systemd::ChildWork children(loop, {}, confine::reader(scene.readable()));
    Answer answer;
    children.ask(asked([&] { return wait_for_end_of(fifo); }, answer));
    UniqueFd end = opened_when_read_from(fifo);
    const std::string process = "/proc/" + std::to_string(child_beside(scene.victim()));
    const std::string status = content_of(process + "/status");
    CAPTURE(status);
    for (const char* line : {"CapInh:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
                             "CapEff:\t0000000000000000\n", "CapAmb:\t0000000000000000\n",
                             "NoNewPrivs:\t1\n", "Seccomp:\t2\n"}) {
        CHECK(status.find(line) != std::string::npos);
    }
    std::string open;
    for (const auto& each : std::filesystem::directory_iterator(process + "/fd")) {
        open += each.path().filename().string() + " ";
        const std::string file = std::filesystem::read_symlink(each.path());
        const std::string number = each.path().filename();
        CHECK(file.starts_with(number == "1" ? "pipe:" : number == "3" ? fifo : "/dev/null"));
    }
    CHECK(open.size() == std::string("0 1 2 3 ").size());
    end.reset();
    run_until_answered(loop, answer);
    CHECK(**answer == "seen");
}

TEST_CASE("a child that makes a forbidden call is ended, and whoever asked is told so") {
    systemd::EventLoop loop = *systemd::EventLoop::create();
    systemd::ChildWork children(loop, {}, confine::reader({}));
    Answer answer;
    children.ask(asked(
        [] {
            (void)::socket(AF_INET, SOCK_STREAM, 0);
            return std::string("lives");
        },
        answer));
    run_until_answered(loop, answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == EIO);
    CHECK(answer->error().message().find("a system call that no reader makes") !=
          std::string::npos);
}

TEST_CASE("a worker's page is not in the memory of a child") {
    systemd::EventLoop loop = *systemd::EventLoop::create();
    const auto page = recorder::PageFile::create();
    REQUIRE(page);
    systemd::ChildWork children(loop, {}, confine::reader({}));
    Answer answer;
    children.ask(asked(
        [&] {
            const auto* at = const_cast<std::byte*>(page->bytes().data());
            unsigned char is_there = 0;
            const int result = ::mincore(const_cast<std::byte*>(at), 1, &is_there);
            return std::string(result < 0 && errno == ENOMEM ? "gone" : "there");
        },
        answer));
    run_until_answered(loop, answer);
    CHECK(**answer == "gone");
}

// Without capabilities root may not even enter that folder.
TEST_CASE("history is read back from a report file in a folder that is another user's alone") {
    const events::TemporaryFolder folder;
    const OwnedByOther theirs(folder.file("theirs"));
    const std::string path = folder.file("theirs/report.jsonl");
    {
        std::ofstream(path + ".1") << R"({"at":"2026-01-01T00:00:00.000Z","event":"older"})"
                                      "\n";
        std::ofstream(path) << R"({"at":"2026-01-01T00:00:01.000Z","event":"newer"})"
                               "\n";
    }
    REQUIRE(::chown(path.c_str(), confine::k_other_user, confine::k_other_user) == 0);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    systemd::EventLoop loop = *systemd::EventLoop::create();
    auto store = events::FileStore::create(loop, path, "shop");
    REQUIRE(store);
    events::EventLog log(loop, std::move(*store), "keeper");
    Answer answer;
    log.look_up_events({.is_there = [] { return true; },
                        .answer = [&](Result<std::string> said) { answer = std::move(said); }});
    run_until_answered(loop, answer);
    REQUIRE(*answer);
    CHECK((*answer)->find("older") < (*answer)->find("newer"));
    CHECK((*answer)->find("newer") != std::string::npos);
}
