// SPDX-License-Identifier: MIT
// What a thread that sleeps in a system call waits for: its arguments, looked up in /proc and in
// the memory of the process. Reads only; what cannot be read is left out. Draws no conclusions.
#pragma once

#include "policies/policy.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

enum class WaitedKind { listener, socket, pipe, file, process, other, client, time };
enum class Awaited { either, input, output }; // of a descriptor

struct WaitedFor {
    WaitedKind kind = WaitedKind::other;
    int fd = -1; // -1: it is no descriptor
    // A connection: its other end, "127.0.0.1:5432" or "/run/mysqld.sock"; a file: its path; a
    // process: "pid 4711 (convert)". Empty: not known.
    std::string name;
    std::string own_end{}; // of a connection, likewise
    Awaited awaited = Awaited::either;
};

// Whether a connection with this end at the worker came in at its slot's address: no other has the
// port, or the file, of a listener as its own end.
[[nodiscard]] bool came_in_at(const policies::Address& address, std::string_view own_end);

// The tables of connections that one look needs, each read once however many threads ask for it.
class LookTables {
  public:
    explicit LookTables(LookTime time) : time_(time) {}
    [[nodiscard]] const LookTime& time() const { return time_; }
    // Of /proc/PID/net; empty when it could not be read in time.
    [[nodiscard]] const std::string& text(pid_t process, const char* table);
    // Of a TCP socket of the process. nullopt: it is none, or there was no time to find it.
    [[nodiscard]] std::optional<TcpEnds> tcp_ends(pid_t process, SocketInode socket);

  private:
    LookTime time_;
    std::map<std::string, std::string> texts_;
};

// PURE. The name under which the unix socket with this inode is bound, or its listener, in the text
// of /proc/PID/net/unix. Empty: none.
[[nodiscard]] std::string unix_name_in(std::string_view table, SocketInode inode);

// "read", "fcntl(F_SETLKW)".
[[nodiscard]] std::string call_name(const InSyscall& call);
// Of poll(), select() and epoll_wait() the first few of what they wait for.
[[nodiscard]] std::vector<WaitedFor> waited_for(pid_t process, const InSyscall& call,
                                                LookTables& tables);

} // namespace recycler::worker
