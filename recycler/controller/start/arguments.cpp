// SPDX-License-Identifier: MIT
#include "recycler/controller/start/arguments.hpp"

#include "recycler/base/version.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <sysexits.h>

namespace recycler::controller {

std::variant<Arguments, LeaveWith> parse_arguments(int count, char** words) {
    CLI::App app{"recyclerd runs the FastCGI workers of one app, each in a cgroup of its own. It "
                 "replaces a worker\n"
                 "before it bloats, and says why it died. See recyclerd(8).",
                 "recyclerd"};
    std::string target;
    bool check = false;
    bool dry_run = false;
    app.add_option("APP", target,
                   "an app's name (/etc/recycler/APP.toml), or a policy file (./shop.toml)")
        ->required();
    app.add_flag("--check", check, "check the policy, print every fault, and exit");
    app.add_flag("--dry-run", dry_run, "serve, decide and log, but retire no worker");
    app.set_version_flag("--version", "recyclerd " + std::string(version()));
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return LeaveWith{app.exit(error) == 0 ? 0 : EX_USAGE};
    }
    Arguments arguments;
    arguments.program = words[0];
    arguments.task = check ? Task::check : dry_run ? Task::dry_run : Task::run;
    const bool is_file = target.find('/') != std::string::npos || target.ends_with(".toml");
    arguments.policy_path = is_file ? target : "/etc/recycler/" + target + ".toml";
    arguments.stem = std::filesystem::path(arguments.policy_path).stem().string();
    return arguments;
}

} // namespace recycler::controller
