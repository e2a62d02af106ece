#include "recycler/worker/unix_listener.hpp"

#include "recycler/worker/gate.hpp"
#include "recycler/worker/holder.hpp"

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

// Another name of a listener of `path`: PATH.SERIAL, or what stands for an instant while PATH
// changes hands.
bool is_own_name(std::string_view name, const std::string& file) {
    if (!name.starts_with(file + ".")) {
        return false;
    }
    name.remove_prefix(file.size() + 1);
    if (name.ends_with('~')) {
        name.remove_suffix(1);
    }
    return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

// A gate that is closed has no PATH, and a daemon that was killed leaves its names.
Result<void> clear_own_names(const std::string& path) {
    const std::filesystem::path whole(path);
    std::error_code error;
    for (std::filesystem::directory_iterator each(whole.parent_path(), error), end;
         !error && each != end; each.increment(error)) {
        std::error_code gone;
        const bool socket =
            is_own_name(each->path().filename().native(), whole.filename().native()) &&
            std::filesystem::is_socket(each->symlink_status(gone));
        if (!socket) {
            continue;
        }
        if (auto unused = require_unused(each->path()); !unused) {
            return unused;
        }
        (void)::unlink(each->path().c_str()); // one that stays does no harm
    }
    // A folder that cannot be listed cannot be bound in either, which says so better.
    return {};
}

} // namespace

Result<void> require_unused(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<void>() : Result<void>(Error{errno, "stat " + path});
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{EEXIST, "listen on unix:" + path + ", which is no socket"};
    }
    const auto address = unix_address(path);
    if (!address) {
        return address.error();
    }
    const UniqueFd caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!caller) {
        return Error{errno, "open a unix socket"};
    }
    const int connected =
        ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    if (connected != 0 && (errno == ECONNREFUSED || errno == ENOENT)) {
        return {};
    }
    if (connected == 0 || errno == EAGAIN) {
        return Error{EADDRINUSE, "listen on unix:" + path + " (held by " +
                                     holder_of_peer(caller.get()) +
                                     ": end it, or change `listen` in the policy)"};
    }
    return Error{errno, "find out whether anybody listens on unix:" + path};
}

Result<void> give_to(const std::string& path, const ListenSpec& spec) {
    if (::chmod(path.c_str(), spec.mode) != 0) {
        return Error{errno, "set the mode of " + path};
    }
    if ((spec.uid || spec.gid) && ::chown(path.c_str(), spec.uid.value_or(static_cast<uid_t>(-1)),
                                          spec.gid.value_or(static_cast<gid_t>(-1))) != 0) {
        return Error{errno, "set the owner of " + path};
    }
    return {};
}

Result<UniqueFd> open_unix(const ListenSpec& spec) {
    const std::string own =
        std::get<policies::UnixAddress>(spec.address).path + "." + std::to_string(spec.serial);
    const auto address = unix_address(own);
    if (!address) {
        return address.error();
    }
    if (auto unused = require_unused(own); !unused) {
        return std::move(unused).error();
    }
    (void)::unlink(own.c_str()); // what stays behind shows as bind()'s EADDRINUSE
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return Error{errno, "open a unix socket"};
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        return Error{errno, "bind " + own};
    }
    auto given = give_to(own, spec);
    if (given && ::listen(socket.get(), spec.backlog) != 0) {
        given = Error{errno, "listen on " + own};
    }
    if (!given) {
        (void)::unlink(own.c_str());
        return std::move(given).error();
    }
    return socket;
}

Result<UniqueFd> open_first_unix(const ListenSpec& spec) {
    const std::string& path = std::get<policies::UnixAddress>(spec.address).path;
    if (auto unused = require_unused(path); !unused) {
        return std::move(unused).error();
    }
    if (auto cleared = clear_own_names(path); !cleared) {
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

} // namespace recycler::worker
