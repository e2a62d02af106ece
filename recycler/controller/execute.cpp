// The fleet's orders, carried out. "Already gone" is success for all that stops, closes or removes.
#include "recycler/controller/controller.hpp"

#include "cgroups/proc_usage.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/controller/children.hpp"
#include "recycler/controller/listen_spec.hpp"
#include "recycler/controller/noting.hpp"
#include "recycler/worker/gate.hpp"
#include "recycler/worker/idleness.hpp"
#include "recycler/worker/listener.hpp"
#include "recycler/worker/steering.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace recycler::controller {

namespace {

// A process of a worker that may take this long to stop is in an uninterruptible system call.
constexpr Duration k_freeze_patience = std::chrono::milliseconds(100);
// v1 waits until nobody is left. One that stays is killed again (k_kill_again of the fleet).
constexpr Duration k_kill_patience = std::chrono::milliseconds(100);

// A worker whose listener is hidden is on its way out: a connection that the balancer keeps would
// bring it one request after another.
enum class Kept { yes, no };
void keep_connections(LiveWorkers& workers, ListenerId listener, Kept kept) {
    for (auto& [id, worker] : workers) {
        if (worker.listener == listener && worker.page) {
            kept == Kept::yes ? worker.page->keep() : worker.page->let_go();
        }
    }
}

void send(const LiveWorker& worker, int signal) {
    if (worker.pidfd) {
        // ESRCH: it has ended already, and its exit is on the way.
        (void)::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), signal, nullptr, 0);
    }
}

} // namespace

void Controller::carry_out(const fleet::OpenListener& action) {
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    const worker::ListenSpec spec = listen_spec(parts_.policy, address, action.listener.serial);
    auto fd = action.opening == fleet::Opening::joined ? worker::open_joined(spec)
                                                       : worker::open_hidden(spec);
    if (!fd) {
        complain(fd.error()); // the launch that follows finds no listener and says so in its record
        return;
    }
    const auto kept = parts_.link.deposit(key_of(action.listener), fd->get(), {});
    if (!kept) {
        complain(kept.error());
    }
    parts_.slots.open(action.listener, std::move(*fd));
}

void Controller::carry_out(const fleet::CloseListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    if (fd < 0) {
        return;
    }
    if (const auto removed = worker::remove_names(parts_.slots.address(action.listener.slot), fd);
        !removed) {
        complain(removed.error());
    }
    if (std::holds_alternative<policies::TcpAddress>(parts_.slots.address(action.listener.slot))) {
        // Nothing waits in it, or it would not be closed. Others may hold the socket for some
        // microseconds yet (the keeper, a dying worker); its place in the reuseport group must be
        // free now.
        (void)::shutdown(fd, SHUT_RDWR);
    }
    parts_.slots.close(action.listener);
    const auto dropped = parts_.link.withdraw(key_of(action.listener));
    if (!dropped) {
        complain(dropped.error());
    }
}

void Controller::carry_out(const fleet::ShowListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    keep_connections(workers_, action.listener, Kept::yes);
    if (fd < 0) {
        return;
    }
    const auto hidden = worker::is_hidden(address, fd);
    if (hidden && !*hidden) {
        return; // showing needs a right that overlap and queue do without
    }
    if (const auto shown = worker::show(address, fd); !shown) {
        complain(shown.error());
    }
}

void Controller::carry_out(const fleet::HideListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    keep_connections(workers_, action.listener, Kept::no);
    if (fd < 0) {
        return;
    }
    if (const auto hidden = worker::hide(parts_.slots.address(action.listener.slot), fd); !hidden) {
        complain(hidden.error());
    }
}

void Controller::carry_out(const fleet::Steer& action) {
    const int fd = parts_.slots.fd(action.listener);
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    if (std::holds_alternative<policies::UnixAddress>(address)) {
        // A path leads to one socket: taking it over is what steering is for TCP.
        if (action.index == 1 && fd >= 0) {
            carry_out(fleet::ShowListener{action.listener});
        }
        return;
    }
    if (fd < 0) {
        return;
    }
    if (const auto steered = worker::steer_all(fd, action.index); !steered) {
        complain(steered.error());
    }
}

