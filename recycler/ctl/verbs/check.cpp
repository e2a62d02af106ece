// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/check.hpp"

#include "policies/parse.hpp"
#include "policies/seccomp/outline.hpp"
#include "recycler/control/model/check_report.hpp"
#include "recycler/ctl/commands.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/input/policy_path.hpp"
#include "recycler/ctl/input/this_host.hpp"
#include "recycler/ctl/render/profile.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/worker/listen/exposure.hpp"
#include "recycler/worker/spawn/exec_size.hpp"
#include "recycler/worker/spawn/isolating.hpp"
#include "recycler/worker/spawn/profile.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace recycler::ctl {

namespace {

std::vector<control::PolicyFault> listed(const std::vector<policies::Fault>& faults) {
    std::vector<control::PolicyFault> list;
    list.reserve(faults.size());
    for (const policies::Fault& fault : faults) {
        list.push_back({fault.line, fault.column, fault.key, fault.reason, fault.suggestion});
    }
    return list;
}

control::ProfileSummary summary_of(const policies::Policy& policy,
                                   const worker::MadeProfile& made) {
    const auto* const named = policies::profile_of(policy.sandbox.seccomp);
    const bool is_trial = std::holds_alternative<policies::SeccompLog>(policy.sandbox.seccomp);
    const auto outline = policies::seccomp::outline_of(made.profile);
    control::ProfileSummary summary{
        .profile = named == nullptr ? "the default profile" : named->path,
        .allowed = outline.allowed,
        .by_arguments = outline.by_arguments,
        .otherwise = outline.otherwise,
        .notes = made.profile.notes,
    };
    summary.profile += is_trial ? ", on trial" : "";
    for (const auto& line : outline.lines) {
        summary.groups.push_back({line.group, line.becomes, line.calls});
    }
    if (!made.filter.unknown.empty()) {
        summary.notes.push_back("not known on this machine and left out: " +
                                joined(made.filter.unknown, ", "));
    }
    return summary;
}

// The policy as far as it holds, and what is to be told of it.
struct Checked {
    std::optional<policies::Policy> policy; // none: it has faults
    control::CheckReport report;
    std::string faults; // for people
    std::string unread; // why the policy itself could not be read, for people
};

// What is no fault of a line.
void refuse(Checked& checked, const std::string& key, const Error& error) {
    checked.report.faults.push_back({.key = key, .reason = error.message()});
    checked.faults += printable(error.message()) + "\n";
}

void check_profile(Checked& checked) {
    if (const auto read = worker::read_profile_file(*checked.policy); !read) {
        refuse(checked, "sandbox.seccomp", read.error());
        return;
    }
    const auto made = worker::make_profile(*checked.policy);
    if (const auto* wrong = std::get_if<worker::ProfileFaults>(&made)) {
        checked.report.faulty = wrong->file;
        checked.report.faults = listed(wrong->faults);
        checked.faults = policies::render(wrong->faults, wrong->file, wrong->text);
    } else if (const auto& profile = std::get<std::optional<worker::MadeProfile>>(made)) {
        checked.report.seccomp = summary_of(*checked.policy, *profile);
    }
}

Checked checked(const std::string& file) {
    Checked checked;
    checked.report.file = file;
    const auto read = worker::read_trusted(file, "the policy", policies::k_longest_policy);
    if (!read) {
        refuse(checked, "", read.error());
        checked.unread = read.error().message();
        return checked;
    }
    const std::string& text = *read;
    const std::string stem = std::filesystem::path(file).stem().string();
    auto parsed = policies::parse(text, stem, this_host());
    if (const auto* faults = std::get_if<std::vector<policies::Fault>>(&parsed)) {
        checked.report.faults = listed(*faults);
        checked.faults = policies::render(*faults, file, text);
        return checked;
    }
    checked.policy = std::get<policies::Policy>(std::move(parsed));
    check_profile(checked);
    checked.report.warnings = worker::exposed_folders(checked.policy->app);
    std::ranges::move(worker::isolation_warnings(checked.policy->sandbox),
                      std::back_inserter(checked.report.warnings));
    const auto fits = worker::check_exec_size(checked.policy->app, worker::exec_limits());
    if (checked.report.faults.empty() && !fits) {
        refuse(checked, "app.environment", fits.error());
    }
    const auto good = worker::trust_report_of(*checked.policy);
    if (checked.report.faults.empty() && !good) {
        refuse(checked, "report.file", good.error());
    }
    const auto own = worker::trust_inputs(*checked.policy, file, checked.policy->app);
    if (checked.report.faults.empty() && !own) {
        refuse(checked, "app.user", own.error());
    }
    return checked;
}

// Each word was a file here once, also one that is called like an app.
std::string path_of(const std::string& word) {
    std::error_code unknown;
    return std::filesystem::is_regular_file(word, unknown) ? word : policy_path(word);
}

std::string in_words(const std::string& file, const Checked& checked) {
    const std::string slots = std::to_string(checked.policy->app.listen.size());
    std::string words = printable(file) + ": app \"" + printable(checked.policy->app.name) +
                        "\", " + slots + (slots == "1" ? " slot" : " slots") + ", no fault\n";
    if (checked.report.seccomp) {
        words += render_profile(*checked.report.seccomp);
    }
    for (const std::string& warning : checked.report.warnings) {
        words += "warning: " + printable(warning) + "\n";
    }
    return words;
}

} // namespace

Typed<Check> typed_check(Syntax& syntax) {
    const auto file = syntax.word("APP", "An app's name, or a policy file", Need::must);
    return [=](Output) { return Check{*file}; };
}

int run_check(const Job& job, const Check& asked) {
    const std::string file = path_of(asked.file);
    const Checked found = checked(file);
    const bool is_good = found.report.faults.empty();
    const bool is_json = job.invocation.output == Output::json;
    if (!found.unread.empty() && !is_json) {
        complain(printable(found.unread));
        return k_exit_refused;
    }
    const std::string words = is_json   ? control::to_json(found.report) + "\n"
                              : is_good ? in_words(file, found)
                                        : found.faults;
    return print(words) && is_good ? k_exit_done : k_exit_refused;
}

} // namespace recycler::ctl
