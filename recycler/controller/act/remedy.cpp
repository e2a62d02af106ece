// SPDX-License-Identifier: MIT
#include "recycler/controller/act/remedy.hpp"

#include <cerrno>
#include <string_view>

namespace recycler::controller {

namespace {

std::string_view remedy_for(int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "make room in the file system of that folder: df and df -i show what is left";
    case EROFS:
        return "mount that folder writable";
    case EACCES:
        return "give the daemon the right to write in that folder";
    case EMFILE:
        return "allow more open files: LimitNOFILE= in the unit, or ulimit -n";
    case ENFILE:
        return "the whole machine is out of open files: raise fs.file-max, or find out who holds "
               "them";
    case ENOMEM:
    case ENOBUFS:
        return "the kernel has no memory left for it";
    case EPERM:
        return "the worker has locked it, for instance with SO_LOCK_FILTER, or the daemon lacks a "
               "right";
    default:
        return {};
    }
}

// As worker::open_folder() says it.
constexpr std::string_view k_folder = "open the folder ";

// What is in /run is gone after a boot.
std::string remedy_for_missing(std::string_view folder) {
    while (folder.size() > 1 && folder.ends_with('/')) {
        folder.remove_suffix(1);
    }
    const std::string path(folder);
    std::string make = "make it: mkdir -p " + path;
    constexpr std::string_view k_run = "/run/";
    if (!folder.starts_with(k_run)) {
        return make;
    }
    return make + "; and to have it made at each boot, write RuntimeDirectory=" +
           path.substr(k_run.size()) + " into the unit, or \"d " + path +
           " 0755 root root\" into a file of /etc/tmpfiles.d";
}

} // namespace

std::string with_remedy(const Error& error) {
    if (error.code == ENOENT && error.context.starts_with(k_folder)) {
        return error.message() + " (" +
               remedy_for_missing(std::string_view(error.context).substr(k_folder.size())) + ")";
    }
    const std::string_view remedy = remedy_for(error.code);
    return remedy.empty() ? error.message() : error.message() + " (" + std::string(remedy) + ")";
}

} // namespace recycler::controller
