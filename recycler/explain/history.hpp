// SPDX-License-Identifier: MIT
// What happened to the workers, as far as it can explain a balancer's lines: when each ended and
// why, and when connections to a slot were refused and for what. Made of the records and events
// that the daemon keeps, in any order and from any number of files; times are the daemon's own.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/explain/known_slots.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::explain {

struct Death {
    SlotIndex slot = 0;
    std::uint32_t generation = 0;
    WallTime at;         // when it ended; its record was written some time later
    std::string verdict; // of recycler-deaths(7), "child-died", or "turned-away"
    std::string method;  // of the request in flight, if one was
    std::string uri;
    Duration running{};  // how long that request had been running
    Duration unserved{}; // of one ended as stuck: how long connections had waited at it for nobody
    std::string sentence;
};

// Of an event `child-died`. Never empty.
[[nodiscard]] std::string sentence_of_child(const control::EventLine& event);

enum class ClosedFor {
    drain,   // an operator's drain
    recycle, // until the next worker is ready: a trigger says what for
    hung,    // a hung worker was being ended
    stuck,   // a stuck one was
    restart, // the worker died, and the next one starts slowly
    brake,   // it kept dying
    stop,    // the app was being stopped, or the slot left the policy
};
struct Closing {
    SlotIndex slot = 0;
    WallTime from;
    WallTime until; // WallTime::max(): still
    ClosedFor what_for = ClosedFor::drain;
    std::string trigger; // of a recycle
};

// When a daemon ran for an app.
struct Reign {
    std::string app;
    WallTime from;
    WallTime until;
};

class History {
  public:
    [[nodiscard]] const std::vector<Death>& deaths() const { return deaths_; }       // by time
    [[nodiscard]] const std::vector<Closing>& closings() const { return closings_; } // by start
    [[nodiscard]] const std::vector<Reign>& reigns() const { return reigns_; }
    [[nodiscard]] const KnownSlots& slots() const { return slots_; }
    // The earliest and the latest thing that it knows of; the first is later when it knows nothing.
    [[nodiscard]] WallTime begin() const { return begin_; }
    [[nodiscard]] WallTime end() const { return end_; }
    [[nodiscard]] bool empty() const { return begin_ > end_; }

  private:
    friend class HistoryBuilder;
    KnownSlots slots_;
    std::vector<Death> deaths_;
    std::vector<Closing> closings_;
    std::vector<Reign> reigns_;
    WallTime begin_ = WallTime::max();
    WallTime end_ = WallTime::min();
};

class HistoryBuilder {
  public:
    void take(const std::string& app, const control::Record& record);
    void take(const std::string& app, const control::EventLine& event);
    // A slot as a running daemon shows it.
    void take_slot(const std::string& app, const std::string& slot, const std::string& address);
    // A server of HAProxy's, "shop/w0", and the address that its configuration gives it.
    void name_server(const std::string& server, const std::string& address) {
        history_.slots_.name_server(server, address);
    }
    // No daemon runs for this app any more.
    void ended(const std::string& app) { ended_.push_back(app); }

    History build() &&;

  private:
    struct Mark {
        WallTime at;
        SlotIndex slot = 0;
        enum class Kind { closed, opened, draining, drained, stopping, braked } kind;
        bool has_worker = false;
        std::string trigger;
    };
    struct Turn { // of a daemon
        WallTime at;
        enum class Kind { started, stopped, lived } kind;
    };
    void saw(WallTime at);
    void correct_ends();
    void close_gates();
    [[nodiscard]] bool ends_stuck_one(const Closing& closing) const;
    void walk_gate(std::vector<Mark>::const_iterator from, std::vector<Mark>::const_iterator to);
    void find_reigns();
    [[nodiscard]] WallTime reign_end(SlotIndex slot, WallTime since) const;

    History history_;
    std::vector<Mark> marks_;
    std::map<std::string, std::vector<Turn>> turns_;
    std::map<std::pair<SlotIndex, std::uint32_t>, std::vector<WallTime>> launched_;
    std::vector<Duration> ages_; // of the deaths, in their order; negative: not known
    std::vector<std::string> ended_;
};

} // namespace recycler::explain
