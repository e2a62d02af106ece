// SPDX-License-Identifier: MIT
#include "recycler/controller/look/watching.hpp"

#include "recycler/events/open_event_log.hpp"
#include "recycler/worker/signals/signal_pace.hpp"

#include <sys/epoll.h>

namespace recycler::controller {

namespace {

events::OutputSource output_of(WorkerId id, const LiveWorker& worker, std::string slot) {
    return {.slot = std::move(slot),
            .generation = id.generation,
            .pid = worker.pid,
            .ring = worker.ring.get()};
}

} // namespace

Result<void> Watching::add_sources() {
    follow_trial();
    const auto watched = watch_senders();
    return watched ? watch_output() : watched;
}

Result<void> Watching::watch_senders() {
    if (signals_.fd() < 0) {
        return {}; // a limitation, which says why
    }
    // After the news, which names the workers, and before all else: who sent one may end soon.
    auto look = [this, pace = worker::SignalPace()](std::uint32_t) mutable {
        const std::size_t found = signals_.note(uses_.workers, uses_.keeper_pid);
        const Duration pause = pace.pause_after(uses_.loop.now(), found);
        if (pause > Duration::zero()) {
            sent_.pause();
            pause_.arm(uses_.loop.now() + pause);
        }
    };
    auto sent = uses_.loop.add_io(signals_.fd(), EPOLLIN, std::move(look));
    if (!sent) {
        return std::move(sent).error();
    }
    sent_ = std::move(*sent);
    auto pause = uses_.loop.add_timer([this] { sent_.watch(EPOLLIN); });
    if (!pause) {
        return std::move(pause).error();
    }
    pause_ = std::move(*pause);
    return {};
}

void Watching::follow_trial() {
    let_through_ = {};
    const int log = trial_.follow(uses_.policy);
    if (log < 0) {
        return; // a limitation, where it should have been
    }
    auto let_through = uses_.loop.add_io(log, EPOLLIN, [this](std::uint32_t) {
        for (auto& line : trial_.read(uses_.workers, uses_.slots, uses_.loop.wall_now())) {
            uses_.telling.announce(std::move(line));
        }
    });
    if (let_through) {
        let_through_ = std::move(*let_through);
    } else {
        uses_.telling.complain(let_through.error());
    }
}

Result<void> Watching::watch_output() {
    if (!events::logs_to_journal()) {
        return {};
    }
    output_.emplace(uses_.policy.app.name);
    const auto follow = [this] {
        std::map<WorkerId, events::OutputSource> all;
        for (const auto& [id, worker] : uses_.workers) {
            all.emplace(id, output_of(id, worker, uses_.slots.name(id.slot)));
        }
        written_.arm(uses_.loop.now() + output_->follow(all));
    };
    auto written = uses_.loop.add_timer(follow, systemd::Priority::last);
    if (!written) {
        return std::move(written).error();
    }
    written_ = std::move(*written);
    written_.arm(uses_.loop.now());
    return {};
}

void Watching::follow_to_end(WorkerId id, const LiveWorker& worker) {
    if (output_) {
        output_->follow_to_end(output_of(id, worker, uses_.slots.name(id.slot)));
    }
}

std::vector<std::string> Watching::limitations() const {
    std::vector<std::string> sentences;
    if (auto untold = trial_.limitation()) {
        sentences.push_back(std::move(*untold));
    }
    if (auto blind = signals_.limitation()) {
        sentences.push_back(std::move(*blind));
    }
    return sentences;
}

} // namespace recycler::controller
