// SPDX-License-Identifier: MIT
// The conversation with one controller: hears its orders and has them carried out, tells it what is
// held and then what is new. There is no queue: news is the difference between what is in the store
// and what was told, so nothing is lost when the controller reads slowly, hangs or dies. Knows no
// process.
#pragma once

#include "recycler/keeper/channel/routes.hpp"
#include "recycler/keeper/channel/take_out.hpp"
#include "recycler/keeper/permits.hpp"
#include "recycler/keeper/poller.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/keeper/rights.hpp"
#include "recycler/keeper/store.hpp"
#include "recycler/keeper/thread_files.hpp"
#include "recycler/keeper/workers.hpp"

#include <optional>
#include <variant>

namespace recycler::keeper {

// Where an answer has a worker's id it has a deposit's key, with the kind as `reserved`.
[[nodiscard]] WireId id_of(const DepositKey& key);

enum class Heard {
    nothing,
    order,       // of any kind; also one that was rejected
    established, // the controller serves now
    unit_state,  // see unit_state()
    unfit,       // it speaks other protocols, and was told so
    quit,        // see quit_code()
    closed,      // the other end is gone
};

class Conversation {
  public:
    Conversation(Store& store, Workers& workers, Routes& routes, Poller& poller)
        : store_(store), workers_(workers), routes_(routes), poller_(poller) {}

    // With a fresh controller, that `starts` others came before. 0 or an errno.
    [[nodiscard]] int begin(UniqueFd socket, std::uint32_t starts);
    // Neither hears nor tells any more. The socket stays open until end(): to a controller its
    // closing would mean that the keeper is dead and that all workers must be swept away.
    void mute();
    void end();

    [[nodiscard]] Heard listen();
    void speak();
    void ping();

    // SIGTERM and SIGINT are told to every further controller too: one that died while it stopped
    // the app leaves that to the next.
    void note_signal(int number);
    [[nodiscard]] unsigned stops() const { return stops_; }

    [[nodiscard]] bool is_serving() const { return state_ == State::serving; }
    [[nodiscard]] bool is_greeting() const { return state_ == State::greeting; }
    [[nodiscard]] int quit_code() const { return quit_code_; }
    [[nodiscard]] const UnitState& unit_state() const { return unit_state_; }

  private:
    // `permitting`: it has heard nothing yet but which policies there are permits for.
    enum class State { closed, greeting, permitting, replaying, serving, mute };

    Heard greet(const Packet& packet);
    Heard take_permit(Packet& packet, const Header& header);
    Heard obey(Packet& packet, const Header& header);
    Heard reject(const Header& header, int error, const WireId& id = {});
    Heard reject_stripped(const Packet& packet);
    Heard obey_without_words(const Packet& packet, const Header& header);
    Heard obey_about_worker(Packet& packet, const Header& header);
    Heard obey_launch(Packet& packet, const Header& header);
    Heard obey_of_permits(const Packet& packet, const Header& header);
    Heard obey_about_app(const Packet& packet, const Header& header);
    Heard obey_unit_state(const Packet& packet, const Header& header);
    Heard obey_take_slot(const Packet& packet, const Header& header);
    Heard obey_deposit(Packet& packet, const Header& header);
    Heard obey_of_deposits(Packet& packet, const Header& header);
    Heard obey_open_thread_files(const Packet& packet, const Header& header);
    Heard obey_take_out(const Packet& packet, const Header& header);

    // Each returns 0, or the errno of the first packet that would not go.
    int tell_answer();
    int replay_permits();
    int replay();
    int replay_deposit(const DepositRecord& deposit);
    int replay_worker(WorkerRecord& worker);
    int tell_signals();
    int tell_news();
    int tell_news(WorkerRecord& worker);
    void watch_for(std::uint32_t events);

    Store& store_;
    Workers& workers_;
    Routes& routes_;
    Poller& poller_;
    UniqueFd socket_;
    State state_ = State::closed;
    Permits permits_;
    Rights rights_;                       // what the permits leave the keeper
    std::uint16_t protocol_ = k_protocol; // agreed on with this controller
    std::uint32_t watched_ = 0;
    std::uint32_t starts_ = 0;
    std::size_t replayed_permits_ = 0;
    std::size_t replayed_deposits_ = 0;
    std::size_t replayed_workers_ = 0;
    std::optional<std::variant<Rejected, Opened, TakenOut>>
        answer_; // while it waits to be sent no further order is heard
    unsigned stops_ = 0;
    unsigned stops_told_ = 0;
    unsigned reloads_untold_ = 0;
    int stop_signal_ = 0;
    int quit_code_ = 0;
    UnitState unit_state_;
};

} // namespace recycler::keeper
