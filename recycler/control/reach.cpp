// SPDX-License-Identifier: MIT
#include "recycler/control/reach.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/control/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::control {

namespace {

using Clock = std::chrono::steady_clock;

// Nothing announces a place in a queue.
constexpr std::chrono::milliseconds k_next_try{50};

// EAGAIN: its queue is full.
Result<UniqueFd> try_once(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    // Through the folder's descriptor, so that no path is too long for an address.
    const UniqueFd at(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at) {
        return Error{errno, "open " + folder};
    }
    const std::string reached = own_process("fd/" + std::to_string(at.get())) + "/" +
                                path.substr(slash == std::string::npos ? 0 : slash + 1);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (reached.size() >= sizeof name.sun_path) {
        return Error{ENAMETOOLONG, "name the socket " + path};
    }
    std::memcpy(name.sun_path, reached.c_str(), reached.size() + 1);
    UniqueFd connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!connected) {
        return Error{errno, "create a socket"};
    }
    if (connect(connected.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
        return Error{errno, "connect to " + path};
    }
    return connected;
}

} // namespace

Result<UniqueFd> reach(const std::string& path, int interrupt, Duration patience) {
    const auto give_up = Clock::now() + patience;
    for (;;) {
        Result<UniqueFd> connected = try_once(path);
        if (connected || connected.error().code != EAGAIN) {
            return connected;
        }
        if (Clock::now() >= give_up) {
            return Error{ETIMEDOUT, "connect to " + path};
        }
        pollfd interrupted{interrupt, POLLIN, 0}; // poll(2) passes over a descriptor of -1
        if (poll(&interrupted, 1, static_cast<int>(k_next_try.count())) > 0) {
            return Error{ECANCELED, "connect to " + path};
        }
    }
}

std::vector<std::string> listening_apps() {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(runtime_folder().c_str()), closedir);
    std::vector<std::string> apps;
    while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") {
            continue;
        }
        if (const auto there = try_once(control_path(name));
            there || there.error().code == EAGAIN) {
            apps.push_back(name);
        }
    }
    std::ranges::sort(apps);
    return apps;
}

} // namespace recycler::control
