#include "recycler/controller/startup.hpp"

#include "cgroups/proc_usage.hpp"
#include "policies/parse.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/controller/listen_spec.hpp"
#include "recycler/controller/neighbours.hpp"
#include "recycler/controller/policy_file.hpp"
#include "recycler/worker/gate.hpp"
#include "recycler/worker/listener.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

using keeper::DepositKey;
using keeper::DepositKind;

// Serials of the deposits that are only one of their kind.
constexpr DepositKey k_control{DepositKind::control, 0, 0};
constexpr DepositKey k_lock{DepositKind::lock, 0, 0};
constexpr DepositKey k_claim{DepositKind::lock, 0, 1};
constexpr DepositKey k_ledger{DepositKind::ledger, 0, 0};
constexpr DepositKey k_policy{DepositKind::other, 0, 1};
constexpr DepositKey k_app_oom{DepositKind::other, 0, 2};

CannotStart refused(const Error& error) {
    return {EX_OSERR, error.message()};
}

// What the keeper held for the controller before, to be taken over piece by piece.
class Estate {
  public:
    explicit Estate(std::vector<keeper::HeldDeposit> deposits) : deposits_(std::move(deposits)) {}

    UniqueFd take(const DepositKey& key) {
        for (keeper::HeldDeposit& deposit : deposits_) {
            if (deposit.key == key) {
                return std::move(deposit.fd);
            }
        }
        return UniqueFd();
    }
    std::vector<keeper::HeldDeposit>& all() { return deposits_; }

  private:
    std::vector<keeper::HeldDeposit> deposits_;
};

policies::Host this_host() {
    const auto ram = cgroups::host_ram();
    return {.ram = ram ? *ram : Bytes{0}};
}

struct Loaded {
    policies::Policy policy;
    std::string text;
};

std::variant<Loaded, CannotStart> load_policy(const Arguments& arguments,
                                              const UniqueFd& accepted) {
    auto text = accepted ? read_text(accepted.get()) : read_text(arguments.policy_path);
    if (!text) {
        return CannotStart{EX_CONFIG, text.error().message()};
    }
    auto parsed = policies::parse(*text, arguments.stem, this_host());
    if (const auto* faults = std::get_if<std::vector<policies::Fault>>(&parsed)) {
        return CannotStart{EX_CONFIG, policies::render(*faults, arguments.policy_path, *text)};
    }
    return Loaded{std::get<policies::Policy>(std::move(parsed)), std::move(*text)};
}

// Who the workers run as. Only root can choose; root must choose.
std::variant<worker::Account, CannotStart> account_of(const policies::Policy& policy) {
    const bool root = ::geteuid() == 0;
    if (root && policy.app.user.empty()) {
        return CannotStart{EX_CONFIG, "app.user is not set, and workers are not run as root by "
                                      "accident: set user = \"www-data\" "
                                      "(or user = \"root\" if that is meant)"};
    }
    auto account = worker::resolve_account(policy.app.user, policy.app.group);
    if (!account) {
        return CannotStart{EX_CONFIG,
                           account.error().message() +
                               "; set app.user and app.group to accounts of this machine"};
    }
    if (!root && account->uid != ::geteuid()) {
        return CannotStart{EX_OSERR, "app.user is \"" + policy.app.user +
                                         "\", and only root can start workers as another user: "
                                         "start recyclerd as root, or leave app.user out"};
    }
    return *account;
}

// Held as long as the keeper lives, so that it survives controllers.
Result<UniqueFd> lock_app(const std::string& folder, const std::string& app) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string path = folder + "/lock";
    UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) {
        return Error{errno, "open " + path + " (RECYCLER_RUNTIME_DIR names another folder)"};
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return Error{0, "a recyclerd for the app \"" + app +
                                "\" is already running: see `recyclerctl --app " + app +
                                " status`, or stop it with `recyclerctl --app " + app + " stop`"};
        }
        return Error{errno, "lock " + path};
    }
    return lock;
}

