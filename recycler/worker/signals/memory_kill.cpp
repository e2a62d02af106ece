// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/memory_kill.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

namespace recycler::worker {

namespace {

constexpr std::string_view k_group = ",task_memcg=";
constexpr std::string_view k_name = ",task=";
constexpr std::string_view k_pid = ",pid=";

} // namespace

// The name stands between two fields and may hold their names: it ends at the last of what follows.
// The kernel writes what is not printable in a record as \xNN.
std::optional<MemoryKill> memory_kill_in(std::string_view record) {
    record = text::first_line(record); // further lines are the record's dictionary
    const std::size_t text = record.find(';');
    const std::size_t group = record.find(k_group);
    if (text == std::string_view::npos || group == std::string_view::npos ||
        !record.substr(text + 1).starts_with("oom-kill:")) {
        return std::nullopt;
    }
    const std::size_t name = record.find(k_name, group + k_group.size());
    const std::size_t pid = record.rfind(k_pid);
    if (name == std::string_view::npos || pid == std::string_view::npos ||
        pid < name + k_name.size()) {
        return std::nullopt;
    }
    const auto number = text::number_at_front<pid_t>(record.substr(pid + k_pid.size()));
    if (!number) {
        return std::nullopt;
    }
    MemoryKill kill;
    kill.pid = *number;
    kill.group = record.substr(group + k_group.size(), name - group - k_group.size());
    kill.name = record.substr(name + k_name.size(), pid - name - k_name.size());
    return kill;
}

} // namespace recycler::worker
