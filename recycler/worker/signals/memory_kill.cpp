// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/memory_kill.hpp"

#include <charconv>

namespace recycler::worker {

namespace {

constexpr std::string_view k_group = ",task_memcg=";
constexpr std::string_view k_name = ",task=";
constexpr std::string_view k_pid = ",pid=";

} // namespace

// The name stands between two fields and may hold their names: it ends at the last of what follows.
// The kernel writes what is not printable in a record as \xNN.
std::optional<MemoryKill> memory_kill_in(std::string_view record) {
    record = record.substr(0, record.find('\n')); // further lines are the record's dictionary
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
    MemoryKill kill;
    const std::string_view digits = record.substr(pid + k_pid.size());
    if (std::from_chars(digits.data(), digits.data() + digits.size(), kill.pid).ec != std::errc()) {
        return std::nullopt;
    }
    kill.group = record.substr(group + k_group.size(), name - group - k_group.size());
    kill.name = record.substr(name + k_name.size(), pid - name - k_name.size());
    return kill;
}

} // namespace recycler::worker
