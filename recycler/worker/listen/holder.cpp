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
constexpr const char* k_change = "change `listen` in the policy";

std::string described(pid_t pid) {
    return name_of_process(pid) + " (pid " + std::to_string(pid) + ")";
}

bool holds_one_of(pid_t pid, const std::vector<SocketInode>& wanted) {
    const auto held = sockets_of(pid);
    return held && std::find_first_of(held->begin(), held->end(), wanted.begin(), wanted.end()) !=
                       held->end();
}

std::string holder_of(const std::vector<SocketInode>& sockets) {
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
    while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
        const auto pid = text::number_at_front<pid_t>(entry->d_name);
        if (pid && holds_one_of(*pid, sockets)) {
            return described(*pid);
        }
    }
    return k_unseen;
}

// Whatever address of ours they are from: one of all addresses is in the way of each.
std::vector<SocketInode> connections_from(SocketDiag& diag, std::uint16_t port) {
    std::vector<SocketInode> inodes;
    for (const int family : {AF_INET, AF_INET6}) {
        const auto sockets = diag.connections_on({.family = family, .port = port, .host = {}});
        for (const PortSocket& socket : sockets ? *sockets : std::vector<PortSocket>()) {
            inodes.push_back(socket.inode);
        }
    }
    return inodes;
}

// What to do about a connection that came by its port by itself.
std::string handed_out(std::uint16_t port) {
    unsigned first = 0;
    unsigned last = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first >> last;
    if (port < first || port > last) {
        return std::string(": end it, or ") + k_change;
    }
    return "; the kernel gives outgoing connections the ports " + std::to_string(first) + " to " +
           std::to_string(last) + ": " + k_change +
           " to ports outside of these; or end that connection, and add the ports to "
           "net.ipv4.ip_local_reserved_ports by sysctl, so that no other connection gets them";
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

std::string who_uses_port(int family, std::uint16_t port) {
    auto diag = SocketDiag::open();
    const auto listeners = diag ? diag->listeners_on(family, port) : diag.error();
    if (listeners && !listeners->empty()) {
        return "held by " + holder_of(*listeners) + ": end it, or " + k_change;
    }
    const std::vector<SocketInode> connections =
        diag ? connections_from(*diag, port) : std::vector<SocketInode>();
    return connections.empty() ? std::string("held by ") + k_unseen + ": end it, or " + k_change
                               : holder_of(connections) + " has a connection that uses this port" +
                                     handed_out(port);
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
