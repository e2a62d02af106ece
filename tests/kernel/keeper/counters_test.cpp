// SPDX-License-Identifier: MIT
// The keeper counts what a running worker accepts, and opens its kernel stacks, for a controller
// that may not: of the worker's own threads alone.
#include "tests/kernel/keeper/stage.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

const StageSetup k_newest{.environment = {"RECYCLER_WATCHDOG=0", "TEST_PERMITS=1"}};

// Nobody but this process and its children finds the machine's tracefs gone, if it has one.
bool have_no_tracefs_mounted() {
    static const bool done = [] {
        const auto hidden = [](const std::string& folder) {
            return !fs::exists(folder) || ::mount("none", folder.c_str(), "tmpfs", 0, nullptr) == 0;
        };
        return ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               hidden("/sys/kernel/tracing") && hidden("/sys/kernel/debug");
    }();
    return done;
}

// A leader that accepts, a child that began a session, and an orphan that did.
constexpr const char* k_worker = R"(
import os, signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(9)
os.chmod(sys.argv[1], 0o777)
def tell(who):
    os.write(1, f"{who} {os.getpid()}\n".encode())
if os.fork() == 0:
    os.setsid()
    tell("child")
    signal.pause()
middle = os.fork()
if middle == 0:
    os.setsid()
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent:
            pass
        tell("orphan")
        signal.pause()
    os._exit(0)
os.waitpid(middle, 0)
tell("leader")
while True:
    listener.accept()[0].close()
)";

class Family {
  public:
    // `more`: of the order that launches it.
    explicit Family(const std::string& more = "", const StageSetup& setup = k_newest)
        : stage_(setup) {
        std::ofstream(stage_.folder() + "/worker.py") << k_worker;
        const std::string plan = "\narg python3\narg " + stage_.folder() + "/worker.py\narg " +
                                 stage_.folder() + "/socket";
        controller_.emplace(stage_.next_controller());
        controller_->order_and_wait("permit" + plan);
        controller_->order_and_wait("go on");
        controller_->hear("ready ");
        controller_->order_and_wait("established");
        controller_->order("launch" + plan + more);
        controller_->hear("launched 1.1 ");
        do {
            controller_->order("tail\nid 1 1");
            told_ = controller_->hear("tail ");
        } while (told("leader") == 0 || told("child") == 0 || told("orphan") == 0);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    ~Family() {
        for (const char* who : {"orphan", "child"}) {
            ::kill(told(who), SIGKILL);
        }
    }

    [[nodiscard]] pid_t told(const std::string& who) const {
        const std::size_t at = told_.find("\n" + who + " ");
        return at == std::string::npos ? 0 : pid_in(told_.substr(at + 1));
    }
    Actor& controller() { return *controller_; }
    // "COUNTERS ERROR"
    std::string count(const std::vector<pid_t>& threads) {
        order("count", threads);
        return controller_->hear("counted 1.1 ");
    }
    // "ERROR", and each of them
    std::string stacks(const std::vector<pid_t>& threads) {
        order("stacks", threads);
        return controller_->hear("stacks 1.1 ");
    }
    std::string sum() {
        controller_->order("sum");
        return controller_->hear("sum ");
    }
    void connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (stage_.folder() + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
        const recycler::UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                0);
        char byte = 0;
        REQUIRE(::read(client.get(), &byte, 1) == 0); // accepted, and closed
    }

  private:
    void order(const std::string& verb, const std::vector<pid_t>& threads) {
        std::string order = verb + "\nid 1 1";
        for (const pid_t thread : threads) {
            order += "\nthread " + std::to_string(thread);
        }
        controller_->order(order);
    }

    Stage stage_;
    std::optional<Actor> controller_;
    std::string told_;
};

} // namespace

TEST_CASE("the keeper counts what the threads of a worker accept, and those of nobody else, though "
          "nobody has mounted a tracefs") {
    REQUIRE(have_no_tracefs_mounted());
    Family family;
    family.connect();
    const pid_t leader = family.told("leader");
    const pid_t child = family.told("child");
    // In no cgroup of the worker's own, nothing tells whose the orphan is.
    CHECK(family.count({::getpid(), 1, family.told("orphan")}) == "0 0");
    CHECK(family.count({leader, child, family.told("orphan"), ::getpid()}) == "4 0");
    CHECK(family.sum() == "0"); // from now on
    for (int i = 0; i < 3; ++i) {
        family.connect();
    }
    CHECK(family.sum() == "3");
}

// A child that has told of itself sleeps in pause(2), or is on its way there.
TEST_CASE("the keeper opens the kernel stacks of a worker's threads, and those of nobody else") {
    Family family;
    std::string stack;
    do {
        stack = family.stacks({family.told("child"), ::getpid(), 1});
        REQUIRE(stack.starts_with("0"));
    } while (stack.find("pause") == std::string::npos);
    CHECK(std::ranges::count(stack, '\n') == std::ranges::count(stack, '+') + 1);
    CHECK(family.stacks({::getpid(), 1}) == "0");
}

TEST_CASE("a process that left the worker's session and family is known by the worker's cgroup") {
    const std::string group = "/sys/fs/cgroup/pids/recycler-count-" + std::to_string(::getpid());
    std::error_code failed;
    if (!fs::create_directory(group, failed)) {
        MESSAGE("left out: no cgroup can be made");
        return;
    }
    {
        Family family("\ntasks " + group + "/tasks");
        CHECK(family.count({family.told("orphan")}) == "2 0");
        ::kill(family.told("leader"), SIGKILL);
        family.controller().hear("exited 1.1 ");
    }
    while (::rmdir(group.c_str()) < 0 && errno == EBUSY) {
        (void)::poll(nullptr, 0, 1); // its last process is on its way out
    }
}

TEST_CASE("who cannot be counted is answered by why") {
    Family family;
    Actor& controller = family.controller();
    controller.order("count\nid 9 9\nthread 1");
    CHECK(controller.hear("counted 9.9 ") == "0 " + std::to_string(ENOENT));
    ::kill(family.told("leader"), SIGKILL);
    controller.hear("exited 1.1 ");
    CHECK(family.count({family.told("child")}) == "0 " + std::to_string(ESRCH));
}

TEST_CASE("a keeper that may not open a tracefs counts nobody where none is mounted") {
    REQUIRE(have_no_tracefs_mounted());
    StageSetup setup = k_newest;
    setup.withheld = {CAP_SYS_ADMIN};
    Family family("", setup);
    CHECK(family.count({family.told("leader")}) == "0 " + std::to_string(EOPNOTSUPP));
}

TEST_CASE("a controller of an earlier protocol is not obeyed") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order("launch\narg sleep\narg 1000");
    const pid_t pid = pid_in("worker " + controller.hear("launched 1.1 "));
    controller.order("count\nid 1 1\nthread " + std::to_string(pid));
    CHECK(controller.hear("counted ") == "0.0 0 " + std::to_string(EBADMSG));
}
