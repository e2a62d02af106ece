// SPDX-License-Identifier: MIT
#include "recycler/lint/includes.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <array>
#include <fnmatch.h>

namespace recycler::lint {

namespace {

// A configuration may include a file many times; beyond this nothing more is included.
constexpr std::size_t k_most_directives = 1'000'000;

// What these hold says nothing about the way to a worker: the balancer's own files, and those of
// Debian and certbot. A path counts from a balancer's own folder.
constexpr std::array<std::string_view, 20> k_harmless{
    "fastcgi_params",
    "fastcgi.conf",
    "mime.types",
    "proxy_params",
    "uwsgi_params",
    "scgi_params",
    "koi-utf",
    "koi-win",
    "win-utf",
    "snippets/fastcgi-php.conf",
    "snippets/snakeoil.conf",
    "fastcgi-php.conf",
    "modules-enabled/*.conf",
    "mods-enabled/*.load",
    "ports.conf",
    "/etc/letsencrypt/options-ssl-nginx.conf",
    "/etc/letsencrypt/options-ssl-apache.conf",
    "/usr/share/nginx/modules/*.conf",
    "/usr/share/lighttpd/create-mime.conf.pl",
    "/usr/share/lighttpd/use-ipv6.pl",
};
constexpr std::array<std::string_view, 6> k_own_folders{
    "/etc/nginx/",           "/usr/local/nginx/conf/", "/usr/local/openresty/nginx/conf/",
    "/usr/local/etc/nginx/", "/etc/apache2/",          "/etc/lighttpd/"};

bool is_harmless(std::string_view pattern) {
    for (const std::string_view folder : k_own_folders) {
        text::take(pattern, folder);
    }
    text::take(pattern, "./");
    pattern = pattern.substr(0, pattern.find_first_of(" \t")); // of a command
    return std::find(k_harmless.begin(), k_harmless.end(), pattern) != k_harmless.end();
}

std::string_view folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

// Without "//", "." and "..", which a name on a command line may have.
std::string plain_path(std::string_view path) {
    std::vector<std::string_view> parts;
    const bool absolute = path.starts_with('/');
    while (!path.empty()) {
        const std::string_view part = text::take_until(path, "/");
        if (part == ".." && !parts.empty() && parts.back() != "..") {
            parts.pop_back();
        } else if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
    }
    std::string result;
    for (const std::string_view part : parts) {
        result += (result.empty() && !absolute ? "" : "/") + std::string(part);
    }
    return result;
}

bool is_include(std::string_view name) {
    return is_in_any_case(name, "include") || is_in_any_case(name, "includeoptional") ||
           name == "include_shell";
}

// Whether the directive stands somewhere in the tree.
const Directive* first_named(const Tree& tree, std::string_view name) {
    for (const Directive& each : tree) {
        if (is_in_any_case(word(each, 0), name)) {
            return &each;
        }
        if (const Directive* inner = first_named(each.block, name)) {
            return inner;
        }
    }
    return nullptr;
}

// The main file, which the others are included by, has one of these.
std::vector<std::string_view> marks_of_main(Kind kind) {
    if (kind == Kind::nginx) {
        return {"http", "events"};
    }
    return {"server.document-root", "server.modules", "server.port"};
}

// The folders from which a relative path may begin.
std::vector<std::string> beginnings(Kind kind, const std::vector<IncludedFile>& files) {
    std::vector<std::string> result;
    for (const IncludedFile& file : files) {
        const Directive* root =
            kind == Kind::apache ? first_named(file.tree, "serverroot") : nullptr;
        if (root != nullptr) {
            return {std::string(word(*root, 1)) + "/"};
        }
        const auto marks = marks_of_main(kind);
        if (kind != Kind::apache && std::any_of(marks.begin(), marks.end(), [&](auto mark) {
                return std::any_of(file.tree.begin(), file.tree.end(), [&](const Directive& each) {
                    return is_in_any_case(word(each, 0), mark);
                });
            })) {
            return {std::string(folder_of(file.path))};
        }
    }
    // It was not named: where the systems have it, or beside what was named.
    result = {"/etc/apache2/", "/etc/httpd/", "/etc/nginx/", "/etc/lighttpd/"};
    for (const IncludedFile& file : files) {
        result.emplace_back(folder_of(file.path));
        result.push_back(result.back() + "../");
    }
    return result;
}

class Following {
  public:
    Following(Kind kind, const std::vector<IncludedFile>& files)
        : kind_(kind), files_(files), beginnings_(beginnings(kind, files)), included_(files.size()),
          open_(files.size()) {
        for (const IncludedFile& file : files) {
            paths_.push_back(plain_path(file.path));
        }
    }

    Whole whole() && {
        std::vector<Tree> trees(files_.size());
        for (std::size_t file = 0; file < files_.size(); ++file) {
            trees[file] = insert(file);
        }
        for (std::size_t file = 0; file < files_.size(); ++file) {
            if (!included_[file]) {
                result_.trees.push_back(std::move(trees[file]));
            }
        }
        // They include each other.
        if (result_.trees.empty() && !trees.empty()) {
            result_.trees.push_back(std::move(trees.front()));
        }
        return std::move(result_);
    }

  private:
    Tree insert(std::size_t file) {
        open_[file] = true;
        Tree result;
        copy(files_[file].tree, result);
        open_[file] = false;
        return result;
    }

    void copy(const Tree& from, Tree& into) {
        for (const Directive& each : from) {
            if (is_include(word(each, 0)) && each.words.size() > 1) {
                take(each, into);
                continue;
            }
            ++copied_;
            Directive made{each.words, {}};
            copy(each.block, made.block);
            into.push_back(std::move(made));
        }
    }

    void take(const Directive& include, Tree& into) {
        const std::string_view pattern = word(include, 1);
        bool found = false;
        for (std::size_t other = 0; other < files_.size(); ++other) {
            if (!means(pattern, other)) {
                continue;
            }
            found = true;
            if (!open_[other] && copied_ < k_most_directives) {
                included_[other] = true;
                Tree inner = insert(other);
                std::move(inner.begin(), inner.end(), std::back_inserter(into));
            }
        }
        if (!found && !is_harmless(pattern)) {
            result_.missing.push_back({include.words.front().place, written(include)});
        }
    }

    // Whether that file is one which the pattern stands for.
    [[nodiscard]] bool means(std::string_view pattern, std::size_t file) const {
        const auto fits = [&](const std::string& begun) {
            const std::string whole = plain_path(begun + std::string(pattern));
            const std::string& path = paths_[file];
            // Apache reads all files of a folder that it includes.
            return fnmatch(whole.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0 ||
                   (kind_ == Kind::apache && path.starts_with(whole + "/"));
        };
        return pattern.starts_with('/') ? fits("")
                                        : std::any_of(beginnings_.begin(), beginnings_.end(), fits);
    }

    Kind kind_;
    const std::vector<IncludedFile>& files_;
    std::vector<std::string> beginnings_;
    std::vector<std::string> paths_;
    std::vector<bool> included_;
    std::vector<bool> open_; // of which the inside is being copied
    std::size_t copied_ = 0;
    Whole result_;
};

} // namespace

Whole follow_includes(Kind kind, const std::vector<IncludedFile>& files) {
    if (kind == Kind::haproxy) { // it has none
        Whole whole;
        for (const IncludedFile& file : files) {
            whole.trees.push_back(file.tree);
        }
        return whole;
    }
    return Following(kind, files).whole();
}

} // namespace recycler::lint
