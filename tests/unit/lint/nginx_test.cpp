// SPDX-License-Identifier: MIT
#include "linting.hpp"

using namespace recycler::lint;

namespace {

constexpr const char* k_nginx_servers = "server 127.0.0.1:7000 max_fails=0;\n"
                                        "server 127.0.0.1:7001 max_fails=0;\n";

// `upstream` from line 2 on, `location` in a line of its own, `http` in the last one.
std::string nginx_findings(const std::string& upstream, const std::string& location = "",
                           const std::string& http = "") {
    return linting::found_in(Kind::nginx, "upstream shop {\n" + upstream +
                                              "}\nserver { location / { fastcgi_pass shop;\n" +
                                              location + "\n} }\n" + http);
}

} // namespace

TEST_CASE("nginx: two servers without a ban and nothing else are without a finding") {
    CHECK(nginx_findings(k_nginx_servers) == "");
    CHECK(nginx_findings(k_nginx_servers,
                         "fastcgi_next_upstream error timeout; fastcgi_keep_conn off;") == "");
}

TEST_CASE("nginx: a ban of a refused server loses requests where it is longer than settle") {
    const std::string second = "server 127.0.0.1:7001 max_fails=0;\n";
    CHECK(nginx_findings("server 127.0.0.1:7000;\n" + second) == "2:1 nginx-ban-time");
    CHECK(nginx_findings("server 127.0.0.1:7000 max_fails=3;\n" + second) == "2:1 nginx-ban-time");
    CHECK(nginx_findings("server 127.0.0.1:7000 fail_timeout=5s;\n" + second) ==
          "2:1 nginx-ban-time");
    CHECK(nginx_findings("server 127.0.0.1:7000 fail_timeout=1s;\n" + second) ==
          "2:1 nginx-short-ban");
    CHECK(nginx_findings(second + "server 127.0.0.1:7000;\n") == "3:1 nginx-ban-time");
    // Each of them is bad, one finding says it.
    CHECK(nginx_findings("server 127.0.0.1:7000;\nserver 127.0.0.1:7001;\n") ==
          "2:1 nginx-ban-time");
}

TEST_CASE("nginx: the sentence of a ban says how long, its advice what to write") {
    const auto report = linting::report_of(
        Kind::nginx, "upstream shop { server unix:/run/a; server unix:/run/b; }\n"
                     "location / { fastcgi_pass shop; }");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].severity == Severity::loses_when_closed);
    CHECK(report.findings[0].sentence.find(
              "nginx waits 10s before it tries a worker of upstream shop") != std::string::npos);
    CHECK(report.findings[0].advice ==
          "write, for each server of upstream shop: server unix:/run/a max_fails=0;");
}

TEST_CASE("nginx: keepalive and fastcgi_keep_conn together are persistent connections") {
    CHECK(nginx_findings(k_nginx_servers + std::string("keepalive 16;\n"),
                         "fastcgi_keep_conn on;") == "4:1 nginx-persistent");
    CHECK(nginx_findings(k_nginx_servers + std::string("keepalive 16;\n")) == "");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_keep_conn on;") == "6:1 nginx-keep-conn");
    CHECK(nginx_findings(k_nginx_servers + std::string("keepalive 16;\n"), "",
                         "fastcgi_keep_conn on;") == "4:1 nginx-persistent");
    CHECK(nginx_findings(k_nginx_servers + std::string("keepalive 16;\n"), "fastcgi_keep_conn off;",
                         "fastcgi_keep_conn on;") == "");
}

TEST_CASE("nginx: of connections that are kept to unix sockets it is said what they cost where "
          "none rests") {
    const std::string servers =
        "server unix:/run/a max_fails=0;\nserver unix:/run/b max_fails=0;\n";
    CHECK(nginx_findings(servers + "keepalive 16;\n", "fastcgi_keep_conn on;") ==
          "4:1 nginx-persistent, 4:1 persistent-unix");
    CHECK(nginx_findings(servers + "keepalive 16;\n") == "");
    const auto report = linting::report_of(
        Kind::nginx,
        "upstream shop { server unix:/run/a max_fails=0; server unix:/run/b max_fails=0;\n"
        "keepalive 16; }\nlocation / { fastcgi_pass shop; fastcgi_keep_conn on; }");
    REQUIRE(report.findings.size() == 2);
    CHECK(report.findings[0].severity == Severity::note);
    CHECK(report.findings[1].severity == Severity::note);
    CHECK(report.findings[1].advice == report.findings[0].advice);
}

TEST_CASE("nginx: what keeps a refused connect from going to the next server is found") {
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream off;") ==
          "6:1 nginx-next-upstream-off");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream timeout;") ==
          "6:1 nginx-next-upstream-off");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream_tries 1;") ==
          "6:1 nginx-next-upstream-tries");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream_tries 0;") == "");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream_tries 2;") == "");
}

