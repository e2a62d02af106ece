// SPDX-License-Identifier: MIT
// The gate of a slot: whether new connections find its listener. Closing it refuses new ones at
// once and touches neither those that are queued nor those that are accepted. Knows nothing of why
// a gate is closed.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"

#include <cstdint>

namespace recycler::worker {

// A TCP listener bound to an interface that does not exist matches no packet: the kernel answers a
// SYN with RST. Interface indexes count from 1, so one this high is in use on no machine; the
// kernel does not check that it exists.
inline constexpr int k_no_such_interface = 0x7ffffff0;

// Listeners that are bound to the same interface when they start to listen make one reuseport
// group, hidden or not. One that is opened hidden wants a group of its own, so its index differs
// from that of hide() and from its neighbours'.
constexpr int k_hidden_serials = 15; // up to INT_MAX
constexpr int hidden_from_birth(std::uint32_t serial) {
    return k_no_such_interface + 1 + static_cast<int>(serial % k_hidden_serials);
}

// TCP: SO_BINDTOIFINDEX. Unix: unlinks PATH if it is this listener's; after another one took PATH
// over there is nothing to do.
[[nodiscard]] Result<void> hide(const policies::Address& address, int listener);

// TCP: back to any interface; EPERM without CAP_NET_RAW. Unix: PATH becomes this listener, in one
// step, whoever had it.
[[nodiscard]] Result<void> show(const policies::Address& address, int listener);

[[nodiscard]] Result<bool> is_hidden(const policies::Address& address, int listener);

// Can a TCP gate be opened again? Hides and shows a scratch listener on a port of the kernel's
// choice. The error's context is a sentence for `limitations`.
[[nodiscard]] Result<void> probe_show();

} // namespace recycler::worker
