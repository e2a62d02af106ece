#include "recycler/ctl/commands.hpp"

#include "recycler/control/json.hpp"
#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/check.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/text.hpp"

#include <chrono>

namespace recycler::ctl {

using control::Call;
using control::Client;
using control::ClientError;
using control::Reply;
using control::Trouble;

namespace {

constexpr std::chrono::milliseconds k_watch_period{1000};

// One daemon, and how to show what it says.
struct Session {
    Client client;
    std::string app;
    const Job& job;
};

bool is_json(const Job& job) {
    return job.invocation.output == Output::json;
}

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
                          [](const auto& other) { return control::to_json(other) + "\n"; },
                      },
                      reply);
}

// A slot that was named is somebody's question: it gets all that is known.
Depth depth_of(const Job& job) {
    const auto* why = std::get_if<Why>(&job.invocation.command);
    return why != nullptr && why->slot ? Depth::whole : Depth::brief;
}

std::string text_of(const Reply& reply, const Job& job) {
    const Style style = job.terminal.style();
    return std::visit(
        control::Overloaded{
            [&](const control::Snapshot& snapshot) { return render_status(snapshot, style); },
            [&](const control::OrderReply& order) { return render_order(order, style); },
            [&](const control::ReloadReply& reload) { return render_reload(reload, style); },
            [&](const control::WhyReply& why) {
                return render_why(why.records, depth_of(job), style);
            },
            [&](const control::EventsReply& events) {
                std::string text;
                for (const control::EventLine& line : events.lines) {
                    text += render_event(line, style);
                }
                return text;
            },
            [](const control::StopReply&) { return std::string("stopped\n"); },
        },
        reply);
}

std::string shown(const Reply& reply, const Job& job) {
    return is_json(job) ? json_lines(reply) : text_of(reply, job);
}

int show(const Reply& reply, const Job& job) {
    return print(shown(reply, job)) ? k_exit_done : k_exit_refused;
}

// The words that an interrupted wait leaves behind.
std::string still_true(const Call& call, const Job& job) {
    const std::string app = job.invocation.app.value_or("");
    const std::string look = "look with: recyclerctl --app " + app + " status";
    return std::visit(
        control::Overloaded{
            [&](const control::DrainCall& drain) {
                return "interrupted; the drain stands, nothing was undone (put back with: "
                       "recyclerctl --app " +
                       app + " open " + joined(drain.slots, " ") + ")";
            },
            [&](const control::RecycleCall&) {
                return "interrupted; the recycle goes on, nothing was undone; " + look;
            },
            [&](const control::StopCall&) {
                return "interrupted; the stop goes on, nothing was undone; " + look;
            },
            [&](const auto&) { return "interrupted; what was asked stands; " + look; },
        },
        call);
}

int explain(const ClientError& error, const Call& call, const Job& job) {
    const bool is_faults =
        std::holds_alternative<control::ReloadCall>(call) && error.trouble == Trouble::refused;
    if (error.trouble == Trouble::interrupted) {
        complain(still_true(call, job));
    } else if (is_faults) {
        complain("the policy is refused, the old one stays:\n" + error.sentence);
    } else {
        complain(printable(error.sentence));
    }
    return exit_code_for(error.trouble);
}

int ask(Session& session, const Call& call) {
    const auto answer = session.client.call(call);
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        return explain(*error, call, session.job);
    }
    return show(std::get<Reply>(answer), session.job);
}

// An order that takes its time: says on a terminal how far it is.
int order(Session& session, const Call& call) {
    const bool tells = session.job.terminal.is_terminal() && !is_json(session.job);
    const auto answer = session.client.stream(call, [&](const Reply& progress) {
        if (tells) {
            (void)print(shown(progress, session.job)); // a lost line is not a lost order
        }
    });
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        return explain(*error, call, session.job);
    }
    return show(std::get<Reply>(answer), session.job);
}

int follow(Session& session, const control::EventsCall& call) {
    if (call.follow == control::Follow::only_recent) {
        return ask(session, call);
    }
    const auto answer = session.client.stream(
        call, [&](const Reply& events) { (void)print(shown(events, session.job)); });
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        // Ctrl-C is how following ends.
        return error->trouble == Trouble::interrupted ? k_exit_done
                                                      : explain(*error, call, session.job);
    }
    return show(std::get<Reply>(answer), session.job);
}

int watch(Session& session, const control::StatusCall& call) {
    const Terminal& terminal = session.job.terminal;
    const bool redraws = terminal.is_terminal() && !is_json(session.job);
    do {
        auto answer = session.client.call(call);
        std::string page;
        if (const auto* error = std::get_if<ClientError>(&answer)) {
            if (error->trouble == Trouble::interrupted) {
                return k_exit_done;
            }
            if (error->trouble != Trouble::broken) {
                return explain(*error, call, session.job);
            }
            // The controller may be restarted under us; its workers are not.
            auto again = Client::connect(session.app, terminal.interrupt());
            if (const auto* gone = std::get_if<ClientError>(&again)) {
                return explain(*gone, call, session.job);
            }
            session.client = std::get<Client>(std::move(again));
            page = is_json(session.job) ? "" : printable(error->sentence) + "\n";
        } else {
            page = shown(std::get<Reply>(answer), session.job);
        }
        constexpr const char* k_home_and_clear = "\x1b[H\x1b[J";
        if (!print((redraws ? k_home_and_clear : "") + page)) {
            return k_exit_refused;
        }
    } while (terminal.wait(k_watch_period));
    return k_exit_done;
}

int why(Session& session, const Why& asked) {
    control::WhyCall call;
    call.slot = asked.slot;
    if (asked.since) {
        call.since = std::visit(
            control::Overloaded{
                [](WallTime time) { return time; },
                [](Duration span) -> WallTime { return std::chrono::system_clock::now() - span; },
            },
            *asked.since);
    }
    return ask(session, call);
}

int carry_out_in(Session& session) {
    return std::visit(control::Overloaded{
                          [&](const Status& status) {
                              const control::StatusCall call{status.slots};
                              return status.watch == Watch::each_second ? watch(session, call)
                                                                        : ask(session, call);
                          },
                          [&](const Why& asked) { return why(session, asked); },
                          [&](const control::EventsCall& call) { return follow(session, call); },
                          [&](const control::DrainCall& call) { return order(session, call); },
                          [&](const control::RecycleCall& call) { return order(session, call); },
                          [&](const control::StopCall& call) { return order(session, call); },
                          [&](const control::OpenCall& call) { return ask(session, call); },
                          [&](const control::ReloadCall& call) { return ask(session, call); },
                          [&](const Check& check) { return check_policy(check.file, session.job); },
                      },
                      session.job.invocation.command);
}

} // namespace

int carry_out(const Job& job) {
    if (const auto* check = std::get_if<Check>(&job.invocation.command)) {
        return check_policy(check->file, job);
    }
    Invocation found = job.invocation;
    const int interrupt = job.terminal.interrupt();
    if (!found.app) {
        auto choice = find_app({slots_named(found.command), job.typed}, interrupt);
        if (const auto* none = std::get_if<NoChoice>(&choice)) {
            complain(printable(none->sentence));
            return none->exit_code;
        }
        found.app = std::get<std::string>(choice);
    }
    auto client = Client::connect(*found.app, interrupt);
    if (const auto* error = std::get_if<ClientError>(&client)) {
        complain(printable(error->sentence));
        return exit_code_for(error->trouble);
    }
    const Job with_app{found, job.terminal, job.typed};
    Session session{std::get<Client>(std::move(client)), *found.app, with_app};
    return carry_out_in(session);
}

} // namespace recycler::ctl
