// SPDX-License-Identifier: MIT
#include "daemon.hpp"

#include "recycler/control/socket.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <set>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::control;

namespace {

Snapshot one_slot(const std::string& app) {
    Snapshot snapshot;
    snapshot.app = app;
    snapshot.version = "test";
    snapshot.pid = getpid();
    SlotStatus& slot = snapshot.slots.emplace_back();
    slot.slot = "7012";
    slot.address = "127.0.0.1:7012";
    return snapshot;
}

class Answers {
  public:
    Answers(systemd::EventLoop& loop, std::string app, int events)
        : app_(std::move(app)), events_(events),
          flood_(*loop.add_deferred([this] { flood(); }, systemd::Priority::last)) {}

    void serve(Server* server) { server_ = server; }

    Calls calls() {
        return calls_to(
            [this](CallId id) {
                listeners_.erase(id);
                tell('C');
            },
            [this](CallId id, const StatusCall&) { server_->reply(id, one_slot(app_)); },
            [this](CallId id, const DrainCall& call) { drain(id, call); },
            [this](CallId id, const OpenCall& call) { order(id, call.slots); },
            [this](CallId id, const RecycleCall& call) { order(id, call.slots); },
            [this](CallId id, const ReloadCall&) { server_->reply(id, ReloadReply{}); },
            [this](CallId id, const WhyCall&) { server_->reply(id, WhyReply{}); },
            [this](CallId id, const EventsCall& call) { events(id, call); },
            [this](CallId id, const BlameCall&) { server_->reply(id, Blame{}); },
            [this](CallId id, const StopCall&) { server_->reply(id, StopReply{}); });
    }

  private:
    void tell(char event) { (void)!write(events_, &event, 1); }

    void order(CallId id, const std::vector<std::string>& slots) {
        OrderReply reply;
        for (const std::string& slot : slots) {
            reply.slots.push_back({slot, "serving", std::nullopt});
        }
        server_->reply(id, reply);
    }

    void drain(CallId id, const DrainCall& call) {
        const std::string& slot = call.slots.front();
        if (slot == "7099") {
            server_->fail(id, NoSuchSlot{slot});
        } else if (slot == "7098") {
            server_->fail(id, TimedOut{{slot}, "7098 is still busy; its gate stays closed"});
        } else if (slot == "7097") {
            server_->fail(id, Refused{"7097 is the last open gate of the app"});
        } else {
            server_->reply_more(id, OrderReply{{{slot, "draining", std::nullopt}}});
            tell('D');
        }
    }

    void events(CallId id, const EventsCall& call) {
        if (call.follow == Follow::only_recent) {
            server_->reply(id, EventsReply{});
            return;
        }
        listeners_.insert(id);
        flood_.schedule();
        tell('E');
    }

    void flood() {
        EventLine line{WallTime{}, "flood", "7012", 1u, {{"text", std::string(4000, 'x')}}};
        for (const CallId id : listeners_) {
            server_->reply_more(id, EventsReply{std::vector(16, line)});
        }
        if (!listeners_.empty()) {
            flood_.schedule();
        }
    }

    Server* server_ = nullptr;
    std::string app_;
    int events_;
    systemd::Deferred flood_;
    std::set<CallId> listeners_;
};

[[noreturn]] void run_daemon(const std::string& app, const Rights& rights, const Limits& limits,
                             int events) {
    auto listener = listen_at(control_path(app));
    auto loop = systemd::EventLoop::create();
    if (!listener || !loop) {
        _exit(1);
    }
    Answers answers(*loop, app, events);
    auto server = Server::create(*loop, {*std::move(listener), rights, answers.calls(), limits});
    if (!server) {
        _exit(2);
    }
    answers.serve(&*server);
    (void)!write(events, "R", 1);
    (void)loop->run();
    _exit(3);
}

} // namespace

ControlDaemon::ControlDaemon(const std::string& app, const Rights& rights, const Limits& limits) {
    std::filesystem::create_directories(runtime_folder() + "/" + app);
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    events_.reset(ends[0]);
    UniqueFd told(ends[1]);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_daemon(app, rights, limits, told.get());
    }
    told.reset();
    REQUIRE(next_event() == 'R');
}

ControlDaemon::~ControlDaemon() {
    (void)kill(pid_, SIGKILL);
    (void)waitpid(pid_, nullptr, 0);
}

char ControlDaemon::next_event() {
    pollfd waiting{events_.get(), POLLIN, 0};
    char event = '!';
    if (poll(&waiting, 1, 10'000) == 1 && read(events_.get(), &event, 1) != 1) {
        return '!';
    }
    return event;
}

long ControlDaemon::resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/statm");
    long total = 0, resident = 0;
    status >> total >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
