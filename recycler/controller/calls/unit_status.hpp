// SPDX-License-Identifier: MIT
// How the app stands, for systemd and for whoever reads `systemctl status`: the phase it is in,
// when that ends at the latest, and one line of text. Reads the decider and remembers the ends of
// the last hour; acts on nothing, and leaves the sending to the controller.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/slots/decider.hpp"

#include <array>

namespace recycler::controller {

struct UnitState {
    keeper::AppPhase phase = keeper::AppPhase::starting;
    std::optional<MonoTime> until; // when the phase ends at the latest; none: it need not
    std::string text;
    bool operator==(const UnitState&) const = default;
};

// Counts of the last hour, by the minute.
class LastHour {
  public:
    struct Counts {
        std::uint32_t recycled = 0;
        std::uint32_t died = 0; // whatever was worth a warning
    };

    void recycled(MonoTime at) { ++at_minute(at).recycled; }
    void died(MonoTime at) { ++at_minute(at).died; }
    [[nodiscard]] Counts counts(MonoTime now) const;

  private:
    struct Minute {
        std::int64_t number = -1; // since the machine was booted
        Counts counts;
    };
    Counts& at_minute(MonoTime time);

    std::array<Minute, 60> minutes_{};
};

class UnitStatus {
  public:
    // An event, also of the past: `ago` before `now`.
    void heard(const control::EventLine& line, MonoTime now, Duration ago);

    // What to tell now: a new phase at once, other words at most once a second. The first call is
    // where the start begins.
    [[nodiscard]] std::optional<UnitState> news(const slots::Decider& decider,
                                                const SlotTable& slots, MonoTime now);

  private:
    [[nodiscard]] keeper::AppPhase phase_of(const slots::Decider& decider, MonoTime now) const;
    [[nodiscard]] std::optional<MonoTime> phase_end(const policies::Policy& policy,
                                                    keeper::AppPhase phase, MonoTime now) const;

    std::optional<MonoTime> begun_;
    LastHour last_hour_;
    std::optional<UnitState> told_;
    MonoTime told_at_{};
};

// The text: what asks for somebody first.
[[nodiscard]] std::string describe(const slots::Decider& decider, const SlotTable& slots,
                                   const LastHour::Counts& last_hour, MonoTime now);

} // namespace recycler::controller
