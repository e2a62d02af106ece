// SPDX-License-Identifier: MIT
// The names of one unix listener: its own, PATH.SERIAL, and PATH while it is shown. They may stand
// in a folder where the worker may write, and replace them: nothing is done to what a name leads to
// before it is known to be the listener's own file, and no link is ever followed.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/listener.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/un.h>
#include <utility>

namespace recycler::worker {

// Nobody listens at `path`, whose folder is open: it is not there, or is a socket that refuses.
// EADDRINUSE, and who has it, if somebody does; EEXIST if it is no socket.
[[nodiscard]] Result<void> require_unused(int folder, const std::string& path);

// Another name of a listener of PATH, whose file name is `file`: PATH.SERIAL, or what stands for an
// instant while PATH changes hands.
[[nodiscard]] bool is_own_name(std::string_view name, const std::string& file);

// To connect to the socket whose file is held.
[[nodiscard]] sockaddr_un address_of_held(int held);

class UnixNames {
  public:
    // Of `listener`, which is bound below PATH.
    [[nodiscard]] static Result<UnixNames> of(const std::string& path, int listener);

    // The same, whose SocketDiag::unix_file() is known.
    [[nodiscard]] static Result<UnixNames> of(const std::string& path, int listener,
                                              std::uint32_t file);

    [[nodiscard]] const std::string& own() const { return own_; } // PATH.SERIAL
    // Its own name leads to the listener.
    [[nodiscard]] Result<bool> has_own() const;
    // Links its own name from PATH, which leads to the listener. What nobody listens at gives way.
    [[nodiscard]] Result<void> restore_own() const;
    // Its file, held by its own name. An error where that leads elsewhere by now.
    [[nodiscard]] Result<UniqueFd> held_own() const;
    // PATH leads to the listener.
    [[nodiscard]] Result<bool> shown() const;
    // In one step, whoever of ours had PATH.
    [[nodiscard]] Result<void> show() const;
    // Unlinks PATH if it leads to the listener.
    [[nodiscard]] Result<void> hide() const;
    // Hides it and unlinks its own name. What somebody else put there stays, unless it is a link.
    [[nodiscard]] Result<void> remove() const;
    // Mode and owner of `spec`.
    [[nodiscard]] Result<void> give(const ListenSpec& spec) const;

  private:
    UnixNames(UniqueFd folder, std::string path, std::string own, std::uint32_t file)
        : folder_(std::move(folder)), path_(std::move(path)), own_(std::move(own)), file_(file) {}

    // The listener's file, held; none: another one stands there, or nothing.
    [[nodiscard]] Result<UniqueFd> held(const std::string& path) const;
    [[nodiscard]] Result<void> require_no_stranger() const;

    UniqueFd folder_; // none: it is not there any more
    std::string path_;
    std::string own_;    // PATH.SERIAL
    std::uint32_t file_; // SocketDiag::unix_file()
};

} // namespace recycler::worker
