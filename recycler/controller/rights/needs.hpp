// SPDX-License-Identifier: MIT
// What a controller needs of the system for one policy, once it has started: capabilities, folders
// to write to, files to look at. Everything else it gives up (confinement.hpp). Pure.
#pragma once

#include "policies/policy.hpp"
#include "recycler/confine/capabilities.hpp"

#include <span>
#include <string>
#include <vector>

namespace recycler::controller {

// Where the things of this daemon are, beside what the policy names.
struct OwnFiles {
    std::vector<std::string> folders; // that it writes to: runtime folder, cgroups
    std::vector<std::string> files;   // that it looks at again: policy, programs, recorder
    bool keeps_report = false;        // writes report.file; else the journal keeps it
    bool are_closed = false;          // some of the folders are not for their owner to write to
};

// One capability, and what a controller needs it for; docs/security.md has the same table.
struct Reason {
    int capability = 0; // CAP_* of linux/capability.h
    const char* calls = "";
    bool (*when)(const policies::Policy& policy, const OwnFiles& own_files) = nullptr; // always
};
[[nodiscard]] std::span<const Reason> reasons();

struct Needs {
    confine::Capabilities capabilities = 0;
    std::vector<std::string> writable; // folders
    std::vector<std::string> visible;  // files and folders
};
[[nodiscard]] Needs needs_of(const policies::Policy& policy, const OwnFiles& own_files);
[[nodiscard]] Needs both(Needs one, const Needs& other);

// Where `path` stands, by its name alone.
[[nodiscard]] std::string folder_of(const std::string& path);
// Whether `path` is `above`, or stands in it.
[[nodiscard]] bool is_in(const std::string& path, const std::string& above);

// Of `candidates` those that hold nothing of what is needed.
[[nodiscard]] std::vector<std::string> to_hide(std::vector<std::string> candidates,
                                               const Needs& needs);

// Whether who kept `kept` and hid `hidden` has all that is in `wanted`.
[[nodiscard]] bool covers(const Needs& kept, const std::vector<std::string>& hidden,
                          const Needs& wanted);

} // namespace recycler::controller
