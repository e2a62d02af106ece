// SPDX-License-Identifier: MIT
#include "recycler/controller/start/startup.hpp"

#include "recycler/control/socket.hpp"
#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/controller/start/app_lock.hpp"
#include "recycler/controller/start/descriptors.hpp"
#include "recycler/controller/start/limitations.hpp"
#include "recycler/controller/start/meeting.hpp"
#include "recycler/controller/start/program_files.hpp"
#include "recycler/events/open_event_log.hpp"

#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {
namespace {
using Trouble = std::optional<CannotStart>;

// The steps of a start, in this order: those that may refuse a policy, those that change the
// machine, and last the ledger, which makes whoever comes next adopt.
class StartUp {
  public:
    StartUp(const Arguments& arguments, keeper::Link link, systemd::EventLoop& loop)
        : arguments_(arguments), link_(std::move(link)), loop_(loop), begun_at_(loop.wall_now()) {
        machine_.dry_run = arguments.task == Task::dry_run ? slots::DryRun::on : slots::DryRun::off;
    }

    Trouble run();
    Started result() &&;

  private:
    Trouble meet_keeper();
    Trouble read_policy();
    Trouble find_ledger();
    Trouble take_lock();
    Trouble plan_workers();
    Trouble contain();
    Trouble have_listeners();
    Trouble have_control_socket();
    Trouble watch_memory();
    Trouble keep_policy();
    Trouble have_chronicle();
    Trouble keep_ledger();
    Trouble have(UniqueFd& into, const keeper::DepositKey& key,
                 const std::function<Result<UniqueFd>()>& make);

