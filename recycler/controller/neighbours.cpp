#include "recycler/controller/neighbours.hpp"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

namespace fs = std::filesystem;

// By the permission bits alone, as the kernel would for this user.
bool may(const struct stat& file, const worker::Account& account, mode_t bit) {
    if (account.uid == 0) {
        return true;
    }
    if (file.st_uid == account.uid) {
        return (file.st_mode & (bit << 6)) != 0;
    }
    const bool member = file.st_gid == account.gid ||
                        std::find(account.groups.begin(), account.groups.end(), file.st_gid) !=
                            account.groups.end();
    return (file.st_mode & (member ? bit << 3 : bit)) != 0;
}

bool reachable(const fs::path& path, const worker::Account& account) {
    struct stat file {};
    for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
        if (::stat(folder.c_str(), &file) != 0 || !may(file, account, S_IXOTH)) {
            return false;
        }
        if (folder == folder.root_path()) {
            break;
        }
    }
    return ::stat(path.c_str(), &file) == 0 && may(file, account, S_IROTH);
}

// A library cannot be mapped from a file system mounted noexec, as /run often is.
bool can_execute_from(const std::string& folder) {
    struct statvfs mounted {};
    return ::statvfs(folder.c_str(), &mounted) == 0 && (mounted.f_flag & ST_NOEXEC) == 0;
}

} // namespace

Recorder find_recorder(const worker::Account& account, const std::string& runtime_folder) {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path real = fs::canonical(here / "recycler-recorder.so", error);
    if (error) {
        return {{},
                "recycler-recorder.so was not found beside " +
                    (here / "recycler-controller").string() +
                    ", so requests are not counted and workers cannot be parked"};
    }
    if (reachable(real, account)) {
        return {real.string(), {}};
    }
    for (const std::string& folder :
         {runtime_folder, std::string("/var/lib/recycler"), std::string("/tmp")}) {
        const fs::path copy =
            fs::path(folder) / ("recycler-recorder-" + std::to_string(::getuid()) + ".so");
        if (!can_execute_from(folder)) {
            continue;
        }
        fs::remove(copy, error); // never written through: a worker may have the old one mapped, a
                                 // stranger may own it
        if (fs::copy_file(real, copy, error) && reachable(copy, account)) {
            return {copy.string(), {}};
        }
    }
    return {{},
            "the user " + account.name + " cannot reach " + real.string() +
                ", so requests are not counted and workers cannot be parked; install Recycler "
                "where everybody may read"};
}

} // namespace recycler::controller
