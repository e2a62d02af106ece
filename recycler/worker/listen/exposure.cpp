// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/exposure.hpp"

#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/spawn/account.hpp"

#include <set>
#include <sys/stat.h>

namespace recycler::worker {
namespace {

std::set<std::string> folders_of(const policies::App& app) {
    std::set<std::string> folders;
    for (const policies::Address& address : app.listen) {
        if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
            folders.insert(local->path.substr(0, local->path.rfind('/') + 1));
        }
    }
    return folders;
}

// An owner may give himself the right. That others cannot remove files of a folder with the sticky
// bit helps nobody: the sockets belong to the worker's user.
bool may_write(const std::string& folder, const Account& account) {
    struct stat status {};
    return ::stat(folder.c_str(), &status) == 0 &&
           (status.st_uid == account.uid || may(status, account, S_IWOTH));
}

} // namespace

std::vector<std::string> exposed_folders(const policies::App& app) {
    const auto account = resolve_account(app.user, app.group);
    if (!account || account->uid == 0) {
        return {};
    }
    std::vector<std::string> sentences;
    for (const std::string& folder : folders_of(app)) {
        if (may_write(folder, *account)) {
            sentences.push_back("The workers' user " + account->name + " may write to " + folder +
                                ", so one worker can remove or replace the sockets of all workers, "
                                "and then refuse or read their requests: put the sockets into a "
                                "folder that only root may write to, such as /run/recycler/" +
                                app.name + "/, which recyclerd creates.");
        }
    }
    return sentences;
}

} // namespace recycler::worker
