// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/holder.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/request/page.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <dirent.h>
#include <fstream>
#include <memory>
#include <sys/socket.h>

namespace recycler::worker {
namespace {

constexpr const char* k_unseen = "another process";

std::string described(pid_t pid) {
    return name_of_process(pid) + " (pid " + std::to_string(pid) + ")";
}

bool holds_one_of(pid_t pid, const std::vector<SocketInode>& wanted) {
    const auto held = sockets_of(pid);
    return held && std::find_first_of(held->begin(), held->end(), wanted.begin(), wanted.end()) !=
                       held->end();
}

} // namespace

std::string name_of_process(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    std::getline(file, name);
    // Anybody may name a process, and this is shown on a terminal.
    name = text::percent_escaped(name);
    return name.empty() ? "a process" : name;
}

std::string holder_of_port(int family, std::uint16_t port) {
    auto diag = SocketDiag::open();
    const auto listeners = diag ? diag->listeners_on(family, port) : diag.error();
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
    if (!listeners || listeners->empty() || !processes) {
        return k_unseen;
    }
    while (const dirent* entry = ::readdir(processes.get())) {
        const auto pid = text::number_at_front<pid_t>(entry->d_name);
        if (pid && holds_one_of(*pid, *listeners)) {
            return described(*pid);
        }
    }
    return k_unseen;
}

std::string holder_of_peer(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) {
        return k_unseen;
    }
    return described(peer.pid);
}

} // namespace recycler::worker
