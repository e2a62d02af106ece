// SPDX-License-Identifier: MIT
#include "recycler/controller/start/program_files.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/worker/listen/folder.hpp"

#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

namespace fs = std::filesystem;

bool reachable(const fs::path& path, const worker::Account& account) {
    struct stat file {};
    for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
        if (::stat(folder.c_str(), &file) != 0 || !worker::may(file, account, S_IXOTH)) {
            return false;
        }
        if (folder == folder.root_path()) {
            break;
        }
    }
    return ::stat(path.c_str(), &file) == 0 && worker::may(file, account, S_IROTH);
}

// A library cannot be mapped from a file system mounted noexec, as /run often is.
bool can_execute_from(const std::string& folder) {
    struct statvfs mounted {};
    return ::statvfs(folder.c_str(), &mounted) == 0 && (mounted.f_flag & ST_NOEXEC) == 0;
}

// Whoever may write there, or may move a folder above it away, could put a program of his own in
// the place of the copy, which is then loaded into every worker.
bool is_ours_alone(const std::string& folder) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    struct stat status {};
    if (error || ::stat(real.c_str(), &status) != 0 || !worker::is_ours_alone(status)) {
        return false;
    }
    for (fs::path above = real; above != real.root_path();) {
        above = above.parent_path();
        if (::stat(above.c_str(), &status) != 0) {
            return false;
        }
        if ((status.st_mode & S_ISVTX) != 0) { // what is ours there stays
            status.st_mode &= ~mode_t{S_IWGRP | S_IWOTH};
        }
        if (!worker::is_ours_alone(status)) {
            return false;
        }
    }
    return true;
}

} // namespace

Recorder find_recorder(const worker::Account& account, const std::string& runtime_folder) {
    std::error_code error;
    const fs::path here = fs::read_symlink(own_process("exe"), error).parent_path();
    const fs::path real = fs::canonical(here / "recycler-recorder.so", error);
    if (error) {
        return {{},
                "recycler-recorder.so was not found beside " +
                    (here / "recycler-controller").string() +
                    ", so Recycler cannot count requests or park workers"};
    }
    if (reachable(real, account)) {
        return {real.string(), {}};
    }
    for (const std::string& folder : {runtime_folder, std::string("/var/lib/recycler")}) {
        const fs::path copy =
            fs::path(folder) / ("recycler-recorder-" + std::to_string(::getuid()) + ".so");
        if (!can_execute_from(folder) || !is_ours_alone(folder)) {
            continue;
        }
        fs::remove(copy, error); // never written through: a worker may have the old one mapped
        if (fs::copy_file(real, copy, error) && reachable(copy, account)) {
            return {copy.string(), {}};
        }
    }
    return {{},
            "the user " + account.name + " cannot reach " + real.string() +
                ", so Recycler cannot count requests or park workers; install Recycler "
                "where everybody may read"};
}

} // namespace recycler::controller
