// SPDX-License-Identifier: MIT
// What a worker was born under; and how far it is in its life, with what is valid there only. What
// is held of it all its life stands in live_worker.hpp.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/controller/evidence/core_dump.hpp"
#include "recycler/keeper/protocol/news.hpp"
#include "recycler/worker/look/probe.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::controller {

// What it was born under: a reload changes that of later ones.
struct BornUnder {
    std::optional<Bytes> memory_max;
    std::optional<std::uint64_t> pids_max;
    std::uint64_t files_max = 0;
};

// The step of a start that failed: a name for the record ("cgroup", "exec"), and the errno.
struct FailedStep {
    std::string step;
    int error = 0;
};

// Its launch was ordered: the keeper has not told of it, or forked it and not more.
struct Ordered {};
struct Running {
    MonoTime execed_at;
    std::optional<worker::Probe> probe{}; // under way, of one that is to answer before it serves
};
struct NeverStarted {
    FailedStep failure;
    bool while_away = false; // before this controller looked
};
struct Ended {
    keeper::Exit exit;
    bool while_away = false; // likewise
    CoreKnowledge core{};
    std::optional<MonoTime> word_awaited_until{}; // of the kernel's log, on how it ended
};
using Life = std::variant<Ordered, Running, NeverStarted, Ended>;

} // namespace recycler::controller
