// The control socket with real clients: rights by user, hostile clients, recyclerctl itself.
#define DOCTEST_CONFIG_IMPLEMENT
#include "control_daemon.hpp"

#include "recycler/control/client.hpp"
#include "recycler/control/json.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/control/varlink.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::control;
using namespace std::chrono_literals;

namespace {

constexpr uid_t k_reader = 33001;
constexpr uid_t k_stranger = 33002;
constexpr gid_t k_group = 33044;
const Rights k_rights{k_group, k_reader};

// What a call comes to: "reply", or the trouble.
std::string outcome(const std::string& app, const Call& call) {
    auto client = Client::connect(app, -1);
    if (const auto* error = std::get_if<ClientError>(&client)) {
        return "connect: " + error->sentence;
    }
    const auto answer = std::get<Client>(client).call(call);
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        switch (error->trouble) {
        case Trouble::no_daemon:
            return "no daemon";
        case Trouble::permission:
            return "permission";
        case Trouble::refused:
            return "refused";
        case Trouble::timed_out:
            return "timed out";
        case Trouble::interrupted:
            return "interrupted";
        case Trouble::broken:
            return "broken";
        }
    }
    return "reply";
}

// Runs `work` in a child as somebody else; its text comes back through a pipe.
struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};
std::string as_user(const User& user, const std::function<std::string()>& work) {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (setgroups(user.groups.size(), user.groups.data()) != 0 || setgid(user.gid) != 0 ||
            setuid(user.uid) != 0) {
            _exit(1);
        }
        const std::string text = work();
        (void)!write(write_end.get(), text.data(), text.size());
        _exit(0);
    }
    write_end.reset();
    std::array<char, 4096> text{};
    std::string all;
    ssize_t size = 0;
    while ((size = read(read_end.get(), text.data(), text.size())) > 0) {
        all.append(text.data(), static_cast<std::size_t>(size));
    }
    REQUIRE(waitpid(child, nullptr, 0) == child);
    return all;
}

UniqueFd raw_client(const std::string& app) {
    auto socket = connect_to(control_path(app));
    REQUIRE(socket);
    return *std::move(socket);
}

