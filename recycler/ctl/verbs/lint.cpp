// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/lint.hpp"

#include "policies/parse.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/ctl/commands.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/input/file_text.hpp"
#include "recycler/ctl/input/policy_path.hpp"
#include "recycler/ctl/input/this_host.hpp"
#include "recycler/ctl/render/lint.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <filesystem>

namespace recycler::ctl {

namespace {

// Nullopt where it was said why there is none.
std::optional<policies::Policy> read_policy(const std::string& named, int interrupt) {
    const std::string path = policy_path(named);
    const Result<std::string> text = file_text(path, policies::k_longest_policy, interrupt);
    if (!text) {
        complain(printable(text.error().message()));
        return std::nullopt;
    }
    auto parsed = policies::parse(*text, std::filesystem::path(path).stem().string(), this_host());
    if (auto* policy = std::get_if<policies::Policy>(&parsed)) {
        return std::move(*policy);
    }
    complain(printable(path) + " is not a valid policy: recyclerctl check " + printable(path) +
             " says why");
    return std::nullopt;
}

// As it is written, without links followed: so do the balancers include it.
std::string absolute(const std::string& file) {
    std::error_code ignored; // without a folder to begin at, the name is all that is known
    return std::filesystem::absolute(file, ignored).lexically_normal().string();
}

int exit_code(const lint::Report& report) {
    if (!report.unclear.empty()) {
        return k_exit_usage;
    }
    const bool grave =
        std::any_of(report.findings.begin(), report.findings.end(),
                    [](const lint::Finding& finding) { return lint::is_grave(finding.severity); });
    return grave || !report.unread.empty() ? k_exit_refused : k_exit_done;
}

} // namespace

Typed<Lint> typed_lint(Syntax& syntax) {
    const auto files =
        syntax.words("FILE", "Configuration of lighttpd, nginx, haproxy or apache", Need::must);
    const auto kind = syntax.choice("--kind", "Which balancer, if lint does not recognise it",
                                    {"nginx", "haproxy", "apache", "lighttpd"});
    const auto policy =
        syntax.option("--policy", "Compare with the policy of this app (name or file)");
    return [=](Output) { return Lint{*files, lint::kind_named(*kind), *policy}; };
}

int run_lint(const Job& job, const Lint& words) {
    lint::Asked asked{{}, words.kind, std::nullopt};
    const int interrupt = job.terminal.interrupt();
    for (const std::string& file : words.files) {
        Result<std::string> text = file_text(file, lint::k_longest_file, interrupt);
        if (!text) {
            complain(printable(text.error().message()));
            return k_exit_refused;
        }
        asked.sources.push_back({file, *std::move(text), absolute(file)});
    }
    if (!words.policy.empty()) {
        asked.policy = read_policy(words.policy, interrupt);
        if (!asked.policy) {
            return k_exit_refused;
        }
    }
    const lint::Report report = lint::lint(asked);
    const bool printed =
        print(job.invocation.output == Output::json ? control::to_json(linted(report, asked)) + "\n"
                                                    : render_lint(report, asked));
    return printed ? exit_code(report) : k_exit_refused;
}

} // namespace recycler::ctl
