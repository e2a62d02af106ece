// SPDX-License-Identifier: MIT
#include "recycler/control/socket.hpp"

#include "recycler/base/own_process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace recycler::control {

namespace {

// A socket address for `path`. A path too long for one is reached through the folder's descriptor
// in /proc.
struct Address {
    sockaddr_un name{};
    UniqueFd folder; // must stay open while `name` is used
};

Result<Address> address_of(const std::string& path) {
    Address address;
    address.name.sun_family = AF_UNIX;
    std::string reached = path;
    if (path.size() >= sizeof address.name.sun_path) {
        const std::size_t slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
        address.folder.reset(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!address.folder) {
            return Error{errno, "open " + folder};
        }
        reached = own_process("fd/" + std::to_string(address.folder.get())) + "/" +
                  path.substr(slash == std::string::npos ? 0 : slash + 1);
    }
    if (reached.size() >= sizeof address.name.sun_path) {
        return Error{ENAMETOOLONG, "name the socket " + path};
    }
    std::memcpy(address.name.sun_path, reached.c_str(), reached.size() + 1);
    return address;
}

const sockaddr* generic(const sockaddr_un& name) {
    return reinterpret_cast<const sockaddr*>(&name);
}

// How many clients may wait to be accepted; the kernel refuses the others with EAGAIN.
constexpr int k_backlog = 128;

} // namespace

std::string runtime_folder() {
    const char* replaced = std::getenv("RECYCLER_RUNTIME_DIR");
    return replaced != nullptr && *replaced != '\0' ? replaced : "/run/recycler";
}

std::string control_path(const std::string& app) {
    return runtime_folder() + "/" + app + "/control";
}

Result<UniqueFd> listen_at(const std::string& path) {
    Result<Address> address = address_of(path);
    if (!address) {
        return std::move(address).error();
    }
    UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!listener) {
        return Error{errno, "create the control socket"};
    }
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return Error{errno, "remove the old control socket " + path};
    }
    if (fchmod(listener.get(), 0666) != 0) { // bind() gives it to the file
        return Error{errno, "set the mode of the control socket " + path};
    }
    const mode_t ours = umask(0);
    const int bound = bind(listener.get(), generic(address->name), sizeof address->name);
    const int code = errno;
    (void)umask(ours);
    if (bound != 0) {
        return Error{code, "bind the control socket " + path};
    }
    if (listen(listener.get(), k_backlog) != 0) {
        return Error{errno, "listen on the control socket " + path};
    }
    return listener;
}

Result<UniqueFd> connect_to(const std::string& path) {
    Result<Address> address = address_of(path);
    if (!address) {
        return std::move(address).error();
    }
    UniqueFd connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!connected) {
        return Error{errno, "create a socket"};
    }
    if (connect(connected.get(), generic(address->name), sizeof address->name) != 0) {
        return Error{errno, "connect to " + path};
    }
    return connected;
}

std::vector<std::string> running_apps() {
    const std::string folder = runtime_folder();
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder.c_str()), closedir);
    std::vector<std::string> apps;
    if (!entries) {
        return apps; // no folder: nothing has ever run
    }
    while (const dirent* entry = readdir(entries.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != ".." && connect_to(control_path(name))) {
            apps.push_back(name);
        }
    }
    std::ranges::sort(apps);
    return apps;
}

} // namespace recycler::control
