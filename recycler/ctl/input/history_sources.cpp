// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/history_sources.hpp"

#include "policies/parse.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/control/client.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/reach.hpp"
#include "recycler/ctl/input/log_input.hpp"
#include "recycler/explain/same_app.hpp"
#include "systemd/journal_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <sstream>
#include <unistd.h>
#include <utility>
#include <variant>

namespace recycler::ctl {

namespace {

using control::Client;

constexpr const char* k_policies = "/etc/recycler";
constexpr unsigned k_rotated = 4; // as the daemon keeps them
// Only to read report.file: no limit in it can be too large for this.
constexpr policies::Host k_any_host{Bytes{std::uint64_t{1} << 50}};

// Of the kinds that explain anything. All else is not even parsed.
bool is_wanted(std::string_view line, const std::string& since) {
    constexpr std::array events{
        EventName::gate_closed, EventName::gate_opened,  EventName::draining,
        EventName::drained,     EventName::stopping,     EventName::braked,
        EventName::starting,    EventName::started,      EventName::ready,
        EventName::handed_over, EventName::ended,        EventName::app_started,
        EventName::child_died,  EventName::slot_removed, EventName::stopped,
        EventName::turned_away};
    const std::size_t at = line.find(R"("at":")");
    if (at == std::string_view::npos || line.substr(at + 6, since.size()) < since) {
        return false;
    }
    const std::size_t event = line.find(R"("event":")");
    if (event == std::string_view::npos) {
        return line.find(R"("verdict":)") != std::string_view::npos;
    }
    const std::string_view name = line.substr(event + 9);
    return std::ranges::any_of(events, [&](EventName wanted) {
        const std::string_view each = to_string(wanted);
        return name.starts_with(each) && name.substr(each.size()).starts_with('"');
    });
}

// "3900-1795951865059706000" of {"record":"3900-1795951865059706000/31050/1",...}: which run of the
// daemon wrote it. Only records have it.
std::string run_of(std::string_view line) {
    constexpr std::string_view k_front = R"({"record":")";
    return line.starts_with(k_front) ? std::string(text::after(line, k_front, "/")) : "";
}

// What a line holds, if it holds anything that explains.
using Thing = std::variant<std::monostate, control::Record, control::EventLine>;
Thing read_thing(std::string_view line) {
    if (auto record = control::record_from_json(line)) {
        record->evidence.clear(); // may be kept for a while
        record->stderr_lines.clear();
        return *std::move(record);
    }
    if (auto event = control::event_from_json(line)) {
        return *std::move(event);
    }
    return {};
}

// Files that somebody brought: whose each is can be told once all have been read.
struct Brought {
    explain::EventsFile file;
    std::vector<std::pair<Thing, std::string>> things; // with the run that told it
};

// What it shows of its app.
void note_slot(explain::EventsFile& file, const Thing& thing) {
    if (const auto* record = std::get_if<control::Record>(&thing)) {
        file.slots.try_emplace(record->slot);
    } else if (const auto* event = std::get_if<control::EventLine>(&thing); event && event->slot) {
        std::string& address = file.slots[*event->slot];
        for (const auto& [name, value] : event->members) {
            if (const auto* text = std::get_if<std::string>(&value); text && name == "address") {
                address = *text;
            }
        }
    }
}

struct Reader {
    const HistoryWanted& wanted;
    HistoryFound& found;
    std::string since;

    // Whether it was anything.
    bool take(const std::string& app, const Thing& thing, std::string_view run) {
        if (const auto* record = std::get_if<control::Record>(&thing)) {
            found.history.take(app, *record, run);
        } else if (const auto* event = std::get_if<control::EventLine>(&thing)) {
            found.history.take(app, *event, run);
        }
        return !std::holds_alternative<std::monostate>(thing);
    }

    template <typename Take>
    void read_lines(const std::string& path, Take take_line) {
        bool any = false;
        const auto each = [&](std::string_view line) {
            if (is_wanted(line, since)) {
                any |= take_line(read_thing(line), run_of(line));
            }
        };
        auto input = LogInput::open(path, wanted.interrupt);
        auto read = input ? input->read(each) : Result<void>(std::move(input).error());
        if (any) {
            found.sources.push_back(path);
        }
        if (!read && (read.error().code != ENOENT || !wanted.files.empty())) {
            found.troubles.push_back(read.error().message());
        }
    }

    void read_file(const std::string& app, const std::string& path) {
        read_lines(path,
                   [&](const Thing& thing, std::string_view run) { return take(app, thing, run); });
    }

