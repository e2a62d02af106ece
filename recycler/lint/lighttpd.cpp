// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/variables/assigned.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// A backend stays out longer than disable-time says, for lighttpd looks once a second, by the
// second before, and counts whole ones: one refused right after such a look is out for two seconds
// more. A gate that opens again at once leaves next to nothing of that.
Duration time_out(long disable_time) {
    return disable_time * 1s + 2100ms;
}

// "x" is short for "var.x", and any setting is a variable, too.
constexpr Assigning k_lighttpd_variables{
    [](const Directive& line) {
        const bool assigns = line.words.size() == 2 && line.block.empty();
        return assigns ? std::optional(Assignment{line.words[0].text, line.words[1].text})
                       : std::nullopt;
    },
    [](std::string_view name) {
        const std::string lower = text::lowered(name);
        return text::contains(lower, ".") ? lower : "var." + lower;
    }};

// One key of a fastcgi.server, and each fastcgi.balance that may be in force for it.
struct Extension {
    const Directive* hosts;
    std::vector<const Directive*> balances;
};

struct LighttpdConfiguration {
    std::vector<Extension> extensions;
    std::string chroot; // server.chroot; empty: none
};

// lighttpd compares the names of its settings without regard to case.
bool is_setting(const Directive& directive, std::string_view name) {
    return is_in_any_case(word(directive, 0), name);
}

bool is_condition(const Directive& directive) {
    return opens_lighttpd_condition(word(directive, 0));
}

// The last one of that name, which counts.
const Directive* last_of(const Tree& tree, std::string_view name) {
    const auto found = std::find_if(tree.rbegin(), tree.rend(),
                                    [&](const Directive& each) { return is_setting(each, name); });
    return found != tree.rend() ? &*found : nullptr;
}

// Those of conditions inside that have no hosts of their own: they are about these.
void take_inner_balances(const Tree& tree, std::vector<const Directive*>& into) {
    for (const Directive& each : tree) {
        if (is_condition(each) && last_of(each.block, "fastcgi.server") == nullptr) {
            if (const Directive* const inner = last_of(each.block, "fastcgi.balance")) {
                into.push_back(inner);
            }
            take_inner_balances(each.block, into);
        }
    }
}

// `outer`: the fastcgi.balance around it.
void walk(const Tree& tree, const Directive* outer, LighttpdConfiguration& into) {
    const Directive* const own = last_of(tree, "fastcgi.balance");
    const Directive* const balance = own != nullptr ? own : outer;
    for (const Directive& each : tree) {
        if (is_setting(each, "fastcgi.server")) {
            std::vector<const Directive*> balances;
            if (balance != nullptr) {
                balances.push_back(balance);
            }
            take_inner_balances(tree, balances);
            for (const Directive& extension : each.block) {
                into.extensions.push_back({&extension, balances});
            }
        } else if (is_setting(each, "server.chroot")) {
            into.chroot = word(each, 1);
        } else if (is_condition(each)) {
            walk(each.block, balance, into);
        }
    }
}

const Directive* entry(const Directive& host, std::string_view key) {
    for (const Directive& each : host.block) {
        if (is_setting(each, key)) {
            return &each;
        }
    }
    return nullptr;
}

// A host that is a path is a socket.
Backend backend_of(const Directive& host, std::string_view root) {
    const Directive* const socket = entry(host, "socket");
    const Directive* const name = entry(host, "host");
    const Directive* const port = entry(host, "port");
    const Place place = (socket != nullptr ? *socket
                         : port != nullptr ? *port
                                           : host)
                            .words[0]
                            .place;
    std::string text(name != nullptr ? word(*name, 1) : "127.0.0.1");
    if (socket != nullptr) {
        text = word(*socket, 1);
    } else if (!text.starts_with('/')) {
        text += ":" + std::string(port != nullptr ? word(*port, 1) : "");
    }
    return backend_at({text, place}, root);
}

void judge_bin_path(Pool& pool, const Directive& extension) {
    for (const Directive& host : extension.block) {
        if (const Directive* const path = entry(host, "bin-path")) {
            pool.has_own_workers = true;
            return pool.add(Rule::lighttpd_bin_path, path->words[0].place, {pool.name, "bin-path"});
        }
    }
}

void judge_disable_time(Pool& pool, const Directive& extension, const Pace& pace) {
    if (extension.block.size() < 2) {
        return;
    }
    for (const Directive& host : extension.block) {
        const Directive* const written = entry(host, "disable-time");
        const Duration out =
            time_out((written != nullptr ? number(word(*written, 1)) : std::nullopt).value_or(1));
        if (out > pace.settle) {
            return pool.add(Rule::lighttpd_disable_time,
                            (written != nullptr ? *written : host).words[0].place,
                            {pool.name, policies::to_text(out), policies::to_text(pace.settle)});
        }
    }
}

std::optional<Limit> limit(const Directive& host, std::string_view key) {
    const Directive* const written = entry(host, key);
    const auto length = written != nullptr ? span(word(*written, 1), 1s) : std::nullopt;
    return length ? std::optional(Limit{*length, written->words[0].place}) : std::nullopt;
}

void judge_balances(Pool& pool, const std::vector<const Directive*>& balances) {
    for (const Directive* balance : balances) {
        // The values, unlike the names, count in lower case alone.
        if (word(*balance, 1) == "hash" || word(*balance, 1) == "sticky") {
            pool.add(
                Rule::sticky, place_of(*balance),
                {pool.name, written(*balance), "write: fastcgi.balance = \"least-connection\""});
        }
    }
}

Pool pool_of(const Extension& extension, const LighttpdConfiguration& all, const Pace& pace) {
    const Directive& hosts = *extension.hosts;
    Pool pool{"fastcgi.server \"" + std::string(word(hosts, 0)) + "\"", place_of(hosts)};
    pool.root = all.chroot;
    for (const Directive& host : hosts.block) {
        pool.backends.push_back(backend_of(host, pool.root));
        shorten(pool.connect, limit(host, "connect-timeout"));
        shorten(pool.read, limit(host, "read-timeout"));
    }
    judge_bin_path(pool, hosts);
    judge_disable_time(pool, hosts, pace);
    judge_balances(pool, extension.balances);
    return pool;
}

} // namespace

std::vector<Pool> read_lighttpd(const std::vector<Tree>& trees, const Pace& pace) {
    LighttpdConfiguration all;
    const std::vector<Tree> expanded = with_values(trees, k_lighttpd_variables);
    for (const Tree& tree : expanded) {
        walk(tree, nullptr, all);
    }
    std::vector<Pool> pools;
    for (const Extension& extension : all.extensions) {
        if (!extension.hosts->block.empty()) {
            pools.push_back(pool_of(extension, all, pace));
        }
    }
    return pools;
}

} // namespace recycler::lint
