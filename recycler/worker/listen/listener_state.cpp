// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/listener_state.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/unix_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace recycler::worker {
namespace {

// More than any packet has: a filter's answer says how much of it is kept.
constexpr std::uint32_t k_whole_packet = 0x40000;
// BPF_MAXINSNS
constexpr std::size_t k_longest_filter = 4096;

template <typename Value>
Result<Value> option(int socket, int level, int name) {
    Value value{};
    socklen_t size = sizeof value;
    if (::getsockopt(socket, level, name, &value, &size) != 0) {
        return Error{errno, "read socket option " + std::to_string(name) + " of a listener"};
    }
    return value;
}

// Whether each way through a classic program ends in an answer that keeps the whole packet.
bool passes_all(std::span<const sock_filter> program) {
    return std::ranges::all_of(program, [](const sock_filter& step) {
        return BPF_CLASS(step.code) != BPF_RET ||
               (BPF_RVAL(step.code) == BPF_K && step.k >= k_whole_packet);
    });
}

SocketFilter filter_of(int listener) {
    socklen_t length = 0; // in instructions
    const bool read = ::getsockopt(listener, SOL_SOCKET, SO_GET_FILTER, nullptr, &length) == 0;
    const bool extended = !read && errno == EACCES; // there is one, and it cannot be read
    if (!extended && (!read || length == 0)) {
        return SocketFilter::none;
    }
    const auto locked = option<int>(listener, SOL_SOCKET, SO_LOCK_FILTER);
    if (locked && *locked == 0) {
        return SocketFilter::attached;
    }
    std::vector<sock_filter> program(std::min<std::size_t>(length, k_longest_filter));
    const bool readable =
        read && ::getsockopt(listener, SOL_SOCKET, SO_GET_FILTER, program.data(), &length) == 0;
    return readable && passes_all(program) ? SocketFilter::passing : SocketFilter::sealed;
}

// TCP_INFO of the kernel's first version that has it: the state is its first byte.
Result<ListenerState> state_of_tcp(int listener, std::optional<bool> shown) {
    const auto info = option<tcp_info>(listener, IPPROTO_TCP, TCP_INFO);
    const auto interface = option<int>(listener, SOL_SOCKET, SO_BINDTOIFINDEX);
    const auto joinable = option<int>(listener, SOL_SOCKET, SO_REUSEPORT);
    if (!info || !interface || !joinable) {
        return !info ? info.error() : !interface ? interface.error() : joinable.error();
    }
    ListenerState state;
    state.shut_down = info->tcpi_state != TCP_LISTEN;
    if (state.shut_down) {
        return state;
    }
    state.queued = info->tcpi_unacked;
    if (shown && *shown != (*interface == 0)) {
        state.shown = !*shown;
        state.interface = *interface;
    } else if (shown && !*shown && *interface < k_no_such_interface) {
        state.shown = true; // on that interface
        state.interface = *interface;
    }
    state.filter = filter_of(listener);
    state.alone = *joinable == 0;
    return state;
}

// Nobody waits in it, and it is not shut down: a listener that has anything to tell can be read.
bool is_quiet(int listener) {
    pollfd question{.fd = listener, .events = POLLIN | POLLRDHUP, .revents = 0};
    return ::poll(&question, 1, 0) == 0;
}

// The kernel looks for the inode in all of its table, so it is asked only for what a poll does not
// show. A listener has one file as long as it lives.
Result<UnixListener> look_at_unix(int listener, std::optional<std::uint32_t> file,
                                  SocketDiag& diag) {
    if (file && is_quiet(listener)) {
        return UnixListener{.file = *file};
    }
    const auto inode = inode_of(listener);
    return inode ? diag.unix_listener(*inode) : Result<UnixListener>(inode.error());
}

Result<ListenerState> state_of_unix(const std::string& path, int listener, const Known& known,
                                    SocketDiag& diag) {
    const std::optional<bool> shown = known.shown;
    const auto seen = look_at_unix(listener, known.file, diag);
    if (!seen) {
        return Error(seen.error()).within("look at the listener of unix:" + path);
    }
    ListenerState state{.shut_down = seen->shut_down, .queued = seen->queued, .shown = {}};
    state.file = seen->file;
    if (state.shut_down) {
        return state;
    }
    const auto names = UnixNames::of(path, listener, seen->file);
    const auto leads = names ? names->shown() : Result<bool>(names.error());
    const auto own = names ? names->has_own() : Result<bool>(names.error());
    if (!leads || !own) {
        return !leads ? leads.error() : own.error();
    }
    if (shown && *shown != *leads) {
        state.shown = *leads;
    }
    state.leads = *leads;
    state.nameless = !*own;
    return state;
}

class Mending {
  public:
    Mending(const policies::Address& address, int listener, const ListenerState& state)
        : address_(address), listener_(listener), state_(state) {}

