// SPDX-License-Identifier: MIT
// What the controller says to the keeper: one struct a packet, descriptors beside it in the order
// told here, and in counting.hpp. A packet that is not exactly one of these is answered with
// Rejected and changes nothing.
#pragma once

#include "recycler/keeper/protocol/protocol.hpp"

namespace recycler::keeper {

struct Hello {
    Header header{.type = Type::hello};
    std::uint16_t oldest = k_oldest_protocol; // it can speak every protocol from here
    std::uint16_t newest = k_protocol;        // to here
    std::uint32_t reserved = 0;
    Build build{};
};
// + plan, policy, both sealed. Since protocol 5 a worker is started when its plan does what that of
// a permit does, and by no other plan: a controller reads what strangers wrote, and one that such
// bytes have taken over could send any. So permits are taken before Inherit alone, when it cannot
// have read any but the policy's file, which is root's. They replace those of the controllers
// before. `policy` is whatever the plan was made from: it is given to the controllers after this
// one, which make a plan of it again, as their version and the user database have it then.
struct Permit {
    Header header{.type = Type::permit};
};
struct Inherit { // since protocol 5: the permits are told; now the replay of all that is held
    Header header{.type = Type::inherit};
};
struct KeepPermit { // since protocol 5: the others are dropped
    Header header{.type = Type::keep_permit};
    std::uint32_t permit = 0; // its place among those that are held, from 0, as they were told
    std::uint32_t reserved = 0;
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
// + plan, listener, page, ring, then `channel` and `placements` descriptors
struct Launch {
    Header header{.type = Type::launch};
    WireId id;
    Placement placement = Placement::none;
    std::uint16_t placements = 0;
    std::uint32_t reserved = 0;
    // Since protocol 7: 0, or 3, the two ends of its slot's channel (out, in) and the eventfd that
    // wakes the worker, which it finds below its page (see worker/spawn/child.hpp).
    std::uint32_t channel = 0;
    std::uint32_t reserved2 = 0;
};
template <>
constexpr std::size_t size_in<Launch>(std::uint16_t protocol) {
    return protocol < 7 ? offsetof(Launch, channel) : sizeof(Launch);
}
// Since protocol 8: the worker is known as `worker` from now on. ENOENT: there is no `spare`;
// EEXIST: there is a `worker` already. An end that was reported of `spare` is reported of `worker`
// again.
struct TakeSlot {
    Header header{.type = Type::take_slot};
    WireId spare;
    WireId worker;
};
struct Forget { // of a worker that has ended or failed
    Header header{.type = Type::forget};
    WireId id;
};
struct UnitState { // for systemd; the last one counts
    Header header{.type = Type::unit_state};
    AppPhase phase = AppPhase::starting;
    std::uint16_t reserved = 0;
    std::uint32_t reserved2 = 0;
    std::int64_t until = 0; // when this phase ends at the latest; 0: it need not
    StatusText text{};      // for people; what is not printable ASCII is shown as '?'
};
// Since protocol 7: connections that stand in the channel of `slot`, or come into it, are moved to
// the channels of these slots, in turn, until another Route of this slot says otherwise; with no
// target they stay where they are, and those that nobody is to get (k_to_nobody) are closed: what
// stands there already before this order is over, however a worker has made its sockets. The
// channels are the deposits of these slots; what has none is passed over. EINVAL: more than
// k_max_targets. ENOENT: the slot has no channel.
inline constexpr std::uint16_t k_to_nobody = 0xffff; // instead of the number of targets
struct Route {
    Header header{.type = Type::route};
    std::uint16_t slot = 0;
    std::uint16_t count = 0;
    std::array<std::uint16_t, k_max_targets> targets{};
};
struct Quit { // kills what is left and ends the daemon
    Header header{.type = Type::quit};
    std::int32_t code = 0;
    std::uint32_t reserved = 0;
};

} // namespace recycler::keeper
