// SPDX-License-Identifier: MIT
#include "clients.hpp"

#include "recycler/control/client.hpp"
#include "recycler/control/socket.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::control;

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
        case Trouble::silent:
            return "silent";
        }
    }
    return "reply";
}

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
        const ssize_t size = read(socket.get(), chunk.data(), chunk.size());
        if (size <= 0) {
            return all;
        }
        all.append(chunk.data(), static_cast<std::size_t>(size));
    }
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Crowd::Crowd(const std::string& app, const User& user) {
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

Crowd::~Crowd() {
    held_.reset();
    (void)waitpid(pid_, nullptr, 0);
}
