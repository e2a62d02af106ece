// SPDX-License-Identifier: MIT
#include "recycler/lint/variables/nginx.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/lint/words.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace recycler::lint {

namespace {

// Values of values of values may be many, and all of them empty.
constexpr std::size_t k_most_steps = 1000;
constexpr int k_deepest_value = 4;

bool belongs_to_variable(char byte) {
    return text::is_letter(byte) || text::is_digit(byte) || byte == '_';
}

// "$name" or "${name}" in a text.
struct Reference {
    std::size_t begin;
    std::size_t length;
    std::string_view name;
};

std::optional<Reference> first_reference(std::string_view text) {
    const std::size_t begin = text.find('$');
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = text.substr(begin + 1);
    if (rest.starts_with('{')) {
        const std::size_t end = rest.find('}');
        const std::string_view name = rest.substr(1, end == std::string_view::npos ? 0 : end - 1);
        return Reference{begin, name.size() + 3, name};
    }
    const auto* const end = std::find_if_not(rest.begin(), rest.end(), belongs_to_variable);
    const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    return Reference{begin, name.size() + 1, name};
}

bool gives_values(std::string_view name) {
    return name == "map" || name == "geo" || name == "split_clients";
}

} // namespace

NginxVariables::NginxVariables(const std::vector<Tree>& trees) {
    for (const Tree& tree : trees) {
        collect(tree);
    }
}

void NginxVariables::collect(const Tree& tree) {
    for (const Directive& each : tree) {
        if (word(each, 0) == "set" && word(each, 1).starts_with('$') && each.words.size() == 3) {
            values_[each.words[1].text.substr(1)].push_back(each.words[2]);
        } else if (gives_values(word(each, 0)) && each.words.back().text.starts_with('$')) {
            std::vector<Word>& values = values_[each.words.back().text.substr(1)];
            for (const Directive& line : each.block) {
                if (line.words.size() == 2 && word(line, 0) != "proxy" &&
                    word(line, 0) != "delete") {
                    values.push_back(line.words[1]);
                }
            }
        } else {
            collect(each.block);
        }
    }
}

std::vector<Word> NginxVariables::values_of(const Word& written) const {
    Expanded expanded;
    expand(written, 0, expanded);
    std::vector<Word>& result = expanded.words;
    const auto key = [](const Word& each) { return std::tie(each.text, each.place); };
    std::sort(result.begin(), result.end(),
              [&](const Word& a, const Word& b) { return key(a) < key(b); });
    const auto twins = [](const Word& a, const Word& b) { return a.text == b.text; };
    result.erase(std::unique(result.begin(), result.end(), twins), result.end());
    if (result.empty() || expanded.steps > k_most_steps) {
        result.push_back(written); // there is more, and it is not known
    }
    return std::move(expanded.words);
}

void NginxVariables::expand(const Word& written, int depth, Expanded& into) const {
    if (++into.steps > k_most_steps) {
        return;
    }
    const auto reference = first_reference(written.text);
    const auto known = reference ? values_.find(reference->name) : values_.end();
    if (known == values_.end() || depth == k_deepest_value) {
        // An empty value is no address: it is replaced elsewhere, or an error of its own.
        if (!written.text.empty()) {
            into.words.push_back(written);
        }
        return;
    }
    const bool is_all = reference->begin == 0 && reference->length == written.text.size();
    for (const Word& value : known->second) {
        Word made = is_all ? value : written;
        made.text = written.text;
        made.text.replace(reference->begin, reference->length, value.text);
        expand(made, depth + 1, into);
    }
}

} // namespace recycler::lint
