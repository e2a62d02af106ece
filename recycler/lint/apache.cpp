// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// What speaks about one balancer:// or one fcgi:// address, in the order of the text.
struct Member {
    Word url;
    const Directive* directive;
};
struct Target {
    Place place;
    std::vector<Member> members;
    std::vector<const Directive*> settings; // ProxySet, ProxyPass: key=value words
};

struct ApacheConfiguration {
    std::map<std::string, Target> targets;
    std::optional<Limit> timeout;       // Timeout
    std::optional<Limit> proxy_timeout; // ProxyTimeout, which goes first
};

constexpr std::string_view k_balancer = "balancer://";

bool is_balancer(std::string_view url) {
    return url.starts_with(k_balancer);
}

bool is_fastcgi(std::string_view url) {
    return url.find("fcgi://") != std::string_view::npos;
}

// "balancer://shop/path" and "fcgi://127.0.0.1:7000/srv/$1" without what follows the name.
std::string trunk(std::string_view url) {
    const std::size_t scheme = url.rfind("://");
    const std::size_t path = url.find('/', scheme + 3);
    return text::lowered(
        is_fastcgi(url) && url.find('|') != std::string_view::npos ? url : url.substr(0, path));
}

// "fcgi://127.0.0.1:7000/...", "unix:/run/shop.sock|fcgi://localhost/"; 8000 is the port by
// default.
std::optional<policies::Address> address_of(std::string_view url) {
    const std::size_t bar = url.find('|');
    if (bar != std::string_view::npos) {
        return address(url.substr(0, bar));
    }
    const std::string host = trunk(url).substr(url.find("://") + 3);
    const bool has_port = host.rfind(':') != std::string::npos && !host.ends_with(']');
    return address(has_port ? host : host + ":8000");
}

// The first word that names something to go to; a handler is written "proxy:fcgi://...".
std::optional<Word> url_of(const Directive& directive, std::size_t first) {
    for (std::size_t i = first; i < directive.words.size(); ++i) {
        Word each = directive.words[i];
        if (each.text.starts_with("proxy:")) {
            each.text.erase(0, 6);
        }
        if (is_balancer(text::lowered(each.text)) || is_fastcgi(each.text)) {
            return each;
        }
    }
    return std::nullopt;
}

class ApacheReading {
  public:
    // `section`: the URL of the <Proxy> around it.
    void walk(const Tree& tree, const std::optional<Word>& section) {
        for (const Directive& each : tree) {
            const std::string name = text::lowered(word(each, 0));
            if (name == "<proxy") {
                walk(each.block, url_of(each, 1));
            } else if (name.starts_with('<')) {
                walk(each.block, section);
            } else if (name == "balancermember") {
                take_member(each, section);
            } else if (name == "proxyset") {
                take_settings(each, url_of(each, 1) ? url_of(each, 1) : section);
            } else if (name == "proxypass" || name == "proxypassmatch" || name == "sethandler") {
                take_settings(each, url_of(each, 1));
            } else if (name == "timeout" || name == "proxytimeout") {
                const auto length = span(word(each, 1), 1s);
                auto& into = name == "timeout" ? read_.timeout : read_.proxy_timeout;
                into = length ? std::optional(Limit{*length, each.words[0].place}) : into;
            }
        }
    }
    [[nodiscard]] const ApacheConfiguration& read() const { return read_; }

  private:
    void take_member(const Directive& directive, const std::optional<Word>& section) {
        auto of = section;
        auto url = url_of(directive, 1);
        if (url && is_balancer(url->text)) {
            of = url;
            url = url_of(directive, 2);
        }
        if (of && url && is_fastcgi(url->text)) {
            target(*of).members.push_back({*url, &directive});
        }
    }

    // A worker that is named alone is its own only member.
    void take_settings(const Directive& directive, const std::optional<Word>& url) {
        if (!url) {
            return;
        }
        Target& of = target(*url);
        if (is_fastcgi(url->text) && of.members.empty()) {
            of.members.push_back({*url, &directive});
        }
        of.settings.push_back(&directive);
    }

    Target& target(const Word& url) {
        return read_.targets.try_emplace(trunk(url.text), Target{url.place, {}, {}}).first->second;
    }

    ApacheConfiguration read_;
};

// The option in any of these, the last one first.
std::optional<Word> option_in(const std::vector<const Directive*>& settings, std::string_view key) {
    for (auto each = settings.rbegin(); each != settings.rend(); ++each) {
        if (auto value = option(**each, key)) {
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
            const auto reuse = option(*each, key);
            if (reuse && text::lowered(reuse->text) == on) {
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
        const auto written = option(*member.directive, "retry=");
        const Duration out = (written ? span(written->text, 1s) : std::nullopt).value_or(60s);
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
    const auto length = written ? span(written->text, 1s) : std::nullopt;
    return length ? std::optional(Limit{*length, written->place}) : std::nullopt;
}

Pool pool_of(const std::string& name, const Target& target, const ApacheConfiguration& all,
             const Pace& pace) {
    Pool pool{name, target.place};
    const auto of_all = all.proxy_timeout ? all.proxy_timeout : all.timeout;
    // The settings of a balancer are not those of its members.
    std::vector<const Directive*> of_members =
        is_balancer(name) ? std::vector<const Directive*>{} : target.settings;
    for (const Member& member : target.members) {
        pool.backends.push_back({member.url.text, address_of(member.url.text), member.url.place});
        const auto own = limit(option(*member.directive, "timeout="));
        shorten(pool.read, own ? own : of_all.value_or(Limit{60s, member.url.place}));
        shorten(pool.connect, limit(option(*member.directive, "connectiontimeout=")));
        of_members.push_back(member.directive);
    }
    if (!is_balancer(name)) {
        shorten(pool.connect, limit(option_in(target.settings, "connectiontimeout=")));
    }
    judge_persistence(pool, of_members);
    judge_retry(pool, target.members, pace);
    judge_sessions(pool, target.settings);
    return pool;
}

} // namespace

std::vector<Pool> read_apache(const std::vector<Tree>& trees, const Pace& pace) {
    ApacheReading reading;
    for (const Tree& tree : trees) {
        reading.walk(tree, std::nullopt);
    }
    std::vector<Pool> pools;
    for (const auto& [name, target] : reading.read().targets) {
        if (!target.members.empty()) {
            pools.push_back(pool_of(name, target, reading.read(), pace));
        }
    }
    return pools;
}

} // namespace recycler::lint
