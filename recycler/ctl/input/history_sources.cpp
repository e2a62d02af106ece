// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/history_sources.hpp"

#include "policies/parse.hpp"
#include "recycler/control/client.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/reach.hpp"
#include "recycler/ctl/input/log_input.hpp"
#include "systemd/journal_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <sstream>
#include <unistd.h>

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
        EventName::gate_closed, EventName::gate_opened, EventName::draining,
        EventName::drained,     EventName::stopping,    EventName::braked,
        EventName::started,     EventName::app_started, EventName::child_died,
        EventName::stopped,     EventName::turned_away};
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

struct Reader {
    const HistoryWanted& wanted;
    HistoryFound& found;
    std::string since;

    // Whether it was anything.
    bool take(const std::string& app, std::string_view line) {
        if (!is_wanted(line, since)) {
            return false;
        }
        if (auto record = control::record_from_json(line)) {
            found.history.take(app, *record);
            return true;
        }
        if (auto event = control::event_from_json(line)) {
            found.history.take(app, *event);
            return true;
        }
        return false;
    }

    void read_file(const std::string& app, const std::string& path) {
        bool any = false;
        auto input = LogInput::open(path, wanted.interrupt);
        auto read = input ? input->read([&](std::string_view line) { any |= take(app, line); })
                          : Result<void>(std::move(input).error());
        if (any) {
            found.sources.push_back(path);
        }
        if (!read && (read.error().code != ENOENT || !wanted.files.empty())) {
            found.troubles.push_back(read.error().message());
        }
    }

    void read_journal(const std::string& app) {
        bool any = false;
        const systemd::JournalQuery query{
            .matches = {"_UID=0", "_UID=" + std::to_string(::getuid()), "RECYCLER_APP=" + app,
                        "SYSLOG_IDENTIFIER=recyclerd"},
            .fields = {"RECYCLER_JSON"},
            .since = wanted.since == WallTime::min() ? std::nullopt : std::optional(wanted.since)};
        const auto visit = [&](const systemd::JournalEntry& entry) {
            const auto json = entry.find("RECYCLER_JSON");
            any |= json != entry.end() && take(app, json->second);
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
    for (const std::string& file : wanted.files) {
        reader.read_file(wanted.app.value_or(""), file);
    }
    if (!wanted.files.empty()) {
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
