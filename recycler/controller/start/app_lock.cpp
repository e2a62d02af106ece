// SPDX-License-Identifier: MIT
#include "recycler/controller/start/app_lock.hpp"

#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

namespace recycler::controller {

namespace {

// A controller whose keeper was killed ends what is left of the workers within this, usually.
constexpr std::chrono::seconds k_patience{2};
constexpr int k_pause = 20; // milliseconds; flock(2) itself cannot wait for a time

Result<void> lock_within(int fd, std::chrono::steady_clock::duration patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() >= deadline) {
            return Error{errno, "lock"};
        }
        (void)::poll(nullptr, 0, k_pause);
    }
    return {};
}

} // namespace

Result<UniqueFd> lock_app(const std::string& folder, const std::string& app) {
    constexpr const char* k_elsewhere = " (RECYCLER_RUNTIME_DIR names another place)";
    const auto made = worker::open_folder(folder, worker::Missing::made);
    if (!made) {
        return Error{made.error().code, made.error().context + k_elsewhere};
    }
    if (auto ours = worker::trust_folder(folder); !ours) {
        return std::move(ours).error();
    }
    const std::string path = folder + "/lock";
    UniqueFd lock(::openat(made->get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) {
        return Error{errno, "open " + path + k_elsewhere};
    }
    if (auto locked = lock_within(lock.get(), k_patience); !locked) {
        if (locked.error().code == EWOULDBLOCK) {
            return Error{0, "a recyclerd for the app \"" + app +
                                "\" is already running: see `recyclerctl --app " + app +
                                " status`, or stop it with `recyclerctl --app " + app + " stop`"};
        }
        return std::move(locked).error().within(path);
    }
    return lock;
}

} // namespace recycler::controller