TEST_CASE("nginx: what asks the next server although the first had the request is found") {
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream error non_idempotent http_500;") ==
          "6:29 nginx-executes-twice, 6:44 nginx-executes-twice");
    CHECK(nginx_findings(k_nginx_servers, "", "fastcgi_next_upstream error invalid_header;") ==
          "8:29 nginx-executes-twice");
}

TEST_CASE("nginx: a short connect timeout and a hash are found") {
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_connect_timeout 500ms;") ==
          "6:1 connect-timeout");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_connect_timeout 1;") == "6:1 connect-timeout");
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_connect_timeout 5s;") == "");
    CHECK(nginx_findings(std::string("ip_hash;\n") + k_nginx_servers) == "2:1 sticky");
    CHECK(nginx_findings(std::string("least_conn;\n") + k_nginx_servers) == "");
}

TEST_CASE("nginx: one server, also one of two that are not down, has no other to go to") {
    CHECK(nginx_findings("server 127.0.0.1:7000;\n") == "1:1 one-backend");
    CHECK(nginx_findings("server 127.0.0.1:7000;\nserver 127.0.0.1:7001 down;\n") ==
          "1:1 one-backend");
    CHECK(linting::found_in(Kind::nginx, "location / { fastcgi_pass 127.0.0.1:7000; }") ==
          "1:14 one-backend");
}

TEST_CASE("nginx: what does not go to FastCGI is not looked at") {
    CHECK(linting::found_in(Kind::nginx, "upstream web { server 127.0.0.1:80; }\n"
                                         "server { location / { proxy_pass http://web; } }") ==
          "1:1 no-backend");
    CHECK(nginx_findings(k_nginx_servers, "",
                         "upstream web { server 127.0.0.1:80; keepalive 4; }") == "");
}

TEST_CASE("nginx: a variable is what set, map, geo or split_clients make of it, or not known") {
    CHECK(linting::found_in(Kind::nginx, "location / { fastcgi_pass $backend; }") ==
          "1:27 unknown-address");
    CHECK(linting::found_in(Kind::nginx,
                            "set $app shop; location / {\n"
                            "fastcgi_pass unix:/run/$app.sock; }") == "2:1 one-backend");
    CHECK(linting::found_in(Kind::nginx, "map $host $to { hostnames;\n default unix:/run/a;\n"
                                         " b.example shop; }\n"
                                         "upstream Shop { server 127.0.0.1:7000;\n"
                                         "server 127.0.0.1:7001 max_fails=0; }\n"
                                         "location / { fastcgi_pass $to; }") ==
          "2:10 one-backend, 4:17 nginx-ban-time");
    CHECK(linting::found_in(Kind::nginx, "geo $to { default $host; 10.0.0.0/8 unix:/run/a; }\n"
                                         "location / { fastcgi_pass $to; }") ==
          "1:19 unknown-address, 1:37 one-backend");
    CHECK(linting::found_in(Kind::nginx, "split_clients $ip $to { 50% unix:/a; * $to; }\n"
                                         "location / { fastcgi_pass ${to}; }") ==
          "1:29 one-backend, 1:40 unknown-address");
}

TEST_CASE("nginx: variables of many values end") {
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += "set $a \"\";\n";
    }
    const std::string pass = "location / { fastcgi_pass \"$a$a$a$a\"; }\n";
    CHECK(linting::found_in(Kind::nginx, text + pass) == "1001:27 unknown-address");
}

TEST_CASE("nginx: values and the names of upstreams count in any case") {
    const std::string two = std::string(k_nginx_servers) + "keepalive 4;\n";
    CHECK(nginx_findings(two, "fastcgi_keep_conn On;").find("nginx-persistent") !=
          std::string::npos);
    CHECK(nginx_findings(k_nginx_servers, "fastcgi_next_upstream ERROR Timeout;") == "");
    CHECK(nginx_findings(std::string(k_nginx_servers) + "keepalive 0;\n",
                         "fastcgi_keep_conn on;") == "7:1 nginx-keep-conn");
}

TEST_CASE("nginx: where Lua chooses the worker, the addresses are not known") {
    CHECK(nginx_findings("server 0.0.0.1;\nbalancer_by_lua_block { x() }\n") ==
          "3:1 unknown-address");
}

TEST_CASE("nginx: an include is followed only where the file is named, too") {
    const Source main{"/etc/nginx/nginx.conf", "http { fastcgi_keep_conn on;\n"
                                               "include mime.types;\n"
                                               "include /etc/nginx/conf.d/*.conf; }"};
    const Source shop{"/etc/nginx/conf.d/shop.conf",
                      "upstream shop { server unix:/a max_fails=0;\n"
                      "server unix:/b max_fails=0; keepalive 4; }\n"
                      "server { location / { fastcgi_pass shop; } }"};
    CHECK(linting::names(lint({{main}, Kind::nginx, {}})) == "1:1 no-backend, 3:1 not-followed");
    const auto both = lint({{main, shop}, Kind::nginx, {}});
    CHECK(linting::names(both) == "2:29 nginx-persistent, 2:29 persistent-unix");
    CHECK(both.findings.front().place.file == 1);
}
