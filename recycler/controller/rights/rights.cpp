// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/rights.hpp"

namespace recycler::controller {

Rights give_up_rights(OwnFilesOf of, const Permits& permits, const Counting& counting,
                      keeper::Link& link) {
    const auto others = permits.others();
    if (permits.lack_taken() && !others.empty()) {
        of.policy = others.front();
    }
    Rights rights{.signals = SignalLog(),
                  .entry = cgroups::entry_without_births(),
                  .own_files = find_own_files(of),
                  .confinement = {}};
    Needs needs = needs_of(*of.policy, rights.own_files);
    for (const policies::Policy* const policy : others) {
        needs = both(std::move(needs), needs_of(*policy, rights.own_files));
    }
    link.fix_number();
    rights.confinement =
        Confinement::confine(std::move(needs), {.from_keeper = link.fd(),
                                                .counters = !link.opens_thread_files() &&
                                                            counting.at_birth().front() != 0});
    return rights;
}

} // namespace recycler::controller
