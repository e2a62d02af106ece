// SPDX-License-Identifier: MIT
#include "recycler/death/words/surroundings.hpp"

#include "recycler/base/text/decimals.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/words.hpp"

namespace recycler::death {
namespace {

std::string before(Duration before_end) {
    return ", " + in_words(before_end) + " before its end";
}

std::string shown(const Filled& filled) {
    return std::to_string(filled.count) +
           (filled.limit ? " of " + std::to_string(*filled.limit) : "") + before(filled.before_end);
}

std::string shown(std::uint64_t count) {
    return std::to_string(count);
}

std::string shown(const Pressure& pressure) {
    return text::fixed(pressure.lately, 1) + " % of its last 10s, " + in_words(pressure.in_all) +
           " over its life";
}

std::string shown(const Room& room) {
    return in_words(room.used) + (room.limit ? " of " + in_words(*room.limit) : " used") +
           (room.swap_free ? ", " + in_words(*room.swap_free) + " of swap free" : "") +
           before(room.before_end);
}

Bytes grown(const RequestGrowth& growth) {
    return growth.most - growth.before;
}

std::string shown(const RequestGrowth& growth) {
    return in_words(grown(growth)) + ", from " + in_words(growth.before) + ", seen " +
           in_words(growth.before_it) + " before it began, to " + in_words(growth.most) +
           " at most";
}

template <typename T>
std::string value_of(const Seen<T>& seen) {
    if (const auto* unread = std::get_if<Unread>(&seen)) {
        return unread->why.empty() ? "unknown"
                                   : "unknown: " + text::in_ascii(unread->why, k_longest_quote);
    }
    return shown(std::get<T>(seen));
}

std::string shown(const LifePoint& point) {
    return in_words(point.age) + " " + in_words(point.bloat) + "/" +
           (point.served ? std::to_string(*point.served) : "?");
}

} // namespace

std::string life_in_words(const Circumstances& circumstances) {
    if (circumstances.life.empty()) {
        return "unknown: it ended before the first measurement";
    }
    std::string out =
        text::joined(circumstances.life, ", ", [](const LifePoint& point) { return shown(point); });
    if (circumstances.life_seen_from) {
        out += " (nothing before " + in_words(*circumstances.life_seen_from) +
               " is known: another controller watched it then)";
    }
    return out;
}

void list_circumstances(const Circumstances& circumstances, std::vector<Fact>& facts) {
    facts.push_back({"over its life", life_in_words(circumstances)});
    if (circumstances.request) {
        facts.push_back({"growth during the request", value_of(*circumstances.request)});
    }
    facts.push_back({"open files", value_of(circumstances.open_files)});
    facts.push_back({"threads and processes", value_of(circumstances.tasks)});
    facts.push_back({"threads and processes refused", value_of(circumstances.tasks_refused)});
    facts.push_back({"memory pressure", value_of(circumstances.memory_pressure)});
    facts.push_back({"cpu pressure", value_of(circumstances.cpu_pressure)});
    facts.push_back({"io pressure", value_of(circumstances.io_pressure)});
    facts.push_back({"memory of the app", value_of(circumstances.app_memory)});
    facts.push_back({"memory of the machine", value_of(circumstances.host_memory)});
}

std::string request_growth_in_words(const Circumstances& circumstances) {
    const auto* growth =
        circumstances.request ? std::get_if<RequestGrowth>(&*circumstances.request) : nullptr;
    if (growth == nullptr || grown(*growth) == Bytes{0}) {
        return "";
    }
    return " It had grown by " + in_words(grown(*growth)) + " during that request, from " +
           in_words(growth->before) + ".";
}

std::optional<Advice> hint_for_exhaustion(const Circumstances& circumstances) {
    const auto* refused = std::get_if<std::uint64_t>(&circumstances.tasks_refused);
    const auto* tasks = std::get_if<Filled>(&circumstances.tasks);
    if (refused != nullptr && *refused > 0) {
        const std::string limit =
            tasks != nullptr && tasks->limit ? " (" + std::to_string(*tasks->limit) + ")" : "";
        return Advice{" The kernel had refused it a thread or process " +
                          text::counted_plain(*refused, "time") + ", because of limits.pids" +
                          limit + ".",
                      "Find out what it starts so many of, or raise limits.pids."};
    }
    const auto* files = std::get_if<Filled>(&circumstances.open_files);
    if (ran_out_of_files(circumstances)) {
        return Advice{
            " Its open files were " + std::to_string(files->count) + " of " +
                std::to_string(*files->limit) + " (limits.nofile) " + in_words(files->before_end) +
                " before.",
            "Find out which files or connections it never closes, or raise limits.nofile."};
    }
    return std::nullopt;
}

} // namespace recycler::death
