// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/confinement.hpp"

#include "recycler/confine/view.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <linux/capability.h>
#include <string_view>
#include <sys/stat.h>

namespace recycler::controller {

namespace {

namespace fs = std::filesystem;

// Other people's files and secrets, and what systemd would mount for us, writable, as soon as we
// look at it.
constexpr const char* k_not_ours[] = {"/boot",
                                      "/dev/mqueue",
                                      "/dev/shm",
                                      "/etc/gshadow",
                                      "/etc/shadow",
                                      "/etc/ssh",
                                      "/etc/ssl/private",
                                      "/home",
                                      "/media",
                                      "/mnt",
                                      "/opt",
                                      "/proc/sys/fs/binfmt_misc",
                                      "/root",
                                      "/srv",
                                      "/tmp",
                                      "/var/backups",
                                      "/var/cache",
                                      "/var/mail",
                                      "/var/spool",
                                      "/var/tmp",
                                      "/var/www"};

// The data and the sockets of all kinds of daemons, which do for root what they are asked, but for
// the journal and for what the user database is asked for.
struct Shared {
    const char* folder;
    std::array<std::string_view, 6> seen;
};
constexpr std::array k_shared{
    Shared{"/var/lib", {"recycler", "systemd", "extrausers", "nscd", "sss"}},
    Shared{"/run", {"recycler", "systemd", "log", "nscd", "nslcd", "samba"}},
    Shared{"/run/systemd", {"journal", "system", "userdb", "dynamic-uid"}}};

// Those that a controller, and the children that read for it, have a use for.
constexpr const char* k_devices[] = {"/dev/kmsg", "/dev/null", "/dev/random", "/dev/urandom"};

// By where they are: what is needed may be named by that.
std::vector<std::string> candidates() {
    std::vector<std::string> found(std::begin(k_not_ours), std::end(k_not_ours));
    for (const Shared& one : k_shared) {
        std::error_code error;
        for (fs::directory_iterator each(one.folder, error);
             !error && each != fs::directory_iterator(); each.increment(error)) {
            const std::string name = each->path().filename().string();
            std::error_code unknown;
            if (!each->is_symlink(unknown) && std::ranges::find(one.seen, name) == one.seen.end()) {
                found.push_back(each->path().string());
            }
        }
    }
    for (std::string& path : found) {
        std::error_code error;
        const fs::path target = fs::weakly_canonical(path, error);
        path = error ? path : target.string();
    }
    return found;
}

// Both what a path says and where it leads.
void add_targets(std::vector<std::string>& paths) {
    for (std::size_t i = 0, count = paths.size(); i < count; ++i) {
        std::error_code error;
        const fs::path target = fs::weakly_canonical(paths[i], error);
        if (!error && target.string() != paths[i]) {
            paths.push_back(target.string());
        }
    }
}

} // namespace

Confinement Confinement::confine(Needs needs, const Fetches& fetches) {
    Confinement confinement;
    confinement.is_confined_ = true;
    confinement.kept_ = std::move(needs);
    add_targets(confinement.kept_.writable);
    add_targets(confinement.kept_.visible);
    confinement.enter_view();
    confinement.keep_capabilities();
    confinement.bound_calls(fetches);
    return confinement;
}

bool Confinement::allows(const Needs& wanted) const {
    Needs needs = wanted;
    if (!has_view_) {
        needs.writable = kept_.writable; // it writes where it may
    }
    return !is_confined_ || covers(kept_, hidden_, needs);
}

Confinement::Stands Confinement::look_at(const std::string& folder) {
    struct stat found {};
    return ::stat(folder.c_str(), &found) == 0
               ? Stands{.device = found.st_dev, .inode = found.st_ino}
               : Stands{};
}

const std::string* Confinement::outdated() const {
    for (std::size_t i = 0; i < stand_.size(); ++i) {
        if (look_at(kept_.writable[i]) != stand_[i]) {
            return &kept_.writable[i];
        }
    }
    return nullptr;
}

bool Confinement::hides_what(const std::string& text) const {
    return std::ranges::any_of(hidden_, [&text](const std::string& hidden) {
        return text.find(hidden + "/") != std::string::npos;
    });
}

void Confinement::enter_view() {
    if ((confine::capabilities_in_effect() & confine::capability(CAP_SYS_ADMIN)) == 0) {
        missing_.emplace_back("the controller sees all files, because it has no CAP_SYS_ADMIN to "
                              "make a mount namespace with");
        return;
    }
    const confine::View view{.writable = kept_.writable,
                             .hidden = to_hide(candidates(), kept_),
                             .devices = {std::begin(k_devices), std::end(k_devices)}};
    if (const auto entered = confine::enter(view); !entered) {
        missing_.push_back("the controller sees all files, because it could not " +
                           entered.error().message());
        return;
    }
    has_view_ = true;
    hidden_ = view.hidden;
    for (const std::string& folder : kept_.writable) {
        stand_.push_back(look_at(folder));
    }
}

void Confinement::keep_capabilities() {
    if (const auto kept = confine::keep_capabilities(kept_.capabilities); !kept) {
        missing_.push_back("the controller keeps its capabilities, because it could not " +
                           kept.error().message());
    }
}

void Confinement::bound_calls(const Fetches& fetches) {
    const auto calls =
        confine::CallList::compile(controller_calls(fetches), confine::Outcome::not_permitted);
    const auto bounded = calls ? calls->install() : Result<void>(calls.error());
    if (!bounded) {
        missing_.push_back("the controller may make all system calls, because it could not " +
                           bounded.error().message());
    }
}

} // namespace recycler::controller
