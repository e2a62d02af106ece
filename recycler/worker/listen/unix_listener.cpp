// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/unix_listener.hpp"

#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/listen/unix_names.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace recycler::worker {
namespace {

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un local{};
    if (path.size() >= sizeof local.sun_path) {
        return Error{ENAMETOOLONG, "use the socket path " + path};
    }
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, path.size());
    return local;
}

// Makes an own name free. A link is nobody's but that of a worker that means no good.
Result<void> clear(int folder, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    struct stat status {};
    const bool link = ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(status.st_mode);
    if (auto unused = link ? Result<void>() : require_unused(folder, path); !unused) {
        return unused;
    }
    (void)::unlinkat(folder, name.c_str(), 0); // what stays behind shows as bind()'s EADDRINUSE
    return {};
}

// Own names of listeners of the path whose entry is `shown`, at which sockets or links stand. None
// where the folder cannot be read: it cannot be bound in either, which says so better.
std::vector<std::string> own_names(const Entry& shown) {
    const int listed = ::openat(shown.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> names(listed < 0 ? nullptr : ::fdopendir(listed),
                                                    ::closedir);
    std::vector<std::string> found;
    while (const dirent* each = names ? ::readdir(names.get()) : nullptr) {
        struct stat status {};
        if (is_own_name(each->d_name, shown.name) &&
            ::fstatat(shown.folder.get(), each->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            (S_ISSOCK(status.st_mode) || S_ISLNK(status.st_mode))) {
            found.emplace_back(each->d_name);
        }
    }
    return found;
}

// A gate that is closed has no PATH, and a daemon that was killed leaves its names.
Result<void> clear_own_names(const Entry& shown, const std::string& path) {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    for (const std::string& name : own_names(shown)) {
        if (auto cleared = clear(shown.folder.get(), folder + name); !cleared) {
            return cleared;
        }
    }
    return {};
}

bool nobody_listens(SocketDiag& diag, int folder, const std::string& name) {
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISSOCK(status.st_mode)) {
        return false;
    }
    const auto listeners = diag.unix_listeners_of(static_cast<std::uint32_t>(status.st_ino));
    return listeners && listeners->empty();
}

// Bound by its whole path, because that is the name by which others know it (ss(8), unix_diag):
// where the path leads by then is looked at afterwards, before anything is given away.
Result<UniqueFd> bound_at(const std::string& own) {
    const auto address = unix_address(own);
    if (!address) {
        return address.error();
    }
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return Error{errno, "open a unix socket"};
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        return Error{errno, "bind " + own};
    }
    return socket;
}

} // namespace

Result<UniqueFd> open_unix(const ListenSpec& spec) {
    const std::string& path = std::get<policies::UnixAddress>(spec.address).path;
    const std::string own = path + "." + std::to_string(spec.serial);
    const auto entry = entry_of(own, Missing::refused);
    if (!entry) {
        return entry.error();
    }
    if (auto cleared = clear(entry->folder.get(), own); !cleared) {
        return std::move(cleared).error();
    }
    auto socket = bound_at(own);
    if (!socket) {
        return socket;
    }
    const auto names = UnixNames::of(path, socket->get());
    if (!names) {
        return names.error();
    }
    auto given = names->give(spec);
    if (given && ::listen(socket->get(), spec.backlog) != 0) {
        given = Error{errno, "listen on " + own};
    }
    if (!given) {
        (void)names->remove();
        return std::move(given).error();
    }
    return socket;
}

Result<UniqueFd> open_first_unix(const ListenSpec& spec) {
    const std::string& path = std::get<policies::UnixAddress>(spec.address).path;
    const auto entry = entry_of(path, Missing::refused);
    if (!entry) {
        return entry.error();
    }
    if (auto unused = require_unused(entry->folder.get(), path); !unused) {
        return std::move(unused).error();
    }
    if (auto cleared = clear_own_names(*entry, path); !cleared) {
        return std::move(cleared).error();
    }
    auto socket = open_unix(spec);
    if (!socket) {
        return socket;
    }
    if (auto shown = show(spec.address, socket->get()); !shown) {
        (void)remove_names(spec.address, socket->get()); // the first failure is the one to tell
        return std::move(shown).error();
    }
    return socket;
}

void remove_stale_unix(const std::string& path) {
    const auto shown = entry_of(path, Missing::refused);
    auto diag = SocketDiag::open();
    if (!shown || !diag) {
        return;
    }
    for (const std::string& name : own_names(*shown)) {
        // The third name of show() is nobody's outside of it, though it may lead to a listener.
        if (name.ends_with('~') || nobody_listens(*diag, shown->folder.get(), name)) {
            (void)::unlinkat(shown->folder.get(), name.c_str(), 0);
        }
    }
}

} // namespace recycler::worker
