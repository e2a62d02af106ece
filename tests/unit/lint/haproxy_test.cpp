// SPDX-License-Identifier: MIT
#include "linting.hpp"

using namespace recycler::lint;

namespace {

constexpr const char* k_app = "fcgi-app shop\n no option keep-conn\n";
constexpr const char* k_backend = "backend shop\n option redispatch 1\n use-fcgi-app shop\n";
constexpr const char* k_haproxy_servers = " server a 127.0.0.1:7000 proto fcgi\n"
                                          " server b 127.0.0.1:7001 proto fcgi\n";

std::string haproxy_findings(const std::string& text) {
    return linting::found_in(Kind::haproxy, text);
}
// A good one with this line in its backend, at 6:2, or in the defaults, at 2:2.
std::string with_line(const std::string& line) {
    return haproxy_findings(std::string(k_app) + k_backend + " " + line + "\n" + k_haproxy_servers);
}
std::string with_default(const std::string& line) {
    return haproxy_findings("defaults\n " + line + "\n" + k_app + k_backend + k_haproxy_servers);
}

} // namespace

TEST_CASE("haproxy: keep-conn off and redispatch 1 are without a finding") {
    CHECK(with_line("retries 10") == "");
    CHECK(with_line("retry-on conn-failure") == "");
}

TEST_CASE("haproxy: keep-conn is on unless it is switched off") {
    const std::string rest = std::string(k_backend) + k_haproxy_servers;
    CHECK(haproxy_findings("fcgi-app shop\n docroot /srv\n" + rest) == "1:1 haproxy-persistent");
    CHECK(haproxy_findings("fcgi-app shop\n option keep-conn\n" + rest) ==
          "2:2 haproxy-persistent");
    CHECK(haproxy_findings("fcgi-app shop\n" + std::string(k_backend) +
                           " default-server max-reuse 0\n" + k_haproxy_servers) == "");
    CHECK(haproxy_findings(rest) == "3:2 not-followed"); // its fcgi-app is elsewhere
}

TEST_CASE("haproxy: without redispatch a refused connect stays at its server") {
    const std::string app = k_app;
    CHECK(haproxy_findings(app + "backend shop\n use-fcgi-app shop\n" + k_haproxy_servers) ==
          "3:1 haproxy-no-redispatch");
    CHECK(haproxy_findings(app + "backend shop\n no option redispatch\n use-fcgi-app shop\n" +
                           k_haproxy_servers) == "4:2 haproxy-no-redispatch");
    CHECK(haproxy_findings(app + "backend shop\n option redispatch 0\n use-fcgi-app shop\n" +
                           k_haproxy_servers) == "4:2 haproxy-no-redispatch");
    CHECK(haproxy_findings(app + "backend shop\n option redispatch\n use-fcgi-app shop\n" +
                           k_haproxy_servers) == "4:2 haproxy-late-redispatch");
    CHECK(haproxy_findings("defaults\n option redispatch 1\n" + app +
                           "backend shop\n use-fcgi-app shop\n" + k_haproxy_servers) == "");
}

TEST_CASE("haproxy: too few retries are found, also those of the defaults") {
    CHECK(with_line("retries 0") == "6:2 haproxy-few-retries");
    CHECK(with_line("retries 2") == "6:2 haproxy-few-retries");
    CHECK(with_line("retries 3") == "");
    CHECK(with_default("retries 1") == "2:2 haproxy-few-retries");
}

TEST_CASE("haproxy: defaults count up to the next ones, and by name where one is asked for") {
    const std::string rest = std::string(k_app) + k_backend + k_haproxy_servers;
    CHECK(haproxy_findings("defaults\n retries 1\ndefaults\n mode http\n" + rest) == "");
    CHECK(haproxy_findings("defaults a\n retries 1\ndefaults b\n mode http\n" + std::string(k_app) +
                           "backend shop from a\n option redispatch 1\n use-fcgi-app shop\n" +
                           k_haproxy_servers) == "2:2 haproxy-few-retries");
    CHECK(haproxy_findings("defaults a\n retries 1\ndefaults b from a\n mode http\n" + rest) ==
          "2:2 haproxy-few-retries");
}

TEST_CASE("haproxy: retry-on beyond failed connects executes a request twice") {
    CHECK(with_line("retry-on conn-failure empty-response") == "6:24 haproxy-executes-twice");
    CHECK(with_line("retry-on all-retryable-errors") == "6:11 haproxy-executes-twice");
    CHECK(with_line("retry-on none") == "6:2 haproxy-no-retries");
}