void say(const UniqueFd& socket, const std::string& bytes) {
    REQUIRE(send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
}

// Everything until the daemon closes or `messages` have come; "?" is added when that takes too
// long.
std::string hear(const UniqueFd& socket, std::size_t messages) {
    std::string all;
    for (;;) {
        if (std::count(all.begin(), all.end(), '\0') >= static_cast<long>(messages)) {
            return all;
        }
        pollfd waiting{socket.get(), POLLIN, 0};
        if (poll(&waiting, 1, 20'000) != 1) {
            return all + "?";
        }
        std::array<char, 65536> chunk;
        const ssize_t size = recv(socket.get(), chunk.data(), chunk.size(), 0);
        if (size <= 0) {
            return all;
        }
        all.append(chunk.data(), static_cast<std::size_t>(size));
    }
}
constexpr std::size_t k_until_closed = ~std::size_t{0} >> 1;

// Two hundred connections of one user, held as long as it lives.
class Crowd {
  public:
    Crowd(const std::string& app, const User& user) {
        std::array<int, 2> out{}, hold{};
        REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
        REQUIRE(pipe2(hold.data(), O_CLOEXEC) == 0);
        const UniqueFd ready(out[0]);
        UniqueFd ready_end(out[1]);
        UniqueFd hold_end(hold[0]);
        held_.reset(hold[1]);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            held_.reset();
            if (setgid(user.gid) != 0 || setuid(user.uid) != 0) {
                _exit(1);
            }
            std::vector<UniqueFd> crowd;
            for (int i = 0; i < 200; ++i) {
                if (auto socket = connect_to(control_path(app))) {
                    crowd.push_back(*std::move(socket));
                }
            }
            const char all = crowd.size() == 200 ? 'y' : 'n';
            (void)!write(ready_end.get(), &all, 1);
            char never = 0;
            (void)!read(hold_end.get(), &never, 1); // until the other end closes
            _exit(0);
        }
        ready_end.reset();
        char all = 'n';
        REQUIRE(read(ready.get(), &all, 1) == 1);
        REQUIRE(all == 'y');
    }
    ~Crowd() {
        held_.reset();
        (void)waitpid(pid_, nullptr, 0);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

  private:
    UniqueFd held_;
    pid_t pid_ = -1;
};

// recyclerctl as a child, its output in pipes.
struct Program {
    pid_t pid = -1;
    UniqueFd out, err;
};
Program start_ctl(std::vector<std::string> words) {
    static const std::string path =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "recyclerctl";
    words.insert(words.begin(), path);
    std::array<int, 2> out{}, err{};
    REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(err.data(), O_CLOEXEC) == 0);
    Program program{fork(), UniqueFd(out[0]), UniqueFd(err[0])};
    UniqueFd out_end(out[1]), err_end(err[1]);
    REQUIRE(program.pid >= 0);
    if (program.pid == 0) {
        dup2(out_end.get(), STDOUT_FILENO);
        dup2(err_end.get(), STDERR_FILENO);
        std::vector<char*> argv;
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        execv(path.c_str(), argv.data());
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

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("each user may do what the rights say and no more") {
    const ControlDaemon daemon("rights", k_rights);
    const auto tried = [](const Call& call) { return [call] { return outcome("rights", call); }; };
    const User root{0, 0, {}};
    const User reader{k_reader, k_reader, {}};
    const User member{k_stranger, k_stranger, {k_group}};
    const User primary_member{k_stranger, k_group, {}};
    const User stranger{k_stranger, k_stranger, {}};
    for (const User& user : {root, member, primary_member}) {
        CHECK(as_user(user, tried(StatusCall{})) == "reply");
        CHECK(as_user(user, tried(OpenCall{{"7012"}})) == "reply");
        CHECK(as_user(user, tried(StopCall{})) == "reply");
    }
    for (const Call& call : {Call{StatusCall{}}, Call{WhyCall{}}, Call{EventsCall{}}}) {
        CHECK(as_user(reader, tried(call)) == "reply");
    }
    for (const Call& call :
         {Call{DrainCall{{"7012"}, {}, {}, {}}}, Call{OpenCall{{"7012"}}},
          Call{RecycleCall{{"7012"}, {}}}, Call{ReloadCall{}}, Call{StopCall{}}}) {
        CHECK(as_user(reader, tried(call)) == "permission");
        CHECK(as_user(stranger, tried(call)) == "permission");
    }
    CHECK(as_user(stranger, tried(StatusCall{})) == "permission");
}

TEST_CASE("a call is answered, or fails as the daemon says") {
    const ControlDaemon daemon("answers", k_rights);
    auto client = Client::connect("answers", -1);
    REQUIRE(std::holds_alternative<Client>(client));
    for (int i = 0; i < 3; ++i) { // on one connection
        const auto answer = std::get<Client>(client).call(StatusCall{});
        REQUIRE(std::holds_alternative<Reply>(answer));
        CHECK(std::get<Snapshot>(std::get<Reply>(answer)).slots.front().slot == "7012");
    }
    CHECK(outcome("answers", DrainCall{{"7099"}, {}, {}, {}}) == "refused");
    CHECK(outcome("answers", DrainCall{{"7098"}, {}, {}, {}}) == "timed out");
    CHECK(outcome("answers", DrainCall{{"7097"}, {}, {}, {}}) == "refused");
}

TEST_CASE("an app that does not run is named, and those that do") {
    const ControlDaemon daemon("shop", k_rights);
    const auto client = Client::connect("shp", -1);
    REQUIRE(std::holds_alternative<ClientError>(client));
    CHECK(std::get<ClientError>(client).trouble == Trouble::no_daemon);
    CHECK(std::get<ClientError>(client).sentence == "no app \"shp\" runs here; these do: shop");
    const auto outside = Client::connect("../shop", -1);
    CHECK(std::get<ClientError>(outside).trouble == Trouble::no_daemon);
}

TEST_CASE("a socket may lie deeper than a socket address reaches") {
    const std::string app(150, 'a');
    const ControlDaemon daemon(app, k_rights);
    CHECK(outcome(app, StatusCall{}) == "reply");
}

TEST_CASE("calls sent in one go are answered in their order, also to one who has stopped talking") {
    const ControlDaemon daemon("pipeline", k_rights);
    const UniqueFd socket = raw_client("pipeline");
    say(socket, encode_call(OpenCall{{"1"}}, Delivery::single) +
                    encode_call(StopCall{}, Delivery::oneway) +
                    encode_call(OpenCall{{"2"}}, Delivery::more));
    REQUIRE(shutdown(socket.get(), SHUT_WR) == 0);
    const std::string first = encode_reply(OrderReply{{{"1", "serving", {}}}}, Continues::no);
    const std::string second = encode_reply(OrderReply{{{"2", "serving", {}}}}, Continues::no);
    CHECK(hear(socket, k_until_closed) == first + second);
}

TEST_CASE("a client that goes away cancels its call, and only once") {
    ControlDaemon daemon("cancel", k_rights);
    {
        const UniqueFd socket = raw_client("cancel");
        say(socket, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::more));
        CHECK(has(hear(socket, 1), "draining"));
        CHECK(daemon.next_event() == 'D');
    }
    CHECK(daemon.next_event() == 'C');
    const UniqueFd socket = raw_client("cancel");
    say(socket, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::single));
    CHECK(daemon.next_event() == 'D'); // no second cancel came in between
}

TEST_CASE("who does not read is cut off before the daemon grows") {
    ControlDaemon daemon("slow", k_rights);
    const long before = daemon.resident_kib();
    const UniqueFd socket = raw_client("slow");
    say(socket, encode_call(EventsCall{Follow::and_coming}, Delivery::more));
    CHECK(daemon.next_event() == 'E');
    CHECK(daemon.next_event() == 'C');
    // 8 MiB are allowed; growing them costs at most twice that, and sanitizers keep what was freed.
    CHECK(daemon.resident_kib() - before < 256 * 1024);
    CHECK(outcome("slow", StatusCall{}) == "reply");
}

TEST_CASE("messages that are huge or no calls end the connection") {
    const ControlDaemon daemon("huge", k_rights);
    const UniqueFd huge = raw_client("huge");
    const std::string bytes(std::size_t{1} << 20, '{');
    // The daemon may close at any byte of it.
    (void)send(huge.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    CHECK(hear(huge, k_until_closed).empty());
    const UniqueFd other = raw_client("huge");
    say(other, std::string("GET / HTTP/1.1\r\n\r\n\0", 19));
    CHECK(hear(other, k_until_closed).empty());
    const UniqueFd wrong = raw_client("huge");
    say(wrong, std::string("{\"method\":\"io.recycler.Explode\"}\0", 33));
    CHECK(has(hear(wrong, 1), "MethodNotFound"));
    CHECK(outcome("huge", StatusCall{}) == "reply");
}

TEST_CASE("who says half a message, or nothing, is not waited for for ever") {
    Limits limits;
    limits.silence = 1s;
    ControlDaemon daemon("silent", k_rights, limits);
    const UniqueFd half = raw_client("silent");
    const UniqueFd nothing = raw_client("silent");
    const UniqueFd waiting = raw_client("silent");
    say(half, "{\"method\":");
    say(waiting, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::single));
    CHECK(daemon.next_event() == 'D');
    CHECK(hear(half, k_until_closed).empty());
    CHECK(hear(nothing, k_until_closed).empty());
    // Who waits for us is not silent.
    pollfd closed{waiting.get(), POLLIN, 0};
    CHECK(poll(&closed, 1, 1500) == 0);
}

TEST_CASE("two hundred connections are served up to the limit and the others are told") {
    const ControlDaemon daemon("crowd", k_rights);
    std::vector<UniqueFd> crowd;
    std::size_t served = 0, told = 0;
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(raw_client("crowd"));
        const std::string call = encode_call(OpenCall{{"7012"}}, Delivery::single);
        (void)send(crowd.back().get(), call.data(), call.size(), MSG_NOSIGNAL);
        const std::string answer = hear(crowd.back(), 1);
        served += has(answer, "serving") ? 1 : 0;
        told += has(answer, "too many connections") ? 1 : 0;
    }
    CHECK(served == Limits{}.changers);
    CHECK(told == 200 - Limits{}.changers);
    crowd.clear();
    CHECK(outcome("crowd", StatusCall{}) == "reply");
}

