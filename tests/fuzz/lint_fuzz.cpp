// SPDX-License-Identifier: MIT
// Whatever bytes a balancer's configuration holds, whichever kind it is taken for: findings or a
// fault, each at a place in the text, and all that is shown of them can be shown.
#include "recycler/ctl/render/lint.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace recycler;
using recycler::ctl::linted;
using recycler::ctl::render_lint;

namespace {

policies::Policy shop() {
    policies::Policy policy;
    policy.app.name = "shop";
    for (std::uint16_t port = 7000; port < 7004; ++port) {
        policy.app.listen.emplace_back(policies::TcpAddress{"127.0.0.1", port});
    }
    policy.recycle.hung = std::chrono::seconds{360};
    return policy;
}

bool is_shown(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n') || byte == 0x7f;
    });
}

bool is_inside(const lint::Place& place, const std::string& text) {
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    return place.file == 0 && place.line >= 1 && place.line <= lines && place.column >= 1 &&
           static_cast<std::size_t>(place.column) <= text.size() + 1;
}

bool is_sane(const lint::Asked& asked) {
    const lint::Report report = lint::lint(asked);
    const std::string& text = asked.sources.front().text;
    const bool inside =
        std::all_of(report.findings.begin(), report.findings.end(),
                    [&](const auto& each) { return is_inside(each.place, text); }) &&
        std::all_of(report.unread.begin(), report.unread.end(),
                    [&](const auto& each) { return is_inside(each.fault.place, text); });
    const std::string shown = render_lint(report, asked);
    return inside && !shown.empty() && is_shown(shown) &&
           linted(report, asked).findings.size() == report.findings.size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    lint::Asked asked{{{"conf", {reinterpret_cast<const char*>(bytes), size}}}, {}, {}};
    bool sane = is_sane(asked);
    asked.policy = shop();
    for (const lint::Kind kind :
         {lint::Kind::nginx, lint::Kind::haproxy, lint::Kind::apache, lint::Kind::lighttpd}) {
        asked.kind = kind;
        sane = sane && is_sane(asked);
    }
    if (!sane) {
        std::abort();
    }
    return 0;
}
