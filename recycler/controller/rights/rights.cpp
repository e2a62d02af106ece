// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/rights.hpp"

namespace recycler::controller {

Rights give_up_rights(const OwnFilesOf& of, const Permits& permits) {
    Rights rights{.signals = SignalLog(), .own_files = find_own_files(of), .confinement = {}};
    Needs needs = needs_of(of.policy, rights.own_files);
    for (const policies::Policy* const policy : permits.others()) {
        needs = both(std::move(needs), needs_of(*policy, rights.own_files));
    }
    rights.confinement = Confinement::confine(std::move(needs));
    return rights;
}

} // namespace recycler::controller