void Controller::carry_out(const fleet::Park& action) {
    if (LiveWorker* worker = find(action.worker); worker != nullptr && worker->page) {
        worker->page->park();
    }
}

void Controller::carry_out(const fleet::Unpark& action) {
    if (LiveWorker* worker = find(action.worker); worker != nullptr && worker->page) {
        worker->page->release();
    }
}

void Controller::carry_out(const fleet::Freeze& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr || worker->exit) {
        return;
    }
    worker->probe.reset(); // our own question is no client
    const auto list = [worker] { return processes_of(*worker); };
    auto frozen = worker::freeze(list, k_freeze_patience);
    if (!frozen) {
        learn(fleet::FrozenSeen{action.worker, 1}); // not shown to be idle: let it go on
        return;
    }
    worker->frozen.emplace(std::move(*frozen));
    const auto held = worker::connections_held({.listener = parts_.slots.fd(worker->listener),
                                                .port = worker::Port::shared,
                                                .processes = list},
                                               parts_.diag);
    const auto page = page_of(*worker);
    const request::Activity now = page ? activity_now(*worker, *page) : request::Activity{};
    const auto exiting = worker::is_exiting(worker->pid);
    const bool shown = held && exiting && !*exiting;
    learn(fleet::FrozenSeen{.worker = action.worker,
                            .connections = shown ? std::max(*held, now.in_flight) : 1,
                            .accepting = now.accepting});
}

void Controller::carry_out(const fleet::Thaw& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    if (worker->frozen) {
        worker->frozen.reset();
    } else if (const auto thawed = worker::thaw_all([worker] { return processes_of(*worker); });
               !thawed) {
        complain(thawed.error());
    }
}

void Controller::carry_out(const fleet::StopWorker& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    if (const auto page = page_of(*worker); page && !worker->told_to_end) {
        if (const auto oldest = activity_now(*worker, *page).oldest) {
            worker->told_to_end = {.oldest = *oldest, .given_up = request::given_up(*page)};
        }
    }
    worker->sent.stop = parts_.policy.drain.stop_signal;
    send(*worker, parts_.policy.drain.stop_signal);
    if (worker->page) {
        worker->page->end();
    }
    carry_out(fleet::Thaw{action.worker}); // a stopped process gets the signal when it goes on
}

void Controller::carry_out(const fleet::KillWorker& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    worker->sent.kill = true;
    const auto killed =
        worker->group ? worker->group->kill(k_kill_patience) : Result<void>(Error{ENOENT, ""});
    // Without its cgroup: the process tree as far as /proc shows it. A child that has ended since
    // is no error.
    if (!killed && worker->pid > 0) {
        const auto pids = cgroups::proc_tree(worker->pid);
        for (const pid_t pid : pids ? *pids : std::vector<pid_t>()) {
            if (pid != worker->pid) {
                (void)::kill(pid, SIGKILL);
            }
        }
    }
    send(*worker, SIGKILL); // also when somebody has moved it out of its cgroup
}

void Controller::carry_out(const fleet::Examine& action) {
    if (LiveWorker* worker = find(action.worker)) {
        examine_threads(*worker, loop_.now());
    }
}

void Controller::carry_out(const fleet::Announce& action) {
    control::EventLine line{
        .at = loop_.wall_now(), .event = action.name, .slot = parts_.slots.name(action.slot)};
    if (action.generation != 0) {
        line.generation = action.generation;
    }
    if (action.trigger) {
        line.members.emplace_back("trigger", std::string(to_string(*action.trigger)));
    }
    if (!action.text.empty()) {
        line.members.emplace_back("text", action.text);
    }
    announce(std::move(line));
}

void Controller::carry_out(const fleet::Warn& action) {
    announce({.at = loop_.wall_now(), .event = action.name, .members = {{"text", action.text}}});
}

void Controller::carry_out(const fleet::Finish&) {
    announce({.at = loop_.wall_now(), .event = "stopped"});
    places_.give_up_all();
    parts_.containment.remove();
    std::error_code ignored; // the next start replaces what could not be removed
    std::filesystem::remove(control::control_path(parts_.policy.app.name), ignored);
    sources_.leave.schedule(); // after the answers of this turn have gone out
}

} // namespace recycler::controller