    const Arguments& arguments_;
    keeper::Link link_;
    systemd::EventLoop& loop_;
    WallTime begun_at_; // when the daemon was started
    int keeper_pid_ = 0;
    std::uint64_t given_up_ = 0;
    Permits permits_;
    std::optional<Deposits> estate_;
    PolicyInForce in_force_; // by a controller before, or by us
    std::optional<ResolvedPolicy> resolved_;
    std::optional<LedgerFile> ledger_;
    bool adopts_ = false;
    std::string folder_; // RUNTIME/APP
    UniqueFd lock_;
    std::optional<Recorder> recorder_;
    std::optional<Launching> launching_;
    std::optional<Rights> rights_;
    std::optional<SlotTable> slots_;
    std::optional<Containment> containment_; // only when it is ours
    UniqueFd control_socket_;
    Inheritance inheritance_;
    std::optional<worker::SocketDiag> diag_;
    slots::Machine machine_;
    std::optional<events::EventLog> chronicle_;
};

Trouble StartUp::run() {
    constexpr std::array steps{
        &StartUp::meet_keeper,    &StartUp::find_ledger,         &StartUp::read_policy,
        &StartUp::take_lock,      &StartUp::plan_workers,        &StartUp::contain,
        &StartUp::have_listeners, &StartUp::have_control_socket, &StartUp::watch_memory,
        &StartUp::keep_policy,    &StartUp::have_chronicle,      &StartUp::keep_ledger};
    for (const auto step : steps) {
        if (Trouble trouble = (this->*step)()) {
            if (containment_ && !adopts_) {
                containment_->remove(); // nothing is in it yet
            }
            return trouble;
        }
    }
    return std::nullopt;
}

Trouble StartUp::meet_keeper() {
    auto met = meet(arguments_, link_);
    if (auto* cannot = std::get_if<CannotStart>(&met)) {
        return std::move(*cannot);
    }
    auto& meeting = std::get<Meeting>(met);
    keeper_pid_ = meeting.keeper_pid;
    permits_ = std::move(meeting.permits);
    lock_ = std::move(meeting.lock);
    given_up_ = meeting.replay.given_up;
    inheritance_.workers = std::move(meeting.replay.workers);
    estate_.emplace(std::move(meeting.replay.deposits));
    inheritance_.upgrade = take_note(*estate_);
    inheritance_.reload = take_reload_note(*estate_);
    return unless_done(take_births(*estate_, link_, inheritance_));
}

// One that was kept and never written to is of a controller that was killed in the middle of its
// start: nothing is to be adopted then, but much may be done already.
Trouble StartUp::find_ledger() {
    auto held = estate_->take(k_ledger);
    if (!held) {
        return std::nullopt;
    }
    begun_at_ = WallTime(Duration(static_cast<std::int64_t>(number_in(held->aux))));
    auto ledger = LedgerFile::map(std::move(held->fd));
    if (!ledger) {
        return refused(ledger.error());
    }
    adopts_ = ledger->written();
    ledger_.emplace(std::move(*ledger));
    return std::nullopt;
}

Trouble StartUp::read_policy() {
    const auto held = estate_->take(k_policy);
    if (held) {
        auto in_force = read_policy_in_force(held->fd.get());
        if (!in_force) {
            return refused(in_force.error());
        }
        in_force_ = std::move(*in_force);
        inheritance_.since = begun_at_;
    }
    auto permit = permits_.take(held ? &in_force_ : nullptr, arguments_);
    if (auto* cannot = std::get_if<CannotStart>(&permit)) {
        return std::move(*cannot);
    }
    resolved_ = std::move(std::get<Permit>(permit).resolved);
    recorder_ = std::move(std::get<Permit>(permit).recorder);
    if (held) {
        slots_ = SlotTable(in_force_.names);
        return std::nullopt;
    }
    slots_ = SlotTable(resolved_->policy.app.listen);
    warn_of(*resolved_);
    in_force_ = in_force_now(*resolved_, begun_at_, *slots_);
    return unless_done(enough_descriptors(resolved_->policy, keeper_pid_));
}

Trouble StartUp::take_lock() {
    const std::string& app = resolved_->policy.app.name;
    folder_ = control::runtime_folder() + "/" + app;
    return have(lock_, k_lock,
                [&] { return lock_ ? Result(std::move(lock_)) : lock_app(folder_, app); });
}

Trouble StartUp::plan_workers() {
    if (!recorder_) {
        recorder_ = find_recorder(resolved_->account, folder_);
    }
    auto launching = Launching::prepare(*resolved_, recorder_->path, permits_.isolation(),
                                        worker::find_accept_tracepoints());
    if (!launching) {
        return CannotStart{EX_CONFIG, launching.error().message()};
    }
    launching_.emplace(std::move(*launching));
    auto diag = worker::SocketDiag::open();
    if (!diag) {
        return refused(diag.error());
    }
    diag_.emplace(std::move(*diag));
    rights_ = give_up_rights({arguments_, folder_, recorder_->path, &resolved_->policy}, permits_,
                             launching_->counting(), link_);
    return std::nullopt;
}

// Nothing of another daemon's is touched: the tree is claimed before anything in it is changed.
Trouble StartUp::contain() {
    const std::array<pid_t, 2> supervisors{keeper_pid_, ::getpid()};
    auto containment = Containment::open(resolved_->policy, supervisors, rights_->entry);
    if (!containment) {
        return refused(containment.error());
    }
    auto claim = estate_->take_or_make(k_claim, link_, [&] { return containment->claim(); });
    if (!claim) {
        return refused(claim.error());
    }
    containment_.emplace(std::move(*containment));
    containment_->sweep(names_of(inheritance_, *slots_)); // what one left that was killed
    return adopts_ ? std::nullopt : unless_done(containment_->prove(resolved_->policy));
}

Trouble StartUp::have(UniqueFd& into, const keeper::DepositKey& key,
                      const std::function<Result<UniqueFd>()>& make) {
    auto fd = estate_->take_or_make(key, link_, make);
    if (!fd) {
        return refused(fd.error());
    }
    into = std::move(*fd);
    return std::nullopt;
}

Trouble StartUp::have_listeners() {
    for (const SlotId slot : adopts_ ? std::vector<SlotId>() : slots_->ids()) {
        auto fd = estate_->take_or_make(key_of(ListenerId{slot, 1}), link_, [&] {
            return worker::open_first(
                listen_spec(resolved_->policy, resolved_->socket_owner, slots_->address(slot), 1));
        });
        if (!fd) {
            return CannotStart{EX_OSERR, with_remedy(fd.error())};
        }
        slots_->open({slot, 1}, std::move(*fd));
        slots_->note_shown({slot, 1}, SlotTable::Alone::yes);
    }
    return unless_done(take_listeners(*estate_, link_, *slots_));
}

Trouble StartUp::have_control_socket() {
    return have(control_socket_, k_control, [&] {
        return control::listen_at(control::control_path(resolved_->policy.app.name));
    });
}

Trouble StartUp::watch_memory() {
    UniqueFd app;
    if (auto trouble = have(app, k_app_oom, [&] { return containment_->watch_app_oom(); })) {
        return trouble;
    }
    containment_->adopt_app_oom(std::move(app));
    return unless_done(take_of_workers(*estate_, link_, *slots_, inheritance_));
}

Trouble StartUp::keep_policy() {
    const auto bytes = keep(in_force_);
    return bytes ? unless_done(link_.deposit(k_policy, bytes->get(), {})) : refused(bytes.error());
}

Trouble StartUp::keep_ledger() {
    if (ledger_) {
        return std::nullopt;
    }
    auto made = LedgerFile::make();
    if (!made) {
        return refused(made.error());
    }
    ledger_.emplace(std::move(*made));
    return unless_done(ledger_->give_to(link_, begun_at_));
}

Trouble StartUp::have_chronicle() {
    auto event_log = events::open_event_log(loop_, resolved_->policy, keeper_pid_, begun_at_);
    if (!event_log) {
        return refused(event_log.error());
    }
    chronicle_.emplace(std::move(*event_log));
    return std::nullopt;
}

Started StartUp::result() && {
    machine_.keeps = link_.has_channels() && launching_->gives_channels();
    machine_.spares = link_.has_spares() && launching_->gives_channels();
    auto limitations =
        find_limitations(resolved_->policy, *recorder_, permits_.isolation(), machine_);
    return Started{
        .opened = {.arguments = arguments_,
                   .governing = {std::move(*resolved_), in_force_.loaded_at, in_force_.workers},
                   .begun_at = begun_at_,
                   .runtime_folder = folder_,
                   .keeper_pid = keeper_pid_,
                   .given_up = given_up_,
                   .lock = std::move(lock_),
                   .slots = std::move(*slots_),
                   .containment = std::move(*containment_),
                   .launching = std::move(*launching_),
                   .permits = std::move(permits_),
                   .ledger = std::move(*ledger_),
                   .diag = std::move(*diag_),
                   .link = std::move(link_),
                   .event_log = std::move(*chronicle_),
                   .rights = std::move(*rights_),
                   .limitations = std::move(limitations),
                   .machine = machine_},
        .control_socket = std::move(control_socket_),
        .inheritance = std::move(inheritance_),
        .adopts = adopts_};
}

} // namespace

std::variant<Started, CannotStart> start_up(const Arguments& arguments, keeper::Link link,
                                            systemd::EventLoop& loop) {
    StartUp start(arguments, std::move(link), loop);
    if (Trouble trouble = start.run()) {
        return std::move(*trouble);
    }
    return std::move(start).result();
}

} // namespace recycler::controller
