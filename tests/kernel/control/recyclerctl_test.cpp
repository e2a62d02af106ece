// SPDX-License-Identifier: MIT
// The program itself: exit codes, which app it takes, Ctrl-C.
#include "clients.hpp"
#include "daemon.hpp"

#include "recycler/control/json/json.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <optional>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::control;

namespace {

// recyclerctl as a child of some user, its output in pipes.
struct Program {
    pid_t pid = -1;
    UniqueFd out, err;
};
Program start_ctl(std::vector<std::string> words, const User& user = {}) {
    static const std::string path =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "recyclerctl";
    words.insert(words.begin(), path);
    std::array<int, 2> out{}, err{};
    REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(err.data(), O_CLOEXEC) == 0);
    // Another user may not come as far as the folder it lies in.
    const UniqueFd program_file(open(path.c_str(), O_PATH | O_CLOEXEC));
    REQUIRE(program_file);
    Program program{fork(), UniqueFd(out[0]), UniqueFd(err[0])};
    UniqueFd out_end(out[1]), err_end(err[1]);
    REQUIRE(program.pid >= 0);
    if (program.pid == 0) {
        dup2(out_end.get(), STDOUT_FILENO);
        dup2(err_end.get(), STDERR_FILENO);
        std::vector<char*> argv;
        argv.reserve(words.size() + 1);
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        if (setgroups(user.groups.size(), user.groups.data()) != 0 || setgid(user.gid) != 0 ||
            setuid(user.uid) != 0) {
            _exit(126);
        }
        fexecve(program_file.get(), argv.data(), environ);
        _exit(127);
    }
    return program;
}

struct Ended {
    int code = -1;
    std::string out, err;
};
Ended end_of(const Program& program) {
    Ended ended;
    ended.out = hear(program.out, k_until_closed);
    ended.err = hear(program.err, k_until_closed);
    int status = 0;
    REQUIRE(waitpid(program.pid, &status, 0) == program.pid);
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return ended;
}

} // namespace

TEST_CASE("recyclerctl exits as the contract says") {
    const ControlDaemon daemon("shop", k_rights);
    const auto run = [](const std::vector<std::string>& words) { return end_of(start_ctl(words)); };
    const Ended status = run({"--json", "status", "7012"});
    CHECK(status.code == 0);
    const auto snapshot = snapshot_from_json(status.out);
    REQUIRE(snapshot);
    CHECK(snapshot->app == "shop");
    CHECK(has(run({"status"}).out, "shop: 0 of 1 slot serving, 1 empty"));
    CHECK(run({"drain", "7099"}).code == 1);
    CHECK(run({"drain", "7097"}).err == "recyclerctl: 7097 is the last open gate of the app\n");
    CHECK(run({"drain"}).code == 2);
    const Ended none = run({"--app", "nowhere", "status"});
    CHECK(none.code == 3);
    CHECK(none.err == "recyclerctl: no app \"nowhere\" runs here; these apps run: shop\n");
    const Ended late = run({"drain", "7098", "--timeout", "1s"});
    CHECK(late.code == 4);
    CHECK(late.err == "recyclerctl: 7098 is still busy; its gate stays closed\n");
}

TEST_CASE("recyclerctl finds the app from the slot and says what to type when it cannot") {
    const ControlDaemon blog("blog", k_rights);
    const ControlDaemon shop("shop", k_rights);
    const Ended both = end_of(start_ctl({"drain", "7012"}));
    CHECK(both.code == 2);
    CHECK(has(both.err, "recyclerctl --app blog drain 7012"));
    CHECK(end_of(start_ctl({"drain", "7055"})).code == 3);
    CHECK(end_of(start_ctl({"--app", "shop", "open", "7012"})).code == 0);
}

TEST_CASE("Ctrl-C while recyclerctl waits undoes nothing and says so") {
    ControlDaemon daemon("shop", k_rights);
    const Program program = start_ctl({"drain", "7012"});
    CHECK(daemon.next_event() == 'D');
    REQUIRE(kill(program.pid, SIGINT) == 0);
    const Ended ended = end_of(program);
    CHECK(ended.code == 1);
    CHECK(ended.err == "recyclerctl: interrupted; the drain goes on (to put the workers back: "
                       "recyclerctl --app shop open 7012)\n");
    CHECK(daemon.next_event() == 'C');
}

