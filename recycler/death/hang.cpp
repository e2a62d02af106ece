// SPDX-License-Identifier: MIT
#include "recycler/death/hang.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <string_view>

namespace recycler::death {
namespace {

// Of a processor, over seconds. Who waits uses next to nothing; who computes gets little of a busy
// machine, but is found running.
constexpr double k_computes = 0.5;
constexpr double k_works = 0.05;

bool is_one_of(std::string_view call, std::initializer_list<std::string_view> calls) {
    return std::ranges::find(calls, call) != calls.end();
}

const WaitedFor* first_of(const Thread& thread, WaitedKind kind) {
    const auto found = std::ranges::find(thread.waits_for, kind, &WaitedFor::kind);
    return found == thread.waits_for.end() ? nullptr : &*found;
}

std::string by(const Thread& thread, const WaitedFor* waited = nullptr) {
    std::string call = text::in_ascii(*thread.call, 40);
    if (waited != nullptr && waited->fd >= 0) {
        call += " of fd " + std::to_string(waited->fd);
    }
    return " (" + call + ")";
}

std::string name_or(const WaitedFor& waited, const char* otherwise) {
    return waited.name.empty() ? otherwise : text::in_ascii(waited.name, k_longest_quote);
}

std::optional<Hang> stopped(const Thread& thread) {
    if (thread.state != 'T' && thread.state != 't') {
        return std::nullopt;
    }
    return Hang{HangKind::stopped, "is stopped, by a signal such as SIGSTOP or by a debugger"};
}

std::optional<Hang> computing(const Thread& thread) {
    const double used = thread.cpu_share.value_or(k_works);
    if (used < k_works || (used < k_computes && thread.state != 'R')) {
        return std::nullopt;
    }
    return Hang{HangKind::computes,
                thread.cpu_share
                    ? "computes: it used " + share_in_words(*thread.cpu_share) + " of a processor"
                    : "computes: it was running"};
}

std::optional<Hang> waiting_for_lock(const Thread& thread) {
    if (thread.call == "futex") {
        return Hang{HangKind::lock, "waits for a lock" + by(thread)};
    }
    const WaitedFor* file = first_of(thread, WaitedKind::file);
    if (file != nullptr && is_one_of(*thread.call, {"flock", "fcntl(F_SETLKW)"})) {
        return Hang{HangKind::file_lock,
                    "waits for the lock on " + name_or(*file, "a file") + by(thread, file)};
    }
    return std::nullopt;
}

// On the connection that brought the request: nobody asks a database there.
std::optional<Hang> waiting_for_client(const Thread& thread, Came came) {
    const WaitedFor* client = first_of(thread, WaitedKind::client);
    if (client == nullptr) {
        return std::nullopt;
    }
    if (came == Came::nothing) {
        return Hang{HangKind::client, "waits for a request on a connection that it has accepted" +
                                          by(thread, client)};
    }
    switch (client->awaited) {
    case Awaited::input:
        return Hang{HangKind::client,
                    "waits for the rest of its request from the balancer" + by(thread, client)};
    case Awaited::output:
        return Hang{HangKind::taker,
                    "waits until the balancer takes more of the answer" + by(thread, client)};
    case Awaited::either:
        break;
    }
    return Hang{HangKind::client, "waits for the balancer" + by(thread, client) +
                                      ": either for the rest of the request, or until the balancer "
                                      "takes the answer; Recycler cannot tell which"};
}

std::optional<Hang> waiting_for_another(const Thread& thread) {
    if (const WaitedFor* socket = first_of(thread, WaitedKind::socket)) {
        return Hang{HangKind::answer, "waits for an answer from " +
                                          name_or(*socket, "the other end of a socket") +
                                          by(thread, socket)};
    }
    if (thread.state == 'D') {
        const WaitedFor* file = first_of(thread, WaitedKind::file);
        return Hang{HangKind::disk,
                    "waits for a disk" +
                        (file == nullptr ? std::string() : ", for " + name_or(*file, "a file")) +
                        by(thread, file)};
    }
    if (const WaitedFor* process = first_of(thread, WaitedKind::process)) {
        return Hang{HangKind::process, "waits for the end of " +
                                           name_or(*process, "a process that it started") +
                                           by(thread)};
    }
    if (const WaitedFor* pipe = first_of(thread, WaitedKind::pipe)) {
        return Hang{HangKind::pipe, "waits for the other end of a pipe" + by(thread, pipe)};
    }
    return std::nullopt;
}

constexpr char k_receive_whole_bodies[] =
    "Have the balancer receive the whole body before it sends the request to a worker "
    "(fastcgi_request_buffering on in nginx, server.stream-request-body = 0 in lighttpd, option "
    "http-buffer-request in HAProxy), or have it end slow requests (client_body_timeout in nginx, "
    "timeout http-request in HAProxy, RequestReadTimeout body= in Apache).";

} // namespace

std::optional<Hang> hang_of(const Thread& thread, Came came) {
    if (auto hang = stopped(thread)) {
        return hang;
    }
    if (auto hang = computing(thread)) {
        return hang;
    }
    if (!thread.call || first_of(thread, WaitedKind::listener) != nullptr) {
        return std::nullopt;
    }
    if (auto hang = waiting_for_lock(thread)) {
        return hang;
    }
    if (auto hang = waiting_for_another(thread)) {
        return hang;
    }
    if (auto hang = waiting_for_client(thread, came)) {
        return hang;
    }
    if (is_one_of(*thread.call, {"clock_nanosleep", "nanosleep", "pause"}) ||
        first_of(thread, WaitedKind::time) != nullptr) {
        return Hang{HangKind::sleep, "sleeps" + by(thread)};
    }
    return Hang{HangKind::other, "waits in a system call" + by(thread)};
}

std::vector<Hang> hangs_of(const std::vector<Thread>& threads, Came came) {
    std::vector<Hang> all;
    const bool known = std::ranges::any_of(threads, &Thread::serves);
    for (const Thread& thread : threads) {
        auto hang = thread.serves || !known ? hang_of(thread, came) : std::nullopt;
        if (hang && std::ranges::find(all, hang->kind, &Hang::kind) == all.end()) {
            all.push_back(std::move(*hang));
        }
    }
    std::ranges::sort(all, {}, &Hang::kind);
    return all;
}

std::string hang_in_words(const std::vector<Thread>& threads, Came came) {
    std::string out;
    for (const Hang& hang : hangs_of(threads, came)) {
        out += (out.empty() ? " It " : "; another thread ") + hang.words;
    }
    return out.empty() ? out : out + ".";
}

std::string hint_for_hang(const std::vector<Thread>& threads) {
    const auto hangs = hangs_of(threads);
    if (hangs.empty()) {
        return "Find out what it waited for (a lock, a database, a remote server).";
    }
    switch (hangs.front().kind) {
    case HangKind::stopped:
        return "Find out who stopped it, and send it SIGCONT.";
    case HangKind::computes:
        return "Find out what it computes: attach a profiler or a debugger to the next worker.";
    case HangKind::file_lock:
        return "Find out who holds that lock; lslocks(8) shows it.";
    case HangKind::answer:
        return "Find out why that does not answer, and give the program a timeout for it.";
    case HangKind::disk:
        return "Check whether that disk or network file system answers.";
    case HangKind::process:
        return "Find out what that process does.";
    case HangKind::pipe:
        return "Find out who should write to that pipe, or read from it.";
    case HangKind::lock:
        return "Find out which thread or process holds that lock: a debugger attached to the next "
               "worker shows it.";
    case HangKind::client:
        return k_receive_whole_bodies;
    case HangKind::taker:
        return "Have the balancer take whole answers, so that a slow client does not hold a worker "
               "(fastcgi_buffering on and a large fastcgi_max_temp_file_size in nginx, "
               "server.stream-response-body = 0 in lighttpd), or have it end slow clients "
               "(send_timeout in nginx, timeout client in HAProxy, Timeout in Apache).";
    case HangKind::sleep:
        return "Find out why it sleeps: it waits for no lock, no file and no other process.";
    case HangKind::other:
        break;
    }
    return "Find out what it waited for; the proof says what each of its threads was doing.";
}

std::string waited_in_words(const WaitedFor& waited) {
    const std::string name = text::in_ascii(waited.name, k_longest_quote);
    if (waited.fd < 0) {
        return name.empty() ? "any process" : name;
    }
    return "fd " + std::to_string(waited.fd) + (name.empty() ? "" : " (" + name + ")");
}

std::string share_in_words(double share) {
    const double percent = std::isfinite(share) ? std::clamp(share * 100, 0.0, 100.0) : 0;
    return std::to_string(std::lround(percent)) + " %";
}

} // namespace recycler::death
