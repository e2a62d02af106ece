// SPDX-License-Identifier: MIT
// Another program that stands where ours was installed: whether there is one, and the note that a
// controller leaves with the keeper when it makes room for it. Whoever comes next reads from the
// note what became of that: it is that program, or the keeper fell back to the one before.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/controller/start/deposits.hpp"

#include <optional>
#include <string>

namespace recycler::controller {

// The answer to a reload that is the next program's to give.
struct Leaving {};

// Who wants the policy to be read again, by the new program: one who asks again, one who does not,
// or nobody does.
enum class Asker : std::uint8_t { call, signal, nobody };

struct ProgramFile {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t changed = 0; // ctime in nanoseconds
    bool operator==(const ProgramFile&) const = default;
};

struct UpgradeNote {
    ProgramFile wanted;
    std::string left; // version of the program that made room
    Asker asker = Asker::call;
};

// The program at `path`, if it is another one than ours.
[[nodiscard]] std::optional<ProgramFile> find_newer(const std::string& path);
// Whether this process runs it; by its inode, because replacing a file's name changes its ctime.
[[nodiscard]] bool runs(const ProgramFile& file);

[[nodiscard]] Result<void> leave_note(keeper::Link& link, int any_fd, const UpgradeNote& note);
// What the controller before has left; nullopt: nothing.
[[nodiscard]] std::optional<UpgradeNote> take_note(Deposits& deposits);
[[nodiscard]] Result<void> drop_note(keeper::Link& link);

// The same for a controller that makes room for one of the same program, because the policy's file
// wants workers to be started by another plan (permits.hpp), or a right is needed that it has given
// up (rights.hpp): who asked for it.
[[nodiscard]] Result<void> leave_reload_note(keeper::Link& link, int any_fd, Asker asker);
[[nodiscard]] std::optional<Asker> take_reload_note(Deposits& deposits);
[[nodiscard]] Result<void> drop_reload_note(keeper::Link& link);

} // namespace recycler::controller
