// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/late_evidence.hpp"

#include "recycler/confine/reader.hpp"

namespace recycler::controller {

// Who dumps is looked up now: a directory service that takes its time must not hold the loop.
LateEvidence::LateEvidence(Uses uses, const std::function<void()>& has_come)
    : uses_(uses), has_come_(has_come), kernel_(uses.loop, has_come),
      journal_(uses.loop, confine::reader(systemd::journal_files())), dumper_(core_dump_user()) {}

bool LateEvidence::is_in(WorkerId id, LiveWorker& dead) {
    if (ended_while_away(dead) && !uses_.event_log.recalled()) {
        return false; // a controller before may have written its record
    }
    auto* ended = std::get_if<Ended>(&dead.life);
    if (ended != nullptr && std::holds_alternative<CoreUnknown>(ended->core)) {
        const std::string pattern = core_pattern();
        const auto core = core_of(ended->exit, pattern, uses_.policy,
                                  core_ground(pattern, uses_.policy, uses_.account));
        if (const auto* known = std::get_if<CoreKnown>(&core)) {
            ended->core = *known;
        } else {
            ended->core = CoreAsked();
            ask_for_core(id, dead);
        }
    }
    const bool spoken = kernel_.is_spoken(dead);
    return spoken && (ended == nullptr || !std::holds_alternative<CoreAsked>(ended->core));
}

void LateEvidence::ask_for_core(WorkerId id, const LiveWorker& dead) {
    const WallTime since = uses_.loop.wall_now() - (uses_.loop.now() - dead.launched_at);
    std::vector<std::uint32_t> dumpers{uses_.account.uid};
    if (dumper_) {
        dumpers.push_back(*dumper_);
    }
    journal_.ask(core_query({.pid = dead.pid, .dumpers = std::move(dumpers), .since = since}),
                 [this, id, pid = dead.pid](const Result<systemd::JournalEntries>& answer) {
                     const auto it = uses_.workers.find(id);
                     if (it != uses_.workers.end()) {
                         if (auto* ended = std::get_if<Ended>(&it->second.life)) {
                             ended->core = CoreKnown(core_in(answer, pid));
                         }
                     }
                     has_come_();
                 });
}

} // namespace recycler::controller