Result<void> open_listeners(const policies::Policy& policy, SlotTable& slots, keeper::Link& link) {
    for (const SlotId slot : slots.ids()) {
        auto fd = worker::open_first(listen_spec(policy, slots.address(slot), 1));
        if (!fd) {
            return std::move(fd).error();
        }
        const auto kept = link.deposit({DepositKind::listener, slot.index, 1}, fd->get(), {});
        if (!kept) {
            return kept;
        }
        slots.open({slot, 1}, std::move(*fd));
    }
    return {};
}

// The same fd from before, or a new one that the keeper is given.
Result<UniqueFd> take_or_make(Estate& estate, const DepositKey& key, keeper::Link& link,
                              const std::function<Result<UniqueFd>()>& make) {
    if (UniqueFd held = estate.take(key)) {
        return held;
    }
    auto made = make();
    if (!made) {
        return made;
    }
    const auto kept = link.deposit(key, made->get(), {});
    if (!kept) {
        return kept.error();
    }
    return made;
}

// Kept by the keeper for as long as it lives.
Result<void> claim_cgroup(const Containment& containment, keeper::Link& link) {
    auto claim = containment.claim();
    if (!claim || !*claim) {
        return claim ? Result<void>() : Result<void>(claim.error());
    }
    return link.deposit(k_claim, claim->get(), {});
}

Result<LedgerFile> take_or_make_ledger(Estate& estate, keeper::Link& link, bool& adopts) {
    if (UniqueFd held = estate.take(k_ledger)) {
        auto ledger = LedgerFile::map(std::move(held));
        adopts = ledger.has_value();
        return ledger;
    }
    auto ledger = LedgerFile::make();
    if (ledger) {
        const auto kept = link.deposit(k_ledger, ledger->fd(), {});
        if (!kept) {
            return kept.error();
        }
    }
    return ledger;
}

// What this machine cannot give, one sentence each.
std::vector<std::string> find_limitations(const policies::Policy& policy, const Recorder& recorder,
                                          fleet::Machine& machine) {
    std::vector<std::string> limitations;
    if (const auto shown = worker::probe_show(); !shown) {
        machine.can_show = false;
        limitations.push_back(shown.error().message() + ".");
    }
    if (recorder.path.empty()) {
        machine.parkable = false;
        limitations.push_back(recorder.why_not + ".");
    }
    if (!std::holds_alternative<policies::SeccompOff>(policy.sandbox.seccomp)) {
        limitations.emplace_back(
            "sandbox.seccomp is read and no system call filter is loaded by this version.");
    }
    if (std::holds_alternative<policies::ReadyProbe>(policy.start.ready)) {
        limitations.emplace_back("start.ready = \"probe\" means \"accept\" in this version.");
    }
    return limitations;
}

} // namespace

int check_policy(const Arguments& arguments) {
    const auto loaded = load_policy(arguments, UniqueFd());
    if (const auto* cannot = std::get_if<CannotStart>(&loaded)) {
        (void)std::fprintf(stderr, "%s\n", cannot->reason.c_str());
        return cannot->code;
    }
    (void)std::printf("%s: no faults\n", arguments.policy_path.c_str());
    return 0;
}