    Mended tcp();
    Mended unix(const std::string& path);

  private:
    void was(const std::string& what) { text::add_to(mended_.what, ", ", what); }
    Mended is(Health health) {
        mended_.health = health;
        return mended_;
    }
    // As it is wanted.
    Result<void> turn_gate() {
        return *state_.shown ? hide(address_, listener_) : show(address_, listener_);
    }

    const policies::Address& address_;
    int listener_;
    const ListenerState& state_;
    Mended mended_;
};

Mended Mending::tcp() {
    const int on = 1;
    if (state_.alone) {
        was("SO_REUSEPORT was taken off its listener");
        (void)::setsockopt(listener_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (state_.shown) {
        was(*state_.shown ? "something else opened its closed gate"
                          : "its listener was bound to the network interface " +
                                std::to_string(state_.interface.value_or(0)) +
                                ", and was reachable only through that");
        if (!turn_gate()) {
            return is(Health::unreachable);
        }
    }
    switch (state_.filter) {
    case SocketFilter::none:
        return is(Health::mended);
    case SocketFilter::attached:
        was("a socket filter was attached to its listener");
        return is(::setsockopt(listener_, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof on) == 0
                      ? Health::mended
                      : Health::unreachable);
    case SocketFilter::passing:
        was("a socket filter was attached to its listener and locked");
        return is(Health::unjoinable);
    case SocketFilter::sealed:
        break;
    }
    was("a socket filter that may hold connections back was attached to its listener and locked");
    return is(Health::unreachable);
}

Mended Mending::unix(const std::string& path) {
    const auto names = UnixNames::of(path, listener_);
    if (state_.shown) {
        was(state_.leads ? "something else opened its closed gate: " + path + " led to it"
                         : path + " was removed, or leads elsewhere");
    }
    if (state_.nameless && names) {
        // Where somebody has put something else there, the next change of its gate will tell.
        const bool restored = state_.leads && names->restore_own().has_value();
        if (restored || !state_.leads) {
            was(names->own() + " was removed, or leads elsewhere");
        }
    }
    if (!names || (state_.nameless && !state_.leads)) {
        return is(Health::unreachable);
    }
    if (state_.shown) {
        if (const auto turned = turn_gate(); !turned) {
            mended_.error = turned.error();
            return is(Health::obstructed);
        }
    }
    return is(Health::mended);
}

} // namespace

Result<ListenerState> state_of(const policies::Address& address, int listener, const Known& known,
                               SocketDiag& diag) {
    const auto* local = std::get_if<policies::UnixAddress>(&address);
    return local == nullptr ? state_of_tcp(listener, known.shown)
                            : state_of_unix(local->path, listener, known, diag);
}

Mended mend(const policies::Address& address, int listener, const ListenerState& state) {
    if (state.shut_down) {
        return {Health::unreachable, "its listener was shut down", std::nullopt};
    }
    Mending mending(address, listener, state);
    const auto* local = std::get_if<policies::UnixAddress>(&address);
    return local == nullptr ? mending.tcp() : mending.unix(local->path);
}

Result<void> make_as_new(const ListenSpec& spec, int listener) {
    const int flags = ::fcntl(listener, F_GETFL);
    if (flags < 0 || ::fcntl(listener, F_SETFL, flags & ~(O_NONBLOCK | O_ASYNC)) != 0) {
        return Error{errno, "make the listener of " + to_string(spec.address) + " blocking again"};
    }
    (void)!::fcntl(listener, F_SETOWN, 0);
    const auto put_back = [listener](int level, int name, const auto& value) {
        (void)!::setsockopt(listener, level, name, &value, sizeof value); // not every kind has it
    };
    put_back(SOL_SOCKET, SO_RCVTIMEO, timeval{});
    put_back(SOL_SOCKET, SO_SNDTIMEO, timeval{});
    put_back(SOL_SOCKET, SO_LINGER, linger{});
    put_back(SOL_SOCKET, SO_RCVLOWAT, 1);
    if (std::holds_alternative<policies::TcpAddress>(spec.address)) {
        put_back(SOL_SOCKET, SO_DONTROUTE, 0);
        put_back(IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
        put_back(IPPROTO_IP, IP_MINTTL, 0);
        put_back(IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0);
    }
    return update(spec, listener);
}

} // namespace recycler::worker
