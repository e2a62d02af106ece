// SPDX-License-Identifier: MIT
#include "recycler/ctl/live_page.hpp"

#include <algorithm>
#include <cstdio>

namespace recycler::ctl {

void LivePage::write(std::string page) {
    const std::size_t before = lines_;
    lines_ = static_cast<std::size_t>(std::ranges::count(page, '\n'));
    if (before > 0) {
        page.insert(0, "\x1b[" + std::to_string(before) + "A\r\x1b[J");
    }
    (void)std::fwrite(page.data(), 1, page.size(), stderr); // a lost line is not a lost order
    (void)std::fflush(stderr);
}

void LivePage::draw(const std::vector<control::Progress>& slots) {
    if (const auto screen = terminal_.progress_screen()) {
        // A page as high as the terminal would scroll away from under the cursor.
        write(render_progress(slots, {screen->style, screen->rows - 1}));
    }
}

void LivePage::clear() {
    if (lines_ > 0) {
        write("");
    }
}

} // namespace recycler::ctl
