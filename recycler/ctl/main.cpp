// SPDX-License-Identifier: MIT
// recyclerctl: shows and steers the workers that recyclerd runs. recyclerctl(1).
#include "recycler/ctl/arguments.hpp"
#include "recycler/ctl/commands.hpp"
#include "recycler/ctl/exit_codes.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    using namespace recycler;
    auto parsed = ctl::parse_arguments(argc, argv);
    if (const auto* told = std::get_if<ctl::Told>(&parsed)) {
        (void)std::fputs(told->text.c_str(), told->exit_code == ctl::k_exit_done ? stdout : stderr);
        return told->exit_code;
    }
    const Result<ctl::Terminal> terminal = ctl::Terminal::open();
    if (!terminal) {
        ctl::complain(terminal.error().message());
        return ctl::k_exit_refused;
    }
    return ctl::carry_out({std::get<ctl::Invocation>(parsed), *terminal, ctl::typed(argc, argv)});
}
