#include "recycler/worker/gate.hpp"

#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listener.hpp"
#include "recycler/worker/unix_listener.hpp"

#include <cerrno>
#include <cstdio>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

Result<void> bind_to_interface(int listener, int index) {
    if (::setsockopt(listener, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) != 0) {
        return Error{errno, "set SO_BINDTOIFINDEX"};
    }
    return {};
}

// Are both names links to one file? A name that is not there is no link to anything.
Result<bool> same_file(const std::string& one, const std::string& other) {
    struct stat first {};
    struct stat second {};
    if (::lstat(one.c_str(), &first) != 0 || ::lstat(other.c_str(), &second) != 0) {
        return errno == ENOENT ? Result<bool>(false) : Result<bool>(Error{errno, "stat " + one});
    }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// A listener of ours has a name of its own beside PATH; what has only that one is somebody else's.
Result<void> require_no_stranger(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && status.st_nlink > 1) {
        return {};
    }
    return require_unused(path);
}

Result<void> hide_path(const std::string& path, int listener) {
    const auto own = bound_name(listener);
    if (!own) {
        return own.error();
    }
    const auto ours = same_file(path, own->path);
    if (!ours) {
        return ours.error();
    }
    if (*ours && ::unlink(path.c_str()) != 0) {
        return Error{errno, "unlink " + path};
    }
    return {};
}

Result<void> show_path(const std::string& path, int listener) {
    const auto own = bound_name(listener);
    if (!own) {
        return own.error();
    }
    const auto ours = same_file(path, own->path);
    if (!ours || *ours) {
        return ours ? Result<void>() : Result<void>(ours.error());
    }
    if (auto free = require_no_stranger(path); !free) {
        return free;
    }
    // link(2) does not replace, and rename(2) of a name onto another link to the same file does
    // nothing: hence a third name for an instant. One left over from a crash is ours.
    const std::string passing = own->path + "~";
    (void)::unlink(passing.c_str());
    if (::link(own->path.c_str(), passing.c_str()) != 0) {
        return Error{errno, "link " + own->path + " to " + passing};
    }
    if (::rename(passing.c_str(), path.c_str()) != 0) {
        const int code = errno;
        (void)::unlink(passing.c_str());
        return Error{code, "rename " + passing + " to " + path};
    }
    return {};
}

} // namespace

Result<void> hide(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        return hide_path(local->path, listener);
    }
    auto hidden = bind_to_interface(listener, k_no_such_interface);
    return hidden ? hidden
                  : std::move(hidden).error().within("close the gate of " + to_string(address));
}

Result<void> show(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        return show_path(local->path, listener);
    }
    auto shown = bind_to_interface(listener, 0);
    return shown ? shown
                 : std::move(shown).error().within("open the gate of " + to_string(address));
}

Result<bool> is_hidden(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        const auto own = bound_name(listener);
        if (!own) {
            return own.error();
        }
        const auto ours = same_file(local->path, own->path);
        return ours ? Result<bool>(!*ours) : ours;
    }
    int index = 0;
    socklen_t size = sizeof index;
    if (::getsockopt(listener, SOL_SOCKET, SO_BINDTOIFINDEX, &index, &size) != 0) {
        return Error{errno, "get SO_BINDTOIFINDEX of " + to_string(address)};
    }
    return index != 0;
}

Result<void> probe_show() {
    const UniqueFd scratch(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!scratch ||
        ::bind(scratch.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
        ::listen(scratch.get(), 1) != 0) {
        return Error{errno, "open a scratch listener on 127.0.0.1 to try the gate"};
    }
    if (auto hidden = bind_to_interface(scratch.get(), k_no_such_interface); !hidden) {
        return std::move(hidden).error().within("this kernel cannot close the gate of a TCP port");
    }
    if (auto shown = bind_to_interface(scratch.get(), 0); !shown) {
        return std::move(shown).error().within(
            "the gate of a TCP port could not be opened again (CAP_NET_RAW is missing), so drain "
            "and the handover `close` are refused; overlap and queue work");
    }
    return {};
}

} // namespace recycler::worker
