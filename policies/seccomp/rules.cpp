// SPDX-License-Identifier: MIT
#include "policies/seccomp/rules.hpp"

#include "recycler/base/text/escape.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

namespace policies::seccomp {
namespace text = recycler::text;
namespace {

constexpr std::array<std::string_view, 10> k_deeds{
    "SCMP_ACT_ALLOW",  "SCMP_ACT_LOG",         "SCMP_ACT_ERRNO",        "SCMP_ACT_TRAP",
    "SCMP_ACT_KILL",   "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRACE",
    "SCMP_ACT_NOTIFY", "SCMP_ACT_KILL_GROUP"};
constexpr std::array k_deeds_meant{Deed::allow,       Deed::log,         Deed::answer,
                                   Deed::trap,        Deed::kill_thread, Deed::kill_thread,
                                   Deed::kill_process};

constexpr std::array<std::string_view, 7> k_comparisons{
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
    "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

constexpr std::uint64_t k_last_argument = 5;

// What `includes` and `excludes` ask for; what is empty asks for nothing.
struct Only {
    std::vector<std::string> machines;
    std::vector<std::string> capabilities;
    std::optional<KernelVersion> kernel;
};

void read_kernel(const Field& field, std::optional<KernelVersion>& kernel) {
    if (const auto text = field.text(); text && !text->empty()) {
        kernel = kernel_version_in(*text);
        if (!kernel) {
            field.refuse(text::quoted(*text) + " is not a version of Linux", "such as \"4.8\"");
        }
    }
}

void read_only(const Field& field, Only& only) {
    const std::array<Entry, 3> entries{{
        {"arches", [&](const Field& f) { only.machines = f.texts(); }},
        {"caps", [&](const Field& f) { only.capabilities = f.texts(); }},
        {"minKernel", [&](const Field& f) { read_kernel(f, only.kernel); }},
    }};
    read_object(field, entries);
}

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

bool is_meant(const Only& includes, const Only& excludes, const Machine& machine) {
    const auto named = [&](const std::string& name) { return has(machine.names, name); };
    const auto held = [&](const std::string& name) { return has(machine.capabilities, name); };
    const bool excluded = std::ranges::any_of(excludes.machines, named) ||
                          std::ranges::any_of(excludes.capabilities, held) ||
                          (excludes.kernel && machine.kernel >= *excludes.kernel);
    return !excluded &&
           (includes.machines.empty() || std::ranges::any_of(includes.machines, named)) &&
           std::ranges::all_of(includes.capabilities, held) &&
           (!includes.kernel || machine.kernel >= *includes.kernel);
}

std::optional<Condition> read_condition(const Field& field) {
    Condition condition;
    std::optional<std::size_t> comparison;
    std::optional<std::uint64_t> argument;
    const std::size_t faults_before = field.faults.size();
    const std::array<Entry, 4> entries{{
        {"index", [&](const Field& f) { argument = f.whole(k_last_argument); }},
        {"value", [&](const Field& f) { condition.value = f.whole(UINT64_MAX).value_or(0); }},
        {"valueTwo", [&](const Field& f) { condition.second = f.whole(UINT64_MAX).value_or(0); }},
        {"op", [&](const Field& f) { comparison = f.word(k_comparisons); }},
    }};
    read_object(field, entries);
    if (field.faults.size() == faults_before && (!argument || !comparison)) {
        field.refuse(argument ? "\"op\" is missing" : "\"index\" is missing",
                     R"(such as { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" })");
    }
    if (!argument || !comparison) {
        return std::nullopt;
    }
    condition.argument = static_cast<std::uint32_t>(*argument);
    condition.comparison = static_cast<Comparison>(*comparison);
    return condition;
}

void read_conditions(const Field& field, std::vector<Condition>& conditions) {
    const JsonList* list = field.list();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        if (const auto condition = read_condition(field.element(i))) {
            conditions.push_back(*condition);
        }
    }
}

void read_call(const Field& field, std::vector<Call>& calls) {
    auto name = field.text();
    if (name && name->empty()) {
        field.refuse("this is not a name of a system call");
    } else if (name) {
        calls.push_back({std::move(*name), field.json.at});
    }
}

void read_calls(const Field& field, std::vector<Call>& calls) {
    const JsonList* list = field.list();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        read_call(field.element(i), calls);
    }
}

