// SPDX-License-Identifier: MIT
#include "recycler/controller/controller.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/controller/start/adoption.hpp"
#include "recycler/controller/start/arrival.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

// Fewer looks at one port each cost less than one at all the connections of the machine.
constexpr std::ptrdiff_t k_looks_of_a_round = 8;

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

// For the controller after this one.
Result<void> keep(keeper::Link& link, const Containment::Holds& holds) {
    auto kept = link.deposit(k_claim, holds.claim.get(), {});
    if (kept && holds.app_oom) {
        kept = link.deposit(k_app_oom, holds.app_oom.get(), {});
    }
    return kept;
}

template <typename Room, typename Action>
concept CarriesOut = requires(Room& room, const Action& action) {
    room.carry_out(action);
};

// To the one room that can.
template <typename Action, typename... Rooms>
void route(const Action& action, Rooms&... rooms) {
    static_assert((std::size_t{CarriesOut<Rooms, Action>} + ...) == 1);
    const auto offer = [&action](auto& room) {
        if constexpr (CarriesOut<decltype(room), Action>) {
            room.carry_out(action);
        }
    };
    (offer(rooms), ...);
}

// One after another; the first that fails ends it.
template <typename... Rooms>
Result<void> add_sources_of(Rooms&... rooms) {
    Result<void> added;
    (void)((added = rooms.add_sources(), added.has_value()) && ...);
    return added;
}

} // namespace

Controller::Controller(systemd::EventLoop& loop, Opened opened)
    : loop_(loop), begun_at_(opened.begun_at), keeper_pid_(opened.keeper_pid),
      lock_(std::move(opened.lock)), link_(std::move(opened.link)),
      governing_(std::move(opened.governing)), slots_(std::move(opened.slots)),
      containment_(std::move(opened.containment)), diag_(std::move(opened.diag)),
      event_log_(std::move(opened.event_log)), ledger_(std::move(opened.ledger)),
      decider_(policy_, opened.machine),
      launches_({loop, workers_, slots_, decider_, governing_, containment_, link_, listeners_,
                 channels_, telling_, *this},
                std::move(opened.launching), opened.runtime_folder),
      watching_({loop, workers_, slots_, policy_, keeper_pid_, telling_},
                std::move(opened.rights.signals)),
      changes_({loop, slots_, decider_, governing_, containment_, link_, event_log_, listeners_,
                launches_, watching_, channels_, telling_, *this,
                [this](const control::Rights& rights) { operators_.set_rights(rights); }},
               {.arguments = std::move(opened.arguments),
                .runtime_folder = std::move(opened.runtime_folder),
                .keeper_pid = keeper_pid_,
                .given_up = opened.given_up,
                .any_fd = ledger_.fd(),
                .permits = std::move(opened.permits),
                .machine = opened.machine,
                .limitations = std::move(opened.limitations),
                .confinement = std::move(opened.rights.confinement),
                .own_files = std::move(opened.rights.own_files)}) {
    blaming_.begin(loop.wall_now());
    containment_.on_made_anew([this](const Containment::Holds& holds) { tree_made_anew(holds); });
}

// Says to the keeper at the very end that this controller is established; the exit code reports
// what fails before.
Result<void> Controller::connect(UniqueFd control_socket) {
    auto deadline = loop_.add_timer([this] { tell(slots::Tick{}); });
    if (!deadline) {
        return std::move(deadline).error();
    }
    deadline_ = std::move(*deadline);
    // There one time holds for all that is done, as in every turn, and looks have patience.
    auto first = loop_.add_deferred(
        [this] { inheritance_ ? take_over(std::move(*inheritance_)) : start_anew(); },
        systemd::Priority::first);
    if (!first) {
        return std::move(first).error();
    }
    first_ = std::move(*first);
    if (auto added = add_sources_of(departure_, deaths_, holders_, launches_, listeners_, news_,
                                    watching_, operators_, changes_);
        !added) {
        return added;
    }
    if (auto listens = operators_.listen(std::move(control_socket), governing_.rights());
        !listens) {
        return listens;
    }
    event_log_.follow([this](const control::EventLine& line) {
        unit_status_.heard(line, loop_.now(), Duration::zero());
        operators_.heard(line);
    });
    if (auto established = link_.established(); !established) {
        return established;
    }
    return ledger_.is_a_copy() ? ledger_.give_to(link_, begun_at_) : Result<void>{};
}

void Controller::adopt(Inheritance inheritance) {
    inheritance_ = std::move(inheritance);
    first_.schedule();
}

void Controller::start_anew() {
    telling_.announce(
        {.at = loop_.wall_now(),
         .event = control::name_of(EventName::app_started),
         .members = {{"text", text::counted_plain(policy_.app.listen.size(), "worker")}}});
    run_turn(decider_.begin(loop_.now(), slots_.ids_of(policy_.app.listen)));
}

