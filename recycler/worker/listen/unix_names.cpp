// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/unix_names.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/listen/holder.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// What stands at a name; not there, or its folder is not: nothing.
Result<UniqueFd> hold_if_there(int folder, const std::string& path, struct stat& status) {
    if (folder < 0) {
        return UniqueFd();
    }
    auto held = hold(folder, file_name(path));
    if (!held && held.error().code == ENOENT) {
        return UniqueFd();
    }
    if (!held || ::fstat(held->get(), &status) != 0) {
        return Error{held ? errno : held.error().code, "look at " + path};
    }
    return held;
}

Result<std::uint32_t> file_of(int listener) {
    const auto inode = inode_of(listener);
    auto diag = inode ? SocketDiag::open() : Result<SocketDiag>(inode.error());
    return diag ? diag->unix_file(*inode) : Result<std::uint32_t>(std::move(diag).error());
}

bool was_bound_below(const std::string& path, std::uint32_t file) {
    auto diag = SocketDiag::open();
    const auto names = diag ? diag->unix_listeners_of(file) : diag.error();
    return names && std::ranges::any_of(*names, [&](const std::string& name) {
               return name.starts_with(path) && is_own_name(file_name(name), file_name(path));
           });
}

} // namespace

bool is_own_name(std::string_view name, const std::string& file) {
    if (!name.starts_with(file + ".")) {
        return false;
    }
    name.remove_prefix(file.size() + 1);
    if (name.ends_with('~')) {
        name.remove_suffix(1);
    }
    return text::is_all_digits(name);
}

sockaddr_un address_of_held(int held) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_of_held(held).copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

Result<void> require_unused(int folder, const std::string& path) {
    struct stat status {};
    const auto there = hold_if_there(folder, path, status);
    if (!there || !*there) {
        return there ? Result<void>() : Result<void>(there.error());
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{EEXIST, "listen on unix:" + path + ", which is not a socket"};
    }
    const sockaddr_un address = address_of_held(there->get());
    const UniqueFd caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!caller) {
        return Error{errno, "open a unix socket"};
    }
    const int connected =
        ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
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

Result<UnixNames> UnixNames::of(const std::string& path, int listener) {
    auto file = file_of(listener);
    return file ? of(path, listener, *file)
                : Result<UnixNames>(std::move(file).error().within(path));
}

Result<UnixNames> UnixNames::of(const std::string& path, int listener, std::uint32_t file) {
    const auto bound = bound_name(listener);
    if (!bound) {
        return bound.error();
    }
    auto entry = entry_of(path, Missing::refused);
    if (!entry && entry.error().code != ENOENT) {
        return std::move(entry).error();
    }
    UniqueFd folder = entry ? std::move(entry->folder) : UniqueFd();
    return UnixNames(std::move(folder), path, bound->path, file);
}

Result<UniqueFd> UnixNames::held(const std::string& path) const {
    struct stat status {};
    auto there = hold_if_there(folder_.get(), path, status);
    if (!there || !*there) {
        return there;
    }
    const bool ours =
        S_ISSOCK(status.st_mode) && static_cast<std::uint32_t>(status.st_ino) == file_;
    return ours ? std::move(there) : Result<UniqueFd>(UniqueFd());
}

Result<UniqueFd> UnixNames::held_own() const {
    if (!folder_) {
        return Error{ENOENT, "open the folder " + own_.substr(0, own_.rfind('/') + 1)};
    }
    auto own = held(own_);
    if (own && !*own) {
        return Error{0, own_ + " is no longer the listener that was bound there: somebody who may "
                               "write to its folder has removed or replaced it; recycle the slot, "
                               "and let only root write to the folder"};
    }
    return own;
}

Result<bool> UnixNames::has_own() const {
    const auto there = held(own_);
    return there ? Result<bool>(static_cast<bool>(*there)) : Result<bool>(there.error());
}

