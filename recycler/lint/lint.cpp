// SPDX-License-Identifier: MIT
#include "recycler/lint/lint.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/judge.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>
#include <fnmatch.h>
#include <tuple>

namespace recycler::lint {

namespace {

// What these hold says nothing about the way to a worker.
constexpr std::array<std::string_view, 5> k_harmless{"fastcgi_params", "fastcgi.conf", "mime.types",
                                                     "fastcgi-php.conf", "modules-enabled/*.conf"};

// The files of one kind.
struct Group {
    Kind kind;
    std::vector<std::size_t> files;
    std::vector<Tree> trees;
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

std::vector<Pool> read(const Group& group, const Pace& pace) {
    switch (group.kind) {
    case Kind::nginx:
        return read_nginx(group.trees, pace);
    case Kind::haproxy:
        return read_haproxy(group.trees);
    case Kind::apache:
        return read_apache(group.trees, pace);
    case Kind::lighttpd:
        return read_lighttpd(group.trees, pace);
    }
    return {};
}

std::string last_part(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
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
            take(file);
        }
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
    void take(std::size_t file) {
        const std::string& text = asked_.sources[file].text;
        const auto kind = asked_.kind ? asked_.kind : recognise(text);
        if (!kind) {
            report_.unclear.push_back(file);
            return;
        }
        auto parsed = parse(*kind, {file, text});
        if (auto* fault = std::get_if<SyntaxFault>(&parsed)) {
            report_.unread.push_back({*kind, std::move(*fault)});
            return;
        }
        auto group = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& each) { return each.kind == *kind; });
        if (group == groups_.end()) {
            group = groups_.insert(groups_.end(), Group{*kind, {}, {}});
        }
        group->files.push_back(file);
        group->trees.push_back(std::get<Tree>(std::move(parsed)));
    }

    void look_at(const Group& group) {
        auto pools = read(group, pace_);
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
        for (std::size_t i = 0; i < group.trees.size(); ++i) {
            look_for_includes(group.trees[i], group.files[i]);
        }
    }

    void look_for_includes(const Tree& tree, std::size_t file) {
        for (const Directive& each : tree) {
            if (text::lowered(word(each, 0)).starts_with("include") && each.words.size() > 1 &&
                !is_read(each.words[1].text, file)) {
                report_.findings.push_back(
                    found(Rule::not_followed, each.words.front().place, {written(each)}));
            }
            look_for_includes(each.block, file);
        }
    }

    // Whether another file of this run has the name that is included, or it need not be read.
    [[nodiscard]] bool is_read(const std::string& pattern, std::size_t including) const {
        for (const std::string_view harmless : k_harmless) {
            if (pattern == harmless || pattern.ends_with("/" + std::string(harmless))) {
                return true;
            }
        }
        const std::string name = last_part(pattern);
        for (std::size_t file = 0; file < asked_.sources.size(); ++file) {
            if (file != including &&
                fnmatch(name.c_str(), last_part(asked_.sources[file].name).c_str(), 0) == 0) {
                return true;
            }
        }
        return false;
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
