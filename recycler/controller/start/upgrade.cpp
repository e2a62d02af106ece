// SPDX-License-Identifier: MIT
#include "recycler/controller/start/upgrade.hpp"

#include "recycler/base/own_process.hpp"

#include <algorithm>
#include <cstring>
#include <sys/stat.h>

namespace recycler::controller {

namespace {

// The note as it stands beside the deposit. The layout is read by other versions: it only grows.
struct Written {
    ProgramFile wanted;
    keeper::Build left{};
    Asker asker = Asker::call;
};
static_assert(sizeof(Written) <= sizeof(keeper::Aux));

std::optional<ProgramFile> identify(const char* path) {
    struct stat file {};
    if (::stat(path, &file) != 0) {
        return std::nullopt;
    }
    return ProgramFile{.device = file.st_dev,
                       .inode = file.st_ino,
                       .changed = file.st_ctim.tv_sec * 1'000'000'000 + file.st_ctim.tv_nsec};
}

} // namespace

std::optional<ProgramFile> find_newer(const std::string& path) {
    const auto installed = identify(path.c_str());
    return installed && !runs(*installed) ? installed : std::nullopt;
}

bool runs(const ProgramFile& file) {
    const auto own = identify(own_process("exe").c_str());
    return own && own->device == file.device && own->inode == file.inode;
}

Result<void> leave_note(keeper::Link& link, int any_fd, const UpgradeNote& note) {
    Written written{.wanted = note.wanted, .asker = note.asker};
    std::copy_n(note.left.begin(), std::min(note.left.size(), written.left.size() - 1),
                written.left.begin());
    keeper::Aux aux{};
    std::memcpy(aux.data(), &written, sizeof written);
    return link.deposit(k_upgrade_note, any_fd, aux);
}

std::optional<UpgradeNote> take_note(Deposits& deposits) {
    const auto held = deposits.take(k_upgrade_note);
    if (!held) {
        return std::nullopt;
    }
    Written written;
    std::memcpy(&written, held->aux.data(), sizeof written);
    written.left.back() = '\0';
    return UpgradeNote{
        .wanted = written.wanted, .left = written.left.data(), .asker = written.asker};
}

Result<void> drop_note(keeper::Link& link) {
    return link.withdraw(k_upgrade_note);
}

Result<void> leave_reload_note(keeper::Link& link, int any_fd, Asker asker) {
    keeper::Aux aux{};
    aux[0] = static_cast<std::byte>(asker);
    return link.deposit(k_reload_note, any_fd, aux);
}

std::optional<Asker> take_reload_note(Deposits& deposits) {
    const auto held = deposits.take(k_reload_note);
    if (!held) {
        return std::nullopt;
    }
    for (const Asker asker : {Asker::signal, Asker::nobody}) {
        if (held->aux[0] == static_cast<std::byte>(asker)) {
            return asker;
        }
    }
    return Asker::call;
}

Result<void> drop_reload_note(keeper::Link& link) {
    return link.withdraw(k_reload_note);
}

} // namespace recycler::controller
