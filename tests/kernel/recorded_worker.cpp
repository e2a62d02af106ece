// SPDX-License-Identifier: MIT
#include "tests/kernel/recorded_worker.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace recycler::testing {
namespace {

using Steady = std::chrono::steady_clock;
constexpr auto k_patience = std::chrono::seconds{10};

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    out.reserve(strings.size() + 1);
    for (std::string& string : strings) {
        out.push_back(string.data());
    }
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> environment_of(const WorkerCommand& command, int page) {
    std::map<std::string, std::string> variables{{"PATH", "/usr/bin:/bin"},
                                                 {"LD_PRELOAD", RECORDER_PATH},
                                                 {"RECYCLER_PAGE", std::to_string(page)}};
    for (const auto& [name, value] : command.environment) {
        variables[name] = value;
    }
    std::vector<std::string> out;
    out.reserve(variables.size());
    for (const auto& [name, value] : variables) {
        out.emplace_back(name).append("=").append(value);
    }
    return out;
}

struct Program {
    std::vector<char*> argv;
    std::vector<char*> environment;
};

[[noreturn]] void become(const Program& program, int listener, int page) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR);
    if (dup2(listener, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
        fcntl(page, F_SETFD, 0) == 0) {
        execvpe(program.argv[0], program.argv.data(), program.environment.data());
    }
    _exit(127);
}

recorder::PageFile new_page() {
    auto page = recorder::PageFile::create();
    REQUIRE_MESSAGE(page, (page ? "" : page.error().message()));
    return *std::move(page);
}

} // namespace

Listener Listener::open() {
    Listener listener{UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(listen(listener.fd.get(), 128) == 0);
    REQUIRE(getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    listener.port = ntohs(address.sin_port);
    return listener;
}

Listener Listener::open_unix(const std::string& path) {
    Listener listener{UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener.fd.get(), 128) == 0);
    return listener;
}

WorkerCommand worker_program(const std::string& name) {
    return {.name = name, .argv = {WORKERS_PATH "/" + name}, .environment = {}, .params = {}};
}

WorkerCommand c_worker() {
    return worker_program("app");
}

WorkerCommand loop_worker() {
    return worker_program("loop");
}

WorkerCommand threaded_worker() {
    return {.name = "app with 4 threads",
            .argv = {WORKERS_PATH "/app", "--threads", "4"},
            .environment = {},
            .params = {}};
}

// The threads that wait for their turn are not in accept(): a mutex holds them.
WorkerCommand turn_taking_worker() {
    WorkerCommand command = threaded_worker();
    command.name += " that take turns";
    command.argv.emplace_back("--turns");
    return command;
}

WorkerCommand perl_worker() {
    return worker_program("app.pl");
}

WorkerCommand ruby_worker() {
    return worker_program("app.rb");
}

WorkerCommand node_worker() {
    WorkerCommand command = worker_program("app.js");
    command.environment["NODE_PATH"] =
        "/usr/share/nodejs"; // a Node.js from elsewhere looks there, too
    return command;
}

WorkerCommand php_worker() {
    return {.name = "php-cgi",
            .argv = {"php-cgi"},
            .environment = {},
            .params = {{"SCRIPT_FILENAME", WORKERS_PATH "/app.php"}}};
}

WorkerCommand php_worker_with_children() {
    WorkerCommand command = php_worker();
    command.name = "php-cgi with 3 children";
    command.environment["PHP_FCGI_CHILDREN"] = "3";
    return command;
}

RecordedWorker::RecordedWorker(const Listener& listener, const WorkerCommand& command)
    : RecordedWorker(listener, command, new_page()) {}

RecordedWorker::RecordedWorker(const Listener& listener, const WorkerCommand& command,
                               recorder::PageFile page)
    : page_(std::move(page)) {
    std::vector<std::string> argv = command.argv;
    std::vector<std::string> environment = environment_of(command, page_.fd());
    const Program program{pointers(argv), pointers(environment)};
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        become(program, listener.fd.get(), page_.fd());
    }
    setpgid(pid_, pid_); // as the child does: whoever comes first
}

RecordedWorker::~RecordedWorker() {
    kill_all();
}

request::PageReading RecordedWorker::read() const {
    auto reading = request::read_page(page_.bytes());
    REQUIRE(reading);
    return *reading;
}

request::Activity RecordedWorker::activity() const {
    const request::PageReading reading = read();
    std::vector<std::int32_t> living;
    for (const request::Process& process : reading.processes) {
        if (::kill(process.pid, 0) == 0) {
            living.push_back(process.pid);
        }
    }
    return request::activity_of(reading, living);
}

bool RecordedWorker::eventually(const std::function<bool(const RecordedWorker&)>& holds) const {
    const auto until = Steady::now() + k_patience;
    while (!holds(*this)) {
        if (Steady::now() > until) {
            return false;
        }
        ::poll(nullptr, 0, 1);
    }
    return true;
}

bool RecordedWorker::becomes_idle() const {
    return eventually([](const RecordedWorker& worker) {
        const request::Activity now = worker.activity();
        return now.open == 0 && now.in_flight == 0;
    });
}

bool RecordedWorker::becomes_ready(std::uint32_t threads) const {
    return eventually([&](const RecordedWorker& worker) {
        const request::Activity now = worker.activity();
        return now.accepting == threads && now.open == 0;
    });
}

bool RecordedWorker::becomes_parked(std::uint32_t processes) const {
    return eventually([&](const RecordedWorker& worker) {
        const request::Activity now = worker.activity();
        return now.parked == processes && now.processes == processes;
    });
}

void RecordedWorker::signal(int number) const {
    REQUIRE(::kill(pid_, number) == 0);
}

int RecordedWorker::wait() {
    const UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(k_patience);
    CHECK(::poll(&ended, 1, static_cast<int>(patience.count())) == 1);
    ::kill(-pid_, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    return status;
}

void RecordedWorker::kill_all() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

} // namespace recycler::testing
