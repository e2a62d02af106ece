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

} // namespace

std::string with_remedy(const Error& error) {
    const std::string_view remedy = remedy_for(error.code);
    return remedy.empty() ? error.message() : error.message() + " (" + std::string(remedy) + ")";
}

} // namespace recycler::controller
