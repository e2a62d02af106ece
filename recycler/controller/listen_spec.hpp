// A listener of the policy, in the words of worker/listener.hpp.
#pragma once

#include "policies/policy.hpp"
#include "recycler/worker/listener.hpp"

namespace recycler::controller {

worker::ListenSpec listen_spec(const policies::Policy& policy, const policies::Address& address,
                               std::uint32_t serial);

} // namespace recycler::controller
