// SPDX-License-Identifier: MIT
// What code that has taken a controller over would try in order to get out of it. Each attempt is
// made by a child that has all that the controller has, and is harmless if it succeeds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::captured {

// What there is to be got at; each from the environment, under the name that is told here.
struct Scene {
    std::string folder;       // CAPTURED_FOLDER: hidden; has "theirs", which is another user's, and
                              // "socket", at which somebody listens
    std::string other_app;    // CAPTURED_OTHER_APP: a folder in RUNTIME
    std::string other_cgroup; // CAPTURED_OTHER_CGROUP: a folder that cgroups can be made in
    std::string own;          // CAPTURED_OWN: the app's folder in RUNTIME
    std::string accomplice; // CAPTURED_ACCOMPLICE: the abstract name of a socket; whoever connects
                            // to it is sent a descriptor of "/"
    pid_t victim = 0;       // CAPTURED_VICTIM: a process of root
    int victims_root = 0;   // CAPTURED_VICTIMS_ROOT: its descriptor of "/"
    int victims_file = 0;   // CAPTURED_VICTIMS_FILE: one of a file that it writes
    pid_t captured = 0;     // this process
    pid_t keeper = 0;       // its parent
};
[[nodiscard]] Scene scene_of_environment();

struct Attempt {
    const char* name;
    int refused; // errno, or minus the signal that ends whoever tries
    std::function<int(const Scene&)> deed;
};
[[nodiscard]] std::vector<Attempt> attempts();

// In attempts(), by what they are after.
void add_files(std::vector<Attempt>& all);
void add_descriptors(std::vector<Attempt>& all);
void add_processes(std::vector<Attempt>& all);
void add_rights(std::vector<Attempt>& all);

// How a child fares with it: errno, or minus the signal.
[[nodiscard]] int fate_of(const Attempt& attempt, const Scene& scene);

// Of a system call or function that sets errno.
[[nodiscard]] int error_of(long result);
// What it may say to the keeper: errno of the order, which the keeper has to refuse.
constexpr std::uint32_t k_generation_of_root = 4711;
[[nodiscard]] int order_worker_of_root(const Scene& scene);
// As the policy in force, for the next controller: what stands in the file.
[[nodiscard]] int leave_policy(const Scene& scene, const char* path);

// Of a process that may be looked at.
[[nodiscard]] std::vector<int> open_descriptors(pid_t pid);
// Makes this file, below the folder `at`, and removes it again.
[[nodiscard]] int make_file(int at, const std::string& path);

} // namespace recycler::captured
