// SPDX-License-Identifier: MIT
#include "recycler/controller/start/watching.hpp"

#include "recycler/events/open_event_log.hpp"
#include "recycler/worker/signals/signal_pace.hpp"

#include <sys/epoll.h>

namespace recycler::controller {

Result<void> watch_senders(systemd::EventLoop& loop, Parts& parts, LiveWorkers& workers,
                           Sources& sources) {
    if (parts.signals.fd() < 0) {
        return {}; // a limitation, which says why
    }
    // After the news, which names the workers, and before all else: who sent one may end soon.
    auto look = [&loop, &parts, &workers, &sources,
                 pace = worker::SignalPace()](std::uint32_t) mutable {
        const std::size_t found = parts.signals.note(workers, parts.keeper_pid);
        const Duration pause = pace.pause_after(loop.now(), found);
        if (pause > Duration::zero()) {
            sources.signals.pause();
            sources.paused_signals.arm(loop.now() + pause);
        }
    };
    auto signals = loop.add_io(parts.signals.fd(), EPOLLIN, std::move(look));
    if (!signals) {
        return std::move(signals).error();
    }
    sources.signals = std::move(*signals);
    auto paused = loop.add_timer([&sources] { sources.signals.watch(EPOLLIN); });
    if (!paused) {
        return std::move(paused).error();
    }
    sources.paused_signals = std::move(*paused);
    return {};
}

Result<void> watch_output(systemd::EventLoop& loop, Parts& parts, LiveWorkers& workers,
                          Sources& sources) {
    if (!events::logs_to_journal()) {
        return {};
    }
    parts.output.emplace(parts.policy.app.name);
    const auto follow = [&loop, &parts, &workers, &sources] {
        std::map<WorkerId, events::OutputSource> all;
        for (const auto& [id, worker] : workers) {
            all.emplace(id, output_of(id, worker, parts.slots.name(id.slot)));
        }
        sources.output.arm(loop.now() + parts.output->follow(all));
    };
    auto output = loop.add_timer(follow, systemd::Priority::last);
    if (!output) {
        return std::move(output).error();
    }
    sources.output = std::move(*output);
    sources.output.arm(loop.now());
    return {};
}

} // namespace recycler::controller