TEST_CASE("two hundred connections of one user keep nobody above him out") {
    const ControlDaemon daemon("siege", k_rights);
    const User stranger{k_stranger, k_stranger, {}};
    const User reader{k_reader, k_reader, {}};
    const auto look = [] { return outcome("siege", StatusCall{}); };
    const Crowd strangers("siege", stranger);
    CHECK(as_user(stranger, look) == "refused");
    CHECK(as_user(reader, look) == "reply");
    const Crowd readers("siege", reader);
    CHECK(as_user(reader, look) == "refused");
    CHECK(look() == "reply");
}

TEST_CASE("recyclerctl exits as the contract says") {
    const ControlDaemon daemon("shop", k_rights);
    const auto run = [](const std::vector<std::string>& words) { return end_of(start_ctl(words)); };
    const Ended status = run({"--json", "status", "7012"});
    CHECK(status.code == 0);
    const auto snapshot = snapshot_from_json(status.out);
    REQUIRE(snapshot);
    CHECK(snapshot->app == "shop");
    CHECK(has(run({"status"}).out, "shop: 0 of 1 slots serving, 1 empty"));
    CHECK(run({"drain", "7099"}).code == 1);
    CHECK(run({"drain", "7097"}).err == "recyclerctl: 7097 is the last open gate of the app\n");
    CHECK(run({"drain"}).code == 2);
    const Ended none = run({"--app", "nowhere", "status"});
    CHECK(none.code == 3);
    CHECK(none.err == "recyclerctl: no app \"nowhere\" runs here; these do: shop\n");
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
    CHECK(ended.err == "recyclerctl: interrupted; the drain stands, nothing was undone (put back "
                       "with: recyclerctl --app shop open 7012)\n");
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

int main(int argc, char** argv) {
    if (geteuid() != 0) {
        std::puts("skipped: needs root, to be several users");
        return 77;
    }
    std::string folder = std::filesystem::temp_directory_path() / "recycler-control-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr || chmod(folder.c_str(), 0755) != 0 ||
        setenv("RECYCLER_RUNTIME_DIR", folder.c_str(), 1) != 0) {
        std::perror("make a runtime folder");
        return 1;
    }
    const int result = doctest::Context(argc, argv).run();
    std::filesystem::remove_all(folder);
    return result;
}
