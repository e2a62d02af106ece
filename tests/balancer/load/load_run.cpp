// SPDX-License-Identifier: MIT
#include "tests/balancer/load/load_run.hpp"

#include "tests/balancer/load/connection.hpp"
#include "tests/balancer/load/lost_list.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <sys/epoll.h>
#include <sys/signalfd.h>

namespace recycler::load {
namespace {

// After a request went missing its connection waits this long: a server that is gone would
// otherwise be asked, and counted, tens of thousands of times a second.
constexpr Duration k_pause_after_missing = std::chrono::milliseconds(10);

MonoTime now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return MonoTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

double unix_time() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Waiting {
    MonoTime until; // then its next request begins
};
struct Asking {
    MonoTime since;
};
struct Finished {};

struct Client {
    Connection connection;
    std::variant<Waiting, Asking, Finished> state;
    std::uint32_t watched_socket =
        0; // which of the connection's sockets epoll watches, and for what
    std::uint32_t watched_events = 0;
};

class Run {
  public:
    Run(const LoadPlan& plan, Server server)
        : plan_(plan), server_(server), source_(plan), start_(now()) {}

    Result<void> prepare();
    Result<void> loop();
    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] std::string summary() const;

  private:
    [[nodiscard]] bool asked_enough(MonoTime at) const;
    void begin_due(MonoTime at);
    void give_up_late(MonoTime at);
    void print_progress(MonoTime at);
    [[nodiscard]] std::optional<MonoTime> next_deadline() const;
    void settle(Client& client, const Outcome& outcome, MonoTime since);
    void list(const Client& client, const std::string& fault, Duration waited);
    void watch(Client& client, std::size_t index);

    const LoadPlan& plan_;
    Server server_;
    RequestSource source_;
    Tally tally_;
    LostList lost_;
    MonoTime start_;
    MonoTime next_progress_{};
    bool interrupted_ = false;
    UniqueFd epoll_;
    UniqueFd signals_;
    std::vector<Client> clients_;
};

Result<void> Run::prepare() {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    signals_.reset(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!signals_ || !epoll_) {
        return Error{errno, "epoll"};
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = plan_.connections; // the index after the last client's
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event);
    for (std::uint32_t i = 0; i < plan_.connections; ++i) {
        clients_.push_back({Connection(server_), Waiting{start_}});
    }
    next_progress_ = start_ + plan_.progress.value_or(Duration::zero());
    auto lost = LostList::open(plan_.lost_list);
    if (!lost) {
        return std::move(lost).error();
    }
    lost_ = std::move(*lost);
    return {};
}

bool Run::asked_enough(MonoTime at) const {
    return interrupted_ || (plan_.requests && tally_.sent() >= *plan_.requests) ||
           (plan_.duration && at - start_ >= *plan_.duration);
}

void Run::begin_due(MonoTime at) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        Client& client = clients_[i];
        const auto* waiting = std::get_if<Waiting>(&client.state);
        if (waiting == nullptr) {
            continue;
        }
        if (asked_enough(at)) {
            client.state = Finished{};
        } else if (waiting->until <= at) {
            tally_.count_sent();
            const auto since = now();
            const auto outcome = client.connection.begin(source_.next());
            client.state = Asking{since};
            settle(client, outcome, since);
            watch(client, i);
        }
    }
}

void Run::give_up_late(MonoTime at) {
    for (Client& client : clients_) {
        const auto* asking = std::get_if<Asking>(&client.state);
        if (asking != nullptr && at - asking->since >= plan_.deadline) {
            client.connection.abandon();
            settle(client, Missing{"timeout"}, asking->since);
        }
    }
}

