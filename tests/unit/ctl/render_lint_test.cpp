// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/lint.hpp"

#include "recycler/control/json/json.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using recycler::ctl::linted;
using recycler::ctl::render_lint;

namespace {

constexpr const char* k_bad = "upstream shop { server a:7000; server b:7001 max_fails=0; }\n"
                              "location / { fastcgi_next_upstream off; fastcgi_pass shop; }\n";

struct Printed {
    std::string text;
    std::string json;
};

Printed told(const std::string& name, const std::string& text) {
    const lint::Asked asked{{{name, text}}, {}, {}};
    const lint::Report report = lint::lint(asked);
    return {render_lint(report, asked), control::to_json(linted(report, asked))};
}

} // namespace

TEST_CASE("a finding of lint is a line like a compiler's, and what to write below it") {
    const std::string text = told("nginx.conf", k_bad).text;
    CHECK(text.find(
              "nginx.conf:1:17: loses requests under handover = \"close\": nginx waits 10s") == 0);
    CHECK(text.find(" [nginx-ban-time]\n    write, for each server of upstream shop: server "
                    "a:7000 max_fails=0;\n") != std::string::npos);
    CHECK(text.find("\nnginx.conf:2:14: loses requests under") != std::string::npos);
}

TEST_CASE("the JSON of lint has each finding with its place, rule and severity") {
    const std::string json = told("nginx.conf", k_bad).json;
    CHECK(json.find("{\"findings\":[{\"file\":\"nginx.conf\",\"line\":1,\"column\":17,\"rule\":"
                    "\"nginx-ban-time\",\"severity\":\"loses-when-closed\",\"sentence\":\"") == 0);
    CHECK(json.ends_with("],\"faults\":[]}"));
}

TEST_CASE("where lint finds nothing it says what it has read") {
    CHECK(told("x", "fastcgi.server = ( \"/\" => ((\"port\" => 1), (\"port\" => 2)) )").text ==
          "lighttpd: 2 workers in 1 pool, nothing found\n");
}

TEST_CASE("a file that lint cannot read is a fault with its place, in text and JSON") {
    const Printed broken = told("a.conf", "http {\n a 1;\n b \"c;\n }\n");
    CHECK(broken.text ==
          "a.conf:3:4: this is not a configuration of nginx: the quote \" is never closed\n");
    CHECK(broken.json.find(
              "{\"findings\":[],\"faults\":[{\"file\":\"a.conf\",\"line\":3,\"column\":4,"
              "\"reason\":\"this is") == 0);
    CHECK(told("a.conf", "hello").text.find("a.conf: this does not look like nginx") == 0);
}

TEST_CASE("nothing that stands in a file or its name moves the cursor") {
    const Printed hostile = told("\x1b[2J", "upstream a { server \x1b[31m\xff; server b:1; }\n"
                                            "location / { fastcgi_pass a; }\n");
    CHECK(hostile.text.find('\x1b') == std::string::npos);
    CHECK(hostile.text.find("\\x1b[2J:1:") == 0);
    CHECK(hostile.json.find('\xff') == std::string::npos);
}
