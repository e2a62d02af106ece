// SPDX-License-Identifier: MIT
// What a command says without the argument parser: the slots that it names, and its words.
#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/arguments.hpp"

namespace recycler::ctl {

std::vector<std::string> slots_named(const Command& command) {
    std::vector<std::string> slots =
        std::visit(control::Overloaded{
                       [](const Status& status) { return status.slots; },
                       [](const control::DrainCall& drain) { return drain.slots; },
                       [](const control::OpenCall& open) { return open.slots; },
                       [](const control::RecycleCall& recycle) { return recycle.slots; },
                       [](const Why& why) {
                           const auto* slot = std::get_if<std::string>(&why.of);
                           return slot != nullptr ? std::vector{*slot} : std::vector<std::string>{};
                       },
                       [](const control::ReloadCall&) { return std::vector<std::string>{}; },
                       [](const control::EventsCall&) { return std::vector<std::string>{}; },
                       [](const Blame&) { return std::vector<std::string>{}; },
                       [](const Check&) { return std::vector<std::string>{}; },
                       [](const Lint&) { return std::vector<std::string>{}; },
                       [](const Explain&) { return std::vector<std::string>{}; },
                       [](const control::StopCall&) { return std::vector<std::string>{}; },
                   },
                   command);
    std::erase(slots, "all");
    return slots;
}

std::string typed(int argc, const char* const* argv) {
    std::string text;
    for (int i = 1; i < argc; ++i) {
        text += (i == 1 ? "" : " ") + std::string(argv[i]);
    }
    return text;
}

} // namespace recycler::ctl