    // Of the app that was asked for, or each of its own.
    void read_brought() {
        std::vector<Brought> brought;
        for (const std::string& path : wanted.files) {
            Brought& each = brought.emplace_back(Brought{{.path = path}, {}});
            read_lines(path, [&](Thing thing, std::string run) {
                note_slot(each.file, thing);
                if (!run.empty()) {
                    each.file.runs.insert(run);
                }
                const bool any = !std::holds_alternative<std::monostate>(thing);
                each.things.emplace_back(std::move(thing), std::move(run));
                return any;
            });
        }
        std::vector<explain::EventsFile> files;
        for (const Brought& each : brought) {
            files.push_back(each.file);
        }
        const std::vector<std::size_t> first = explain::first_of_same_app(files);
        for (std::size_t i = 0; i < brought.size(); ++i) {
            const std::string app = wanted.app.value_or(files[first[i]].path);
            for (const auto& [thing, run] : std::exchange(brought[i].things, {})) {
                (void)take(app, thing, run);
            }
        }
    }

    void read_journal(const std::string& app) {
        bool any = false;
        const systemd::JournalQuery query{
            .matches = {"_UID=0", "_UID=" + std::to_string(::getuid()), "RECYCLER_APP=" + app,
                        "SYSLOG_IDENTIFIER=recyclerd"},
            .fields = {"RECYCLER_JSON", "RECYCLER_CONTROLLER"},
            .since = wanted.since == WallTime::min() ? std::nullopt : std::optional(wanted.since)};
        const auto visit = [&](const systemd::JournalEntry& entry) {
            const auto json = entry.find("RECYCLER_JSON");
            if (json != entry.end() && is_wanted(json->second, since)) {
                const auto run = entry.find("RECYCLER_CONTROLLER");
                any |= take(app, read_thing(json->second),
                            run == entry.end() ? "" : run->second.substr(0, run->second.find('/')));
            }
        };
        if (auto visited = systemd::visit_journal(query, visit); !visited) {
            found.troubles.push_back(visited.error().message());
        }
        if (any) {
            found.sources.emplace_back("the journal");
        }
    }
};

std::string report_file_of(const std::string& app, const std::string& policy, int interrupt) {
    std::string usual = "/var/lib/recycler/" + app + "/events.jsonl";
    auto input = LogInput::open(policy, interrupt);
    std::string text;
    const auto read =
        input ? input->read([&](std::string_view line) { text.append(line).push_back('\n'); })
              : Result<void>(std::move(input).error());
    if (!read || text.size() > policies::k_longest_policy) {
        return usual; // it may have been removed, and its history not
    }
    const auto parsed = policies::parse(text, app, k_any_host);
    const auto* found = std::get_if<policies::Policy>(&parsed);
    return found == nullptr || found->report.file.empty() ? usual : found->report.file;
}

std::set<std::string> apps_here() {
    std::set<std::string> apps;
    for (const std::string& app : control::listening_apps()) {
        apps.insert(app);
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(k_policies, error)) {
        if (entry.path().extension() == ".toml") {
            apps.insert(entry.path().stem().string());
        }
    }
    return apps;
}

// Where its policy is; its slots, as far as it runs.
std::string ask_daemon(const std::string& app, Reader& reader) {
    std::string usual = std::string(k_policies) + "/" + app + ".toml";
    auto client = Client::connect(app, reader.wanted.interrupt);
    if (!std::holds_alternative<Client>(client)) {
        reader.found.history.ended(app);
        return usual;
    }
    const auto answer = std::get<Client>(client).call(control::StatusCall{});
    const auto* reply = std::get_if<control::Reply>(&answer);
    const auto* status = reply == nullptr ? nullptr : std::get_if<control::Snapshot>(reply);
    if (status == nullptr) {
        return usual;
    }
    for (const control::SlotStatus& slot : status->slots) {
        reader.found.history.take_slot(app, slot.slot, slot.address);
    }
    return status->policy.path.empty() ? usual : status->policy.path;
}

} // namespace

HistoryFound find_history(const HistoryWanted& wanted) {
    HistoryFound found;
    const std::string since =
        wanted.since == WallTime::min() ? "" : control::time_text(wanted.since).substr(0, 19);
    Reader reader{wanted, found, since};
    if (!wanted.files.empty()) {
        reader.read_brought();
        return found;
    }
    for (const std::string& app : wanted.app ? std::set{*wanted.app} : apps_here()) {
        const std::string policy = ask_daemon(app, reader);
        const std::string report = report_file_of(app, policy, wanted.interrupt);
        for (unsigned age = k_rotated; age > 0; --age) {
            reader.read_file(app, report + "." + std::to_string(age));
        }
        reader.read_file(app, report);
        reader.read_journal(app);
    }
    return found;
}

Result<void> read_haproxy_servers(const std::string& path, int interrupt,
                                  explain::HistoryBuilder& into) {
    auto input = LogInput::open(path, interrupt);
    if (!input) {
        return std::move(input).error();
    }
    std::string section;
    return input->read([&](std::string_view line) {
        std::istringstream words{std::string(line)};
        std::string keyword, name, address;
        words >> keyword >> name >> address;
        if (keyword == "backend" || keyword == "listen") {
            section = name;
        } else if (keyword == "server" && !address.empty()) {
            std::string server = section;
            server += "/" + name;
            into.name_server(server, address);
        }
    });
}

} // namespace recycler::ctl
