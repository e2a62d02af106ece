// SPDX-License-Identifier: MIT
// The keeper: one process that every worker is a child of, that holds what must outlive a
// controller, and that sees to it that there is a controller. Waits for events and passes each to
// whom it concerns; decides nothing but when a controller is started or ended, and that no worker
// is started by a plan that is not permitted.
#pragma once

#include "recycler/keeper/channel/routes.hpp"
#include "recycler/keeper/conversation.hpp"
#include "recycler/keeper/notify.hpp"
#include "recycler/keeper/poller.hpp"
#include "recycler/keeper/program.hpp"
#include "recycler/keeper/restart.hpp"
#include "recycler/keeper/store.hpp"
#include "recycler/keeper/workers.hpp"

#include <optional>
#include <variant>

namespace recycler::keeper {

struct KeeperOrder {
    Store& store;
    char** arguments = nullptr; // of main(); handed on to the controller
    Duration watchdog = k_watchdog;
};

class Keeper {
  public:
    explicit Keeper(const KeeperOrder& order)
        : workers_(order.store, poller_), routes_(order.store, poller_),
          conversation_(order.store, workers_, routes_, poller_), store_(order.store),
          program_(order.arguments), watchdog_(order.watchdog) {}

    // Runs until the controller says quit, or the first one ends by itself. Returns the daemon's
    // exit code; no worker is left. SIGCHLD, SIGTERM, SIGINT and SIGHUP must be blocked.
    [[nodiscard]] int run();

  private:
    // What the controller's process is doing.
    struct Absent {
        MonoTime start_at;
    };
    struct Trying {}; // started, not established
    struct Established {};
    struct Ending { // it must go, and gets SIGKILL then; later while it dumps core
        MonoTime kill_at;
        MonoTime kill_by;
        std::variant<Trying, Established> before;
    };
    using Life = std::variant<Absent, Trying, Established, Ending>;

    int open();
    void dispatch(const Event& event);
    void read_signals();
    void obey_second_stop();
    void end_without_controller();
    void reap();
    void listen();
    void hear_last_words();
    void hear(Heard heard);

    void start_controller(MonoTime time);
    void end_controller(Duration grace);
    void end_hung_controller();
    void kill_controller(Ending& ending, MonoTime time);
    void on_controller_exit(const siginfo_t& info);
    [[nodiscard]] std::optional<int> exit_code_of_first(const siginfo_t& info) const;
    void act_on_time(MonoTime time);
    [[nodiscard]] MonoTime next_deadline() const;
    [[nodiscard]] MonoTime next_turn() const; // of the controller's life
    void finish();

    Poller poller_;
    Workers workers_;
    Routes routes_;
    Conversation conversation_;
    Store& store_;
    ControllerProgram program_;
    Watchdog watchdog_;
    Backoff backoff_;
    Notify notify_;
    UniqueFd signals_;
    Life life_ = Absent{};
    pid_t controller_ = -1; // -1: absent
    MonoTime started_at_{};
    std::uint32_t starts_ = 0;
    std::uint32_t established_ = 0;    // of these
    bool died_while_stopping_ = false; // a controller, and nobody had told it to end
    std::optional<MonoTime> end_by_;   // by itself, without a controller
    std::optional<int> exit_code_;
};

} // namespace recycler::keeper