Result<void> UnixNames::restore_own() const {
    const auto shown = held(path_);
    if (!shown || !*shown) {
        return shown ? Error{ENOENT, path_} : shown.error();
    }
    if (auto free = require_unused(folder_.get(), own_); !free) {
        return free;
    }
    const std::string name = file_name(own_);
    (void)::unlinkat(folder_.get(), name.c_str(), 0);
    if (::linkat(AT_FDCWD, path_of_held(shown->get()).c_str(), folder_.get(), name.c_str(),
                 AT_SYMLINK_FOLLOW) != 0) {
        return Error{errno, "link " + path_ + " to " + own_};
    }
    return {};
}

Result<bool> UnixNames::shown() const {
    const auto there = held(path_);
    return there ? Result<bool>(static_cast<bool>(*there)) : Result<bool>(there.error());
}

// A listener of ours has a name of its own beside PATH, or had one until somebody took it away;
// what has only that one is somebody else's.
Result<void> UnixNames::require_no_stranger() const {
    struct stat status {};
    const auto there = hold_if_there(folder_.get(), path_, status);
    const bool ours =
        there && *there && S_ISSOCK(status.st_mode) &&
        (status.st_nlink > 1 || was_bound_below(path_, static_cast<std::uint32_t>(status.st_ino)));
    return ours ? Result<void>() : require_unused(folder_.get(), path_);
}

Result<void> UnixNames::show() const {
    const auto already = shown();
    if (!already || *already) {
        return already ? Result<void>() : Result<void>(already.error());
    }
    if (auto free = require_no_stranger(); !free) {
        return free;
    }
    const auto own = held_own();
    if (!own) {
        return own.error();
    }
    // link(2) does not replace, and rename(2) of a name onto another link to the same file does
    // nothing: hence a third name for an instant. One left over from a crash is ours.
    const std::string passing = own_ + "~";
    const std::string name = file_name(passing);
    (void)::unlinkat(folder_.get(), name.c_str(), 0);
    if (::linkat(AT_FDCWD, path_of_held(own->get()).c_str(), folder_.get(), name.c_str(),
                 AT_SYMLINK_FOLLOW) != 0) {
        return Error{errno, "link " + own_ + " to " + passing};
    }
    if (::renameat(folder_.get(), name.c_str(), folder_.get(), file_name(path_).c_str()) != 0) {
        const int code = errno;
        (void)::unlinkat(folder_.get(), name.c_str(), 0);
        return Error{code, "rename " + passing + " to " + path_};
    }
    const auto taken = shown(); // the name in between was anybody's who may write there
    if (taken && !*taken) {
        return Error{0, path_ + " does not lead to its listener: somebody who may write to its "
                                "folder has replaced it; let only root write there"};
    }
    return taken ? Result<void>() : Result<void>(taken.error());
}

Result<void> UnixNames::hide() const {
    const auto ours = shown();
    if (!ours) {
        return ours.error();
    }
    if (*ours && ::unlinkat(folder_.get(), file_name(path_).c_str(), 0) != 0 && errno != ENOENT) {
        return Error{errno, "unlink " + path_};
    }
    return {};
}

Result<void> UnixNames::remove() const {
    if (auto hidden = hide(); !hidden) {
        return hidden;
    }
    struct stat status {};
    const auto there = hold_if_there(folder_.get(), own_, status);
    const auto ours = held(own_);
    if (!there || !ours) {
        return there ? ours.error() : there.error();
    }
    const bool link = *there && S_ISLNK(status.st_mode);
    if ((*ours || link) && ::unlinkat(folder_.get(), file_name(own_).c_str(), 0) != 0 &&
        errno != ENOENT) {
        return Error{errno, "unlink " + own_};
    }
    return {};
}

Result<void> UnixNames::give(const ListenSpec& spec) const {
    const auto own = held_own();
    if (!own) {
        return own.error();
    }
    if (::chmod(path_of_held(own->get()).c_str(), spec.mode) != 0) {
        return Error{errno, "set the mode of " + own_};
    }
    if ((spec.uid || spec.gid) &&
        ::fchownat(own->get(), "", spec.uid.value_or(static_cast<uid_t>(-1)),
                   spec.gid.value_or(static_cast<gid_t>(-1)), AT_EMPTY_PATH) != 0) {
        return Error{errno, "set the owner of " + own_};
    }
    return {};
}

} // namespace recycler::worker
