// SPDX-License-Identifier: MIT
#include "policies/seccomp/outline.hpp"

#include "policies/seccomp/field.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

namespace policies::seccomp {
namespace {

struct Group {
    std::string_view name;
    std::vector<std::string_view> calls;
};

const std::vector<Group>& groups() {
    static const std::vector<Group> all{
        {"mounts and roots",
         {"mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
          "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"}},
        {"kernel modules",
         {"init_module", "finit_module", "delete_module", "create_module", "query_module",
          "get_kernel_syms"}},
        {"other processes", {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"}},
        {"key rings", {"add_key", "keyctl", "request_key"}},
        {"namespaces", {"setns", "unshare", "clone", "clone3"}},
        {"the kernel's insides",
         {"bpf", "perf_event_open", "userfaultfd", "lookup_dcookie", "io_uring_setup"}},
        {"boot, swap, quotas",
         {"reboot", "kexec_load", "kexec_file_load", "swapon", "swapoff", "acct", "quotactl",
          "quotactl_fd"}},
        {"the clock",
         {"settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime",
          "clock_adjtime64", "adjtimex"}},
        {"the hardware",
         {"ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write",
          "s390_pci_mmio_read", "s390_pci_mmio_write"}},
        {"names, log, terminals", {"sethostname", "setdomainname", "syslog", "vhangup"}},
        {"files by handle", {"open_by_handle_at"}},
        {"the personality", {"personality"}},
    };
    return all;
}

// What a profile does about one call: always, or by arguments; the strictest of those.
struct Effect {
    Action action;
    bool by_arguments = false;
};

class Effects {
  public:
    explicit Effects(const Profile& profile) : otherwise_(profile.otherwise) {
        for (const Rule& rule : profile.rules) {
            for (const Call& call : rule.calls) {
                add(call.name, rule);
            }
        }
    }

    [[nodiscard]] Effect of(const std::string& call) const {
        const auto known = all_.find(call);
        return known == all_.end() ? Effect{otherwise_} : known->second;
    }
    [[nodiscard]] const std::map<std::string, Effect>& all() const { return all_; }

  private:
    void add(const std::string& call, const Rule& rule) {
        if (rule.conditions.empty()) {
            all_[call] = {rule.action};
            return;
        }
        const auto [entry, is_new] = all_.try_emplace(call, Effect{otherwise_, true});
        Effect& known = entry->second;
        if (known.by_arguments && known.action.deed < rule.action.deed) {
            known.action = rule.action;
        }
    }

    Action otherwise_;
    std::map<std::string, Effect> all_;
};

// What has the same effect in a group stands in one line, the strictest first.
void add_lines(std::string_view group, const std::vector<std::string>& calls,
               const Effects& effects, std::vector<OutlineLine>& lines) {
    std::map<std::pair<Deed, std::string>, std::vector<std::string>, std::greater<>> by_effect;
    for (const std::string& call : calls) {
        const Effect effect = effects.of(call);
        by_effect[{effect.action.deed, in_words(effect.action)}].push_back(
            call + (effect.by_arguments ? " (by arguments)" : ""));
    }
    for (auto& [effect, names] : by_effect) {
        lines.push_back({std::string(group), effect.second, std::move(names)});
    }
}

} // namespace

std::string in_words(Action action) {
    switch (action.deed) {
    case Deed::allow:
        return "allows";
    case Deed::log:
        return "lets through and tells";
    case Deed::answer:
        return "answers " + error_name(action.error);
    case Deed::trap:
        return "sends SIGSYS";
    case Deed::kill_thread:
        return "kills the thread";
    case Deed::kill_process:
        break;
    }
    return "kills";
}

Outline outline_of(const Profile& profile) {
    const Effects effects(profile);
    Outline outline{.otherwise = in_words(profile.otherwise)};
    std::set<std::string> grouped;
    for (const Group& group : groups()) {
        const std::vector<std::string> calls(group.calls.begin(), group.calls.end());
        grouped.insert(calls.begin(), calls.end());
        add_lines(group.name, calls, effects, outline.lines);
    }
    std::vector<std::string> others;
    for (const auto& [call, effect] : effects.all()) {
        outline.allowed += !effect.by_arguments && effect.action.deed == Deed::allow ? 1 : 0;
        outline.by_arguments += effect.by_arguments ? 1 : 0;
        if (!grouped.contains(call) && (effect.by_arguments || effect.action.deed != Deed::allow)) {
            others.push_back(call);
        }
    }
    add_lines("others", others, effects, outline.lines);
    return outline;
}

} // namespace policies::seccomp
