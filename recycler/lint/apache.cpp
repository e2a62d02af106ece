// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/apache/targets.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <utility>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// "fcgi://127.0.0.1:7000/...", "unix:/run/shop.sock|fcgi://localhost/"; 8000 is the port by
// default.
Backend member_at(const Word& url, std::string_view root) {
    const std::size_t bar = url.text.find('|');
    Backend made;
    if (bar != std::string::npos) {
        made = backend_at({url.text.substr(0, bar), url.place}, root);
    } else {
        const std::string host = worker_of(url.text).substr(url.text.find("://") + 3);
        const bool has_port = host.rfind(':') != std::string::npos && !host.ends_with(']');
        made = backend_at({has_port ? host : host + ":8000", url.place}, root);
    }
    made.written = url.text;
    return made;
}

// The option in any of these, the last one first.
std::optional<Word> option_in(const std::vector<const Directive*>& settings, std::string_view key) {
    for (auto each = settings.rbegin(); each != settings.rend(); ++each) {
        if (auto value = option_in_any_case(**each, key)) {
            return value;
        }
    }
    return std::nullopt;
}

// Lower case, for On and on are the same.
std::string value(const std::optional<Word>& word) {
    return word ? text::lowered(word->text) : "";
}

void judge_persistence(Pool& pool, const std::vector<const Directive*>& settings) {
    for (const Directive* each : settings) {
        for (const auto& [key, on] : {std::pair{"enablereuse=", "on"}, {"disablereuse=", "off"}}) {
            const auto reuse = option_in_any_case(*each, key);
            if (reuse && is_in_any_case(reuse->text, on)) {
                return pool.add(Rule::apache_persistent, reuse->place,
                                {pool.name, key + reuse->text});
            }
        }
    }
}

void judge_retry(Pool& pool, const std::vector<Member>& members, const Pace& pace) {
    if (members.size() < 2) {
        return; // the only one is asked again, whatever it says
    }
    for (const Member& member : members) {
        const auto written = option_in_any_case(*member.directive, "retry=");
        const Duration out =
            (written ? span(text::lowered(written->text), 1s) : std::nullopt).value_or(60s);
        if (out == 0s) {
            return pool.add(Rule::apache_retry_zero, written->place);
        }
        if (out > pace.settle) {
            return pool.add(Rule::apache_long_retry, written ? written->place : member.url.place,
                            {pool.name, policies::to_text(out)});
        }
    }
}

void judge_sessions(Pool& pool, const std::vector<const Directive*>& settings) {
    const auto sticky = option_in(settings, "stickysession=");
    const auto stays = option_in(settings, "nofailover=");
    if (value(stays) == "on") {
        pool.add(Rule::apache_no_failover, stays->place, {pool.name, "nofailover=" + stays->text});
    }
    if (sticky) {
        pool.add(Rule::sticky, sticky->place,
                 {pool.name, "stickysession=" + sticky->text, "remove stickysession"});
    }
}

std::optional<Limit> limit(const std::optional<Word>& written) {
    const auto length = written ? span(text::lowered(written->text), 1s) : std::nullopt;
    return length ? std::optional(Limit{*length, written->place}) : std::nullopt;
}

// What is set for the members: the settings of a balancer are not theirs.
std::vector<const Directive*> settings_of_members(const std::string& name, const Target& target,
                                                  const ApacheConfiguration& all) {
    if (is_balancer(name)) {
        return {};
    }
    std::vector<const Directive*> result;
    const auto worker = all.workers.find(worker_of(name));
    if (worker != all.workers.end()) {
        result = worker->second;
    }
    result.insert(result.end(), target.settings.begin(), target.settings.end());
    return result;
}

// Apache tells the members of a balancer apart by their URLs without the sockets, and takes one
// that begins with the URL of another for that one.
std::vector<Member> told_apart(const Target& target, Pool& pool) {
    const auto name_of = [](const std::string& url) {
        const std::string host = worker_of(url);
        return host + url.substr(std::min(url.find('|') + 1 + host.size(), url.size()));
    };
    std::vector<Member> result;
    for (const Member& member : target.members) {
        const std::string name = name_of(member.url.text);
        const auto same = std::find_if(result.begin(), result.end(), [&](const Member& each) {
            return worker_of(each.url.text) == worker_of(member.url.text) &&
                   name.starts_with(name_of(each.url.text));
        });
        if (same == result.end()) {
            result.push_back(member);
        } else if (same->url.text != member.url.text) {
            pool.add(Rule::apache_shared_member, member.url.place,
                     {pool.name, member.url.text, same->url.text});
        }
    }
    return result;
}

Pool pool_of(const std::string& name, const Target& target, const ApacheConfiguration& all,
             const Pace& pace) {
    Pool pool{name, target.place};
    pool.root = all.chroot;
    auto of_members = settings_of_members(name, target, all);
    const std::vector<Member> members = told_apart(target, pool);
    for (const Member& member : members) {
        pool.backends.push_back(member_at(member.url, pool.root));
        auto of_this = of_members;
        of_this.push_back(member.directive);
        const auto own = limit(option_in(of_this, "timeout="));
        shorten(pool.read, own ? own : target.of_all.value_or(Limit{60s, member.url.place}));
        shorten(pool.connect, limit(option_in(of_this, "connectiontimeout=")));
    }
    for (const Member& member : members) {
        of_members.push_back(member.directive);
    }
    judge_persistence(pool, of_members);
    judge_retry(pool, members, pace);
    judge_sessions(pool, target.settings);
    return pool;
}

} // namespace

std::vector<Pool> read_apache(const std::vector<Tree>& trees, const Pace& pace) {
    const std::vector<Tree> defined = with_defined(trees);
    const ApacheConfiguration all = apache_configuration(defined);
    std::vector<Pool> pools;
    for (const auto& [name, target] : all.targets) {
        if (!target.members.empty()) {
            pools.push_back(pool_of(name, target, all, pace));
        }
    }
    return pools;
}

} // namespace recycler::lint
