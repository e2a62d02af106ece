// SPDX-License-Identifier: MIT
#include "linting.hpp"

#include "policies/parse.hpp"

using namespace recycler::lint;

namespace {

constexpr const char* k_nginx = "upstream shop {\n"
                                "server 127.0.0.1:7000;\n"
                                "server localhost:7001 max_fails=0; }\n"
                                "upstream other {\n"
                                "server 127.0.0.1:9000; server 127.0.0.1:9001; }\n"
                                "location / { fastcgi_pass shop; }\n"
                                "location /other { fastcgi_pass other; }\n";

policies::Policy policy(const std::string& listen, const std::string& rest) {
    auto parsed = policies::parse("[app]\ncommand = [\"/bin/true\"]\nuser = \"www-data\"\n"
                                  "listen = \"" +
                                      listen + "\"\n" + rest,
                                  "shop", {});
    REQUIRE(std::holds_alternative<policies::Policy>(parsed));
    return std::get<policies::Policy>(std::move(parsed));
}

Report against(const std::string& listen, const std::string& rest = "",
               const std::string& text = k_nginx) {
    return lint({{{"nginx.conf", text}}, Kind::nginx, policy(listen, rest)});
}

} // namespace

TEST_CASE("with a policy only the pool of its slots is looked at") {
    CHECK(linting::names(lint({{{"nginx.conf", k_nginx}}, Kind::nginx, {}})) ==
          "2:1 nginx-ban-time, 5:1 nginx-ban-time");
    CHECK(linting::names(against("127.0.0.1:7000-7001")) == "2:1 nginx-ban-time");
}

TEST_CASE("what only a closed gate loses is a note where the policy closes none") {
    const std::string close = "[capacity]\nhandover = \"close\"\n";
    const std::string overlap = "[capacity]\nhandover = \"overlap\"\n";
    CHECK(against("127.0.0.1:7000-7001", close).findings.at(0).severity ==
          Severity::loses_when_closed);
    const auto softened = against("127.0.0.1:7000-7001", overlap);
    CHECK(softened.findings.at(0).severity == Severity::note);
    CHECK(softened.findings.at(0).sentence.find("recyclerctl drain") != std::string::npos);
    const auto automatic = against("127.0.0.1:7000-7001");
    CHECK(automatic.findings.at(0).severity == Severity::loses_when_closed);
    CHECK(automatic.findings.at(0).sentence.find("handover = \"auto\"") != std::string::npos);
}

TEST_CASE("what kept connections cost is a note unless the policy lets none rest") {
    const std::string kept = "upstream shop { server unix:/run/0 max_fails=0;\n"
                             "server unix:/run/1 max_fails=0; keepalive 4; }\n"
                             "location / { fastcgi_pass shop; fastcgi_keep_conn on; }";
    const auto severities = [&](const std::string& key) {
        std::vector<Severity> told;
        for (const Finding& each : against("unix:/run/%s", "workers = 2\n" + key, kept).findings) {
            told.push_back(each.severity);
        }
        return told;
    };
    CHECK(severities("keep_connections = \"auto\"\n") ==
          std::vector{Severity::note, Severity::note});
    CHECK(severities("") == std::vector{Severity::note, Severity::note});
    CHECK(severities("keep_connections = \"off\"\n") ==
          std::vector{Severity::loses, Severity::slows});
}

TEST_CASE("the policy's settle decides how long a ban may be") {
    CHECK(linting::names(against("127.0.0.1:7000-7001", "[capacity]\nsettle = \"12s\"\n")) ==
          "2:1 nginx-short-ban");
    const Source hosts{"lighttpd.conf", "fastcgi.server = (\"/\" => ((\"port\" => 7000),\n"
                                        "(\"port\" => 7001)))\n"};
    const auto hasty = policy("127.0.0.1:7000-7001", "[capacity]\nsettle = \"1s\"\n");
    CHECK(linting::names(lint({{hosts}, Kind::lighttpd, hasty})) == "1:27 lighttpd-disable-time");
}

TEST_CASE("ports that only one side knows are found") {
    CHECK(linting::names(against("127.0.0.1:7000-7003")) ==
          "1:1 slot-without-backend, 2:1 nginx-ban-time");
    CHECK(against("127.0.0.1:7000-7003").findings.at(0).sentence ==
          "127.0.0.1:7002, 127.0.0.1:7003 of app shop are not backends here: no request reaches "
          "them");
    CHECK(linting::names(against("127.0.0.1:7001-7002")) ==
          "1:1 slot-without-backend, 2:1 nginx-ban-time, 2:8 backend-of-nobody");
    // Another address of the same machine, and the same port.
    CHECK(linting::names(against("127.0.0.2:7000")) == "1:1 other-app");
    // A name may stand for any.
    CHECK(linting::names(against("[::1]:7001")) == "2:1 nginx-ban-time, 2:8 backend-of-nobody");
}

