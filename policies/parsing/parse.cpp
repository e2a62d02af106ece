// SPDX-License-Identifier: MIT
#include "policies/parse.hpp"

#include "policies/keys.hpp"
#include "policies/parsing/nearest.hpp"
#include "policies/parsing/resolve.hpp"
#include "policies/parsing/values.hpp"
#include "recycler/base/text/escape.hpp"

#include <algorithm>
#include <tuple>

namespace policies {
namespace text = recycler::text;
namespace parsing {
namespace {

std::string_view section_of(std::string_view key) {
    return key.substr(0, key.find('.'));
}
std::string_view last_of(std::string_view key) {
    return key.substr(key.find('.') + 1);
}

std::vector<std::string_view> sections() {
    std::vector<std::string_view> all;
    for (const Key& key : keys()) {
        if (all.empty() || all.back() != section_of(key.name)) {
            all.push_back(section_of(key.name));
        }
    }
    return all;
}

std::vector<std::string_view> keys_of(std::string_view section) {
    std::vector<std::string_view> all;
    for (const Key& key : keys()) {
        if (section_of(key.name) == section) {
            all.push_back(last_of(key.name));
        }
    }
    return all;
}

const Key* find_key(std::string_view section, std::string_view last) {
    const auto found = std::find_if(keys().begin(), keys().end(), [&](const Key& key) {
        return section_of(key.name) == section && last_of(key.name) == last;
    });
    return found == keys().end() ? nullptr : &*found;
}

// A key of this name in whatever section: keys under the wrong heading are a common slip.
const Key* find_elsewhere(std::string_view last) {
    const auto found = std::find_if(keys().begin(), keys().end(),
                                    [&](const Key& key) { return last_of(key.name) == last; });
    return found == keys().end() ? nullptr : &*found;
}

std::string belongs(const Key& key) {
    return "\"" + std::string(last_of(key.name)) + "\" belongs under [" +
           std::string(section_of(key.name)) + "]";
}

std::string suggest_key(std::string_view section, std::string_view last) {
    if (const auto meant = nearest(last, keys_of(section))) {
        return "did you mean \"" + std::string(*meant) + "\"?";
    }
    const Key* elsewhere = find_elsewhere(last);
    return elsewhere == nullptr ? "recycler.toml(5) lists all keys" : belongs(*elsewhere);
}

void read_section(Draft& draft, const Entry& entry, const Table& table) {
    for (const Entry& inner : table) {
        const Key* key = find_key(entry.key, inner.key);
        if (key == nullptr) {
            draft.blame(inner.at, text::masked(entry.key + "." + inner.key),
                        {"there is no such key", suggest_key(entry.key, inner.key)});
            continue;
        }
        draft.places.emplace(key->name, inner.node.at);
        key->read({inner.node, key->name, draft});
    }
}

// What "[[app]]" makes of a section: the first of a list of them.
const Table* first_of_list(const Node& node) {
    const auto* list = std::get_if<List>(&node.value);
    return list == nullptr || list->empty() ? nullptr : std::get_if<Table>(&list->front().value);
}

void read_entry(Draft& draft, const Entry& entry) {
    const auto known = sections();
    const bool section = std::find(known.begin(), known.end(), entry.key) != known.end();
    const auto* table = std::get_if<Table>(&entry.node.value);
    if (section && table != nullptr) {
        read_section(draft, entry, *table);
    } else if (const Table* first = section ? first_of_list(entry.node) : nullptr) {
        draft.blame(entry.at, entry.key,
                    {"this is a list of sections, and a policy has only one of them",
                     "write [" + entry.key + "], with one pair of brackets"});
        read_section(draft, entry, *first);
    } else if (section) {
        draft.blame(
            entry.at, entry.key,
            {"this is a section, not a key", "write [" + entry.key + "] on a line of its own"});
    } else if (const Key* key = table == nullptr ? find_elsewhere(entry.key) : nullptr) {
        draft.blame(entry.at, entry.key, {"this key is outside of any section", belongs(*key)});
    } else {
        const auto meant = nearest(entry.key, known);
        draft.blame(entry.at, text::masked(entry.key),
                    {table == nullptr ? "there is no such key" : "there is no such section",
                     meant ? "did you mean [" + std::string(*meant) + "]?"
                           : "recycler.toml(5) lists all keys"});
    }
}

// A key whose line is broken was given, whatever its value.
void require(Draft& draft, const Document& document, std::string_view key,
             std::string_view example) {
    if (draft.given(key) || document.broken.contains(last_of(key))) {
        return;
    }
    Position at;
    for (const Entry& entry : document.root) {
        if (entry.key == section_of(key) && !std::holds_alternative<Table>(entry.node.value)) {
            return; // it was refused as a whole
        }
        at = entry.key == section_of(key) ? entry.at : at;
    }
    draft.blame(at, key, {"this key is required", "add " + std::string(example) + " to [app]"});
}

Draft read_draft(const Document& document, std::string_view stem, const Host& host) {
    Draft draft;
    draft.host = host;
    draft.stem = stem;
    draft.faults = document.faults;
    for (const Entry& entry : document.root) {
        read_entry(draft, entry);
    }
    require(draft, document, "app.command", "command = [\"/usr/bin/php-cgi\"]");
    require(draft, document, "app.listen", "listen = \"127.0.0.1:7000-7019\"");
    if (draft.given("app.listen") && draft.listen.empty() && draft.faults.empty()) {
        draft.blame(draft.place_of("app.listen"), "app.listen",
                    {"there is no address to listen on", "write at least one address"});
    }
    resolve(draft);
    find_contradictions(draft);
    return draft;
}

} // namespace
} // namespace parsing

std::variant<Policy, std::vector<Fault>> parse(std::string_view text, std::string_view stem,
                                               const Host& host) {
    if (text.size() > k_longest_policy) {
        return std::vector{Fault{1, 1, "", "this file is longer than 1 MiB", ""}};
    }
    const parsing::Document document = parsing::read_document(text);
    // Where the text is no TOML at all, missing keys are no news.
    if (document.root.empty() && !document.faults.empty()) {
        return document.faults;
    }
    parsing::Draft draft = parsing::read_draft(document, stem, host);
    if (draft.faults.empty()) {
        return std::move(draft.policy);
    }
    std::stable_sort(draft.faults.begin(), draft.faults.end(), [](const Fault& a, const Fault& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return std::move(draft.faults);
}

} // namespace policies
