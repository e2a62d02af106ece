// SPDX-License-Identifier: MIT
#include "recycler/lint/kind.hpp"
#include "recycler/lint/syntax.hpp"
#include "recycler/lint/words.hpp"

#include <doctest/doctest.h>

using namespace recycler::lint;
using namespace std::chrono_literals;

namespace {

// [a b {c} {d e {}}]: words, and blocks in braces.
std::string shape(const Tree& tree) {
    std::string result;
    for (const Directive& each : tree) {
        result += result.empty() ? "" : " ";
        for (std::size_t i = 0; i < each.words.size(); ++i) {
            result += (i == 0 ? "[" : "|") + each.words[i].text;
        }
        result += (each.block.empty() ? "" : " " + shape(each.block)) + "]";
    }
    return result;
}

// The shape, or "line:column reason".
std::string told(const Parsed& parsed) {
    if (const auto* fault = std::get_if<SyntaxFault>(&parsed)) {
        return std::to_string(fault->place.line) + ":" + std::to_string(fault->place.column) + " " +
               fault->reason;
    }
    return shape(std::get<Tree>(parsed));
}

std::string nginx(std::string_view text) {
    return told(parse_nginx({0, text}));
}
std::string haproxy(std::string_view text) {
    return told(parse_haproxy({0, text}));
}
std::string apache(std::string_view text) {
    return told(parse_apache({0, text}));
}
std::string lighttpd(std::string_view text) {
    return told(parse_lighttpd({0, text}));
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

} // namespace

TEST_CASE("nginx: words, quotes, blocks, comments and variables") {
    CHECK(nginx("http { a 1; # b {\n c \"x ; y\" 'z'; }") == "[http [a|1] [c|x ; y|z]]");
    CHECK(nginx("set $x ${y}z; log \"a \\\" b\";") == "[set|$x|${y}z] [log|a \" b]");
    CHECK(nginx("location ~ \\.php$ { } # end") == "[location|~|\\.php$]");
    CHECK(nginx("") == "");
}

TEST_CASE("nginx: what is not closed is named at its beginning") {
    CHECK(nginx("http {\n  a 1;\n") == "1:6 the { is never closed");
    CHECK(nginx("a 1; }") == "1:6 unexpected }");
    CHECK(nginx("a 1; ;") == "1:6 unexpected ;");
    CHECK(nginx("a \"b;\n c;") == "1:3 the quote \" is never closed");
    CHECK(nginx("a {\n b }") == "2:2 there is no ; at the end of this");
}

TEST_CASE("haproxy: lines in sections, quotes and escapes") {
    CHECK(haproxy("global\n  daemon # x\n\nbackend 'a b'\n server \"x\\\"y\" a\\ b\n") ==
          "[global [daemon]] [backend|a b [server|x\"y|a b]]");
    CHECK(haproxy("backend a\n acl x path '\\.php'\nlisten b") ==
          "[backend|a [acl|x|path|\\.php]] [listen|b]");
    CHECK(haproxy("backend a\n server 'x\n") == "2:9 the quote ' is never closed");
    CHECK(haproxy("backend a\r\n mode http\r\n") == "[backend|a [mode|http]]");
}

TEST_CASE("apache: directives, sections, continued lines and quotes") {
    CHECK(apache("# x\\\n y\n<Proxy \"a b\">\n B \\\n  c d=\"e\n</Proxy>\n") ==
          "[<Proxy|a b [B|c|d=\"e]]");
    CHECK(apache("<IfModule x>\n<Proxy *>\nA\n</proxy>\n</IfModule>\nB") ==
          "[<IfModule|x [<Proxy|* [A]]] [B]");
    CHECK(apache("A 'b\\'c'") == "[A|b'c]");
    CHECK(apache("<Proxy x>\nA\n") == "1:1 the section is never closed");
    CHECK(apache("<Proxy x\nA\n") == "1:1 the line begins with < and does not end with >");
    CHECK(apache("A\n</Proxy>") == "2:1 </Proxy> closes a section that is not open");
    CHECK(apache("<A x>\n</B>") == "2:1 </B> closes a section that is not open");
    CHECK(apache("A \"b\n") == "1:3 the quote \" is never closed");
}

TEST_CASE("nginx: a block of Lua ends at its own brace") {
    CHECK(nginx("access_by_lua_block { if x { } } a b;") == "[access_by_lua_block] [a|b]");
    CHECK(nginx("set_by_lua_block $r { return \"}\\\"}\" .. '}' } a;") ==
          "[set_by_lua_block|$r] [a]");
    CHECK(
        nginx("x_by_lua_block { -- }\n --[[ }\n} ]] y = [==[ }]] ]==] z = [[}]] t[1] = {} } a;") ==
        "[x_by_lua_block] [a]");
    CHECK(nginx("x_by_lua_block { a[") == "1:16 the { of this block of Lua is never closed");
    CHECK(nginx("x_by_lua_block { --") == "1:16 the { of this block of Lua is never closed");
    CHECK(nginx("x_by_lua_block { '\\") == "1:16 the { of this block of Lua is never closed");
    CHECK(nginx("content_by_lua 'a { b'; c;") == "[content_by_lua|a { b] [c]");
}

TEST_CASE("lighttpd: lists, sums, conditions and comments") {
    CHECK(lighttpd("a.b = \"c\" # d\ne += ( \"f\" => 1, ( \"g\" => \"h\" ), \"i\", )") ==
          "[a.b|c] [e [f|1] [ [g|h]] [|i]]");
    CHECK(lighttpd("a = \"b\" + var.c\nd = ( 1 ) + ( 2 )") == "[a|b${var.c}] [d [|1] [|2]]");
    CHECK(lighttpd("$HTTP[\"host\"] == \"x{\" { a = 1 }\nelse { b = 2 }") ==
          "[$HTTP [a|1]] [else [b|2]]");
    CHECK(lighttpd("include \"x\"") == "[include|x]");
    CHECK(lighttpd("a = \"b\" + \"c\" + 1\na += \"d\"") == "[a|bc+1] [a|${a}d]");
    CHECK(lighttpd("a = ( 1, 2") == "1:5 the ( is never closed");
    CHECK(lighttpd("a = ( 1 2 )") == "1:9 there is no , or ) after this item of the list");
    CHECK(lighttpd("a = \"b\n") == "1:5 the quote \" is never closed");
    CHECK(lighttpd("a b") == "1:1 no = after a");
    CHECK(lighttpd("a =") == "1:4 the text ends where a value is expected");
    CHECK(lighttpd("$HTTP[\"x\"] == \"y\" { a = 1") == "1:19 the { is never closed");
    CHECK(lighttpd("}") == "1:1 unexpected }");
}

TEST_CASE("columns count characters, not bytes") {
    CHECK(nginx("\xc3\xa4\xc3\xb6 \"x") == "1:4 the quote \" is never closed");
}

TEST_CASE("what nests too deeply, is too long, or no text is refused with its place") {
    CHECK(nginx(repeated("a {", 64) + repeated("}", 64)) != "");
    CHECK(nginx(repeated("a {", 64) + repeated("}", 64)).front() == '[');
    CHECK(nginx(repeated("a {\n", 100000)) == "65:3 nested deeper than 64 blocks");
    CHECK(apache(repeated("<a>\n", 100000)) == "65:1 nested deeper than 64 blocks");
    CHECK(lighttpd("a = " + repeated("(", 100000)) == "1:69 nested deeper than 64 blocks");
    CHECK(lighttpd(repeated("else {\n", 100000)) == "65:6 nested deeper than 64 blocks");
    CHECK(haproxy(std::string("a\nb \0", 5)) == "2:3 here is a byte 0: this is not text");
    CHECK(nginx(std::string(k_longest_file + 1, ' ')) ==
          "1:1 the file is longer than 4 MiB, which no configuration is");
}

TEST_CASE("each kind is recognised by its words, and what could be two is not") {
    CHECK(recognise("upstream a {\n server b;\n}\n") == Kind::nginx);
    CHECK(recognise("upstream a { server b; }") == Kind::nginx);
    CHECK(recognise("# x\nbackend a\n  server b c:1\n") == Kind::haproxy);
    CHECK(recognise("<Proxy *>\nProxyPass / fcgi://a\n</Proxy>\n") == Kind::apache);
    CHECK(recognise("fastcgi.server = ( \"/\" => ( (\n") == Kind::lighttpd);
    CHECK(recognise("map $host $x {\n example.com a; # one\n 10.0.0.1 b;\n}\n") == Kind::nginx);
    CHECK(recognise("charset_types\n text/vnd.wap\n application/x.y;\ngzip on;\n") == Kind::nginx);
    CHECK(recognise("init_by_lua_block {\n x.y = 1\n z.a = 2\n}\n") == Kind::nginx);
    CHECK(recognise("global\n tune.bufsize 1\n tune.maxrewrite 1\n") == Kind::haproxy);
    CHECK(recognise("") == std::nullopt);
    CHECK(recognise("hello world\n") == std::nullopt);
    CHECK(recognise("backend a\nserver b;\n") == std::nullopt);
    for (const Kind kind : {Kind::nginx, Kind::haproxy, Kind::apache, Kind::lighttpd}) {
        CHECK(kind_named(name_of(kind)) == kind);
    }
    CHECK(kind_named("squid") == std::nullopt);
}

TEST_CASE("spans of time have the units of all balancers") {
    CHECK(span("10", 1s) == 10s);
    CHECK(span("500", 1ms) == 500ms);
    CHECK(span("1m30s", 1s) == 90s);
    CHECK(span("500ms", 1s) == 500ms);
    CHECK(span("1h", 1s) == 1h);
    for (const char* text : {"", "s", "1x", "-1", "1.5s", "9999999999s", "99999999w", "1 s"}) {
        CAPTURE(text);
        CHECK(span(text, 1s) == std::nullopt);
    }
}
