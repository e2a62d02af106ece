// SPDX-License-Identifier: MIT
// What the keeper holds from the controller before, taken over piece by piece; what was not there
// is made and given to the keeper. So a controller that was killed in the middle of its start is
// followed by one that finds what is done and does the rest. Knows no meaning but the names
// (deposit_keys.hpp).
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/keeper/protocol/link.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace recycler::controller {

// One number that is kept beside a deposit.
[[nodiscard]] keeper::Aux with_number(std::uint64_t number);
[[nodiscard]] std::uint64_t number_in(const keeper::Aux& aux);
// And two.
[[nodiscard]] keeper::Aux with_numbers(std::uint64_t first, std::uint64_t second);
[[nodiscard]] std::uint64_t second_number_in(const keeper::Aux& aux);

class Deposits {
  public:
    explicit Deposits(std::vector<keeper::HeldDeposit> deposits) : deposits_(std::move(deposits)) {}

    // nullopt: it was not held, or is taken already.
    std::optional<keeper::HeldDeposit> take(const keeper::DepositKey& key);
    // Of a kind, all that are left.
    std::vector<keeper::HeldDeposit> take_all(keeper::DepositKind kind);
    // The descriptor that was held; else a new one, which the keeper is given.
    Result<UniqueFd> take_or_make(const keeper::DepositKey& key, keeper::Link& link,
                                  const std::function<Result<UniqueFd>()>& make);

  private:
    std::vector<keeper::HeldDeposit> deposits_;
};

} // namespace recycler::controller
