// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/filter.hpp"

#include "policies/parsing/nearest.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <linux/seccomp.h>
#include <memory>
#include <optional>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

namespace oci = policies::seccomp;
using policies::Fault;

struct Architecture {
    std::uint32_t token;
    const char* name;
    std::vector<std::string> others; // names that other tools give it in their rules
};

const std::vector<Architecture>& architectures() {
    static const std::vector<Architecture> all{
        {SCMP_ARCH_X86, "SCMP_ARCH_X86", {"386", "x86"}},
        {SCMP_ARCH_X86_64, "SCMP_ARCH_X86_64", {"amd64"}},
        {SCMP_ARCH_X32, "SCMP_ARCH_X32", {"x32"}},
        {SCMP_ARCH_ARM, "SCMP_ARCH_ARM", {"arm"}},
        {SCMP_ARCH_AARCH64, "SCMP_ARCH_AARCH64", {"arm64"}},
        {SCMP_ARCH_MIPS, "SCMP_ARCH_MIPS", {"mips"}},
        {SCMP_ARCH_MIPS64, "SCMP_ARCH_MIPS64", {"mips64"}},
        {SCMP_ARCH_MIPS64N32, "SCMP_ARCH_MIPS64N32", {"mips64n32"}},
        {SCMP_ARCH_MIPSEL, "SCMP_ARCH_MIPSEL", {"mipsel", "mipsle"}},
        {SCMP_ARCH_MIPSEL64, "SCMP_ARCH_MIPSEL64", {"mipsel64", "mips64le"}},
        {SCMP_ARCH_MIPSEL64N32, "SCMP_ARCH_MIPSEL64N32", {"mipsel64n32"}},
        {SCMP_ARCH_PPC, "SCMP_ARCH_PPC", {"ppc"}},
        {SCMP_ARCH_PPC64, "SCMP_ARCH_PPC64", {"ppc64"}},
        {SCMP_ARCH_PPC64LE, "SCMP_ARCH_PPC64LE", {"ppc64le"}},
        {SCMP_ARCH_S390, "SCMP_ARCH_S390", {"s390"}},
        {SCMP_ARCH_S390X, "SCMP_ARCH_S390X", {"s390x"}},
        {SCMP_ARCH_PARISC, "SCMP_ARCH_PARISC", {"parisc"}},
        {SCMP_ARCH_PARISC64, "SCMP_ARCH_PARISC64", {"parisc64"}},
        {SCMP_ARCH_RISCV64, "SCMP_ARCH_RISCV64", {"riscv64"}},
    };
    return all;
}

std::uint32_t action_of(oci::Action action) {
    switch (action.deed) {
    case oci::Deed::allow:
        return SCMP_ACT_ALLOW;
    case oci::Deed::log:
        return SCMP_ACT_LOG;
    case oci::Deed::answer:
        return SCMP_ACT_ERRNO(action.error);
    case oci::Deed::trap:
        return SCMP_ACT_TRAP;
    case oci::Deed::kill_thread:
        return SCMP_ACT_KILL_THREAD;
    case oci::Deed::kill_process:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_compare comparison_of(oci::Comparison comparison) {
    switch (comparison) {
    case oci::Comparison::not_equal:
        return SCMP_CMP_NE;
    case oci::Comparison::less:
        return SCMP_CMP_LT;
    case oci::Comparison::less_or_equal:
        return SCMP_CMP_LE;
    case oci::Comparison::equal:
        return SCMP_CMP_EQ;
    case oci::Comparison::greater_or_equal:
        return SCMP_CMP_GE;
    case oci::Comparison::greater:
        return SCMP_CMP_GT;
    case oci::Comparison::masked_equal:
        break;
    }
    return SCMP_CMP_MASKED_EQ;
}

std::vector<scmp_arg_cmp> conditions_of(const oci::Rule& rule) {
    std::vector<scmp_arg_cmp> conditions;
    for (const oci::Condition& condition : rule.conditions) {
        conditions.push_back({.arg = condition.argument,
                              .op = comparison_of(condition.comparison),
                              .datum_a = condition.value,
                              .datum_b = condition.second});
    }
    return conditions;
}

bool lets_run(oci::Action action) {
    return action.deed == oci::Deed::allow || action.deed == oci::Deed::log;
}

// "did you mean "umount"?", of all that libseccomp knows.
std::string suggestion_for(const std::string& name) {
    constexpr int k_beyond_all = 1024;
    std::vector<std::string> known;
    for (int number = 0; number < k_beyond_all; ++number) {
        const std::unique_ptr<char, decltype(&std::free)> one(
            seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number), std::free);
        if (one) {
            known.emplace_back(one.get());
        }
    }
    const std::vector<std::string_view> names(known.begin(), known.end());
    const auto nearest = policies::parsing::nearest(name, names);
    return nearest ? "did you mean \"" + std::string(*nearest) + "\"?" : "";
}

Fault at(policies::seccomp::Position place, std::string reason, std::string suggestion = "") {
    return {.line = place.line,
            .column = place.column,
            .key = "syscalls",
            .reason = std::move(reason),
            .suggestion = std::move(suggestion)};
}

// A filter of libseccomp's in the making.
class Maker {
  public:
    explicit Maker(const oci::Profile& profile)
        : profile_(profile),
          context_(seccomp_init(action_of(profile.otherwise)), [](scmp_filter_ctx context) {
              if (context != nullptr) {
                  seccomp_release(context);
              }
          }) {}

    std::variant<Filter, std::vector<Fault>> make();

  private:
    void set_up();
    void add_architectures();
    void add(const oci::Rule& rule);
    void add(const oci::Rule& rule, const oci::Call& call);
    std::optional<Fault> read_program();
    void expect(int answer, const std::string& what);

    const oci::Profile& profile_;
    std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
    Filter filter_;
    std::vector<Fault> faults_;
};

void Maker::expect(int answer, const std::string& what) {
    if (answer < 0) {
        faults_.push_back({.reason = "libseccomp: " + what + ": " + std::strerror(-answer)});
    }
}

// The tree finds a call in nine steps instead of four hundred.
void Maker::set_up() {
    expect(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, action_of(profile_.foreign)),
           "what happens to calls of other architectures");
    constexpr std::uint32_t k_tree = 2;
    expect(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, k_tree), "sort the calls");
}

