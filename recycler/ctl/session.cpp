// SPDX-License-Identifier: MIT
#include "recycler/ctl/session.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/blame.hpp"
#include "recycler/ctl/render/slot_words.hpp"
#include "recycler/ctl/render/text.hpp"

#include <array>
#include <chrono>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::ctl {

using control::Call;
using control::Client;
using control::ClientError;
using control::Reply;
using control::Trouble;

namespace {

// The daemon starts a controller that died at once, at worst after 5 s, and gives it 10 s to start.
constexpr std::chrono::seconds k_patience{20};
// Nothing announces that a socket is listened on.
constexpr std::chrono::milliseconds k_pause{50};
// A daemon that dies of what we ask is not asked for ever.
constexpr int k_most_reconnects = 10;

std::string json_lines(const Reply& reply) {
    return std::visit(control::Overloaded{
                          [](const control::WhyReply& why) {
                              std::string lines;
                              for (const control::Record& record : why.records) {
                                  lines += control::to_json(record) + "\n";
                              }
                              return lines;
                          },
                          [](const control::EventsReply& events) {
                              std::string lines;
                              for (const control::EventLine& line : events.lines) {
                                  lines += control::to_json(line) + "\n";
                              }
                              return lines;
                          },
                          [&](const auto&) { return control::to_json(reply) + "\n"; },
                      },
                      reply);
}

std::string text_of(const Reply& reply, const Job& job) {
    const Style style = job.terminal.style();
    return std::visit(
        control::Overloaded{
            [&](const control::Snapshot& snapshot) { return render_status(snapshot, style); },
            [&](const control::OrderReply& order) { return render_order(order, style); },
            [&](const control::ReloadReply& reload) { return render_reload(reload, style); },
            [&](const control::WhyReply& why) { return render_ends(why.records, style); },
            [&](const control::EventsReply& events) {
                std::string text;
                for (const control::EventLine& line : events.lines) {
                    text += render_event(line, style);
                }
                return text;
            },
            [&](const control::Blame& blame) { return render_blame(blame, BlameBy::both, style); },
            [](const control::StopReply&) { return std::string("stopped\n"); },
        },
        reply);
}

// The words that an interrupted wait leaves behind.
std::string still_true(const Call& call, const std::string& app) {
    const std::string look = "look with: recyclerctl --app " + app + " status";
    return std::visit(
        control::Overloaded{
            [&](const control::DrainCall& drain) {
                return "interrupted; the drain goes on (to put the workers back: "
                       "recyclerctl --app " +
                       app + " open " + joined(drain.slots, " ") + ")";
            },
            [&](const control::RecycleCall&) {
                return "interrupted; the recycle goes on; " + look;
            },
            [&](const control::StopCall&) { return "interrupted; the stop goes on; " + look; },
            [&](const auto&) { return "interrupted; the daemon goes on with the order; " + look; },
        },
        call);
}

} // namespace

std::variant<control::Snapshot, ClientError> Session::look(const std::vector<std::string>& slots) {
    Answer answer = client_.call(control::StatusCall{slots});
    if (auto* error = std::get_if<ClientError>(&answer)) {
        return std::move(*error);
    }
    auto snapshot = std::get<control::Snapshot>(std::get<Reply>(std::move(answer)));
    if (!keeper_ && snapshot.keeper_pid) {
        // One that cannot be watched is given up after k_patience all the same.
        keeper_.reset(static_cast<int>(syscall(SYS_pidfd_open, *snapshot.keeper_pid, 0)));
    }
    return snapshot;
}

std::optional<ClientError> Session::meet() {
    const auto seen = look({});
    const auto* error = std::get_if<ClientError>(&seen);
    return error != nullptr && error->trouble == Trouble::silent ? std::optional(*error)
                                                                 : std::nullopt;
}

std::optional<ClientError> Session::ended_or_interrupted() const {
    // poll(2) passes over a descriptor of -1.
    std::array<pollfd, 2> fds{
        {{keeper_ ? keeper_.get() : -1, POLLIN, 0}, {job_.terminal.interrupt(), POLLIN, 0}}};
    (void)poll(fds.data(), fds.size(), static_cast<int>(k_pause.count()));
    if (fds[1].revents != 0) {
        return ClientError{Trouble::interrupted, "interrupted"};
    }
    if (fds[0].revents != 0) {
        return ClientError{Trouble::no_daemon, "the daemon of \"" + app_ + "\" has ended"};
    }
    return std::nullopt;
}

std::optional<ClientError> Session::reconnect() {
    const auto give_up = std::chrono::steady_clock::now() + k_patience;
    if (++reconnects_ > k_most_reconnects) {
        return ClientError{Trouble::broken, "lost the daemon of \"" + app_ + "\" " +
                                                text::counted_plain(reconnects_, "time") +
                                                "; look into its log"};
    }
    for (;;) {
        auto again = Client::connect(app_, job_.terminal.interrupt());
        if (auto* client = std::get_if<Client>(&again)) {
            client_ = std::move(*client);
            return std::nullopt;
        }
        if (auto over = ended_or_interrupted()) {
            return over;
        }
        const auto& error = std::get<ClientError>(again);
        if (error.trouble != Trouble::no_daemon || std::chrono::steady_clock::now() > give_up) {
            return error;
        }
    }
}

std::string Session::shown(const Reply& reply) const {
    return is_json() ? json_lines(reply) : text_of(reply, job_);
}

int Session::show(const Reply& reply) const {
    return print(shown(reply)) ? k_exit_done : k_exit_refused;
}

// "; the slots of the app are 7000-7019": what the daemon does not say when it refuses a name.
std::string Session::advice_for(const std::string& slot) {
    const auto seen = look({});
    const auto* snapshot = std::get_if<control::Snapshot>(&seen);
    return snapshot == nullptr ? "" : "; " + slot_advice(slot, snapshot->slots);
}

int Session::explain(const ClientError& error, const Call& call) {
    const bool is_faults =
        std::holds_alternative<control::ReloadCall>(call) && error.trouble == Trouble::refused;
    if (error.trouble == Trouble::interrupted) {
        complain(still_true(call, app_));
    } else if (is_faults) {
        complain("the daemon refuses the reload and changes nothing:\n" + error.sentence);
    } else {
        complain(printable(error.sentence +
                           (error.unknown_slot ? advice_for(*error.unknown_slot) : "")));
    }
    return exit_code_for(error.trouble);
}

int ask(Session& session, const Call& call) {
    const Answer answer = session.call(call);
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        return session.explain(*error, call);
    }
    return session.show(std::get<Reply>(answer));
}

} // namespace recycler::ctl
