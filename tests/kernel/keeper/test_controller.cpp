// SPDX-License-Identifier: MIT
// A controller that decides nothing: it speaks with the keeper through the real link, does what the
// test says over a socket (RECYCLER_STAGE, one packet an order, a line a field), and tells the test
// what it hears. With TEST_PERMITS it speaks the newest protocol and tells the permits that it is
// ordered to; else the last one that has none. With TEST_PROTOCOL it claims to speak that one only.
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"
#include "recycler/worker/spawn/plan.hpp"
#include "recycler/worker/spawn/plan_view.hpp"
#include "tests/kernel/keeper/test_channels.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

class Proxy {
  public:
    Proxy(Link link, UniqueFd stage) : link_(std::move(link)), stage_(std::move(stage)) {}

    void run() {
        greet();
        tell_replay(must(link_.replay()));
        for (;;) {
            pollfd sources[] = {{.fd = link_.fd(), .events = POLLIN, .revents = 0},
                                {.fd = stage_.get(), .events = POLLIN, .revents = 0}};
            ::poll(sources, 2, -1);
            if (sources[0].revents != 0) {
                hear();
            }
            if (sources[1].revents != 0) {
                obey();
            }
        }
    }

  private:
    void tell(const std::string& line) {
        if (::send(stage_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
            std::_Exit(0); // the test is over
        }
    }

    // One that has permits to tell does so first, as ordered, until it is told to go on.
    void greet() {
        greeting_ = must(link_.greet());
        if (greeting_.wants_permits) {
            tell("greeted " + std::to_string(greeting_.policies.size()));
            while (!go_on_) {
                obey();
            }
        }
    }

    void permit(const Order& order) {
        const UniqueFd plan = order.contains("fault") ? wrong_plan(order) : right_plan(order);
        must(link_.permit(plan.get(), right_plan(order).get()));
    }

    void tell_replay(Replay replay) {
        for (HeldDeposit& deposit : replay.deposits) {
            tell("held deposit " + std::to_string(static_cast<int>(deposit.key.kind)) + " " +
                 std::to_string(deposit.key.slot) + " " + std::to_string(deposit.key.serial) + " " +
                 reinterpret_cast<const char*>(deposit.aux.data()));
            channels_.take(deposit);
            deposits_[deposit.key.serial] = std::move(deposit.fd);
        }
        for (HeldWorker& worker : replay.workers) {
            tell("held worker " + describe(worker));
            rings_[worker.id] = std::move(worker.ring);
        }
        tell("ready " + std::to_string(greeting_.starts) + " " +
             std::to_string(greeting_.keeper_pid) + " " + greeting_.keeper_build);
    }

    void hear() {
        News news = must(link_.receive());
        if (const auto* launched = std::get_if<WorkerLaunched>(&news)) {
            tell("launched " + name_of(launched->id) + " " + std::to_string(launched->pid));
            on_launched(*launched);
        } else if (const auto* failed = std::get_if<WorkerLaunchFailed>(&news)) {
            tell("failed " + name_of(failed->id) + " " + worker::to_string(failed->step) + " " +
                 std::to_string(failed->error));
        } else if (const auto* exited = std::get_if<WorkerExited>(&news)) {
            tell("exited " + name_of(exited->id) + " " + describe(exited->exit));
            on_exited(*exited);
        } else if (auto* arrived = std::get_if<ThreadFilesArrived>(&news)) {
            tell(counted_.take(*arrived));
        } else if (const auto* signal = std::get_if<SignalArrived>(&news)) {
            tell("signal " + std::to_string(signal->signal));
        } else if (const auto* rejected = std::get_if<OrderRejected>(&news)) {
            tell("rejected " + name_of(rejected->worker) + " " +
                 std::to_string(static_cast<int>(rejected->order)) + " " +
                 std::to_string(rejected->error));
        } else if (std::holds_alternative<PingArrived>(news)) {
            must(link_.pong());
        } else if (std::holds_alternative<KeeperGone>(news)) {
            tell("gone");
            std::_Exit(0);
        }
    }

    void obey() {
        std::string text(16384, '\0');
        const ssize_t size = ::recv(stage_.get(), text.data(), text.size(), 0);
        if (size <= 0) {
            std::_Exit(0); // the test is over
        }
        const auto [verb, order] = parse_order(text.substr(0, static_cast<std::size_t>(size)));
        carry_out(verb, order);
    }

    void carry_out(const std::string& verb, const Order& order) {
        const int number = std::stoi(field(order, "number", "0"));
        if (verb == "launch") {
            launch(order);
        } else if (verb == "permit") {
            permit(order);
        } else if (verb == "go on") {
            go_on_ = true;
        } else if (verb == "keep") {
            must(link_.keep_permit(static_cast<std::uint32_t>(number)));
        } else if (verb == "established") {
            must(link_.established());
        } else if (verb == "standing") {
            unit_state(order);
        } else if (verb == "spin") {
            tell("spins");
            spin(field(order, "dir", "/"));
        } else if (verb == "forget") {
            must(link_.forget(id_of(order)));
        } else if (verb == "quit") {
            must(link_.quit(number));
            std::_Exit(0);
        } else if (verb == "exit") {
            std::_Exit(number);
        } else if (verb == "count" || verb == "stacks") {
            const auto which = verb == "count" ? ThreadFile::accept_counters : ThreadFile::stack;
            must(link_.open_thread_files(id_of(order), which, threads_in(order)));
        } else if (verb == "sum") {
            tell("sum " + std::to_string(counted_.sum()));
        } else if (verb == "tail") {
            tail(order);
        } else if (verb == "listen") {
            listen(order);
        } else if (verb == "accept") {
            tell(::accept(deposits_.at(1).get(), nullptr, nullptr) >= 0 ? "accepted"
                                                                        : "not accepted");
        } else if (verb == "withdraw") {
            must(link_.withdraw({.kind = DepositKind::listener, .slot = 7, .serial = 1}));
        } else if (verb == "raw") {
            raw(order);
        } else if (verb == "wrong launch") {
            send_launch(order, wrong_plan(order).get());
        } else if (verb == "bench") {
            rounds_ = number;
            launch(order);
        } else {
            tell(channels_.carry_out(verb, order, link_));
        }
        if (verb != "launch" && verb != "bench" && verb != "tail") {
            tell("done");
        }
    }

    void unit_state(const Order& order) {
        const auto phase = static_cast<AppPhase>(std::stoi(field(order, "phase", "0")));
        const std::string seconds = field(order, "seconds", "");
        std::optional<MonoTime> until;
        if (!seconds.empty()) {
            until = MonoTime{std::chrono::steady_clock::now().time_since_epoch() +
                             std::chrono::seconds{std::stoi(seconds)}};
        }
        std::string text = field(order, "text", "");
        std::ranges::replace(text, '|', '\n');
        must(link_.unit_state(phase, until, text));
    }

    void launch(const Order& order) { send_launch(order, right_plan(order).get()); }
    void send_launch(const Order& order, int plan) {
        const UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const UniqueFd page{::memfd_create("test-page", MFD_CLOEXEC)};
        UniqueFd ring = must(make_ring());
        std::vector<UniqueFd> opened;
        std::vector<int> placements;
        const auto [first, last] = order.equal_range("tasks");
        std::for_each(first, last, [&](const auto& entry) {
            opened.emplace_back(::open(entry.second.c_str(), O_WRONLY | O_CLOEXEC));
            placements.push_back(opened.back().get());
        });
        Placement placement = placements.empty() ? Placement::none : Placement::tasks;
        if (order.contains("cgroup")) {
            opened.emplace_back(
                ::open(field(order, "cgroup", "").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            placements.push_back(opened.back().get());
            placement = Placement::directory;
        }
        const std::vector<int> channel = channels_.given(order);
        must(link_.launch({.id = id_of(order),
                           .plan = plan,
                           .listener = listener.get(),
                           .page = page.get(),
                           .ring = order.contains("noring") ? page.get() : ring.get(),
                           .channel = channel,
                           .placement = placement,
                           .placements = placements}));
        rings_[id_of(order)] = std::move(ring);
        last_ = order;
    }

    void tail(const Order& order) {
        tell(describe(must(read_ring_tail(rings_.at(id_of(order)).get(), {.lines = 12}))));
    }

    void listen(const Order&) {
        auto [listener, port] = listening_socket();
        Aux aux{};
        std::ranges::transform(std::string{"blue"}, aux.begin(),
                               [](char c) { return static_cast<std::byte>(c); });
        must(link_.deposit({.kind = DepositKind::listener, .slot = 7, .serial = 1}, listener.get(),
                           aux));
        deposits_[1] = std::move(listener);
        tell("port " + std::to_string(port));
    }

    // Bytes as they are, with so many descriptors.
    void raw(const Order& order) {
        const std::vector<std::byte> bytes = bytes_of(order);
        const std::vector<int> fds(std::stoul(field(order, "fds", "0")), STDERR_FILENO);
        (void)send_packet(link_.fd(), bytes, fds);
    }

    // bench: from a worker's end to the exec of the one that replaces it at once, in microseconds.
    void on_exited(const WorkerExited& exited) {
        if (rounds_ <= 0) {
            return;
        }
        ended_at_ = exited.exit.at;
        must(link_.forget(exited.id));
        last_.erase("id");
        last_.emplace("id", "1 " + std::to_string(exited.id.generation + 1));
        launch(Order{last_});
    }

    void on_launched(const WorkerLaunched& launched) {
        if (rounds_ <= 0 || launched.id.generation == 1) {
            return;
        }
        const auto taken =
            std::chrono::duration_cast<std::chrono::microseconds>(launched.execed_at - ended_at_);
        times_.push_back(taken.count());
        if (--rounds_ == 0) {
            std::ranges::sort(times_);
            tell("best " + std::to_string(times_.front()) + " median " +
                 std::to_string(times_[times_.size() / 2]) + " p90 " +
                 std::to_string(times_[times_.size() * 9 / 10]));
        }
    }

    Link link_;
    UniqueFd stage_;
    std::map<WorkerId, UniqueFd> rings_;
    std::map<std::uint32_t, UniqueFd> deposits_;
    Counted counted_;
    TestChannels channels_;
    Greeting greeting_;
    bool go_on_ = false;
    Order last_;
    int rounds_ = 0;
    MonoTime ended_at_;
    std::vector<std::int64_t> times_;
};

} // namespace

int main() {
    // Without permits to tell it is of the protocol before, and any plan is carried out.
    const bool permits = std::getenv("TEST_PERMITS") != nullptr;
    const std::uint16_t newest = permits ? k_protocol : std::uint16_t{k_permits_since - 1};
    Link link = must(Link::from_environment(newest));
#ifdef TEST_PROTOCOL
    const Hello hello{.oldest = TEST_PROTOCOL, .newest = TEST_PROTOCOL};
    (void)send_message(link.fd(), k_protocol, hello);
    ::pause(); // a refused one is ended
#endif
    Proxy{std::move(link), connect_to_stage()}.run();
}
