// SPDX-License-Identifier: MIT
#include "recycler/death/words/surroundings.hpp"

#include "recycler/base/text/decimals.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/words.hpp"

#include <cerrno>

namespace recycler::death {
namespace {

std::string before(Duration before_end) {
    return ", " + in_words(before_end) + " before its end";
}

std::string shown(const Filled& filled) {
    return std::to_string(filled.count) +
           (filled.limit ? " of " + std::to_string(*filled.limit) : "") +
           before(filled.before_end) +
           (filled.wanted ? "; the policy asks for " + std::to_string(*filled.wanted) : "");
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

// Its limit of open files, with the policy's where that is another one.
std::string of_files(const Filled& files) {
    return std::to_string(files.limit.value_or(0)) +
           (files.wanted ? ", although limits.nofile is " + std::to_string(*files.wanted)
                         : " (limits.nofile)");
}

std::string close_or_raise(const Filled* files) {
    const std::string close = "Find out which files or connections it never closes, or raise ";
    return files != nullptr && files->wanted
               ? close + "the daemon's own limit of open files, above which limits.nofile cannot "
                         "go (LimitNOFILE= in the unit, ulimit -Hn in a shell)."
               : close + "limits.nofile.";
}

// What its last accept() failed of.
Advice refused_connection(const Circumstances& circumstances) {
    const int error = circumstances.accept_refused;
    const std::string failed = " Its last accept() failed with " + errno_name(error);
    const auto* files = std::get_if<Filled>(&circumstances.open_files);
    if (error == EMFILE) {
        const std::string limit =
            files != nullptr && files->limit ? ": " + of_files(*files) : " (limits.nofile)";
        return {failed + ", because it had as many files open as it may" + limit + ".",
                close_or_raise(files)};
    }
    if (error == ENFILE) {
        return {failed + ", because all processes of the machine together had as many files open "
                         "as the kernel allows.",
                "Find out which process holds them, or raise fs.file-max (sysctl)."};
    }
    return {failed + ", because the kernel had no memory for the connection.",
            "Find out what uses the memory of the machine."};
}

std::optional<Advice> refused_tasks(const Circumstances& circumstances) {
    const auto* refused = std::get_if<std::uint64_t>(&circumstances.tasks_refused);
    if (refused == nullptr || *refused == 0) {
        return std::nullopt;
    }
    const auto* tasks = std::get_if<Filled>(&circumstances.tasks);
    const std::string limit =
        tasks != nullptr && tasks->limit ? " (" + std::to_string(*tasks->limit) + ")" : "";
    return Advice{" The kernel had refused it a thread or process " +
                      text::counted_plain(*refused, "time") + ", because of limits.pids" + limit +
                      ".",
                  "Find out what it starts so many of, or raise limits.pids."};
}

// Limits that the policy does not set: the daemon was started with them.
std::optional<Advice> used_up(const Circumstances& circumstances) {
    const auto& space = circumstances.address_space;
    if (space && is_nearly_full(*space)) {
        return Advice{" It used " + in_words(space->used) + " of address space of " +
                          in_words(*space->limit) + " (RLIMIT_AS) " + in_words(space->before_end) +
                          " before.",
                      "Start recyclerd without that limit (LimitAS= in the unit, ulimit -v), and "
                      "let memory.max limit the memory of workers."};
    }
    const auto& time = circumstances.cpu_time;
    if (time && is_nearly_full(*time)) {
        return Advice{" It had used " + std::to_string(time->count) + " of " +
                          text::counted_plain(*time->limit, "second") +
                          " of processor time (RLIMIT_CPU) " + in_words(time->before_end) +
                          " before.",
                      "Start recyclerd without that limit (LimitCPU= in the unit, ulimit -t)."};
    }
    return std::nullopt;
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
    if (circumstances.accept_refused != 0) {
        facts.push_back(
            {"last accept()", "failed with " + errno_name(circumstances.accept_refused)});
    }
    if (circumstances.address_space) {
        facts.push_back({"address space", shown(*circumstances.address_space)});
    }
    if (circumstances.cpu_time) {
        facts.push_back({"seconds of processor time", shown(*circumstances.cpu_time)});
    }
    if (circumstances.own_count) {
        facts.push_back({"PHP_FCGI_MAX_REQUESTS", std::to_string(circumstances.own_count->most)});
    }
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
    if (circumstances.accept_refused != 0) {
        return refused_connection(circumstances);
    }
    if (auto hint = refused_tasks(circumstances)) {
        return hint;
    }
    if (ran_out_of_files(circumstances)) {
        const auto& files = std::get<Filled>(circumstances.open_files);
        return Advice{" Its open files were " + std::to_string(files.count) + " of " +
                          of_files(files) + (files.wanted ? ", " : " ") +
                          in_words(files.before_end) + " before.",
                      close_or_raise(&files)};
    }
    return used_up(circumstances);
}

} // namespace recycler::death
