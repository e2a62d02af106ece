// SPDX-License-Identifier: MIT
#include "recycler/controller/start/deposits.hpp"

#include <algorithm>
#include <cstring>

namespace recycler::controller {

keeper::Aux with_number(std::uint64_t number) {
    keeper::Aux aux{};
    std::memcpy(aux.data(), &number, sizeof number);
    return aux;
}

std::uint64_t number_in(const keeper::Aux& aux) {
    std::uint64_t number = 0;
    std::memcpy(&number, aux.data(), sizeof number);
    return number;
}

keeper::Aux with_numbers(std::uint64_t first, std::uint64_t second) {
    keeper::Aux aux = with_number(first);
    std::memcpy(aux.data() + sizeof first, &second, sizeof second);
    return aux;
}

std::uint64_t second_number_in(const keeper::Aux& aux) {
    std::uint64_t number = 0;
    std::memcpy(&number, aux.data() + sizeof number, sizeof number);
    return number;
}

std::optional<keeper::HeldDeposit> Deposits::take(const keeper::DepositKey& key) {
    const auto found = std::find_if(deposits_.begin(), deposits_.end(),
                                    [&](const auto& deposit) { return deposit.key == key; });
    if (found == deposits_.end()) {
        return std::nullopt;
    }
    keeper::HeldDeposit taken = std::move(*found);
    deposits_.erase(found);
    return taken;
}

std::vector<keeper::HeldDeposit> Deposits::take_all(keeper::DepositKind kind) {
    const auto first = std::stable_partition(
        deposits_.begin(), deposits_.end(),
        [kind](const keeper::HeldDeposit& deposit) { return deposit.key.kind != kind; });
    std::vector<keeper::HeldDeposit> taken(std::make_move_iterator(first),
                                           std::make_move_iterator(deposits_.end()));
    deposits_.erase(first, deposits_.end());
    return taken;
}

Result<UniqueFd> Deposits::take_or_make(const keeper::DepositKey& key, keeper::Link& link,
                                        const std::function<Result<UniqueFd>()>& make) {
    if (auto held = take(key)) {
        return std::move(held->fd);
    }
    auto made = make();
    if (!made || !*made) {
        return made;
    }
    if (auto kept = link.deposit(key, made->get(), {}); !kept) {
        return std::move(kept).error();
    }
    return made;
}

} // namespace recycler::controller
