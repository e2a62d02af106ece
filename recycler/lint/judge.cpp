// SPDX-License-Identifier: MIT
#include "recycler/lint/judge.hpp"

#include "policies/units.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace recycler::lint {

using namespace std::chrono_literals;
using policies::HandoverMode;

namespace {

// A SYN that is lost at the instant of hiding comes again after 1 s.
constexpr Duration k_shortest_connect = 1100ms;

bool is_any(std::string_view host) {
    return host.empty() || host == "*" || host == "0.0.0.0" || host == "::";
}

bool is_name(std::string_view host) {
    return host.find_first_not_of("0123456789.") != std::string_view::npos &&
           host.find(':') == std::string_view::npos;
}

// Whether a connect to `backend` may reach `slot`; what a name stands for is not known.
bool reaches(const policies::Address& backend, const policies::Address& slot) {
    const auto* from = std::get_if<policies::TcpAddress>(&backend);
    const auto* to = std::get_if<policies::TcpAddress>(&slot);
    if (from == nullptr || to == nullptr) {
        return backend == slot;
    }
    return from->port == to->port && (from->host == to->host || is_any(from->host) ||
                                      is_any(to->host) || is_name(from->host));
}

// Slots by their short name: few have the same.
class Slots {
  public:
    explicit Slots(const std::vector<policies::Address>& listen) : listen_(listen) {
        for (std::size_t i = 0; i < listen.size(); ++i) {
            by_name_.emplace(policies::slot_name(listen[i]), i);
        }
    }
    [[nodiscard]] std::optional<std::size_t> of(const Backend& backend) const {
        if (!backend.address) {
            return std::nullopt;
        }
        const auto [first, last] = by_name_.equal_range(policies::slot_name(*backend.address));
        for (auto each = first; each != last; ++each) {
            if (reaches(*backend.address, listen_[each->second])) {
                return each->second;
            }
        }
        return std::nullopt;
    }

  private:
    const std::vector<policies::Address>& listen_;
    std::multimap<std::string, std::size_t> by_name_;
};

// "7003, 7004 and 15 more".
std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t k_shown = 3;
    const std::size_t shown = std::min(names.size(), k_shown);
    return text::and_more(text::joined(std::span(names).first(shown), ", "), names.size() - shown);
}

void judge_reading(Pool& pool, const policies::Policy& policy) {
    if (!pool.read || !policy.recycle.hung || pool.read->length >= *policy.recycle.hung) {
        return;
    }
    pool.add(
        pool.on_read_timeout == OnReadTimeout::asks_another ? Rule::read_timeout_twice
                                                            : Rule::read_timeout,
        pool.read->place,
        {pool.name, policies::to_text(pool.read->length), policies::to_text(*policy.recycle.hung)});
}

void soften(Finding& finding, const policies::Policy& policy) {
    if (finding.severity != Severity::loses_when_closed) {
        return;
    }
    if (policy.app.listen.size() == 1) {
        finding.severity = Severity::note;
        finding.sentence += "; only drain --force closes the gate of the policy's only slot";
        return;
    }
    switch (policy.capacity.handover) {
    case HandoverMode::overlap:
    case HandoverMode::queue:
        finding.severity = Severity::note;
        finding.sentence += "; the policy's handover closes no gate, but recyclerctl drain and a "
                            "slow start after a crash do";
        return;
    case HandoverMode::automatic:
        finding.sentence += "; the policy's handover = \"auto\" closes gates only if memory allows "
                            "no second worker and a replacement takes longer than 1 s";
        return;
    case HandoverMode::close:
        return;
    }
}

// Beside the finding that connections are kept.
void judge_unix_persistence(Pool& pool) {
    const bool local =
        std::any_of(pool.backends.begin(), pool.backends.end(), [](const Backend& each) {
            return each.address && std::holds_alternative<policies::UnixAddress>(*each.address);
        });
    const auto kept =
        std::find_if(pool.findings.begin(), pool.findings.end(), [](const Finding& each) {
            return each.rule == Rule::nginx_persistent || each.rule == Rule::haproxy_persistent ||
                   each.rule == Rule::apache_persistent;
        });
    if (local && kept != pool.findings.end()) {
        pool.add(Rule::persistent_unix, kept->place, {pool.name, kept->advice});
    }
}

// What of the policy no backend stands for, told at the first pool.
void judge_rest(std::vector<Pool>& pools, const policies::Policy& policy,
                const std::set<std::size_t>& seen) {
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < policy.app.listen.size(); ++i) {
        if (!seen.contains(i)) {
            missing.push_back(policies::to_string(policy.app.listen[i]));
        }
    }
    if (!missing.empty()) {
        pools.front().add(Rule::slot_without_backend, pools.front().place,
                          {listed(missing), policy.app.name,
                           missing.size() == 1 ? "is not a backend here: no request reaches it"
                                               : "are not backends here: no request reaches them"});
    }
}

} // namespace

void judge(Pool& pool) {
    if (pool.backends.size() == 1 && pool.backends.front().address) {
        pool.add(Rule::one_backend, pool.place);
    }
    for (const Backend& backend : pool.backends) {
        if (!backend.address) {
            pool.add(Rule::unknown_address, backend.place, {backend.written});
        }
    }
    if (pool.connect && pool.connect->length < k_shortest_connect) {
        pool.add(Rule::connect_timeout, pool.connect->place,
                 {pool.name, policies::to_text(pool.connect->length)});
    }
    judge_unix_persistence(pool);
}

std::vector<Finding> compare(std::vector<Pool>& pools, const policies::Policy& policy,
                             Place start) {
    const Slots slots(policy.app.listen);
    std::set<std::size_t> seen;
    std::erase_if(pools, [&](const Pool& pool) {
        return std::none_of(pool.backends.begin(), pool.backends.end(),
                            [&](const Backend& each) { return slots.of(each).has_value(); });
    });
    if (pools.empty()) {
        return {found(Rule::other_app, start, {policy.app.name})};
    }
    for (Pool& pool : pools) {
        for (const Backend& backend : pool.backends) {
            if (const auto slot = slots.of(backend)) {
                seen.insert(*slot);
            } else if (backend.address) {
                pool.add(Rule::backend_of_nobody, backend.place,
                         {backend.written, policy.app.name});
            }
        }
        judge_reading(pool, policy);
        for (Finding& finding : pool.findings) {
            soften(finding, policy);
        }
    }
    judge_rest(pools, policy, seen);
    return {};
}

} // namespace recycler::lint