// Several conditions on one argument are alternatives, as for the tools that the form comes from.
void add_rule(Rule rule, std::vector<Rule>& rules) {
    std::array<unsigned, k_last_argument + 1> uses{};
    for (const Condition& condition : rule.conditions) {
        ++uses.at(condition.argument);
    }
    if (std::ranges::all_of(uses, [](unsigned count) { return count <= 1; })) {
        rules.push_back(std::move(rule));
        return;
    }
    for (const Condition& condition : rule.conditions) {
        rules.push_back({rule.calls, rule.action, {condition}});
    }
}

void read_rule(const Field& field, const Machine& machine, std::vector<Rule>& rules) {
    Rule rule;
    Only includes;
    Only excludes;
    std::optional<Deed> deed;
    std::optional<std::uint16_t> error;
    const std::size_t faults_before = field.faults.size();
    const std::array<Entry, 9> entries{{
        {"name", [&](const Field& f) { read_call(f, rule.calls); }},
        {"names", [&](const Field& f) { read_calls(f, rule.calls); }},
        {"action", [&](const Field& f) { read_deed(f, deed); }},
        {"errnoRet", [&](const Field& f) { read_error_number(f, error); }},
        {"errno", [&](const Field& f) { read_error_name(f, error); }},
        {"args", [&](const Field& f) { read_conditions(f, rule.conditions); }},
        {"comment", [](const Field& f) { (void)f.text(); }},
        {"includes", [&](const Field& f) { read_only(f, includes); }},
        {"excludes", [&](const Field& f) { read_only(f, excludes); }},
    }};
    read_object(field, entries);
    if (field.faults.size() != faults_before) {
        return;
    }
    if (!deed) {
        field.refuse("\"action\" is missing", "such as \"SCMP_ACT_ALLOW\"");
    } else if (rule.calls.empty()) {
        field.refuse("\"names\" is missing or empty", "such as [\"read\", \"write\"]");
    } else if (is_meant(includes, excludes, machine)) {
        rule.action = action_of(*deed, error);
        add_rule(std::move(rule), rules);
    }
}

} // namespace

void read_deed(const Field& field, std::optional<Deed>& deed) {
    const auto chosen = field.word(k_deeds);
    if (chosen && *chosen < k_deeds_meant.size()) {
        deed = k_deeds_meant.at(*chosen);
    } else if (chosen) {
        field.refuse("Recycler cannot carry out " + std::string(k_deeds.at(*chosen)) +
                         " for a worker",
                     "\"SCMP_ACT_ERRNO\" or \"SCMP_ACT_KILL_PROCESS\"");
    }
}

void read_error_number(const Field& field, std::optional<std::uint16_t>& error) {
    if (const auto number = field.whole(k_last_error)) {
        error = static_cast<std::uint16_t>(*number);
    }
}

void read_error_name(const Field& field, std::optional<std::uint16_t>& error) {
    const auto name = field.text();
    if (!name || name->empty()) {
        return;
    }
    if (const auto known = error_named(*name)) {
        error = known;
    } else {
        field.refuse(text::quoted(*name) + " is not an error of Linux", "such as \"EPERM\"");
    }
}

Action action_of(Deed deed, std::optional<std::uint16_t> error) {
    return deed == Deed::answer ? Action{deed, error.value_or(EPERM)} : Action{deed};
}

std::vector<Rule> read_rules(const Field& list, const Machine& machine) {
    std::vector<Rule> rules;
    const JsonList* given = list.list();
    for (std::size_t i = 0; given != nullptr && i < given->size(); ++i) {
        read_rule(list.element(i), machine, rules);
    }
    return rules;
}

void drop_hidden_rules(Profile& profile) {
    struct Said {
        Action action;
        Position at;
    };
    std::map<std::string, Said> of_every_use;
    for (const Rule& rule : profile.rules) {
        for (const Call& call : rule.calls) {
            if (rule.conditions.empty()) {
                of_every_use.try_emplace(call.name, Said{rule.action, call.at});
            }
        }
    }
    const auto is_hidden = [&](const Rule& rule, const Call& call) {
        const auto first = of_every_use.find(call.name);
        if (first == of_every_use.end() || first->second.at == call.at) {
            return false;
        }
        if (first->second.action != rule.action) {
            profile.notes.push_back("line " + std::to_string(call.at.line) + ": the rule for " +
                                    text::quoted(call.name) + " never applies: line " +
                                    std::to_string(first->second.at.line) +
                                    " is about every use of it");
        }
        return true;
    };
    for (Rule& rule : profile.rules) {
        std::erase_if(rule.calls, [&](const Call& call) { return is_hidden(rule, call); });
    }
}

} // namespace policies::seccomp
