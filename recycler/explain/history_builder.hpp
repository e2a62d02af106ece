// SPDX-License-Identifier: MIT
// Makes a history of the records and events that daemons keep, in any order and from any number of
// files and apps.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/explain/gates.hpp"
#include "recycler/explain/history.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::explain {

// Of an event `child-died`. Never empty.
[[nodiscard]] std::string sentence_of_child(const control::EventLine& event);

class HistoryBuilder {
  public:
    // `run`: which run of the daemon told it, "3900-1795951865059706000", its keeper's pid and when
    // it began; empty: not known.
    void take(const std::string& app, const control::Record& record, std::string_view run = {});
    void take(const std::string& app, const control::EventLine& event, std::string_view run = {});
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
    struct Turn { // of a daemon
        WallTime at;
        enum class Kind { started, stopped, lived } kind;
    };
    struct Launch {
        WallTime at;
        std::string run;
    };
    struct Told { // of a death: when it ended is made of these
        std::optional<Duration> age;
        std::string run;
    };
    static Turn::Kind turn_of(const control::EventLine& event);
    void saw(const std::string& app, WallTime at);
    void correct_ends();
    [[nodiscard]] std::optional<WallTime> end_of(const Death& death, const Told& told) const;
    void find_reigns();
    void add_ends();
    void note_step(SlotIndex slot, const control::EventLine& event);
    [[nodiscard]] WallTime reign_end(SlotIndex slot, WallTime since) const;

    History history_;
    std::vector<GateMark> marks_;
    std::vector<SlotStep> steps_;
    std::map<std::string, std::vector<Turn>> turns_;
    std::map<std::pair<SlotIndex, std::uint32_t>, std::vector<Launch>> launched_;
    std::vector<Told> told_; // of the deaths, in their order
    std::vector<std::string> ended_, running_;
};

} // namespace recycler::explain