void Controller::take_over(Inheritance inheritance) {
    const slots::Holdings holdings = hold(inheritance);
    if (ledger_.current().stopping != 0) {
        news_.stop_was_obeyed();
    }
    launches_.make_ahead_soon();
    Arrival arrival = arrive(link_, inheritance, loop_.wall_now());
    if (arrival.told) {
        telling_.announce(std::move(*arrival.told));
    }
    changes_.arrive(arrival);
    event_log_.recall(inheritance.since, ended_while_away(workers_, slots_),
                      [this, before = loop_.wall_now()] {
                          tell_what_was_before(before);
                          deaths_.look_again(); // whether a controller before wrote a record is
                                                // known by now
                      });
    launches_.give_slots_again();
    auto actions =
        decider_.adopt(loop_.now(), slots_.ids_of(policy_.app.listen), ledger_.current(), holdings);
    changes_.drop_departed_slots();
    run_turn(std::move(actions));
    changes_.finish_change();
    if (arrival.reloads) {
        (void)changes_.reload(Asker::signal);
    }
}

slots::Holdings Controller::hold(Inheritance& inheritance) {
    slots::Holdings holdings;
    holdings.listeners = slots_.listeners();
    for (auto& [id, watch] : inheritance.oom_watches) {
        workers_[id].oom = std::move(watch);
    }
    for (auto& [id, birth] : inheritance.births) {
        workers_[id].birth = std::move(birth);
    }
    channels_.adopt(std::move(inheritance.channels));
    for (auto& [id, wake] : inheritance.wakes) {
        workers_[id].kept.wake = std::move(wake);
        holdings.keeping.push_back(id);
    }
    for (keeper::HeldWorker& worker : inheritance.workers) {
        if (has_ended(worker) && is_counted(ledger_.current(), worker.id)) {
            deaths_.carry_out(slots::Forget{worker.id}); // only the keeper had not been told yet
            continue;
        }
        holdings.workers.push_back(worker.id);
        news_.hold(std::move(worker)); // what has ended meanwhile is told after the adoption
    }
    place_held_workers(ledger_.current(), workers_);
    return holdings;
}

// The unit status learns what happened under the controllers before.
void Controller::tell_what_was_before(WallTime arrival) {
    for (const control::EventLine& line : event_log_.events()) {
        if (line.at < arrival) {
            unit_status_.heard(line, loop_.now(), loop_.wall_now() - line.at);
        }
    }
}

void Controller::tree_made_anew(const Containment::Holds& holds) {
    if (const auto kept = keep(link_, holds); !kept) {
        telling_.complain(kept.error());
    }
    telling_.announce(
        {.at = loop_.wall_now(),
         .event = control::name_of(EventName::trouble),
         .members = {
             {"text",
              "somebody has removed the cgroups of this app; the daemon has made new ones in " +
                  holds.path}}});
}

void Controller::tell(const slots::Event& event) {
    run_turn(decider_.step(loop_.now(), event));
}

void Controller::run_turn(std::vector<slots::Action> actions) {
    for (;;) {
        // Written down before it is done: whoever comes after a sudden death knows what may have
        // been done.
        ledger_.write(decider_);
        carry_out_all(actions);
        if (learned_.empty() || changes_.is_leaving()) {
            break;
        }
        actions = next_step(decider_, learned_, loop_.now());
    }
    if (const auto deadline = decider_.next_deadline()) {
        deadline_.arm(*deadline);
    } else {
        deadline_.disarm();
    }
    event_log_.tell_rest(loop_.wall_now());
    tell_unit();
}

// Many looks at who is idle share one walk through the kernel's table of connections, which is
// newer than each of them was wanted.
void Controller::carry_out_all(const std::vector<slots::Action>& actions) {
    const auto looks = std::ranges::count_if(actions, [](const slots::Action& action) {
        return std::holds_alternative<slots::LookIdle>(action);
    });
    if (looks >= k_looks_of_a_round) {
        diag_.begin_round();
    }
    for (const slots::Action& action : actions) {
        if (changes_.is_leaving()) {
            break; // the next controller does what is written down
        }
        std::visit(
            [this](const auto& order) {
                route(order, channels_, listeners_, holders_, launches_, processes_, looking_,
                      deaths_, changes_, operators_, telling_, departure_);
            },
            action);
    }
    diag_.end_round();
}

void Controller::tell_unit() {
    if (const auto news = unit_status_.news(decider_, slots_, loop_.now())) {
        if (const auto told = link_.unit_state(news->phase, news->until, news->text); !told) {
            telling_.complain(told.error());
        }
    }
}

} // namespace recycler::controller
