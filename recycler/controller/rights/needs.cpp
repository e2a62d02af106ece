// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/needs.hpp"

#include "recycler/worker/spawn/plan.hpp"

#include <algorithm>
#include <array>
#include <linux/capability.h>

namespace recycler::controller {

namespace {

constexpr std::uint16_t k_first_free_port = 1024; // ip(7), ip_unprivileged_port_start

bool has_names(const policies::Policy& policy, const OwnFiles&) {
    return std::ranges::any_of(policy.app.listen, [](const policies::Address& address) {
        return std::holds_alternative<policies::UnixAddress>(address);
    });
}

bool has_reserved_ports(const policies::Policy& policy, const OwnFiles&) {
    return std::ranges::any_of(policy.app.listen, [](const policies::Address& address) {
        const auto* port = std::get_if<policies::TcpAddress>(&address);
        return port != nullptr && port->port < k_first_free_port;
    });
}

bool has_closed_folders(const policies::Policy& policy, const OwnFiles& own_files) {
    return own_files.are_closed || has_names(policy, own_files);
}

constexpr std::array k_reasons{
    Reason{CAP_KILL, "pidfd_send_signal(2): it drains and ends workers, which run as other users"},
    Reason{CAP_SYS_PTRACE,
           "/proc/PID/{fd,fdinfo,syscall,exe}, process_vm_readv(2): what a worker does and why it "
           "hangs"},
    Reason{CAP_DAC_READ_SEARCH, "/proc/PID/fd and /proc/PID/task of other users"},
    Reason{CAP_SYSLOG, "/dev/kmsg: what the kernel says of a worker's end"},
    Reason{CAP_NET_RAW, "setsockopt(2), SO_BINDTOIFINDEX: it shows a hidden listener again"},
    Reason{CAP_NET_BIND_SERVICE, "bind(2) of a port below 1024", has_reserved_ports},
    Reason{CAP_DAC_OVERRIDE,
           "bind(2), rename(2), connect(2) of sockets in folders of other users; mkdir(2) in the "
           "root of a cgroup v1 hierarchy, whose mode is 0555",
           has_closed_folders},
    Reason{CAP_CHOWN, "fchownat(2): a socket belongs to app.socket_user", has_names},
    Reason{CAP_FOWNER, "chmod(2) of a socket of another user, unlink(2) in a sticky folder",
           has_names},
};

void add(std::vector<std::string>& paths, std::string path) {
    if (std::ranges::find(paths, path) == paths.end()) {
        paths.push_back(std::move(path));
    }
}

// Its program, as far as the policy says where it is.
void add_program(std::vector<std::string>& paths, const policies::App& app) {
    add(paths, app.directory);
    for (const std::string& program :
         worker::programs_for(app.command.front(), worker::path_of(app.environment))) {
        add(paths, program.starts_with('/') ? program : app.directory + "/" + program);
    }
}

bool is_in_one_of(const std::string& path, const std::vector<std::string>& folders) {
    return std::ranges::any_of(folders,
                               [&path](const std::string& folder) { return is_in(path, folder); });
}

} // namespace

std::span<const Reason> reasons() {
    return k_reasons;
}

Needs needs_of(const policies::Policy& policy, const OwnFiles& own_files) {
    Needs needs{.writable = own_files.folders, .visible = own_files.files};
    for (const Reason& reason : k_reasons) {
        if (reason.when == nullptr || reason.when(policy, own_files)) {
            needs.capabilities |= confine::capability(reason.capability);
        }
    }
    for (const policies::Address& address : policy.app.listen) {
        if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
            add(needs.writable, folder_of(local->path));
        }
    }
    if (own_files.keeps_report) {
        add(needs.writable, folder_of(policy.report.file));
    }
    add_program(needs.visible, policy.app);
    if (const auto* profile = policies::profile_of(policy.sandbox.seccomp)) {
        add(needs.visible, profile->path);
    }
    return needs;
}

Needs both(Needs one, const Needs& other) {
    one.capabilities |= other.capabilities;
    for (const std::string& path : other.writable) {
        add(one.writable, path);
    }
    for (const std::string& path : other.visible) {
        add(one.visible, path);
    }
    return one;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool is_in(const std::string& path, const std::string& above) {
    return path == above || above == "/" || path.starts_with(above + "/");
}

std::vector<std::string> to_hide(std::vector<std::string> candidates, const Needs& needs) {
    const auto holds_one = [](const std::vector<std::string>& paths, const std::string& folder) {
        return std::ranges::any_of(
            paths, [&folder](const std::string& path) { return is_in(path, folder); });
    };
    std::erase_if(candidates, [&](const std::string& candidate) {
        return holds_one(needs.writable, candidate) || holds_one(needs.visible, candidate);
    });
    return candidates;
}

bool covers(const Needs& kept, const std::vector<std::string>& hidden, const Needs& wanted) {
    const bool writes = std::ranges::all_of(wanted.writable, [&](const std::string& folder) {
        return is_in_one_of(folder, kept.writable);
    });
    const bool sees = std::ranges::none_of(
        wanted.visible, [&](const std::string& path) { return is_in_one_of(path, hidden); });
    return (wanted.capabilities & ~kept.capabilities) == 0 && writes && sees;
}

} // namespace recycler::controller
