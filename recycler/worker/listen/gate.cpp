// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/gate.hpp"

#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/unix_names.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

namespace recycler::worker {
namespace {

Result<void> bind_to_interface(int listener, int index) {
    if (::setsockopt(listener, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) != 0) {
        return Error{errno, "set SO_BINDTOIFINDEX"};
    }
    return {};
}

} // namespace

Result<void> hide(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        const auto names = UnixNames::of(local->path, listener);
        return names ? names->hide() : Result<void>(names.error());
    }
    auto hidden = bind_to_interface(listener, k_no_such_interface);
    return hidden ? hidden
                  : std::move(hidden).error().within("close the gate of " + to_string(address));
}

Result<void> show(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        const auto names = UnixNames::of(local->path, listener);
        return names ? names->show() : Result<void>(names.error());
    }
    auto shown = bind_to_interface(listener, 0);
    return shown ? shown
                 : std::move(shown).error().within("open the gate of " + to_string(address));
}

Result<bool> is_hidden(const policies::Address& address, int listener) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        const auto names = UnixNames::of(local->path, listener);
        const auto shown = names ? names->shown() : Result<bool>(names.error());
        return shown ? Result<bool>(!*shown) : shown;
    }
    int index = 0;
    socklen_t size = sizeof index;
    if (::getsockopt(listener, SOL_SOCKET, SO_BINDTOIFINDEX, &index, &size) != 0) {
        return Error{errno, "get SO_BINDTOIFINDEX of " + to_string(address)};
    }
    return index != 0;
}

Result<void> probe_show() {
    const UniqueFd scratch(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!scratch ||
        ::bind(scratch.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
        ::listen(scratch.get(), 1) != 0) {
        return Error{errno, "open a scratch listener on 127.0.0.1 to try the gate"};
    }
    if (auto hidden = bind_to_interface(scratch.get(), k_no_such_interface); !hidden) {
        return std::move(hidden).error().within("this kernel cannot close the gate of a TCP port");
    }
    if (auto shown = bind_to_interface(scratch.get(), 0); !shown) {
        return std::move(shown).error().within(
            "Recycler could not open the gate of a TCP port again (CAP_NET_RAW is missing), so it "
            "refuses drain and the handover `close`; overlap and queue work");
    }
    return {};
}

} // namespace recycler::worker
