// SPDX-License-Identifier: MIT
#include "recycler/confine/call_list.hpp"

#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/seccomp.h>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

constexpr const char* k_what = "make the list of system calls";

struct Release {
    void operator()(void* context) const noexcept { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

std::uint32_t action_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::runs:
        return SCMP_ACT_ALLOW;
    case Outcome::not_permitted:
        return SCMP_ACT_ERRNO(EPERM);
    case Outcome::not_there:
        return SCMP_ACT_ERRNO(ENOSYS);
    case Outcome::runs_logged:
        return SCMP_ACT_LOG;
    case Outcome::ends_process:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

int add(scmp_filter_ctx context, const CallRule& rule, int number) {
    std::vector<scmp_arg_cmp> conditions;
    for (const Condition& condition : rule.conditions) {
        conditions.push_back({.arg = condition.argument,
                              .op = SCMP_CMP_MASKED_EQ,
                              .datum_a = condition.mask,
                              .datum_b = condition.value});
    }
    return seccomp_rule_add_array(context, action_of(rule.outcome), number,
                                  static_cast<unsigned>(conditions.size()), conditions.data());
}

// The tree finds a call in some steps instead of a hundred.
Result<Context> make_context(Outcome of_others) {
    Context context(seccomp_init(action_of(of_others)));
    constexpr std::uint32_t k_tree = 2;
    const int foreign =
        context ? seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)
                : -ENOMEM;
    const int sorted =
        foreign == 0 ? seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, k_tree) : foreign;
    if (sorted < 0) {
        return Error{-sorted, k_what};
    }
    return context;
}

Result<std::vector<sock_filter>> program_of(scmp_filter_ctx context) {
    const UniqueFd memfd(::memfd_create("recycler-calls", MFD_CLOEXEC));
    if (const int done = memfd ? seccomp_export_bpf(context, memfd.get()) : -errno; done < 0) {
        return Error{-done, k_what};
    }
    const off_t size = std::max<off_t>(::lseek(memfd.get(), 0, SEEK_END), 0);
    std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
    const std::size_t bytes = program.size() * sizeof(sock_filter);
    if (program.empty() || program.size() > BPF_MAXINSNS) {
        return Error{E2BIG, k_what};
    }
    if (::pread(memfd.get(), program.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
        return Error{errno, k_what};
    }
    return program;
}

} // namespace

Result<CallList> CallList::compile(const std::vector<CallRule>& rules, Outcome of_others) {
    auto context = make_context(of_others);
    if (!context) {
        return std::move(context).error();
    }
    CallList list;
    for (const CallRule& rule : rules) {
        const int number = seccomp_syscall_resolve_name(rule.name.c_str());
        if (number == __NR_SCMP_ERROR) {
            list.unknown_.push_back(rule.name);
        } else if (rule.outcome != of_others) { // libseccomp refuses what changes nothing
            if (const int added = add(context->get(), rule, number); added < 0) {
                return Error{-added, std::string(k_what) + ": add " + rule.name};
            }
        }
    }
    auto program = program_of(context->get());
    if (!program) {
        return std::move(program).error();
    }
    list.program_ = std::move(*program);
    return list;
}

Result<void> CallList::install() const {
    const sock_fprog program{.len = static_cast<unsigned short>(program_.size()),
                             .filter = const_cast<sock_filter*>(program_.data())};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
        return Error{errno, "install the list of system calls"};
    }
    return {};
}

} // namespace recycler::confine
