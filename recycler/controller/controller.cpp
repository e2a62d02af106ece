// SPDX-License-Identifier: MIT
#include "recycler/controller/controller.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/controller/start/arrival.hpp"
#include "recycler/controller/start/watching.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>

namespace recycler::controller {

namespace {

// Fewer looks at one port each cost less than one at all the connections of the machine.
constexpr std::ptrdiff_t k_looks_of_a_round = 8;

bool has_ended(const keeper::HeldWorker& worker) {
    return std::holds_alternative<keeper::Ended>(worker.state) ||
           std::holds_alternative<keeper::Failed>(worker.state);
}

// Whether its record was counted before the controller that did so was killed. A slot leaves the
// ledger when all of its workers are.
bool is_counted(const slots::Ledger& ledger, WorkerId id) {
    const auto* const end = ledger.slots.data() + ledger.slot_count;
    const auto* const row =
        std::find_if(ledger.slots.data(), end,
                     [id](const slots::LedgerSlot& slot) { return slot.index == id.slot.index; });
    return row == end || row->recorded == id.generation;
}

std::vector<events::EventLog::Ended> ended_while_away(const LiveWorkers& workers,
                                                      const SlotTable& slots) {
    std::vector<events::EventLog::Ended> ended;
    for (const auto& [id, worker] : workers) {
        if (worker.ended_while_away) {
            ended.emplace_back(slots.name(id.slot), id.generation);
        }
    }
    return ended;
}

// Which listener each held worker serves, and since when: the ledger knows, the keeper does not.
void place_held_workers(const slots::Ledger& ledger, LiveWorkers& workers) {
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        const slots::LedgerSlot& row = ledger.slots[i];
        const slots::LedgerWorker successor{.generation = row.successor_generation,
                                            .serial = row.successor_serial};
        for (const slots::LedgerWorker& entry : {row.front, row.retiring, successor}) {
            const auto held = workers.find({{row.index}, entry.generation});
            if (held != workers.end()) {
                held->second.listener = {{row.index}, entry.serial};
                if (entry.ready_at != 0) {
                    held->second.ready_at = MonoTime(Duration(entry.ready_at));
                }
            }
        }
    }
}

// The next thing that was learned; samples that stand one after another are one.
std::vector<slots::Action> next_step(slots::Decider& decider, std::deque<slots::Event>& learned,
                                     MonoTime now) {
    std::vector<slots::WorkerSampled> samples;
    const slots::WorkerSampled* sample = nullptr;
    while (!learned.empty() && (sample = std::get_if<slots::WorkerSampled>(&learned.front()))) {
        samples.push_back(*sample);
        learned.pop_front();
    }
    if (!samples.empty()) {
        return decider.take_in(now, samples);
    }
    const slots::Event event = std::move(learned.front());
    learned.pop_front();
    return decider.step(now, event);
}

// The unit_status learns what happened under the controllers before.
void tell_what_was_before(Parts& parts, WallTime arrival, const systemd::EventLoop& loop) {
    for (const control::EventLine& line : parts.event_log.events()) {
        if (line.at < arrival) {
            parts.unit_status.heard(line, loop.now(), loop.wall_now() - line.at);
        }
    }
}

// For the controller after this one.
Result<void> keep(keeper::Link& link, const Containment::Holds& holds) {
    auto kept = link.deposit(k_claim, holds.claim.get(), {});
    if (kept && holds.app_oom) {
        kept = link.deposit(k_app_oom, holds.app_oom.get(), {});
    }
    return kept;
}

} // namespace

Controller::Controller(systemd::EventLoop& loop, Parts parts)
    : loop_(loop), parts_(std::move(parts)), decider_(parts_.policy, parts_.machine),
      places_(parts_), evidence_(loop, parts_, workers_, [this] { look_at_pending(); }),
      clearing_(loop, workers_, [this](const slots::EndRecorded& recorded, const auto& cleared) {
          if (!cleared) {
              complain(Error(cleared.error())
                           .within("clear away " + parts_.slots.name(recorded.worker)));
          }
          learn(recorded);
          sources_.end_record.arm(loop_.now());
      }) {
    parts_.blaming.begin(loop.wall_now());
    parts_.containment.on_made_anew([this](const Containment::Holds& holds) {
        if (const auto kept = keep(parts_.link, holds); !kept) {
            complain(kept.error());
        }
        announce(
            {.at = loop_.wall_now(),
             .event = control::name_of(EventName::trouble),
             .members = {
                 {"text",
                  "somebody has removed the cgroups of this app; the daemon has made new ones in " +
                      holds.path}}});
    });
}

Result<void> Controller::make_sources() {
    auto timer = loop_.add_timer([this] { tell(slots::Tick{}); });
    auto leave = loop_.add_deferred(
        [this] {
            if (const auto sent = parts_.link.quit(0); !sent) {
                complain(sent.error());
            }
            loop_.exit(0);
        },
        systemd::Priority::last);
    auto end_record = loop_.add_timer([this] { record_ends(); }, systemd::Priority::last);
    auto make_ahead = loop_.add_timer([this] { make_one_ahead(); }, systemd::Priority::last);
    auto progress = loop_.add_timer([this] { tell_progress(); }, systemd::Priority::last);
    auto read_on = loop_.add_timer(
        [this] {
            parts_.turning_away.read_on(loop_.now());
            if (const auto next = parts_.turning_away.next(loop_.now())) {
                sources_.read_on.arm(*next);
            }
        },
        systemd::Priority::last);
    auto news = loop_.add_io(
        parts_.link.fd(), EPOLLIN, [this](std::uint32_t) { read_news(); },
        systemd::Priority::first);
    if (!timer || !leave || !end_record || !make_ahead || !progress || !read_on || !news) {
        return Error{ENOMEM, "watch the keeper and the time"};
    }
    sources_.deadline = std::move(*timer);
    sources_.leave = std::move(*leave);
    sources_.end_record = std::move(*end_record);
    sources_.make_ahead = std::move(*make_ahead);
    sources_.progress = std::move(*progress);
    sources_.read_on = std::move(*read_on);
    sources_.news = std::move(*news);
    follow_trial();
    const auto watched = watch_senders(loop_, parts_, workers_, sources_);
    return watched ? watch_output(loop_, parts_, workers_, sources_) : watched;
}