TEST_CASE("Ctrl-C ends following and watching in order") {
    ControlDaemon daemon("shop", k_rights);
    const Program follower = start_ctl({"events", "--follow", "--json"});
    CHECK(daemon.next_event() == 'E');
    std::array<char, 256> some{};
    REQUIRE(read(follower.out.get(), some.data(), some.size()) > 0);
    REQUIRE(kill(follower.pid, SIGINT) == 0);
    CHECK(end_of(follower).code == 0);
    CHECK(daemon.next_event() == 'C');
    const Program watcher = start_ctl({"status", "--watch", "--json"});
    REQUIRE(read(watcher.out.get(), some.data(), some.size()) > 0);
    REQUIRE(kill(watcher.pid, SIGINT) == 0);
    CHECK(end_of(watcher).code == 0);
}

TEST_CASE("recyclerctl of another user may do what the manual says, and is told who may") {
    const ControlDaemon daemon("shop", k_rights);
    const User reader{k_reader, k_reader, {}};
    const User member{k_stranger, k_stranger, {k_group}};
    const User stranger{k_stranger, k_stranger, {}};
    const auto run = [](const std::vector<std::string>& words, const User& user) {
        return end_of(start_ctl(words, user));
    };
    for (const char* verb : {"status", "why", "events"}) {
        CHECK(run({verb}, reader).code == 0);
        CHECK(run({verb}, member).code == 0);
        CHECK(run({verb}, stranger).code == 1);
    }
    for (const std::vector<std::string>& order : std::vector<std::vector<std::string>>{
             {"open", "7012"}, {"recycle", "7012"}, {"reload"}, {"stop"}}) {
        CHECK(run(order, member).code == 0);
        for (const User& user : {reader, stranger}) {
            const Ended refused = run(order, user);
            CHECK(refused.code == 1);
            CHECK(refused.err == "recyclerctl: permission denied: orders need root or a member of "
                                 "the [control] group of the policy; the app's user may read\n");
        }
    }
    CHECK(run({"drain", "7012", "--timeout", "1s"}, reader).code == 1);
}

TEST_CASE("a slot that there is not is told with those that there are") {
    const ControlDaemon daemon("shop", k_rights);
    const Ended slip = end_of(start_ctl({"drain", "7099"}));
    CHECK(slip.code == 1);
    CHECK(slip.err == "recyclerctl: no such slot \"7099\"; the slots of the app are 7012\n");
}

TEST_CASE("a drain outlives the controller that it was given to") {
    std::optional<ControlDaemon> daemon(std::in_place, "shop", k_rights);
    const Program program = start_ctl({"drain", "7012"});
    CHECK(daemon->next_event() == 'D');
    daemon.reset();
    daemon.emplace("shop", k_rights);
    CHECK(daemon->next_event() == 'D'); // asked for again
    REQUIRE(kill(program.pid, SIGINT) == 0);
    const Ended ended = end_of(program);
    CHECK(ended.code == 1);
    CHECK(has(ended.err, "interrupted; the drain goes on"));
}

TEST_CASE("Ctrl-C also ends the waiting for a controller that does not come back") {
    std::optional<ControlDaemon> daemon(std::in_place, "shop", k_rights);
    const Program program = start_ctl({"drain", "7012"});
    CHECK(daemon->next_event() == 'D');
    daemon.reset();
    REQUIRE(kill(program.pid, SIGINT) == 0);
    CHECK(end_of(program).code == 1);
}

TEST_CASE("following outlives the controller and says so") {
    std::optional<ControlDaemon> daemon(std::in_place, "shop", k_rights);
    const Program follower = start_ctl({"--json", "events", "--follow"});
    CHECK(daemon->next_event() == 'E');
    std::array<char, 65536> some{};
    REQUIRE(read(follower.out.get(), some.data(), some.size()) > 0);
    daemon.reset();
    daemon.emplace("shop", k_rights);
    // What it has not printed yet stands before what it asks for next.
    pollfd asked{daemon->events(), POLLIN, 0};
    while (poll(&asked, 1, 0) == 0) {
        REQUIRE(read(follower.out.get(), some.data(), some.size()) > 0);
    }
    CHECK(daemon->next_event() == 'E');
    pollfd said{follower.err.get(), POLLIN, 0};
    REQUIRE(poll(&said, 1, 10'000) == 1);
    REQUIRE(kill(follower.pid, SIGINT) == 0);
    const Ended ended = end_of(follower);
    CHECK(ended.code == 0);
    CHECK(ended.err == "recyclerctl: the controller was replaced; events go on\n");
}

TEST_CASE("following ends quietly when nobody reads on") {
    ControlDaemon daemon("shop", k_rights);
    Program follower = start_ctl({"events", "--follow"});
    CHECK(daemon.next_event() == 'E');
    follower.out.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Ended ended = end_of(follower);
    CHECK(ended.code == 0);
    CHECK(ended.err.empty());
}
