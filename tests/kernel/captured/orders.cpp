// SPDX-License-Identifier: MIT
// What it may still say to the keeper.
#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"
#include "recycler/recorder/page_file.hpp"
#include "recycler/worker/spawn/plan.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace recycler::captured {

namespace {

// The highest descriptor is that of the link.
keeper::Link link_of(pid_t captured) {
    const auto open = open_descriptors(captured);
    return keeper::Link{UniqueFd(open.empty() ? -1 : *std::ranges::max_element(open))};
}

int code_of(const Result<void>& done) {
    return done ? 0 : done.error().code;
}

} // namespace

int order_worker_of_root(const Scene& scene) {
    const worker::SpawnPlan wanted{.programs = {"/usr/bin/touch"},
                                   .arguments = {"touch", "/etc/recycler-captured"},
                                   .environment = {},
                                   .identity = worker::Identity{},
                                   .rlimits = {},
                                   .no_new_privs = false,
                                   .capabilities = std::nullopt,
                                   .filter = {}};
    const auto bytes = worker::serialise(wanted);
    const auto plan = bytes ? worker::seal_into_memfd(*bytes) : Result<UniqueFd>(bytes.error());
    const auto page = recorder::PageFile::create();
    const auto ring = keeper::make_ring();
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!plan || !page || !ring || ::listen(listener.get(), 1) != 0) {
        return EINVAL;
    }
    return code_of(link_of(scene.captured)
                       .launch({.id = {.slot = {0}, .generation = k_generation_of_root},
                                .plan = plan->get(),
                                .listener = listener.get(),
                                .page = page->fd(),
                                .ring = ring->get(),
                                .placement = keeper::Placement::none,
                                .placements = {}}));
}

int leave_policy(const Scene& scene, const char* path) {
    std::ifstream file(path);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const UniqueFd memfd(::memfd_create("policy", MFD_CLOEXEC));
    return ::write(memfd.get(), bytes.data(), bytes.size()) < 0
               ? errno
               : code_of(link_of(scene.captured).deposit(controller::k_policy, memfd.get(), {}));
}

} // namespace recycler::captured
