// What the controller says to the keeper: one struct a packet, descriptors beside it in the order
// told here. A packet that is not exactly one of these is answered with Rejected and changes
// nothing.
#pragma once

#include "recycler/keeper/protocol.hpp"

namespace recycler::keeper {

struct Hello {
    Header header{.type = Type::hello};
    std::uint16_t oldest = k_oldest_protocol; // it can speak every protocol from here
    std::uint16_t newest = k_protocol;        // to here
    std::uint32_t reserved = 0;
    Build build{};
};
struct Established { // from now on an exit of a controller is never the daemon's
    Header header{.type = Type::established};
};
struct Pong {
    Header header{.type = Type::pong};
};
struct Deposit { // + 1 descriptor. The same key again replaces descriptor and aux
    Header header{.type = Type::deposit};
    DepositKey key;
    Aux aux{};
};
struct Withdraw { // closes it; unknown keys are fine
    Header header{.type = Type::withdraw};
    DepositKey key;
};
struct Launch { // + plan, listener, page, ring, then `placements` descriptors
    Header header{.type = Type::launch};
    WireId id;
    Placement placement = Placement::none;
    std::uint16_t placements = 0;
    std::uint32_t reserved = 0;
};
struct Forget { // of a worker that has ended or failed
    Header header{.type = Type::forget};
    WireId id;
};
struct Standing { // for systemd; the last one counts
    Header header{.type = Type::standing};
    AppPhase phase = AppPhase::starting;
    std::uint16_t reserved = 0;
    std::uint32_t reserved2 = 0;
    std::int64_t until = 0; // when this phase ends at the latest; 0: it need not
    StatusText text{};      // for people; what is not printable ASCII is shown as '?'
};
struct Quit { // kills what is left and ends the daemon
    Header header{.type = Type::quit};
    std::int32_t code = 0;
    std::uint32_t reserved = 0;
};

} // namespace recycler::keeper
