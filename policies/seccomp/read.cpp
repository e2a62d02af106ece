// SPDX-License-Identifier: MIT
#include "policies/seccomp/read.hpp"

#include "policies/seccomp/rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace policies::seccomp {
namespace {

constexpr std::array<std::string_view, 20> k_architectures{
    "SCMP_ARCH_NATIVE",    "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",
    "SCMP_ARCH_ARM",       "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",
    "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PPC",       "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",     "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64"};

void read_architectures(const Field& field, std::vector<std::string>& names) {
    const JsonList* list = field.list();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        if (const auto chosen = field.element(i).word(k_architectures)) {
            names.emplace_back(k_architectures.at(*chosen));
        }
    }
}

// Docker's form: for each machine, whose programs run there besides its own.
void read_map(const Field& field, const Machine& machine, std::vector<std::string>& names) {
    const JsonList* list = field.list();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        std::string of;
        std::vector<std::string> others;
        const std::array<Entry, 2> entries{{
            {"architecture",
             [&](const Field& f) {
                 const auto chosen = f.word(k_architectures);
                 of = chosen ? k_architectures.at(*chosen) : "";
             }},
            {"subArchitectures", [&](const Field& f) { read_architectures(f, others); }},
        }};
        read_object(field.element(i), entries);
        if (of == machine.architecture) {
            names.insert(names.end(), others.begin(), others.end());
        }
    }
}

void read_flags(const Field& field, Profile& profile) {
    constexpr std::array<std::string_view, 4> k_flags{
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
    const JsonList* list = field.list();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto chosen = field.element(i).word(k_flags);
        profile.logs = profile.logs || chosen == 0U;
        profile.speculates = profile.speculates || chosen == 1U;
        if (chosen > 1U) {
            profile.notes.push_back(std::string(k_flags.at(*chosen)) +
                                    " is ignored: a worker has one thread when its filter is "
                                    "loaded, and there is no supervisor to ask");
        }
    }
}

void read_listener(const Field& field, Profile& profile) {
    if (const auto path = field.text(); path && !path->empty()) {
        profile.notes.push_back(
            "\"" + field.key +
            "\" is ignored: there is no supervisor to ask about a worker's calls");
    }
}

Profile read_top(const Field& field, const Machine& machine) {
    Profile profile;
    std::optional<Deed> deed;
    std::optional<std::uint16_t> error;
    const std::array<Entry, 9> entries{{
        {"defaultAction", [&](const Field& f) { read_deed(f, deed); }},
        {"defaultErrnoRet", [&](const Field& f) { read_error_number(f, error); }},
        {"defaultErrno", [&](const Field& f) { read_error_name(f, error); }},
        {"architectures", [&](const Field& f) { read_architectures(f, profile.architectures); }},
        {"archMap", [&](const Field& f) { read_map(f, machine, profile.architectures); }},
        {"flags", [&](const Field& f) { read_flags(f, profile); }},
        {"listenerPath", [&](const Field& f) { read_listener(f, profile); }},
        {"listenerMetadata", [&](const Field& f) { read_listener(f, profile); }},
        {"syscalls", [&](const Field& f) { profile.rules = read_rules(f, machine); }},
    }};
    const std::size_t faults_before = field.faults.size();
    read_object(field, entries);
    if (!deed && field.faults.size() == faults_before) {
        field.refuse(
            "\"defaultAction\" is missing",
            "it says what happens to calls that no rule names, such as \"SCMP_ACT_ERRNO\"");
    }
    profile.otherwise = action_of(deed.value_or(Deed::allow), error);
    return profile;
}

} // namespace

std::optional<KernelVersion> kernel_version_in(std::string_view text) {
    KernelVersion version;
    const char* const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, version.major);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.' ||
        std::from_chars(major.ptr + 1, end, version.minor).ec != std::errc()) {
        return std::nullopt;
    }
    return version;
}

std::variant<Profile, std::vector<Fault>> read_profile(std::string_view text,
                                                       const Machine& machine) {
    if (text.size() > k_longest_profile) {
        return std::vector{Fault{.reason = "this is longer than a profile may be, " +
                                           std::to_string(k_longest_profile / 1024) + " KiB"}};
    }
    auto json = read_json(text);
    if (auto* broken = std::get_if<Fault>(&json)) {
        return std::vector{std::move(*broken)};
    }
    std::vector<Fault> faults;
    Profile profile = read_top({std::get<Json>(json), "", faults}, machine);
    if (faults.empty()) {
        drop_hidden_rules(profile);
        return profile;
    }
    constexpr std::size_t k_most_faults = 50; // more would help nobody
    std::ranges::stable_sort(faults, {}, [](const Fault& fault) {
        return Position{fault.line, fault.column};
    });
    faults.resize(std::min(faults.size(), k_most_faults));
    return faults;
}

} // namespace policies::seccomp
