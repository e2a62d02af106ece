// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/references.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

// Some lines. The kernel writes as many as fit and looks for one more; behind the last listener it
// looks for that in all of its table of connections, which takes half a millisecond and more. So
// the first lines are read one by one; where there are many listeners, it seldom comes to that.
using Piece = std::array<char, 512>;
constexpr std::size_t k_one_line = 150;
constexpr int k_one_by_one = 64;

struct Listed {
    bool listening = false;
    unsigned long inode = 0;
    std::uint32_t references = 0;
};

// nullopt: the heading.
std::optional<Listed> listed_in(const char* line) {
    unsigned state = 0;
    Listed socket;
    const int read = std::sscanf(line, "%*s %*s %*s %x %*s %*s %*s %*s %*s %lu %u", &state,
                                 &socket.inode, &socket.references);
    socket.listening = state == TCP_LISTEN;
    return read == 3 ? std::optional(socket) : std::nullopt;
}

// The lines of a table, one after another, and no more of it than is asked for.
class Table {
  public:
    explicit Table(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

    // nullopt: that was all, or it cannot be read (errno).
    std::optional<std::string> next() {
        while (text_.find('\n') == std::string::npos) {
            const bool first = reads_++ < k_one_by_one;
            const ssize_t got =
                ::read(file_.get(), piece_.data(), first ? k_one_line : piece_.size());
            if (got <= 0) {
                return std::nullopt;
            }
            text_.append(piece_.data(), static_cast<std::size_t>(got));
        }
        const std::size_t size = text_.find('\n') + 1;
        std::string line = text_.substr(0, size);
        text_.erase(0, size);
        return line;
    }

  private:
    UniqueFd file_;
    Piece piece_{};
    int reads_ = 0;
    std::string text_;
};

} // namespace

Result<std::uint32_t> references_of(int listener) {
    const auto inode = inode_of(listener);
    int family = 0;
    socklen_t size = sizeof family;
    if (!inode || ::getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
        return inode ? Error{errno, "get SO_DOMAIN"} : inode.error();
    }
    Table table(own_process(family == AF_INET6 ? "net/tcp6" : "net/tcp"));
    while (const auto line = table.next()) {
        const auto socket = listed_in(line->c_str());
        if (socket && !socket->listening) {
            break;
        }
        if (socket && socket->inode == *inode) {
            return socket->references;
        }
    }
    return Error{ENOENT, "find a listener in /proc/self/net"};
}

} // namespace recycler::worker
