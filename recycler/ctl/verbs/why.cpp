// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/why.hpp"

#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/ctl/session.hpp"

#include <chrono>

namespace recycler::ctl {

using control::ClientError;
using control::Ends;
using control::Record;
using control::Reply;
using control::WhyCall;

namespace {

constexpr Duration k_day = std::chrono::hours(24);

std::optional<WallTime> begin_of(const std::optional<Since>& since, WallTime now) {
    return since ? std::optional(time_of(*since, now)) : std::nullopt;
}

std::variant<std::vector<Record>, ClientError> records_of(Session& session, const WhyCall& call) {
    Answer answer = session.call(call);
    if (auto* error = std::get_if<ClientError>(&answer)) {
        return std::move(*error);
    }
    return std::get<control::WhyReply>(std::get<Reply>(std::move(answer))).records;
}

// What belongs to the advice may be missing: the explanation is more important.
std::vector<Record> records_or_none(Session& session, const WhyCall& call) {
    auto records = records_of(session, call);
    return std::holds_alternative<ClientError>(records)
               ? std::vector<Record>()
               : std::get<std::vector<Record>>(std::move(records));
}

// Those of the same slot and time, as far as the daemon remembers.
std::vector<control::EventLine> child_deaths(Session& session, const WhyCall& call) {
    Answer answer = session.call(control::EventsCall{});
    const auto* reply = std::get_if<Reply>(&answer);
    const auto* events = reply == nullptr ? nullptr : std::get_if<control::EventsReply>(reply);
    std::vector<control::EventLine> found;
    for (const control::EventLine& line :
         events == nullptr ? std::vector<control::EventLine>() : events->lines) {
        if (line.event == to_string(EventName::child_died) &&
            (!call.slot || line.slot == call.slot) && (!call.since || line.at >= *call.since)) {
            found.push_back(line);
        }
    }
    return found;
}

int done(bool printed) {
    return printed ? k_exit_done : k_exit_refused;
}

int why_one_slot(Session& session, const WhyCall& call) {
    const auto found = records_of(session, call);
    if (const auto* error = std::get_if<ClientError>(&found)) {
        return session.explain(*error, call);
    }
    const Style style = session.job().terminal.style();
    const History history{records_or_none(session, {}),
                          records_or_none(session, {{}, style.now - k_day, Ends::unexpected})};
    const std::string children = render_child_deaths(child_deaths(session, call), style);
    return done(print(children + (children.empty() ? "" : "\n") +
                      render_why(std::get<std::vector<Record>>(found), history, style)));
}

std::string span_text(const std::optional<Since>& since) {
    if (!since) {
        return "in the last day";
    }
    return std::visit(control::Overloaded{
                          [](WallTime time) { return "since " + date_text(time); },
                          [](Duration span) { return "in the last " + long_span(span); },
                      },
                      *since);
}

int why_by_cause(Session& session, const Why& asked) {
    const Style style = session.job().terminal.style();
    const WhyCall call{
        {}, begin_of(asked.since, style.now).value_or(style.now - k_day), Ends::unexpected};
    auto found = records_of(session, call);
    if (const auto* error = std::get_if<ClientError>(&found)) {
        return session.explain(*error, call);
    }
    const History history{records_or_none(session, {}),
                          std::get<std::vector<Record>>(std::move(found))};
    const std::string children = render_child_deaths(child_deaths(session, call), style);
    const std::string workers = history.unexpected.size() == 1
                                    ? render_why(history.unexpected, history, style)
                                    : render_overview(history, span_text(asked.since), style);
    return done(print(children + (children.empty() ? "" : "\n") + workers));
}

} // namespace

Typed<Why> typed_why(Syntax& syntax) {
    const auto slot = syntax.slot();
    const auto since = syntax.option("--since", "A span back (2h) or a time (RFC 3339)");
    return [=](Output) -> std::variant<Why, Told> {
        auto begin = since_of("--since", *since);
        if (auto* told = std::get_if<Told>(&begin)) {
            return std::move(*told);
        }
        Why why{{}, std::get<std::optional<Since>>(begin)};
        if (*slot == "all") {
            why.of = EachEnd{};
        } else if (!slot->empty()) {
            why.of = *slot;
        }
        return why;
    };
}

int run_why(Session& session, const Why& asked) {
    const auto* slot = std::get_if<std::string>(&asked.of);
    const WallTime now = session.job().terminal.style().now;
    const WhyCall all{slot != nullptr ? std::optional(*slot) : std::nullopt,
                      begin_of(asked.since, now)};
    if (session.is_json() || std::holds_alternative<EachEnd>(asked.of)) {
        return ask(session, all);
    }
    return slot != nullptr ? why_one_slot(session, all) : why_by_cause(session, asked);
}

} // namespace recycler::ctl
