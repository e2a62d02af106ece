// SPDX-License-Identifier: MIT
#include "tests/balancer/load/load_plan.hpp"

#include <algorithm>
#include <charconv>

namespace recycler::load {

const char* const k_usage =
    R"(usage: recycler-load --url http://HOST:PORT/PATH (--requests N | --duration SECONDS) [options]
  --query TEMPLATE     terms of the query; a range is drawn anew each time: "sleep=0-8&leak=200"
  --connections N      keep-alive connections, each with one request at a time (16)
  --post PERCENT       how many requests are POSTs with a random body (30)
  --body RANGE         length of those bodies in bytes (0-4096)
  --think RANGE        milliseconds between an answer and the connection's next request (0)
  --deadline SECONDS   an answer that takes longer is missing (5)
  --progress SECONDS   print a line of counts every so often
  --list-lost FILE     write a line for each wrong or missing answer: its URI, what is wrong, when
  --seed N             the same seed draws the same requests (1)
Checks each answer's status, Content-Length, nonce, body length, byte sum and end marker. The last line is the summary, one
JSON object; exit 1 if an answer was wrong or missing, 64 for a wrong argument.
)";

namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<Duration> parse_seconds(std::string_view text) {
    const auto seconds = parse_number<double>(text);
    if (!seconds || *seconds <= 0) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds));
}

std::optional<std::string> parse_path(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// "http://127.0.0.1:8080/app" or "http://[::1]:8080/".
bool parse_url(std::string_view url, LoadPlan& plan) {
    constexpr std::string_view k_scheme = "http://";
    if (!url.starts_with(k_scheme)) {
        return false;
    }
    url.remove_prefix(k_scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    const auto authority = url.substr(0, slash);
    const auto colon = authority.rfind(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    const auto port = parse_number<std::uint16_t>(authority.substr(colon + 1));
    auto host = authority.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    if (!port || host.empty()) {
        return false;
    }
    plan.host = host;
    plan.port = *port;
    plan.path = slash < url.size() ? url.substr(slash) : "/";
    return true;
}

bool parse_query(std::string_view text, LoadPlan& plan) {
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto term = text.substr(0, end);
        const auto equals = term.find('=');
        if (equals == std::string_view::npos) {
            return false;
        }
        QueryTerm parsed{std::string(term.substr(0, equals)), std::string(term.substr(equals + 1))};
        if (const auto range = parse_range(term.substr(equals + 1))) {
            parsed.value = *range;
        }
        plan.query.push_back(std::move(parsed));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

template <typename Value, typename Target>
bool assign(const std::optional<Value>& value, Target& target) {
    if (value) {
        target = *value;
    }
    return value.has_value();
}

bool apply(std::string_view name, std::string_view value, LoadPlan& plan) {
    if (name == "--url") {
        return parse_url(value, plan);
    }
    if (name == "--query") {
        return parse_query(value, plan);
    }
    if (name == "--connections") {
        return assign(parse_number<std::uint32_t>(value), plan.connections) && plan.connections > 0;
    }
    if (name == "--post") {
        return assign(parse_number<std::uint32_t>(value), plan.post_percent) &&
               plan.post_percent <= 100;
    }
    if (name == "--body") {
        return assign(parse_range(value), plan.body);
    }
    if (name == "--think") {
        return assign(parse_range(value), plan.think);
    }
    if (name == "--deadline") {
        return assign(parse_seconds(value), plan.deadline);
    }
    if (name == "--progress") {
        return assign(parse_seconds(value), plan.progress);
    }
    if (name == "--list-lost") {
        return assign(parse_path(value), plan.lost_list);
    }
    if (name == "--requests") {
        return assign(parse_number<std::uint64_t>(value), plan.requests);
    }
    if (name == "--duration") {
        return assign(parse_seconds(value), plan.duration);
    }
    if (name == "--seed") {
        return assign(parse_number<std::uint64_t>(value), plan.seed);
    }
    return false;
}

} // namespace

std::optional<Range> parse_range(std::string_view text) {
    const auto dash = std::min(text.find('-'), text.size());
    const auto low = parse_number<std::uint64_t>(text.substr(0, dash));
    const auto high =
        dash == text.size() ? low : parse_number<std::uint64_t>(text.substr(dash + 1));
    if (!low || !high || *high < *low) {
        return std::nullopt;
    }
    return Range{*low, *high};
}

Result<LoadPlan> parse_arguments(const std::vector<std::string>& arguments) {
    LoadPlan plan;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size() || !apply(arguments[i], arguments[i + 1], plan)) {
            return Error{0, "wrong argument: " + arguments[i]};
        }
    }
    if (plan.port == 0) {
        return Error{0, "--url is missing"};
    }
    if (plan.requests.has_value() == plan.duration.has_value()) {
        return Error{0, "one of --requests and --duration is needed"};
    }
    return plan;
}

RequestSource::RequestSource(const LoadPlan& plan) : plan_(plan), random_(plan.seed) {
    // A slice may start anywhere in the first block, so that short bodies differ too.
    constexpr std::size_t k_start_points = 65536;
    block_.resize(k_start_points + plan.body.high);
    sums_.reserve(block_.size() + 1);
    sums_.push_back(0);
    for (char& byte : block_) {
        byte = static_cast<char>(random_() & 0xff);
        sums_.push_back(sums_.back() + static_cast<unsigned char>(byte));
    }
}

std::uint64_t RequestSource::draw(Range range) {
    return std::uniform_int_distribution<std::uint64_t>(range.low, range.high)(random_);
}

Duration RequestSource::think_time() {
    return std::chrono::milliseconds(draw(plan_.think));
}

Request RequestSource::next() {
    Request request;
    request.nonce = std::to_string(plan_.seed) + "." + std::to_string(++drawn_) + "." +
                    std::to_string(random_() % 1'000'000'000);
    std::string& target = request.target;
    target = plan_.path + "?nonce=" + request.nonce;
    for (const QueryTerm& term : plan_.query) {
        const auto* range = std::get_if<Range>(&term.value);
        target +=
            "&" + term.name + "=" +
            (range != nullptr ? std::to_string(draw(*range)) : std::get<std::string>(term.value));
    }
    const bool posts = draw({0, 99}) < plan_.post_percent;
    request.bytes = (posts ? "POST " : "GET ") + target + " HTTP/1.1\r\nHost: load\r\n";
    if (posts) {
        request.body_length = draw(plan_.body);
        const auto start = draw({0, block_.size() - request.body_length});
        request.byte_sum = sums_[start + request.body_length] - sums_[start];
        request.bytes += "Content-Type: application/octet-stream\r\nContent-Length: " +
                         std::to_string(request.body_length) + "\r\n\r\n";
        request.bytes.append(block_, start, request.body_length);
    } else {
        request.bytes += "\r\n";
    }
    return request;
}

} // namespace recycler::load
