// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

const std::string k_nobody = "65534";

std::string shell(const std::string& script) {
    return "launch\narg /bin/sh\narg -c\narg " + script;
}

// What a worker wrote, once it has ended.
std::string output_of(Actor& controller, const std::string& order) {
    controller.order(order);
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    const std::string tail = controller.hear("tail ");
    return tail.substr(std::min(tail.find('\n'), tail.size() - 1) + 1);
}

std::string failure_of(const std::string& order, const StageSetup& setup = {}) {
    Stage stage{setup};
    Actor controller = stage.next_controller();
    controller.order(order);
    return controller.hear("failed 1.1 ");
}

// A cgroup of its own in one hierarchy, where this machine lets us make one.
class Group {
  public:
    explicit Group(const std::string& parent)
        : path_(parent + "/recycler-keeper-test-" + std::to_string(::getpid())) {
        std::error_code failed;
        fs::create_directory(path_, failed);
        exists_ = !failed;
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() { ::rmdir(path_.c_str()); }
    [[nodiscard]] bool exists() const { return exists_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string name() const { return fs::path{path_}.filename(); }

  private:
    std::string path_;
    bool exists_ = false;
};

} // namespace

TEST_CASE("an exit status, a signal and a core are told exactly") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order(shell("exit 3") + "\nid 1 1");
    CHECK(controller.hear("exited 1.1 ") == std::to_string(CLD_EXITED) + " 3");
    controller.order(shell("kill -KILL $$") + "\nid 1 2");
    CHECK(controller.hear("exited 1.2 ") == std::to_string(CLD_KILLED) + " 9");
    controller.order(shell("kill -SEGV $$") + "\nid 1 3\ndir " + stage.folder());
    CHECK(controller.hear("exited 1.3 ") == std::to_string(CLD_DUMPED) + " 11");
}

TEST_CASE("a worker begins with nothing but what its plan names") {
    Stage stage;
    Actor controller = stage.next_controller();
    const std::string files =
        output_of(controller, "launch\narg ls\narg -l\narg /proc/self/fd\nnofile 512");
    CHECK(files.find(" 0 -> socket:") != std::string::npos);
    CHECK(files.find(" 1 -> pipe:") != std::string::npos);
    CHECK(files.find(" 2 -> pipe:") != std::string::npos);
    CHECK(files.find(" 511 -> /memfd:test-page") != std::string::npos);
    CHECK(files.find(" 3 -> /proc/") != std::string::npos); // ls itself reading the folder
    CHECK(std::count(files.begin(), files.end(), '>') == 5);
}

