// SPDX-License-Identifier: MIT
// Who else holds listeners: each look is answered at once, unless the test wants to.
#pragma once

#include "recycler/slots/action.hpp"
#include "recycler/slots/event.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace recycler::slots {

class Outsiders {
  public:
    void outsider(ListenerId id, std::string who) { outsiders_[id] = std::move(who); }
    void answer_no_look_at_holders() { answers_ = false; }

  protected:
    void note(const LookHolders& order) { looked_.push_back(order.listener); }
    std::vector<HoldersSeen> answers() {
        std::vector<HoldersSeen> seen;
        for (const ListenerId id : std::exchange(looked_, {})) {
            if (answers_) {
                seen.push_back({id, outsiders_[id]});
            }
        }
        return seen;
    }

  private:
    std::vector<ListenerId> looked_;
    std::map<ListenerId, std::string> outsiders_;
    bool answers_ = true;
};

} // namespace recycler::slots