void Maker::add_architectures() {
    for (const std::string& name : profile_.architectures) {
        const auto known = std::ranges::find(architectures(), name, &Architecture::name);
        if (known == architectures().end()) {
            continue; // SCMP_ARCH_NATIVE
        }
        const int added = seccomp_arch_add(context_.get(), known->token);
        expect(added == -EEXIST ? 0 : added, "the architecture " + name + " beside this machine's");
    }
}

void Maker::add(const oci::Rule& rule, const oci::Call& call) {
    const int number = seccomp_syscall_resolve_name(call.name.c_str());
    if (number == __NR_SCMP_ERROR) {
        if (lets_run(profile_.otherwise) && !lets_run(rule.action)) {
            faults_.push_back(
                at(call.at,
                   text::quoted(call.name) +
                       " is not a system call that this machine knows, so that it would run",
                   suggestion_for(call.name)));
        }
        filter_.unknown.push_back(call.name);
        return;
    }
    const auto conditions = conditions_of(rule);
    const int added =
        seccomp_rule_add_array(context_.get(), action_of(rule.action), number,
                               static_cast<unsigned>(conditions.size()), conditions.data());
    if (added < 0) {
        faults_.push_back(at(call.at, "libseccomp refuses this rule for " +
                                          text::quoted(call.name) + ": " + std::strerror(-added)));
    }
}

void Maker::add(const oci::Rule& rule) {
    if (rule.action == profile_.otherwise) {
        return; // libseccomp refuses what changes nothing
    }
    for (const oci::Call& call : rule.calls) {
        add(rule, call);
    }
}

std::optional<Fault> Maker::read_program() {
    const UniqueFd memfd(::memfd_create("recycler-filter", MFD_CLOEXEC));
    if (const int done = memfd ? seccomp_export_bpf(context_.get(), memfd.get()) : -errno;
        done < 0) {
        return Fault{.reason =
                         std::string("libseccomp: make the program: ") + std::strerror(-done)};
    }
    const off_t size = ::lseek(memfd.get(), 0, SEEK_END);
    const auto count = static_cast<std::size_t>(std::max<off_t>(size, 0)) / sizeof(PlanFilter);
    if (count > k_max_filter) {
        return Fault{.reason = "this makes a program of " + std::to_string(count) +
                               " steps, and the kernel takes " + std::to_string(k_max_filter)};
    }
    filter_.program.resize(count);
    const std::size_t bytes = count * sizeof(PlanFilter);
    if (::pread(memfd.get(), filter_.program.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
        return Fault{.reason = std::string("read the program: ") + std::strerror(errno)};
    }
    return std::nullopt;
}

std::variant<Filter, std::vector<Fault>> Maker::make() {
    if (!context_) {
        return std::vector{Fault{.reason = "libseccomp takes no such defaultAction here"}};
    }
    set_up();
    add_architectures();
    for (const oci::Rule& rule : profile_.rules) {
        add(rule);
    }
    if (faults_.empty()) {
        if (auto fault = read_program()) {
            faults_.push_back(std::move(*fault));
        }
    }
    if (!faults_.empty()) {
        return std::move(faults_);
    }
    filter_.flags = (profile_.logs ? SECCOMP_FILTER_FLAG_LOG : 0U) |
                    (profile_.speculates ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0U);
    return std::move(filter_);
}

} // namespace

policies::seccomp::Machine this_machine(const std::vector<std::string>& capabilities) {
    policies::seccomp::Machine machine{.capabilities = capabilities};
    const auto native =
        std::ranges::find(architectures(), seccomp_arch_native(), &Architecture::token);
    if (native != architectures().end()) {
        machine.architecture = native->name;
        machine.names = native->others;
    }
    utsname system{};
    if (::uname(&system) == 0) {
        machine.kernel = policies::seccomp::kernel_version_in(system.release)
                             .value_or(policies::seccomp::KernelVersion{});
    }
    return machine;
}

std::variant<Filter, std::vector<policies::Fault>>
make_filter(const policies::seccomp::Profile& profile) {
    return Maker(profile).make();
}

} // namespace recycler::worker