TEST_CASE("a worker's environment is its policy's, its account's and ours") {
    Stage stage;
    Actor controller = stage.next_controller();
    const std::string environment = output_of(controller, "launch\narg env");
    CHECK(environment == "COLOUR=blue\nHOME=/tmp\nLOGNAME=tester\n"
                         "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                         "RECYCLER_PAGE=255\nUSER=tester");
}

TEST_CASE("a worker runs as its user, in a session of its own, with no signal blocked or ignored") {
    ::signal(SIGUSR2, SIG_IGN);
    Stage stage;
    ::signal(SIGUSR2, SIG_DFL);
    Actor controller = stage.next_controller();
    controller.order("launch\narg sleep\narg 1000\nuid " + k_nobody);
    const pid_t pid = pid_in(controller.hear("launched "));
    CHECK(status_of(pid, "Uid") == "65534\t65534\t65534\t65534");
    CHECK(status_of(pid, "Gid") == "65534\t65534\t65534\t65534");
    CHECK(status_of(pid, "Groups").starts_with(k_nobody));
    CHECK(status_of(pid, "NoNewPrivs") == "1");
    CHECK(status_of(pid, "SigBlk") == "0000000000000000");
    CHECK(status_of(pid, "SigIgn") == "0000000000000000");
    CHECK(status_of(pid, "CapEff") == "0000000000000000");
    CHECK(status_of(pid, "PPid") == std::to_string(stage.keeper()));
    CHECK(::getsid(pid) == pid);
    CHECK(content_of("/proc/" + std::to_string(pid) + "/oom_score_adj") == "0\n");
    CHECK(content_of("/proc/" + std::to_string(pid) + "/limits")
              .find("256                  256                  files") != std::string::npos);
}

TEST_CASE("what stops a start is named by step and errno") {
    const std::string foreign = "\nuid 12345";
    CHECK(failure_of("launch\narg /no/such/program") == "exec " + std::to_string(ENOENT));
    CHECK(failure_of("launch\narg no-such-program") == "exec " + std::to_string(ENOENT));
    CHECK(failure_of("launch\narg /etc/passwd") == "exec " + std::to_string(EACCES));
    CHECK(failure_of("launch\narg true\ndir /no/such/folder") ==
          "directory " + std::to_string(ENOENT));
    // Root could enter; it is tried with the worker's rights.
    CHECK(failure_of("launch\narg true\ndir /root\nuid " + k_nobody) ==
          "directory " + std::to_string(EACCES));
    CHECK(failure_of("launch\narg true" + foreign, {.uid = 65533}) ==
          "user " + std::to_string(EPERM));
    CHECK(failure_of("launch\narg true\nnofile 2") == "descriptors " + std::to_string(EBADF));
}

TEST_CASE("a machine without room for another process is told as the fork's failure") {
    // Keeper and controller. No other test has this user: those that have ended count until they
    // are reaped, and orphans wait for the machine's init.
    Stage stage{{.uid = 65532, .limits = {{RLIMIT_NPROC, 2}}}};
    Actor controller = stage.next_controller();
    controller.order("launch\narg true");
    CHECK(controller.hear("failed 1.1 ") == "fork " + std::to_string(EAGAIN));
}

TEST_CASE("without rights a higher limit is cut to the hard one and the worker starts") {
    Stage stage{{.uid = 65533, .limits = {{RLIMIT_CORE, 10 * 512}}}};
    Actor controller = stage.next_controller();
    CHECK(output_of(controller, shell("ulimit -Hc; ulimit -c; ulimit -n")) == "10\n10\n256");
}

TEST_CASE("a forbidden system call ends the worker with SIGSYS and not its start") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order("launch\narg uname\nforbid 63\ndir " + stage.folder()); // uname on x86_64
    controller.hear("launched 1.1");
    CHECK(controller.hear("exited 1.1 ") == std::to_string(CLD_DUMPED) + " 31");
}

TEST_CASE("on cgroup v1 the child puts itself into each group") {
    const Group pids{"/sys/fs/cgroup/pids"};
    const Group cpu{"/sys/fs/cgroup/cpu"};
    if (!pids.exists() || !cpu.exists()) {
        MESSAGE("left out: no cgroup v1 hierarchies to write to");
        return;
    }
    Stage stage;
    Actor controller = stage.next_controller();
    const std::string groups = output_of(
        controller, "launch\narg cat\narg /proc/self/cgroup\nuid " + k_nobody + "\ntasks " +
                        pids.path() + "/tasks\ntasks " + cpu.path() + "/tasks");
    CHECK(groups.find(":pids:/" + pids.name()) != std::string::npos);
    CHECK(groups.find(":cpu:/" + cpu.name()) != std::string::npos);
}

TEST_CASE("on cgroup v2 the worker is born in its group") {
    const Group group{fs::exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified"
                                                           : "/sys/fs/cgroup"};
    if (!group.exists() || !fs::exists(group.path() + "/cgroup.procs")) {
        MESSAGE("left out: no cgroup v2 hierarchy to write to");
        return;
    }
    Stage stage;
    Actor controller = stage.next_controller();
    const std::string groups =
        output_of(controller, "launch\narg cat\narg /proc/self/cgroup\ncgroup " + group.path());
    CHECK(groups.find("0::/") != std::string::npos);
    CHECK(groups.find(group.name()) != std::string::npos);
}

TEST_CASE("a group that does not take the worker is told as the cgroup's failure") {
    CHECK(failure_of("launch\narg true\ncgroup /tmp") == "cgroup " + std::to_string(EBADF));
    CHECK(failure_of("launch\narg true\ntasks /dev/full") == "cgroup " + std::to_string(ENOSPC));
}