Result<void> Controller::connect(UniqueFd control_socket) {
    if (auto made = make_sources(); !made) {
        return made;
    }
    auto server = control::Server::create(
        loop_, {.listener = std::move(control_socket),
                .rights = {.group = parts_.control_group, .reader = parts_.account.uid},
                .calls = calls()});
    if (!server) {
        return std::move(server).error();
    }
    server_ = std::move(*server);
    parts_.event_log.follow([this](const control::EventLine& line) {
        parts_.unit_status.heard(line, loop_.now(), Duration::zero());
        for (const control::CallId call : followers_) {
            server_->reply_more(call, control::EventsReply{{line}});
        }
    });
    // Only now: what fails before is told by the exit code.
    if (auto established = parts_.link.established(); !established) {
        return established;
    }
    return parts_.ledger.is_a_copy() ? parts_.ledger.give_to(parts_.link, parts_.begun_at)
                                     : Result<void>{};
}

void Controller::begin() {
    announce(
        {.at = loop_.wall_now(),
         .event = control::name_of(EventName::app_started),
         .members = {{"text", text::counted_plain(parts_.policy.app.listen.size(), "worker")}}});
    run_turn(decider_.begin(loop_.now(), parts_.slots.ids_of(parts_.policy.app.listen)));
}

void Controller::adopt(Inheritance inheritance) {
    slots::Holdings holdings;
    holdings.listeners = parts_.slots.listeners();
    for (auto& [id, watch] : inheritance.oom_watches) {
        workers_[id].oom = std::move(watch);
    }
    for (keeper::HeldWorker& worker : inheritance.workers) {
        if (has_ended(worker) && is_counted(parts_.ledger.current(), worker.id)) {
            carry_out(slots::Forget{worker.id}); // only the keeper had not been told yet
            continue;
        }
        holdings.workers.push_back(worker.id);
        hold(std::move(worker)); // what has ended meanwhile is learned, and told after the adoption
    }
    place_held_workers(parts_.ledger.current(), workers_);
    stop_repeats_ = parts_.ledger.current().stopping != 0;
    sources_.make_ahead.arm(loop_.now() + k_ahead_waits);
    arrive(parts_, inheritance, loop_.wall_now());
    parts_.event_log.recall(
        inheritance.since, ended_while_away(workers_, parts_.slots),
        [this, before = loop_.wall_now()] {
            tell_what_was_before(parts_, before, loop_);
            look_at_pending(); // whether a controller before wrote a record is known by now
        });
    auto actions = decider_.adopt(loop_.now(), parts_.slots.ids_of(parts_.policy.app.listen),
                                  parts_.ledger.current(), holdings);
    drop_departed_slots();
    run_turn(std::move(actions));
    if (parts_.workers == Workers::outdated) {
        // Killed before the decider had written down who is due: due once more, at worst.
        tell(slots::PolicyChanged{
            .policy = parts_.policy, .added = {}, .removed = {}, .workers_change = true});
        accept(Workers::up_to_date);
    }
    if (is_to_reload(parts_, inheritance)) {
        (void)reload(Asker::signal);
    }
}

void Controller::tell(const slots::Event& event) {
    run_turn(decider_.step(loop_.now(), event));
}

void Controller::run_turn(std::vector<slots::Action> actions) {
    for (;;) {
        // Written down before it is done: whoever comes after a sudden death knows what may have
        // been done.
        parts_.ledger.write(decider_);
        carry_out_all(actions);
        if (learned_.empty()) {
            break;
        }
        actions = next_step(decider_, learned_, loop_.now());
    }
    if (const auto deadline = decider_.next_deadline()) {
        sources_.deadline.arm(*deadline);
    } else {
        sources_.deadline.disarm();
    }
    parts_.event_log.tell_rest(loop_.wall_now());
    if (const auto news = parts_.unit_status.news(decider_, parts_.slots, loop_.now())) {
        if (const auto told = parts_.link.unit_state(news->phase, news->until, news->text); !told) {
            complain(told.error());
        }
    }
}

// Many looks at who is idle share one walk through the kernel's table of connections, which is
// newer than each of them was wanted.
void Controller::carry_out_all(const std::vector<slots::Action>& actions) {
    const auto looks = std::ranges::count_if(actions, [](const slots::Action& action) {
        return std::holds_alternative<slots::LookIdle>(action);
    });
    if (looks >= k_looks_of_a_round) {
        parts_.diag.begin_round();
    }
    for (const slots::Action& action : actions) {
        std::visit([this](const auto& order) { carry_out(order); }, action);
    }
    parts_.diag.end_round();
}

LiveWorker* Controller::find(WorkerId id) {
    const auto it = workers_.find(id);
    return it == workers_.end() ? nullptr : &it->second;
}

void Controller::announce(control::EventLine line) {
    parts_.event_log.happened(std::move(line));
}

void Controller::complain(const Error& error) {
    const std::string message = error.message();
    if (complaints_.is_new(message, loop_.now())) {
        announce({.at = loop_.wall_now(),
                  .event = control::name_of(EventName::trouble),
                  .members = {{"text", message}}});
    }
}

} // namespace recycler::controller