TEST_CASE("a configuration that has none of the slots is another app's") {
    const auto report = against("127.0.0.1:7777");
    CHECK(linting::names(report) == "1:1 other-app");
    CHECK(report.findings.at(0).severity == Severity::loses);
}

TEST_CASE("the only slot of a policy is closed by nobody") {
    const auto report =
        against("127.0.0.1:7000", "", "location / { fastcgi_pass 127.0.0.1:7000; }");
    CHECK(linting::names(report) == "1:14 one-backend");
    CHECK(report.findings.at(0).severity == Severity::note);
}

TEST_CASE("a read timeout shorter than recycle.hung is found, and what comes of it") {
    const std::string hung = "[recycle]\nhung = \"360s\"\n";
    const std::string good = "upstream s { server 127.0.0.1:7000 max_fails=0;\n"
                             "server 127.0.0.1:7001 max_fails=0; }\n";
    const std::string listen = "127.0.0.1:7000-7001";
    CHECK(linting::names(against(listen, hung, good + "location / { fastcgi_pass s; }")) ==
          "3:14 read-timeout-twice");
    CHECK(
        linting::names(against(
            listen, hung, good + "location / { fastcgi_next_upstream error; fastcgi_pass s; }")) ==
        "3:43 read-timeout");
    CHECK(linting::names(against(
              listen, hung, good + "location / { fastcgi_read_timeout 10m; fastcgi_pass s; }")) ==
          "");
    CHECK(linting::names(against(listen, "", good + "location / { fastcgi_pass s; }")) == "");
}

TEST_CASE("slots at the paths of sockets are compared too") {
    CHECK(linting::names(
              against("unix:/run/a.sock", "",
                      "upstream s { server unix:/run/a.sock max_fails=0;\n"
                      "server unix:/run/b.sock max_fails=0; }\nlocation / { fastcgi_pass s; }")) ==
          "2:8 backend-of-nobody");
}

TEST_CASE("addresses are compared by what they are") {
    const auto both = [](const std::string& first, const std::string& second) {
        return "upstream s { server " + first + " max_fails=0; server " + second +
               " max_fails=0; }\nlocation / { fastcgi_pass s; }";
    };
    const std::string workers = "\"\nworkers = 2 #";
    CHECK(linting::names(against("unix:/run/shop/%s.sock" + workers, "",
                                 both("unix:/var/run/shop/0.sock", "unix:///run//shop/1.sock"))) ==
          "");
    CHECK(linting::names(against("[::1]:7000-7001", "",
                                 both("[0:0:0:0:0:0:0:1]:7000", "localhost:7001"))) == "");
    CHECK(linting::names(against("[::]:7000-7001", "", both("[::1]:7000", "127.0.0.1:7001"))) ==
          "1:52 other-family");
    CHECK(linting::names(against("0.0.0.0:7000-7001", "", both("[::1]:7000", "127.0.0.1:7001"))) ==
          "1:21 other-family");
}

TEST_CASE("in a chroot of the balancer a path begins there") {
    const auto found = [](const std::string& listen, const std::string& server) {
        return linting::names(lint({{{"haproxy.cfg", "global\n chroot /jail/\nfcgi-app a\n"
                                                     " no option keep-conn\nbackend b\n"
                                                     " use-fcgi-app a\n server x " +
                                                         server + "\n"}},
                                    Kind::haproxy,
                                    policy(listen, "")}));
    };
    CHECK(found("unix:/jail/run/a.sock", "unix@/run/a.sock") == "5:1 one-backend");
    CHECK(found("unix:/run/a.sock", "unix@/run/a.sock") == "5:1 one-backend, 7:11 chroot");
    CHECK(found("unix:/run/b.sock", "unix@/run/a.sock") == "1:1 other-app");
    CHECK(found("127.0.0.1:7000", "127.0.0.1:7000") == "5:1 one-backend");
    const Source apache{"a.conf", "ChrootDir /jail\n"
                                  "SetHandler \"proxy:unix:/run/a.sock|fcgi://localhost\"\n"};
    CHECK(linting::names(lint({{apache}, Kind::apache, policy("unix:/run/a.sock", "")})) ==
          "2:12 chroot, 2:12 one-backend");
    const Source lighttpd{"l.conf",
                          "server.chroot = \"/jail\"\n"
                          "fastcgi.server = (\"/\" => ((\"socket\" => \"/run/a.sock\")))\n"};
    CHECK(linting::names(lint({{lighttpd}, Kind::lighttpd, policy("unix:/jail/run/a.sock", "")})) ==
          "2:19 one-backend");
}

TEST_CASE("where an address is not known, nothing is said about whose it is") {
    CHECK(linting::names(against("127.0.0.1:7000", "", "location / { fastcgi_pass $x; }")) ==
          "1:27 unknown-address");
    CHECK(linting::names(against("127.0.0.1:7000-7001", "",
                                 "upstream s { server 127.0.0.1:7000 max_fails=0;\n"
                                 "server x max_fails=0; }\nlocation / { fastcgi_pass s; }")) ==
          "2:8 unknown-address");
}
