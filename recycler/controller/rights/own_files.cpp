// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/own_files.hpp"

#include "cgroups/hierarchies.hpp"
#include "recycler/events/open_event_log.hpp"
#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/spawn/plan.hpp"
#include "recycler/worker/spawn/program_look.hpp"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

namespace fs = std::filesystem;

// A copy of the recorder is written anew by whoever needs it: program_files.hpp.
constexpr const char* k_folder_of_copies = "/var/lib/recycler";

std::vector<std::string> programs_of(const policies::App& app) {
    return worker::files_of_program(
        worker::programs_for(app.command.front(), worker::path_of(app.environment)), app.directory);
}

// Root's capability would be needed to write there.
bool is_closed(const std::string& folder) {
    struct stat found {};
    return ::stat(folder.c_str(), &found) == 0 &&
           (found.st_uid != ::geteuid() || (found.st_mode & S_IWUSR) == 0);
}

} // namespace

OwnFiles find_own_files(const OwnFilesOf& of) {
    OwnFiles own_files{.folders = cgroups::own_folders(),
                       .keeps_report = !events::logs_to_journal()};
    own_files.folders.push_back(of.runtime_folder);
    if (is_in(of.recorder, k_folder_of_copies)) {
        own_files.folders.push_back(folder_of(of.recorder));
    }
    if (own_files.keeps_report) {
        (void)worker::open_folder(folder_of(of.policy->report.file), worker::Missing::made);
    }
    own_files.are_closed = std::ranges::any_of(own_files.folders, is_closed);
    std::error_code error;
    own_files.files = programs_of(of.policy->app);
    own_files.files.push_back(fs::absolute(of.arguments.policy_path, error).string());
    own_files.files.push_back(fs::absolute(of.arguments.program, error).string());
    if (!of.recorder.empty()) {
        own_files.files.push_back(of.recorder);
    }
    return own_files;
}

} // namespace recycler::controller
