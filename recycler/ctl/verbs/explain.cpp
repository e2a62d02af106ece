// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/explain.hpp"

#include "recycler/base/text/split.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/ctl/commands.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/input/history_sources.hpp"
#include "recycler/ctl/input/host_zone.hpp"
#include "recycler/ctl/input/log_input.hpp"
#include "recycler/ctl/render/explained.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/explain/account.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace recycler::ctl {

namespace {

// No two clocks are further apart, whatever zones they are read in.
constexpr Duration k_furthest = std::chrono::hours(27);
constexpr const char* k_haproxy = "/etc/haproxy/haproxy.cfg";

struct Log {
    LogInput input;
    WallTime first; // of its first line that has a time; the last time there is, if none has
};

WallTime first_time(std::string_view head, explain::LineReader reader) {
    while (!head.empty()) {
        const explain::Line line = reader.read(text::take_line(head));
        if (line.kind == explain::LineKind::entry && line.entry.at != WallTime()) {
            return line.entry.at;
        }
    }
    return WallTime::max();
}

// What is wrong with them.
std::optional<Told> read_times(Explain& explain, const std::string& since, const std::string& until,
                               const std::string& offset) {
    for (const auto& [option, text, into] : {std::tuple("--since", &since, &explain.since),
                                             std::tuple("--until", &until, &explain.until)}) {
        auto read = since_of(option, *text);
        if (auto* told = std::get_if<Told>(&read)) {
            return std::move(*told);
        }
        *into = std::get<std::optional<Since>>(read);
    }
    if (!offset.empty()) {
        auto read = span_of("--offset", offset, Sign::allowed);
        if (auto* told = std::get_if<Told>(&read)) {
            return std::move(*told);
        }
        explain.offset = std::get<Duration>(read);
    }
    return std::nullopt;
}

class Explaining {
  public:
    Explaining(const Explain& asked, const Job& job) : asked_(asked), job_(job) {}

    int run() {
        const auto zone = host_zone(asked_.zone);
        if (!zone) {
            complain("--zone " + printable(asked_.zone) + ": there is no such time zone");
            return k_exit_usage;
        }
        zone_ = *zone;
        open_logs();
        if (logs_.empty()) {
            return k_exit_refused;
        }
        const explain::History history = history_of_time();
        const control::ExplainedLog log = account_for(history);
        if (interrupted_) {
            return k_exit_refused;
        }
        const bool is_json = job_.invocation.output == Output::json;
        const std::string text =
            is_json ? control::to_json(log) + "\n" : render_explained(log, job_.terminal.style());
        return print(text) && !failed_ ? k_exit_done : k_exit_refused;
    }

  private:
    [[nodiscard]] explain::LogClock clock() const { return {zone_, now_}; }

    void fail(const Error& error) {
        interrupted_ |= error.code == ECANCELED;
        failed_ = true;
        complain(printable(error.message()));
    }

    // In the order of their times.
    void open_logs() {
        for (const std::string& file : asked_.files) {
            auto input = LogInput::open(file, job_.terminal.interrupt());
            auto head = input ? input->head() : Result<std::string_view>(input.error());
            if (!head) {
                fail(head.error());
                continue;
            }
            const WallTime first = first_time(*head, explain::LineReader(clock()));
            logs_.push_back({std::move(*input), first});
        }
        std::ranges::stable_sort(order_of_logs(), {},
                                 [&](std::size_t i) { return logs_[i].first; });
    }

    std::vector<std::size_t>& order_of_logs() {
        order_.resize(logs_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) {
            order_[i] = i;
        }
        return order_;
    }

    explain::History history_of_time() {
        const WallTime first = logs_[order_.front()].first;
        HistoryFound found =
            find_history({.app = job_.invocation.app,
                          .files = asked_.events,
                          .since = first == WallTime::max() ? WallTime::min() : first - k_furthest,
                          .interrupt = job_.terminal.interrupt()});
        for (const std::string& trouble : found.troubles) {
            complain(printable(trouble));
            failed_ |= !asked_.events.empty();
        }
        sources_ = found.sources;
        const bool given = !asked_.haproxy.empty();
        const std::string haproxy = given ? asked_.haproxy : k_haproxy;
        if (given || ::access(k_haproxy, R_OK) == 0) {
            auto read = read_haproxy_servers(haproxy, job_.terminal.interrupt(), found.history);
            if (!read) {
                fail(read.error());
            }
        }
        return std::move(found.history).build();
    }

    control::ExplainedLog account_for(const explain::History& history) {
        explain::Account::Asked asked{.offset = asked_.offset};
        asked.since = asked_.since ? time_of(*asked_.since, now_) : WallTime::min();
        asked.until = asked_.until ? time_of(*asked_.until, now_) : WallTime::max();
        if (asked_.lines == Lines::shown) {
            asked.on_line = [&](std::string_view line, const std::string* why) {
                const std::string words = why == nullptr ? "could not be read" : *why;
                unread_ |= !print(printable(line) + "\n    = " + printable(words) + "\n");
            };
        }
        explain::Account account(history, clock(), std::move(asked));
        std::vector<std::string> files;
        for (const std::size_t i : order_) {
            LogInput& input = logs_[i].input;
            account.begin_file(clock());
            files.push_back(input.path());
            if (auto read = input.read([&](std::string_view line) { account.take(line); }); !read) {
                fail(read.error());
            }
            if (interrupted_ || unread_) {
                break;
            }
        }
        account.finish();
        control::ExplainedLog log = account.sum();
        log.files = std::move(files);
        log.zone = asked_.zone.empty() ? "local" : asked_.zone;
        log.history.sources = sources_;
        return log;
    }

    const Explain& asked_;
    const Job& job_;
    WallTime now_ = std::chrono::system_clock::now();
    explain::Zone zone_;
    std::vector<Log> logs_;
    std::vector<std::size_t> order_;
    std::vector<std::string> sources_;
    bool failed_ = false;
    bool interrupted_ = false;
    bool unread_ = false;
};

} // namespace

Typed<Explain> typed_explain(Syntax& syntax) {
    const auto files = syntax.words(
        "FILE", "Logs of lighttpd, nginx, Apache or HAProxy, also compressed; - is stdin",
        Need::must);
    const auto events = syntax.repeated(
        "--events", "Read the history from here (events --json, a report file); may be repeated");
    const auto zone = syntax.option(
        "--zone", "Zone of times that name none (Europe/Berlin, +02:00); default: this machine's");
    const auto since = syntax.option("--since", "Only lines since then: a span back, or a time");
    const auto until = syntax.option("--until", "Only lines until then: a span back, or a time");
    const auto offset =
        syntax.option("--offset", "How far the balancer's clock is ahead (3s), or behind (-3s)");
    const auto haproxy = syntax.option(
        "--haproxy", "The configuration of HAProxy, which has the addresses of its servers");
    const auto lines = syntax.flag("--lines", "Also print each line, with what stood behind it");
    return [=](Output output) -> std::variant<Explain, Told> {
        Explain explain{.files = *files,
                        .events = *events,
                        .zone = *zone,
                        .haproxy = *haproxy,
                        .lines = *lines ? Lines::shown : Lines::counted};
        if (*lines && output == Output::json) {
            return usage("--lines and --json exclude each other: JSON is one object");
        }
        auto told = read_times(explain, *since, *until, *offset);
        if (told) {
            return *std::move(told);
        }
        return explain;
    };
}

int run_explain(const Job& job, const Explain& asked) {
    return Explaining(asked, job).run();
}

} // namespace recycler::ctl
