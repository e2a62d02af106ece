// SPDX-License-Identifier: MIT
#include "recycler/lint/variables/assigned.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace recycler::lint {

namespace {

// A text that doubles itself again and again is no address.
constexpr std::size_t k_longest_value = 4096;

// "31000+1" is what lighttpd adds up; any other text stays as it is. No other balancer has such.
std::string summed(const std::string& text) {
    const bool is_sum =
        text.find('+') != std::string::npos &&
        std::ranges::all_of(text, [](char byte) { return text::is_digit(byte) || byte == '+'; });
    std::string_view rest = text;
    std::uint64_t sum = 0;
    while (is_sum && !rest.empty()) {
        const auto number = text::number_in<std::uint32_t>(text::take_until(rest, "+"));
        if (!number) {
            return text;
        }
        sum += *number;
    }
    return is_sum ? std::to_string(sum) : text;
}

class Expansion {
  public:
    explicit Expansion(const Assigning& assigning) : assigning_(assigning) {}

    Tree of(const Tree& tree) {
        Tree result;
        for (const Directive& each : tree) {
            Directive made = each;
            for (Word& word : made.words) {
                word.text = expanded(word.text);
            }
            made.block = of(each.block);
            if (auto assigned = assigning_.assignment(made)) {
                values_[assigning_.plain_name(assigned->name)] = std::move(assigned->value);
            }
            result.push_back(std::move(made));
        }
        return result;
    }

  private:
    [[nodiscard]] std::string expanded(std::string_view text) const {
        std::string result;
        while (!text.empty() && result.size() < k_longest_value) {
            const std::size_t begin = text.find("${");
            const std::size_t end = begin == std::string_view::npos ? begin : text.find('}', begin);
            if (end == std::string_view::npos) {
                break;
            }
            const auto known =
                values_.find(assigning_.plain_name(text.substr(begin + 2, end - begin - 2)));
            result += text.substr(0, begin);
            result += known != values_.end() ? known->second
                                             : std::string(text.substr(begin, end + 1 - begin));
            text.remove_prefix(end + 1);
        }
        return summed(result.append(text));
    }

    const Assigning& assigning_;
    std::map<std::string, std::string, std::less<>> values_;
};

} // namespace

std::vector<Tree> with_values(const std::vector<Tree>& trees, const Assigning& assigning) {
    Expansion expansion(assigning);
    std::vector<Tree> result;
    result.reserve(trees.size());
    for (const Tree& tree : trees) {
        result.push_back(expansion.of(tree));
    }
    return result;
}

} // namespace recycler::lint
