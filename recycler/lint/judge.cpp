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

// Whether only the family keeps a connection to `target` from `listener`.
bool differs_in_family(const Endpoint& target, const Endpoint& listener) {
    const auto* const to = std::get_if<HostPort>(&target);
    const auto* const at = std::get_if<HostPort>(&listener);
    if (to == nullptr || at == nullptr || to->port != at->port) {
        return false;
    }
    const Host inner = host_named("127.0.0.1");
    const Host inner6 = host_named("::1");
    const bool from_ipv4 = std::holds_alternative<Ipv4>(to->host);
    const bool from_ipv6 = std::holds_alternative<Ipv6>(to->host);
    return (from_ipv4 &&
            (at->host == host_named("::") || (to->host == inner && at->host == inner6))) ||
           (from_ipv6 &&
            (at->host == host_named("0.0.0.0") || (to->host == inner6 && at->host == inner)));
}

// What a backend is to the policy.
struct Standing {
    enum class Is { unknown, nobodys, slot, outside_of_chroot, of_other_family };
    Is is = Is::unknown;
    std::size_t slot = 0; // of the last three
};

// Slots by what each address that reaches them has in common: few have the same.
class Slots {
  public:
    explicit Slots(const std::vector<policies::Address>& listen) {
        for (const policies::Address& each : listen) {
            if (const auto at = endpoint(policies::to_string(each))) {
                by_name_.emplace(common_name(*at), std::pair(*at, &each - listen.data()));
            }
        }
    }
    [[nodiscard]] Standing of(const Backend& backend) const {
        using Is = Standing::Is;
        if (!backend.address) {
            return {};
        }
        if (const auto slot = first(backend.address, may_reach)) {
            return {Is::slot, *slot};
        }
        if (const auto slot = first(backend.without_chroot, may_reach)) {
            return {Is::outside_of_chroot, *slot};
        }
        if (const auto slot = first(backend.address, differs_in_family)) {
            return {Is::of_other_family, *slot};
        }
        return {Is::nobodys};
    }

  private:
    template <typename Fits>
    [[nodiscard]] std::optional<std::size_t> first(const std::optional<Endpoint>& address,
                                                   const Fits& fits) const {
        if (!address) {
            return std::nullopt;
        }
        const auto [begin, end] = by_name_.equal_range(common_name(*address));
        const auto found = std::find_if(
            begin, end, [&](const auto& each) { return fits(*address, each.second.first); });
        return found != end ? std::optional(static_cast<std::size_t>(found->second.second))
                            : std::nullopt;
    }

    std::multimap<std::string, std::pair<Endpoint, std::ptrdiff_t>> by_name_;
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

bool is_about_kept(Rule rule) {
    return rule == Rule::nginx_persistent || rule == Rule::haproxy_persistent ||
           rule == Rule::apache_persistent;
}

// Where the policy lets none rest they cost what they cost without Recycler, or more.
void harden_kept(Finding& finding, const policies::Policy& policy) {
    const bool local = finding.rule == Rule::persistent_unix;
    const bool rest = policy.app.keep_connections == policies::KeepConnections::automatic;
    if (!rest && (is_about_kept(finding.rule) || local)) {
        finding.severity = local ? Severity::loses : Severity::slows;
        finding.sentence += "; with the policy's keep_connections = \"off\" none rests anywhere";
    }
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
            return each.address && !std::holds_alternative<HostPort>(*each.address);
        });
    const auto kept = std::find_if(pool.findings.begin(), pool.findings.end(),
                                   [](const Finding& each) { return is_about_kept(each.rule); });
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

// Each kind of fault once in a pool: that of one backend is that of all.
void judge_reach(Pool& pool, const Backend& backend, const Standing& standing,
                 const policies::Policy& policy) {
    const auto is_known = [&](Rule rule) {
        return std::any_of(pool.findings.begin(), pool.findings.end(),
                           [&](const Finding& each) { return each.rule == rule; });
    };
    switch (standing.is) {
    case Standing::Is::unknown:
    case Standing::Is::slot:
        return;
    case Standing::Is::nobodys:
        return pool.add(Rule::backend_of_nobody, backend.place, {backend.written, policy.app.name});
    case Standing::Is::outside_of_chroot:
        if (!is_known(Rule::chroot)) {
            pool.add(Rule::chroot, backend.place, {backend.written, pool.root, policy.app.name});
        }
        return;
    case Standing::Is::of_other_family:
        if (!is_known(Rule::other_family)) {
            const auto& at = std::get<policies::TcpAddress>(policy.app.listen[standing.slot]);
            const bool six = at.host.find(':') != std::string::npos;
            pool.add(Rule::other_family, backend.place,
                     {backend.written, policies::to_string(at), policy.app.name,
                      six ? "IPv6" : "IPv4",
                      (six ? "[::1]:" : "127.0.0.1:") + std::to_string(at.port)});
        }
        return;
    }
}

bool has_unknown(const Pool& pool) {
    return std::any_of(pool.backends.begin(), pool.backends.end(),
                       [](const Backend& each) { return !each.address; });
}

// Those that send requests to the app. If none is known to, those that may.
void take_others_away(std::vector<Pool>& pools, const Slots& slots) {
    const auto is_ours = [&](const Pool& pool) {
        return std::any_of(pool.backends.begin(), pool.backends.end(), [&](const Backend& each) {
            const auto is = slots.of(each).is;
            return is != Standing::Is::unknown && is != Standing::Is::nobodys;
        });
    };
    const bool known = std::any_of(pools.begin(), pools.end(), is_ours);
    std::erase_if(pools,
                  [&](const Pool& pool) { return known ? !is_ours(pool) : !has_unknown(pool); });
}

} // namespace

void judge(Pool& pool) {
    if (pool.backends.size() == 1 && pool.backends.front().address && !pool.has_own_workers) {
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
    take_others_away(pools, slots);
    if (pools.empty()) {
        return {found(Rule::other_app, start, {policy.app.name})};
    }
    bool all_known = true;
    for (Pool& pool : pools) {
        for (const Backend& backend : pool.backends) {
            const Standing standing = slots.of(backend);
            judge_reach(pool, backend, standing, policy);
            if (standing.is > Standing::Is::nobodys) {
                seen.insert(standing.slot);
            }
        }
        all_known = all_known && !has_unknown(pool);
        judge_reading(pool, policy);
        for (Finding& finding : pool.findings) {
            soften(finding, policy);
            harden_kept(finding, policy);
        }
    }
    if (all_known) {
        judge_rest(pools, policy, seen);
    }
    return {};
}

} // namespace recycler::lint
