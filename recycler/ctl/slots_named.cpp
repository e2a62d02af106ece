// SPDX-License-Identifier: MIT
// What a command says without the argument parser: the slots that it names, and its words.
#include "policies/policy.hpp"
#include "recycler/ctl/arguments.hpp"

namespace recycler::ctl {

std::vector<std::string> slots_named(const Command& command) {
    std::vector<std::string> slots = std::visit(
        []<typename Asked>(const Asked& asked) -> std::vector<std::string> {
            if constexpr (requires { asked.slots; }) {
                return asked.slots;
            } else if constexpr (std::is_same_v<Asked, Why>) {
                const auto* slot = std::get_if<std::string>(&asked.of);
                return slot != nullptr ? std::vector{*slot} : std::vector<std::string>{};
            } else {
                return {};
            }
        },
        command);
    std::erase(slots, "all");
    std::erase(slots, policies::k_spare_name); // every app may have some
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
