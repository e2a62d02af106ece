// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

constexpr int k_patience_ms = 30'000;
const std::string k_programs =
    PROGRAMS_PATH; // where the build leaves recyclerd and the test controllers

bool is_ready(int fd, int timeout_ms) {
    pollfd question{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&question, 1, timeout_ms) > 0;
}

std::string make_folder() {
    std::string pattern = "/tmp/recycler-keeper-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    fs::permissions(pattern, fs::perms{0755});
    fs::copy_file(k_programs + "/recyclerd", pattern + "/recyclerd");
    return pattern;
}

recycler::UniqueFd listen_at(const std::string& path) {
    recycler::UniqueFd listener{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 64) == 0);
    fs::permissions(path, fs::perms{0777});
    return listener;
}

[[noreturn]] void become_keeper(const std::string& folder, const StageSetup& setup) {
    const std::string program = folder + "/recyclerd";
    if (!setup.log.empty()) {
        const std::string path = folder + "/" + setup.log;
        ::dup2(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
               STDERR_FILENO);
    }
    std::vector<char*> arguments{const_cast<char*>("recyclerd")};
    for (const std::string& argument : setup.arguments) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    for (const std::string& variable : setup.environment) {
        ::putenv(const_cast<char*>(variable.c_str()));
    }
    for (const auto& [resource, most] : setup.limits) {
        const rlimit64 limit{.rlim_cur = most, .rlim_max = most};
        if (::syscall(SYS_prlimit64, 0, resource, &limit, nullptr) < 0) {
            ::_exit(125);
        }
    }
    for (const int capability : setup.withheld) {
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            ::_exit(124);
        }
    }
    if (setup.uid != 0 &&
        (::setgroups(0, nullptr) < 0 || ::setresgid(setup.uid, setup.uid, setup.uid) < 0 ||
         ::setresuid(setup.uid, setup.uid, setup.uid) < 0)) {
        ::_exit(126);
    }
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
}

} // namespace

void Actor::order(const std::string& text) {
    REQUIRE(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
}

void Actor::order_and_wait(const std::string& text) {
    order(text);
    hear("done");
}

std::optional<std::string> Actor::receive(int timeout_ms) {
    if (!is_ready(socket_.get(), timeout_ms)) {
        return std::nullopt;
    }
    std::string text(128 * 1024, '\0');
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
    if (size <= 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string Actor::hear(const std::string& beginning) {
    for (auto line = kept_.begin(); line != kept_.end(); ++line) {
        if (line->starts_with(beginning)) {
            std::string found = line->substr(beginning.size());
            kept_.erase(line);
            return found;
        }
    }
    for (;;) {
        std::optional<std::string> line = receive(k_patience_ms);
        INFO("waiting for: ", beginning);
        REQUIRE(line);
        if (line->starts_with(beginning)) {
            return line->substr(beginning.size());
        }
        kept_.push_back(std::move(*line));
    }
}

bool Actor::has_heard(const std::string& beginning) {
    while (std::optional<std::string> line = receive(0)) {
        kept_.push_back(std::move(*line));
    }
    for (const std::string& line : kept_) {
        if (line.starts_with(beginning)) {
            return true;
        }
    }
    return false;
}

std::string Actor::hear_next() {
    if (!kept_.empty()) {
        std::string first = kept_.front();
        kept_.pop_front();
        return first;
    }
    const std::optional<std::string> line = receive(k_patience_ms);
    REQUIRE(line);
    return *line;
}

Stage::Stage(const StageSetup& setup)
    : folder_(make_folder()), listener_(listen_at(folder_ + "/stage")) {
    install("test_controller");
    StageSetup complete = setup;
    complete.environment.push_back("RECYCLER_STAGE=" + folder_ + "/stage");
    keeper_ = ::fork();
    REQUIRE(keeper_ >= 0);
    if (keeper_ == 0) {
        become_keeper(folder_, complete);
    }
}

Stage::~Stage() {
    if (keeper_ > 0) {
        ::kill(keeper_, SIGKILL);
        ::waitpid(keeper_, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void Stage::install(const std::string& controller) {
    fs::copy_file(k_programs + "/" + controller, folder_ + "/new");
    fs::rename(folder_ + "/new", folder_ + "/recycler-controller");
}

bool Stage::has_next_controller(int timeout_ms) {
    return is_ready(listener_.get(), timeout_ms);
}

Actor Stage::next_controller() {
    REQUIRE(has_next_controller(k_patience_ms));
    recycler::UniqueFd socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    ucred peer{};
    socklen_t size = sizeof peer;
    REQUIRE(::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0);
    return Actor{std::move(socket), peer.pid};
}

int Stage::wait_for_keeper() {
    REQUIRE(is_gone_soon(keeper_));
    int status = 0;
    REQUIRE(::waitpid(keeper_, &status, 0) == keeper_);
    keeper_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool is_gone_soon(pid_t pid) {
    const recycler::UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    return !pidfd || is_ready(pidfd.get(), k_patience_ms);
}

std::string content_of(const std::string& path) {
    std::ifstream file{path};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string status_of(pid_t pid, const std::string& name) {
    std::istringstream lines{content_of("/proc/" + std::to_string(pid) + "/status")};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + ":\t")) {
            return line.substr(name.size() + 2);
        }
    }
    return "";
}

pid_t pid_in(const std::string& line) {
    return static_cast<pid_t>(std::stol(line.substr(line.find(' ') + 1)));
}