std::variant<Started, CannotStart> start_up(const Arguments& arguments, keeper::Link link,
                                            WallTime now) {
    auto replay = link.hello();
    if (!replay) {
        return refused(replay.error());
    }
    Estate estate(std::move(replay->deposits));
    UniqueFd accepted = estate.take(k_policy);
    auto loaded = load_policy(arguments, accepted);
    if (auto* cannot = std::get_if<CannotStart>(&loaded)) {
        return std::move(*cannot);
    }
    policies::Policy policy = std::move(std::get<Loaded>(loaded).policy);
    if (policy.report.file.empty()) {
        policy.report.file = "/var/lib/recycler/" + policy.app.name + "/events.jsonl";
    }
    auto account = account_of(policy);
    if (auto* cannot = std::get_if<CannotStart>(&account)) {
        return std::move(*cannot);
    }
    const std::string folder = control::runtime_folder() + "/" + policy.app.name;
    auto lock =
        take_or_make(estate, k_lock, link, [&] { return lock_app(folder, policy.app.name); });
    if (!lock) {
        return refused(lock.error());
    }
    bool adopts = false;
    auto ledger = take_or_make_ledger(estate, link, adopts);
    if (!ledger) {
        return refused(ledger.error());
    }
    const std::array<pid_t, 2> supervisors{replay->keeper_pid, ::getpid()};
    auto containment = Containment::open(
        policy, supervisors, adopts ? Containment::Proof::done_before : Containment::Proof::needed);
    if (!containment) {
        return refused(containment.error());
    }
    SlotTable slots(policy.app.listen);
    if (adopts) {
        for (keeper::HeldDeposit& deposit : estate.all()) {
            if (deposit.key.kind == DepositKind::listener &&
                deposit.key.slot < policy.app.listen.size()) {
                slots.open({{deposit.key.slot}, deposit.key.serial}, std::move(deposit.fd));
            }
        }
    } else {
        const auto claimed = claim_cgroup(*containment, link);
        if (!claimed) {
            return refused(claimed.error());
        }
        containment->sweep({}); // of a daemon that was killed
        if (const auto opened = open_listeners(policy, slots, link); !opened) {
            return refused(opened.error());
        }
    }
    auto socket = take_or_make(estate, k_control, link, [&] {
        return control::listen_at(control::control_path(policy.app.name));
    });
    if (!socket) {
        return refused(socket.error());
    }
    if (UniqueFd app_oom = estate.take(k_app_oom)) {
        containment->adopt_app_oom(std::move(app_oom));
    } else if (UniqueFd watched = containment->watch_app_oom()) {
        if (const auto kept = link.deposit(k_app_oom, watched.get(), {}); !kept) {
            return refused(kept.error());
        }
        containment->adopt_app_oom(std::move(watched));
    }
    if (!accepted) {
        auto text = keep_text(std::get<Loaded>(loaded).text);
        const auto kept =
            text ? link.deposit(k_policy, text->get(), {}) : Result<void>(text.error());
        if (!kept) {
            return refused(kept.error());
        }
    }
    const Recorder recorder = find_recorder(std::get<worker::Account>(account), folder);
    auto launching = Launching::prepare(policy, std::get<worker::Account>(account), recorder.path);
    if (!launching) {
        return CannotStart{EX_CONFIG, launching.error().message()};
    }
    auto diag = worker::SocketDiag::open();
    if (!diag) {
        return refused(diag.error());
    }
    fleet::Machine machine{.dry_run = arguments.task == Task::dry_run ? fleet::DryRun::on
                                                                      : fleet::DryRun::off};
    std::vector<std::string> limitations = find_limitations(policy, recorder, machine);
    if (machine.dry_run == fleet::DryRun::on) {
        limitations.emplace_back("This is a dry run: nobody is retired.");
    }
    Chronicle chronicle(policy.report.file, std::to_string(replay->keeper_pid));
    return Started{.parts = {.policy = std::move(policy),
                             .policy_path = arguments.policy_path,
                             .policy_loaded_at = now,
                             .runtime_folder = folder,
                             .keeper_pid = replay->keeper_pid,
                             .account = std::get<worker::Account>(std::move(account)),
                             .slots = std::move(slots),
                             .containment = std::move(*containment),
                             .launching = std::move(*launching),
                             .ledger = std::move(*ledger),
                             .diag = std::move(*diag),
                             .link = std::move(link),
                             .chronicle = std::move(chronicle),
                             .limitations = std::move(limitations),
                             .machine = machine},
                   .control_socket = std::move(*socket),
                   .held = std::move(replay->workers),
                   .adopts = adopts};
}

} // namespace recycler::controller
