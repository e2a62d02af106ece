#include "recycler/controller/startup.hpp"

#include "recycler/control/socket.hpp"
#include "recycler/controller/app_lock.hpp"
#include "recycler/controller/estate.hpp"
#include "recycler/controller/limitations.hpp"
#include "recycler/controller/listen_spec.hpp"
#include "recycler/controller/neighbours.hpp"
#include "recycler/controller/policy_file.hpp"
#include "recycler/controller/terms.hpp"

#include <algorithm>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

using keeper::DepositKind;
using Trouble = std::optional<CannotStart>;

Trouble refused(const Error& error) {
    return CannotStart{EX_OSERR, error.message()};
}

// The steps of a start, in the order in which they stand here. Those that may refuse a policy come
// before those that change the machine. The ledger, which makes whoever comes next adopt, is the
// last.
class StartUp {
  public:
    StartUp(const Arguments& arguments, keeper::Link link, WallTime now)
        : arguments_(arguments), link_(std::move(link)), begun_at_(now) {
        machine_.dry_run = arguments.task == Task::dry_run ? fleet::DryRun::on : fleet::DryRun::off;
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
    Trouble keep_ledger();
    [[nodiscard]] std::vector<std::string> names_of_held() const;

    const Arguments& arguments_;
    keeper::Link link_;
    WallTime begun_at_; // when the daemon was started
    keeper::Replay replay_;
    std::optional<Estate> estate_;
    std::optional<UniqueFd> accepted_; // the policy's text that a controller before accepted
    std::optional<Terms> terms_;
    std::optional<LedgerFile> ledger_;
    bool adopts_ = false;
    std::string folder_; // RUNTIME/APP
    UniqueFd lock_;
    Recorder recorder_;
    std::optional<Launching> launching_;
    std::optional<SlotTable> slots_;
    std::optional<Containment> containment_; // only when it is ours
    UniqueFd control_socket_;
    std::map<WorkerId, OomWatch> oom_watches_;
    std::optional<worker::SocketDiag> diag_;
    fleet::Machine machine_;
    std::vector<std::string> limitations_;
};

Trouble StartUp::run() {
    constexpr std::array steps{
        &StartUp::meet_keeper,    &StartUp::find_ledger,         &StartUp::read_policy,
        &StartUp::take_lock,      &StartUp::plan_workers,        &StartUp::contain,
        &StartUp::have_listeners, &StartUp::have_control_socket, &StartUp::watch_memory,
        &StartUp::keep_policy,    &StartUp::keep_ledger};
    for (const auto step : steps) {
        if (Trouble trouble = (this->*step)()) {
            if (containment_ && !adopts_) {
                containment_->remove(); // nothing is in it yet
            }
            return trouble;
        }
    }
    limitations_ = find_limitations(terms_->policy, recorder_, machine_);
    return std::nullopt;
}

Trouble StartUp::meet_keeper() {
    auto replay = link_.hello();
    if (!replay) {
        return refused(replay.error());
    }
    replay_ = std::move(*replay);
    estate_.emplace(std::move(replay_.deposits));
    return std::nullopt;
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
    if (auto held = estate_->take(k_policy)) {
        accepted_ = std::move(held->fd);
    }
    auto read = read_terms(arguments_, accepted_ ? accepted_->get() : -1);
    if (auto* cannot = std::get_if<CannotStart>(&read)) {
        return std::move(*cannot);
    }
    terms_ = std::get<Terms>(std::move(read));
    slots_.emplace(terms_->policy.app.listen);
    return std::nullopt;
}

Trouble StartUp::take_lock() {
    const std::string& app = terms_->policy.app.name;
    folder_ = control::runtime_folder() + "/" + app;
    auto lock = estate_->take_or_make(k_lock, link_, [&] { return lock_app(folder_, app); });
    if (!lock) {
        return refused(lock.error());
    }
    lock_ = std::move(*lock);
    return std::nullopt;
}

Trouble StartUp::plan_workers() {
    recorder_ = find_recorder(terms_->account, folder_);
    auto launching = Launching::prepare(terms_->policy, terms_->account, recorder_.path);
    if (!launching) {
        return CannotStart{EX_CONFIG, launching.error().message()};
    }
    launching_.emplace(std::move(*launching));
    auto diag = worker::SocketDiag::open();
    if (!diag) {
        return refused(diag.error());
    }
    diag_.emplace(std::move(*diag));
    return std::nullopt;
}

// Nothing of another daemon's is touched: the tree is claimed before anything in it is changed.
Trouble StartUp::contain() {
    const std::array<pid_t, 2> supervisors{replay_.keeper_pid, ::getpid()};
    auto containment = Containment::open(terms_->policy, supervisors);
    if (!containment) {
        return refused(containment.error());
    }
    auto claim = estate_->take_or_make(k_claim, link_, [&] { return containment->claim(); });
    if (!claim) {
        return refused(claim.error());
    }
    containment_.emplace(std::move(*containment));
    containment_->sweep(names_of_held()); // what a daemon or controller left that was killed
    if (!adopts_) {
        if (const auto proven = containment_->prove(terms_->policy); !proven) {
            return refused(proven.error());
        }
    }
    return std::nullopt;
}

std::vector<std::string> StartUp::names_of_held() const {
    std::vector<std::string> names;
    for (const keeper::HeldWorker& worker : replay_.workers) {
        names.push_back(slots_->name(worker.id));
    }
    return names;
}

Trouble StartUp::have_listeners() {
    for (const SlotId slot : adopts_ ? std::vector<SlotId>() : slots_->ids()) {
        auto fd = estate_->take_or_make({DepositKind::listener, slot.index, 1}, link_, [&] {
            return worker::open_first(listen_spec(terms_->policy, slots_->address(slot), 1));
        });
        if (!fd) {
            return refused(fd.error());
        }
        slots_->open({slot, 1}, std::move(*fd));
    }
    for (keeper::HeldDeposit& held : estate_->take_all(DepositKind::listener)) {
        slots_->open({{held.key.slot}, held.key.serial}, std::move(held.fd));
    }
    return std::nullopt;
}

Trouble StartUp::have_control_socket() {
    auto socket = estate_->take_or_make(k_control, link_, [&] {
        return control::listen_at(control::control_path(terms_->policy.app.name));
    });
    if (!socket) {
        return refused(socket.error());
    }
    control_socket_ = std::move(*socket);
    return std::nullopt;
}

// Those of workers that the keeper has forgotten are of no use to anybody.
Trouble StartUp::watch_memory() {
    auto app = estate_->take_or_make(
        k_app_oom, link_, [&]() -> Result<UniqueFd> { return containment_->watch_app_oom(); });
    if (!app) {
        return refused(app.error());
    }
    containment_->adopt_app_oom(std::move(*app));
    for (keeper::HeldDeposit& held : estate_->take_all(DepositKind::eventfd)) {
        const WorkerId id{{held.key.slot}, held.key.serial};
        const bool lives = std::any_of(replay_.workers.begin(), replay_.workers.end(),
                                       [&](const auto& worker) { return worker.id == id; });
        if (lives) {
            oom_watches_[id] = {std::move(held.fd), number_in(held.aux)};
        } else if (const auto dropped = link_.withdraw(held.key); !dropped) {
            return refused(dropped.error());
        }
    }
    return std::nullopt;
}

Trouble StartUp::keep_policy() {
    if (accepted_) {
        return std::nullopt;
    }
    auto text = keep_text(terms_->text);
    if (!text) {
        return refused(text.error());
    }
    const auto kept = link_.deposit(k_policy, text->get(), {});
    return kept ? std::nullopt : refused(kept.error());
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
    const auto since = static_cast<std::uint64_t>(begun_at_.time_since_epoch().count());
    const auto kept = link_.deposit(k_ledger, ledger_->fd(), with_number(since));
    return kept ? std::nullopt : refused(kept.error());
}

Started StartUp::result() && {
    // Also unlike that of a daemon that had the same pid, in a container or before a reboot.
    const std::string daemon = std::to_string(replay_.keeper_pid) + "-" +
                               std::to_string(begun_at_.time_since_epoch().count());
    Chronicle chronicle(terms_->policy.report.file, daemon);
    return Started{.parts = {.policy = std::move(terms_->policy),
                             .policy_path = arguments_.policy_path,
                             .policy_loaded_at = begun_at_,
                             .keeper_pid = replay_.keeper_pid,
                             .lock = std::move(lock_),
                             .account = std::move(terms_->account),
                             .control_group = terms_->control_group,
                             .slots = std::move(*slots_),
                             .containment = std::move(*containment_),
                             .launching = std::move(*launching_),
                             .ledger = std::move(*ledger_),
                             .diag = std::move(*diag_),
                             .link = std::move(link_),
                             .chronicle = std::move(chronicle),
                             .limitations = std::move(limitations_),
                             .machine = machine_},
                   .control_socket = std::move(control_socket_),
                   .inheritance = {std::move(replay_.workers), std::move(oom_watches_)},
                   .adopts = adopts_};
}

} // namespace

std::variant<Started, CannotStart> start_up(const Arguments& arguments, keeper::Link link,
                                            WallTime now) {
    StartUp start(arguments, std::move(link), now);
    if (Trouble trouble = start.run()) {
        return std::move(*trouble);
    }
    return std::move(start).result();
}

} // namespace recycler::controller