TEST_CASE("haproxy: observing requests takes refused servers out") {
    CHECK(with_line("default-server check observe layer4 on-error mark-down") ==
          "6:31 haproxy-mark-down");
    CHECK(with_line("default-server check observe layer4") == "6:31 haproxy-observe");
    CHECK(with_line("default-server check inter 100ms fall 1 rise 1") == "");
    CHECK(haproxy_findings(std::string(k_app) + k_backend +
                           " server a 127.0.0.1:7000 check observe layer7 on-error sudden-death\n"
                           " server b 127.0.0.1:7001 check\n") == "6:40 haproxy-mark-down");
}

TEST_CASE("haproxy: a short connect timeout, a hash and a lonely server are found") {
    CHECK(with_default("timeout connect 500") == "2:2 connect-timeout");
    CHECK(with_default("timeout connect 1s") == "2:2 connect-timeout");
    CHECK(with_default("timeout connect 5s") == "");
    CHECK(with_line("balance source") == "6:2 sticky");
    CHECK(with_line("balance hdr(Cookie)") == "6:2 sticky");
    CHECK(with_line("balance leastconn") == "");
    CHECK(with_line("balance random(2)") == "");
    CHECK(haproxy_findings(std::string(k_app) + k_backend +
                           " server a 127.0.0.1:7000 proto fcgi\n") == "3:1 one-backend");
    CHECK(haproxy_findings(std::string(k_app) + k_backend + k_haproxy_servers +
                           " server c unix@/c disabled\n") == "");
}

TEST_CASE("haproxy: a listen section is a backend, one of HTTP servers is none of ours") {
    CHECK(haproxy_findings(std::string(k_app) + "listen shop\n bind :80\n use-fcgi-app shop\n" +
                           k_haproxy_servers) == "3:1 haproxy-no-redispatch");
    CHECK(haproxy_findings("backend shop\n use-fcgi-app shop\n") == "1:1 no-backend");
    CHECK(haproxy_findings("backend web\n balance source\n server a 10.0.0.1:80\n") ==
          "1:1 no-backend");
}

TEST_CASE("haproxy: what ends requests under way is found where a health check brings it about") {
    const std::string down = "on-marked-down shutdown-sessions";
    CHECK(with_line("default-server check " + down) == "6:38 haproxy-shutdown-sessions");
    CHECK(with_line("default-server check\n default-server " + down) ==
          "7:32 haproxy-shutdown-sessions");
    CHECK(with_line("default-server " + down) == ""); // nobody marks it
    CHECK(with_line("default-server check no-check " + down) == "");
    const auto servers = [](const std::string& first, const std::string& second) {
        return haproxy_findings(std::string(k_app) + k_backend + " server a 127.0.0.1:7000 " +
                                first + "\n server b 127.0.0.1:7001 " + second + "\n");
    };
    CHECK(servers("check " + down, "check " + down) == "6:47 haproxy-shutdown-sessions");
    const std::string up = "on-marked-up shutdown-backup-sessions";
    CHECK(servers("check " + up, "backup") == "6:45 haproxy-shutdown-sessions");
    CHECK(servers("check " + up, "check") == ""); // there is no backup
}

TEST_CASE("haproxy: clients stay with their workers by cookies and tables, too") {
    const std::string named = "default-server cookie x\n ";
    CHECK(with_line("cookie SRV insert") == ""); // no server has a name in it
    CHECK(with_line(named + "cookie SRV insert") == "7:2 sticky");
    CHECK(with_line(named + "no cookie") == "");
    CHECK(with_line("cookie SRV insert dynamic") == "6:2 sticky");
    CHECK(with_line("stick on src") == "6:2 sticky");
    CHECK(with_line("stick match cookie(SID)") == "6:2 sticky");
    CHECK(with_line("stick-table type ip size 1k expire 1m store http_req_rate(10s)") == "");
    CHECK(with_line("stick store-request src") == "");
    CHECK(with_line("option persist") == "6:2 sticky");
    CHECK(with_line("no option persist") == "");
    CHECK(with_line("balance first") == "");
    CHECK(with_line("force-persist if { src 10.0.0.0/8 }") == "6:2 haproxy-force-persist");
}

TEST_CASE("haproxy: workers that are asked for their values first are found") {
    CHECK(haproxy_findings(std::string(k_app) + " option get-values\n" + k_backend +
                           k_haproxy_servers) == "3:2 haproxy-get-values");
    CHECK(haproxy_findings(std::string(k_app) + " no option get-values\n" + k_backend +
                           k_haproxy_servers) == "");
}

TEST_CASE("haproxy: an address out of the environment is not known") {
    CHECK(haproxy_findings(std::string(k_app) + k_backend +
                           " server a \"${HOST}:7000\" proto fcgi\n"
                           " server b 127.0.0.1:7001 proto fcgi\n") == "6:11 unknown-address");
    CHECK(haproxy_findings("global\n setenv HOST 127.0.0.1\n" + std::string(k_app) + k_backend +
                           " server a \"${HOST}:7000\" proto fcgi\n"
                           " server b \"${HOST}:7001\" proto fcgi\n") == "");
}
