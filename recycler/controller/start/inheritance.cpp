// SPDX-License-Identifier: MIT
#include "recycler/controller/start/inheritance.hpp"

#include "recycler/worker/listen/listener.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

bool lives(const Inheritance& inheritance, WorkerId id) {
    return std::ranges::any_of(inheritance.workers,
                               [id](const auto& worker) { return worker.id == id; });
}

Result<void> take_oom_watches(Deposits& deposits, keeper::Link& link, Inheritance& inheritance) {
    for (keeper::HeldDeposit& held : deposits.take_all(keeper::DepositKind::eventfd)) {
        const WorkerId id{{held.key.slot}, held.key.serial};
        if (lives(inheritance, id)) {
            inheritance.oom_watches[id] = {std::move(held.fd), number_in(held.aux)};
        } else if (auto dropped = link.withdraw(held.key); !dropped) {
            return dropped;
        }
    }
    return {};
}

Result<void> take_channels(Deposits& deposits, keeper::Link& link, const SlotTable& slots,
                           Inheritance& inheritance) {
    for (const auto kind : {keeper::DepositKind::channel_out, keeper::DepositKind::channel_in}) {
        for (keeper::HeldDeposit& held : deposits.take_all(kind)) {
            const SlotId slot{held.key.slot};
            if (!slots.contains(slot)) {
                if (auto dropped = link.withdraw(held.key); !dropped) {
                    return dropped;
                }
                continue;
            }
            Channel& channel = inheritance.channels[slot];
            (kind == keeper::DepositKind::channel_out ? channel.out : channel.in) =
                std::move(held.fd);
        }
    }
    // A controller was killed between the two ends: no worker has got it.
    std::erase_if(inheritance.channels, [](const auto& entry) { return !entry.second.in; });
    for (keeper::HeldDeposit& held : deposits.take_all(keeper::DepositKind::wake)) {
        const WorkerId id{{held.key.slot}, held.key.serial};
        if (lives(inheritance, id)) {
            inheritance.wakes[id] = std::move(held.fd);
        } else if (auto dropped = link.withdraw(held.key); !dropped) {
            return dropped;
        }
    }
    return {};
}

} // namespace

Result<void> take_births(Deposits& deposits, keeper::Link& link, Inheritance& inheritance) {
    for (keeper::HeldDeposit& held : deposits.take_all(keeper::DepositKind::birth)) {
        const WorkerId id{{held.key.slot}, held.key.serial};
        if (lives(inheritance, id)) {
            inheritance.births[id] = {.spare = static_cast<std::uint32_t>(number_in(held.aux)),
                                      .listener = second_number_in(held.aux),
                                      .channel = std::move(held.fd)};
        } else if (auto dropped = link.withdraw(held.key); !dropped) {
            return dropped;
        }
    }
    return {};
}

std::vector<std::string> names_of(const Inheritance& inheritance, const SlotTable& slots) {
    std::vector<std::string> names;
    for (const keeper::HeldWorker& worker : inheritance.workers) {
        const auto birth = inheritance.births.find(worker.id);
        if (birth != inheritance.births.end()) {
            names.push_back(slots.group_name(worker.id, birth->second.spare));
        } else if (slots.contains(worker.id.slot)) {
            names.push_back(slots.name(worker.id));
        }
    }
    return names;
}

Result<void> take_listeners(Deposits& deposits, keeper::Link& link, SlotTable& slots) {
    for (keeper::HeldDeposit& held : deposits.take_all(keeper::DepositKind::listener)) {
        if (slots.contains({held.key.slot})) {
            slots.open({{held.key.slot}, held.key.serial}, std::move(held.fd));
        } else if (auto dropped = link.withdraw(held.key); !dropped) {
            return dropped;
        }
    }
    for (const SlotId slot : slots.ids()) {
        worker::remove_stale_names(slots.address(slot));
    }
    return {};
}

Result<void> take_of_workers(Deposits& deposits, keeper::Link& link, const SlotTable& slots,
                             Inheritance& inheritance) {
    auto taken = take_oom_watches(deposits, link, inheritance);
    return taken ? take_channels(deposits, link, slots, inheritance) : taken;
}

} // namespace recycler::controller
