// SPDX-License-Identifier: MIT
// What a balancer's configuration says about FastCGI: pools of workers that serve the same
// requests, and what is wrong with the way one is asked. Each balancer's reader makes them of its
// tree; what all balancers have in common is judged by judge.hpp.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/endpoint.hpp"
#include "recycler/lint/rules.hpp"
#include "recycler/lint/syntax.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace recycler::lint {

struct Finding {
    Rule rule;
    Severity severity;
    Place place;
    std::string sentence;
    std::string advice;
    bool operator==(const Finding&) const = default;
};

// The row of that rule, filled in.
Finding found(Rule rule, Place place, const std::vector<std::string>& arguments);

struct Backend {
    std::string written;
    std::optional<Endpoint> address;
    Place place;
    std::optional<Endpoint> without_chroot = std::nullopt; // only if the balancer is in one
};
// `root`: the balancer's chroot; empty: none.
Backend backend_at(const Word& written, std::string_view root = {});

// A span that was configured, or is the default, and the place to change it.
struct Limit {
    Duration length;
    Place place;
};

enum class OnReadTimeout { gives_up, asks_another };

struct Pool {
    std::string name; // "upstream shop"
    Place place;
    std::vector<Backend> backends;
    std::optional<Limit> connect; // nullopt: none, or long enough by default
    std::optional<Limit> read;    // the shortest; nullopt: none
    OnReadTimeout on_read_timeout = OnReadTimeout::gives_up;
    std::string root;             // the chroot in which its paths are looked for; empty: none
    bool has_own_workers = false; // the balancer starts them
    std::vector<Finding> findings;

    void add(Rule rule, Place where, std::vector<std::string> arguments = {});
};

// capacity.settle of the policy, or its default.
struct Pace {
    Duration settle = std::chrono::seconds{4};
};

// `trees`: the files of one run that are of this kind, in their order.
std::vector<Pool> read_nginx(const std::vector<Tree>& trees, const Pace& pace);
std::vector<Pool> read_haproxy(const std::vector<Tree>& trees);
std::vector<Pool> read_apache(const std::vector<Tree>& trees, const Pace& pace);
std::vector<Pool> read_lighttpd(const std::vector<Tree>& trees, const Pace& pace);

// The shorter of the two; a limit of no length is none.
void shorten(std::optional<Limit>& limit, const std::optional<Limit>& other);

} // namespace recycler::lint
