// SPDX-License-Identifier: MIT
#include "recycler/lint/apache/targets.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/variables/assigned.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::lint {

using namespace std::chrono_literals;

namespace {

// What Timeout and ProxyTimeout say where a worker is used.
struct ApacheTimeouts {
    std::optional<Limit> timeout;
    std::optional<Limit> proxy_timeout; // goes first

    [[nodiscard]] std::optional<Limit> of_all() const {
        return proxy_timeout ? proxy_timeout : timeout;
    }
};

constexpr std::string_view k_balancer = "balancer://";

bool is_fastcgi(std::string_view url) {
    return text::lowered(url).find("fcgi://") != std::string::npos;
}

// "balancer://shop/path" and "fcgi://127.0.0.1:7000/srv/$1" without what follows the name.
std::string trunk(std::string_view url) {
    const std::size_t bar = url.find('|');
    return (bar == std::string_view::npos ? "" : std::string(url.substr(0, bar + 1))) +
           worker_of(url);
}

// The first word that names something to go to; a handler is written "proxy:fcgi://...".
std::optional<Word> url_of(const Directive& directive, std::size_t first) {
    for (std::size_t i = first; i < directive.words.size(); ++i) {
        Word each = directive.words[i];
        if (is_in_any_case(std::string_view(each.text).substr(0, 6), "proxy:")) {
            each.text.erase(0, 6);
        }
        if (is_balancer(each.text) || is_fastcgi(each.text)) {
            return each;
        }
    }
    return std::nullopt;
}

// "[P]", "[L,proxy]": the rule sends the request there itself.
bool is_proxied(const Directive& rule) {
    std::string flags = text::lowered(word(rule, 3));
    std::replace(flags.begin(), flags.end(), '[', ',');
    std::replace(flags.begin(), flags.end(), ']', ',');
    return flags.find(",p,") != std::string::npos || flags.find(",proxy,") != std::string::npos;
}

// Where "$1" and its like stand for what a pattern matched.
std::size_t first_group(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('$', from); at < text.size(); at = text.find('$', at + 1)) {
        if (at + 1 < text.size() && text::is_digit(text[at + 1])) {
            return at;
        }
    }
    return std::string_view::npos;
}

// "status=+D" and "status=S": disabled or stopped, until somebody enables it by hand.
bool is_disabled(const Directive& member) {
    const auto status = option_in_any_case(member, "status=");
    const std::string flags = status ? text::lowered(status->text) : "";
    return !flags.starts_with('-') && flags.find_first_of("ds") != std::string::npos;
}

// "Define PHP 127.0.0.1:9000".
constexpr Assigning k_apache_variables{
    [](const Directive& line) {
        const bool defines = is_in_any_case(word(line, 0), "define") && line.words.size() == 3;
        return defines ? std::optional(Assignment{line.words[1].text, line.words[2].text})
                       : std::nullopt;
    },
    [](std::string_view name) { return std::string(name); }};

ApacheTimeouts timeouts_in(const Tree& tree, ApacheTimeouts outer) {
    for (const Directive& each : tree) {
        const std::string name = text::lowered(word(each, 0));
        if (name == "timeout" || name == "proxytimeout") {
            const auto length = span(text::lowered(word(each, 1)), 1s);
            auto& into = name == "timeout" ? outer.timeout : outer.proxy_timeout;
            into = length ? std::optional(Limit{*length, each.words[0].place}) : into;
        }
    }
    return outer;
}

class ApacheReading {
  public:
    // `section`: the URL of the <Proxy> around it.
    void walk(const Tree& tree, const std::optional<Word>& section, const ApacheTimeouts& outer) {
        const ApacheTimeouts here = timeouts_in(tree, outer);
        for (const Directive& each : tree) {
            const std::string name = text::lowered(word(each, 0));
            const auto url = url_of(each, 1);
            if (name == "<proxy") {
                take_settings(each, url);
                walk(each.block, url, here);
            } else if (name.starts_with('<')) {
                walk(each.block, section, here);
            } else if (name == "balancermember") {
                take_member(each, section);
            } else if (name == "proxyset") {
                take_settings(each, url ? url : section);
            } else if (name == "chrootdir") {
                read_.chroot = word(each, 1);
            } else if (name == "proxypass" || name == "proxypassmatch" || name == "sethandler" ||
                       name == "addhandler" || (name == "rewriterule" && is_proxied(each))) {
                take_use(each, url, here);
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
        if (of && url && is_fastcgi(url->text) && !is_disabled(directive)) {
            target(*of).members.push_back({*url, &directive});
        }
    }

    void take_settings(const Directive& directive, const std::optional<Word>& url) {
        if (url && is_balancer(url->text)) {
            target(*url).settings.push_back(&directive);
        } else if (url) {
            read_.workers[worker_of(url->text)].push_back(&directive);
        }
    }

    // A worker that is named alone is its own only member.
    void take_use(const Directive& directive, const std::optional<Word>& url,
                  const ApacheTimeouts& here) {
        if (!url) {
            return;
        }
        Target& of = target(*url);
        if (!is_balancer(url->text) && of.members.empty()) {
            of.members.push_back({*url, &directive});
        }
        of.settings.push_back(&directive);
        shorten(of.of_all, here.of_all());
    }

    Target& target(const Word& url) {
        return read_.targets.try_emplace(trunk(url.text), Target{url.place, {}, {}, {}})
            .first->second;
    }

    ApacheConfiguration read_;
};

} // namespace

bool is_balancer(std::string_view url) {
    return is_in_any_case(url.substr(0, k_balancer.size()), k_balancer);
}

std::string worker_of(std::string_view url) {
    url.remove_prefix(url.find('|') + 1); // npos + 1 is 0
    const std::size_t host = url.find("://") + 3;
    url = url.substr(0, url.find('/', host));
    // The path may begin with a variable: "fcgi://127.0.0.1:9000%{REQUEST_FILENAME}", "...9000$1".
    const std::size_t variable = std::min(url.find("%{", host), first_group(url, host));
    return text::lowered(variable > host ? url.substr(0, variable) : url);
}

std::vector<Tree> with_defined(const std::vector<Tree>& trees) {
    return with_values(trees, k_apache_variables);
}

ApacheConfiguration apache_configuration(const std::vector<Tree>& trees) {
    ApacheTimeouts of_all;
    for (const Tree& tree : trees) {
        of_all = timeouts_in(tree, of_all);
    }
    ApacheReading reading;
    for (const Tree& tree : trees) {
        reading.walk(tree, std::nullopt, of_all);
    }
    return reading.read();
}

} // namespace recycler::lint
