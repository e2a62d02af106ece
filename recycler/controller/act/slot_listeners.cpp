// SPDX-License-Identifier: MIT
// The listeners of slots that come, stay and go with a changed policy.
#include "recycler/controller/act/listeners.hpp"
#include "recycler/controller/start/deposit_keys.hpp"

namespace recycler::controller {

std::vector<slots::AddedSlot> Listeners::add_slots(std::vector<NewSlot> added) {
    std::vector<slots::AddedSlot> slots;
    for (NewSlot& fresh : added) {
        const SlotId id = uses_.slots.add(fresh.address);
        // A failure here means that the keeper is gone, which its link tells.
        (void)uses_.link.deposit(key_of(ListenerId{id, 1}), fresh.listener.get(), {});
        uses_.slots.open({id, 1}, std::move(fresh.listener));
        uses_.slots.note_shown({id, 1}, SlotTable::Alone::yes);
        slots.push_back({id, uses_.slots.first_generation(id)});
    }
    return slots;
}

void Listeners::update_all() {
    for (const ListenerId listener : uses_.slots.listeners()) {
        const auto spec = listen_spec(uses_.governing.policy(), uses_.governing.socket_owner(),
                                      uses_.slots.address(listener.slot), listener.serial);
        if (const auto updated = worker::update(spec, uses_.slots.fd(listener)); !updated) {
            uses_.telling.complain(updated.error());
        }
    }
}

void Listeners::close_all_of(SlotId slot) {
    for (const ListenerId listener : uses_.slots.listeners()) {
        if (listener.slot == slot) {
            carry_out(slots::CloseListener{listener});
        }
    }
}

void Listeners::remove_slot(const slots::SlotGone& gone) {
    for (const ListenerId listener : uses_.slots.listeners()) {
        if (listener.slot == gone.slot) {
            // Its name could not be removed, and nobody is left to try it again.
            uses_.slots.close(listener);
            (void)uses_.link.withdraw(key_of(listener)); // fails only when the keeper is gone
        }
    }
    uses_.slots.remove(gone.slot, gone.next_generation);
}

} // namespace recycler::controller
