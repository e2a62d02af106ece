// SPDX-License-Identifier: MIT
// The operators: takes their calls, makes facts for the decider of them, and tells them what became
// of it, and meanwhile how far it is. Owns the control socket, and who waits for what.
#pragma once

#include "recycler/control/server.hpp"
#include "recycler/controller/calls/blaming.hpp"
#include "recycler/controller/calls/status.hpp"
#include "recycler/controller/calls/waiting.hpp"

#include <functional>
#include <set>

namespace recycler::controller {

class Operators {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        const slots::Decider& decider;
        LiveWorkers& workers; // takes from them what they have measured
        const SlotTable& slots;
        const policies::Policy& policy;
        events::EventLog& event_log;
        Blaming& blaming;
        PolicyChange& changes;
        const Status& status;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Operators(Uses uses) : uses_(uses) {}
    Result<void> add_sources();
    Result<void> listen(UniqueFd socket, const control::Rights& rights);
    void set_rights(const control::Rights& rights) { server_->set_rights(rights); }

    void carry_out(const slots::Reply& action);

    // For those who follow.
    void heard(const control::EventLine& line);

  private:
    [[nodiscard]] control::Calls calls();
    void on(control::CallId call, const control::StatusCall& asked);
    void on(control::CallId call, const control::WhyCall& asked);
    void on(control::CallId call, const control::EventsCall& asked);
    void on(control::CallId call, const control::BlameCall& asked);
    void on(control::CallId call, const control::DrainCall& asked);
    void on(control::CallId call, const control::OpenCall& asked);
    void on(control::CallId call, const control::RecycleCall& asked);
    void on(control::CallId call, const control::ReloadCall& asked);
    void on(control::CallId call, const control::StopCall& asked);
    void cancelled(control::CallId call);
    void order(control::CallId call, const std::vector<std::string>& names, control::Wait wait,
               const std::function<slots::Event(slots::RequestId, std::vector<SlotId>)>& make);
    [[nodiscard]] std::optional<std::vector<SlotId>> resolve(control::CallId call,
                                                             const std::vector<std::string>& names);
    [[nodiscard]] control::TimedOut late(const Waiting& waiting, const std::string& reason) const;
    void tell_progress();
    void refuse(const Waiting& waiting, const slots::Reply& reply);
    [[nodiscard]] std::string said_last(const control::EventLine& ended) const;
    void tried(const slots::Reply& action);

    Uses uses_;
    std::optional<control::Server> server_;
    std::map<slots::RequestId, Waiting> waiting_;
    std::map<slots::RequestId, Tried> tried_;
    std::set<control::CallId> followers_;
    std::multimap<std::string, Refusal> refusals_; // by the worker whose record will say why
    slots::RequestId next_request_ = 1;
    systemd::Timer progress_; // of orders that somebody waits for
};

} // namespace recycler::controller