void Run::settle(Client& client, const Outcome& outcome, MonoTime since) {
    if (std::holds_alternative<Pending>(outcome)) {
        return;
    }
    const auto at = now();
    if (const auto* answered = std::get_if<Answered>(&outcome)) {
        if (answered->fault) {
            tally_.count_wrong(*answered->fault, at - since);
            list(client, *answered->fault, at - since);
        } else {
            tally_.count_right(at - since);
        }
        client.state = Waiting{at + source_.think_time()};
    } else {
        const auto& fault = std::get<Missing>(outcome).fault;
        tally_.count_missing(fault);
        list(client, fault, at - since);
        client.state = Waiting{at + k_pause_after_missing};
    }
}

void Run::list(const Client& client, const std::string& fault, Duration waited) {
    lost_.add({client.connection.request(), fault, waited, unix_time()});
}

void Run::watch(Client& client, std::size_t index) {
    const Connection& connection = client.connection;
    const bool asking = std::holds_alternative<Asking>(client.state);
    epoll_event event{};
    event.events = asking && connection.sending() ? EPOLLOUT : EPOLLIN;
    event.data.u64 = index;
    // A closed socket has left the set by itself.
    const bool is_new = connection.times_opened() != client.watched_socket;
    if (connection.fd() < 0 || (!is_new && event.events == client.watched_events)) {
        return;
    }
    ::epoll_ctl(epoll_.get(), is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.fd(), &event);
    client.watched_socket = connection.times_opened();
    client.watched_events = event.events;
}

std::string Run::summary() const {
    std::uint64_t reopened = 0;
    for (const Client& client : clients_) {
        const auto opened = client.connection.times_opened();
        reopened += opened > 0 ? opened - 1 : 0;
    }
    return tally_.json(now() - start_, reopened);
}

void Run::print_progress(MonoTime at) {
    if (plan_.progress && at >= next_progress_) {
        std::printf("%s\n", summary().c_str());
        std::fflush(stdout);
        next_progress_ = at + *plan_.progress;
    }
}

std::optional<MonoTime> Run::next_deadline() const {
    std::optional<MonoTime> earliest;
    const auto consider = [&](MonoTime at) { earliest = earliest ? std::min(*earliest, at) : at; };
    for (const Client& client : clients_) {
        if (const auto* waiting = std::get_if<Waiting>(&client.state)) {
            consider(waiting->until);
        } else if (const auto* asking = std::get_if<Asking>(&client.state)) {
            consider(asking->since + plan_.deadline);
        }
    }
    if (earliest && plan_.progress) {
        consider(next_progress_);
    }
    return earliest;
}

Result<void> Run::loop() {
    std::array<epoll_event, 64> ready;
    begin_due(now());
    while (const auto deadline = next_deadline()) {
        const auto wait = std::max(*deadline - now(), Duration::zero());
        // Rounded up: a wait that ends just before its deadline would spin.
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                       static_cast<int>(milliseconds));
        if (count < 0 && errno != EINTR) {
            return Error{errno, "epoll_wait"};
        }
        for (int i = 0; i < count; ++i) {
            const auto index = ready[static_cast<std::size_t>(i)].data.u64;
            if (index >= clients_.size()) {
                signalfd_siginfo signal{};
                interrupted_ = ::read(signals_.get(), &signal, sizeof signal) > 0 || interrupted_;
                continue;
            }
            Client& client = clients_[index];
            if (const auto* asking = std::get_if<Asking>(&client.state)) {
                settle(client, client.connection.advance(), asking->since);
                watch(client, index);
            } else if (client.connection.fd() >= 0) {
                client.connection.abandon(); // closed between two answers
            }
        }
        const auto at = now();
        give_up_late(at);
        begin_due(at);
        print_progress(at);
    }
    return {};
}

} // namespace

Result<Tally> run(const LoadPlan& plan) {
    const auto server = resolve(plan.host, plan.port);
    if (!server) {
        return server.error();
    }
    Run load(plan, *server);
    if (auto prepared = load.prepare(); !prepared) {
        return std::move(prepared).error();
    }
    if (auto ended = load.loop(); !ended) {
        return std::move(ended).error();
    }
    std::printf("%s\n", load.summary().c_str());
    return load.tally();
}

} // namespace recycler::load
