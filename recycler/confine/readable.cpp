// SPDX-License-Identifier: MIT
#include "recycler/confine/readable.hpp"

#include "recycler/base/unique_fd.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

// Those that each kernel with Landlock knows: newer ones only add to what the others forbid.
constexpr std::uint64_t k_each_access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

Result<void> allow(int rules, const std::string& path) {
    const UniqueFd there(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat file {};
    if (!there || ::fstat(there.get(), &file) != 0) {
        return errno == ENOENT ? Result<void>() : Error{errno, "look at " + path};
    }
    const landlock_path_beneath_attr rule{
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
                          (S_ISDIR(file.st_mode) ? LANDLOCK_ACCESS_FS_READ_DIR : 0),
        .parent_fd = there.get()};
    if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) {
        return Error{errno, "keep the right to read " + path};
    }
    return {};
}

} // namespace

Result<void> open_only_to_read(const std::vector<std::string>& paths) {
    const landlock_ruleset_attr handled{.handled_access_fs = k_each_access};
    const UniqueFd rules(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
    if (!rules) {
        return Error{errno, "make a Landlock ruleset"};
    }
    for (const std::string& path : paths) {
        if (auto allowed = allow(rules.get(), path); !allowed) {
            return allowed;
        }
    }
    if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) < 0) {
        return Error{errno, "put a Landlock ruleset into force"};
    }
    return {};
}

} // namespace recycler::confine
