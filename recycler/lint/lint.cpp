// SPDX-License-Identifier: MIT
#include "recycler/lint/lint.hpp"

#include "recycler/lint/includes.hpp"
#include "recycler/lint/judge.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace recycler::lint {

namespace {

// The files of one kind.
struct Group {
    Kind kind;
    std::vector<std::size_t> files;
    std::vector<IncludedFile> texts;
};

Parsed parse(Kind kind, const Text& text) {
    switch (kind) {
    case Kind::nginx:
        return parse_nginx(text);
    case Kind::haproxy:
        return parse_haproxy(text);
    case Kind::apache:
        return parse_apache(text);
    case Kind::lighttpd:
        return parse_lighttpd(text);
    }
    return Tree{};
}

std::vector<Pool> read(Kind kind, const std::vector<Tree>& trees, const Pace& pace) {
    switch (kind) {
    case Kind::nginx:
        return read_nginx(trees, pace);
    case Kind::haproxy:
        return read_haproxy(trees);
    case Kind::apache:
        return read_apache(trees, pace);
    case Kind::lighttpd:
        return read_lighttpd(trees, pace);
    }
    return {};
}

class Run {
  public:
    explicit Run(const Asked& asked) : asked_(asked) {
        if (asked.policy) {
            pace_.settle = asked.policy->capacity.settle;
        }
    }

    Report report() && {
        for (std::size_t file = 0; file < asked_.sources.size(); ++file) {
            const auto kind = asked_.kind ? asked_.kind : recognise(asked_.sources[file].text);
            if (kind) {
                take(file, *kind);
            } else {
                report_.unclear.push_back(file);
            }
        }
        take_unclear();
        if (!report_.unclear.empty() || !report_.unread.empty()) {
            return std::move(report_);
        }
        for (const Group& group : groups_) {
            look_at(group);
        }
        finish();
        return std::move(report_);
    }

  private:
    // A few lines, or none, that stand beside files of one balancer are of the same.
    void take_unclear() {
        if (groups_.size() != 1) {
            return;
        }
        for (const std::size_t file : std::exchange(report_.unclear, {})) {
            take(file, groups_.front().kind);
        }
    }

    void take(std::size_t file, Kind kind) {
        const std::string& text = asked_.sources[file].text;
        auto parsed = parse(kind, {file, text});
        if (auto* fault = std::get_if<SyntaxFault>(&parsed)) {
            report_.unread.push_back({kind, std::move(*fault)});
            return;
        }
        auto group = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& each) { return each.kind == kind; });
        if (group == groups_.end()) {
            group = groups_.insert(groups_.end(), Group{kind, {}, {}});
        }
        group->files.push_back(file);
        const Source& source = asked_.sources[file];
        group->texts.push_back(
            {source.path.empty() ? source.name : source.path, std::get<Tree>(std::move(parsed))});
    }

    void look_at(const Group& group) {
        const Whole whole = follow_includes(group.kind, group.texts);
        auto pools = read(group.kind, whole.trees, pace_);
        std::erase_if(pools, [](const Pool& pool) { return pool.backends.empty(); });
        Seen seen{group.kind, pools.size(), 0};
        for (Pool& pool : pools) {
            judge(pool);
            seen.backends += pool.backends.size();
            pools_.push_back(std::move(pool));
        }
        report_.seen.push_back(seen);
        if (pools.empty()) {
            report_.findings.push_back(found(Rule::no_backend, {group.files.front()}, {}));
        }
        for (const Missing& missing : whole.missing) {
            report_.findings.push_back(found(Rule::not_followed, missing.place, {missing.written}));
        }
    }

    void finish() {
        std::vector<Finding>& all = report_.findings;
        if (asked_.policy) {
            const auto more = compare(pools_, *asked_.policy, {});
            all.insert(all.end(), more.begin(), more.end());
        }
        for (const Pool& pool : pools_) {
            all.insert(all.end(), pool.findings.begin(), pool.findings.end());
        }
        const auto key = [](const Finding& each) {
            return std::tie(each.place, each.severity, each.sentence);
        };
        std::sort(all.begin(), all.end(),
                  [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
        all.erase(std::unique(all.begin(), all.end()), all.end());
    }

    const Asked& asked_;
    Pace pace_;
    std::vector<Group> groups_;
    std::vector<Pool> pools_;
    Report report_;
};

} // namespace

Report lint(const Asked& asked) {
    return Run(asked).report();
}

bool is_grave(Severity severity) {
    return severity == Severity::loses || severity == Severity::loses_when_closed ||
           severity == Severity::executes_twice;
}

} // namespace recycler::lint
