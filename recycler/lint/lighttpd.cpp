// SPDX-License-Identifier: MIT
#include "policies/units.hpp"
#include "recycler/lint/pool.hpp"
#include "recycler/lint/words.hpp"

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// A backend stays out longer than disable-time says, for lighttpd looks once a second, by the
// second before, and counts whole ones: one refused right after such a look is out for two seconds
// more. A gate that opens again at once leaves next to nothing of that.
Duration time_out(long disable_time) {
    return disable_time * 1s + 2100ms;
}

struct LighttpdConfiguration {
    std::vector<const Directive*> extensions; // of each fastcgi.server: one for each key
    const Directive* balance = nullptr;
};

void walk(const Tree& tree, LighttpdConfiguration& into) {
    for (const Directive& each : tree) {
        if (word(each, 0) == "fastcgi.server") {
            for (const Directive& extension : each.block) {
                into.extensions.push_back(&extension);
            }
        } else if (word(each, 0) == "fastcgi.balance") {
            into.balance = &each;
        } else if (word(each, 0).starts_with('$') || word(each, 0) == "global" ||
                   word(each, 0).starts_with("else")) {
            walk(each.block, into);
        }
    }
}

const Directive* entry(const Directive& host, std::string_view key) {
    for (const Directive& each : host.block) {
        if (word(each, 0) == key) {
            return &each;
        }
    }
    return nullptr;
}

Backend backend_of(const Directive& host) {
    const Directive* const socket = entry(host, "socket");
    const Directive* const name = entry(host, "host");
    const Directive* const port = entry(host, "port");
    const Place place = (socket != nullptr ? *socket
                         : port != nullptr ? *port
                                           : host)
                            .words[0]
                            .place;
    std::string text;
    if (socket != nullptr) {
        text = word(*socket, 1);
    } else {
        text = std::string(name != nullptr ? word(*name, 1) : "127.0.0.1") + ":" +
               std::string(port != nullptr ? word(*port, 1) : "");
    }
    return {text, address(text), place};
}

void judge_bin_path(Pool& pool, const Directive& extension) {
    for (const Directive& host : extension.block) {
        if (const Directive* const path = entry(host, "bin-path")) {
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

Pool pool_of(const Directive& extension, const Directive* balance, const Pace& pace) {
    Pool pool{"fastcgi.server \"" + std::string(word(extension, 0)) + "\"",
              extension.words[0].place};
    for (const Directive& host : extension.block) {
        pool.backends.push_back(backend_of(host));
        shorten(pool.connect, limit(host, "connect-timeout"));
        shorten(pool.read, limit(host, "read-timeout"));
    }
    judge_bin_path(pool, extension);
    judge_disable_time(pool, extension, pace);
    if (balance != nullptr && (word(*balance, 1) == "hash" || word(*balance, 1) == "sticky")) {
        pool.add(Rule::sticky, balance->words[0].place,
                 {pool.name, written(*balance), "write: fastcgi.balance = \"least-connection\""});
    }
    return pool;
}

} // namespace

std::vector<Pool> read_lighttpd(const std::vector<Tree>& trees, const Pace& pace) {
    LighttpdConfiguration all;
    for (const Tree& tree : trees) {
        walk(tree, all);
    }
    std::vector<Pool> pools;
    for (const Directive* extension : all.extensions) {
        if (!extension->block.empty()) {
            pools.push_back(pool_of(*extension, all.balance, pace));
        }
    }
    return pools;
}

} // namespace recycler::lint
