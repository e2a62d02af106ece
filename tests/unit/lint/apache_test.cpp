// SPDX-License-Identifier: MIT
#include "linting.hpp"

using namespace recycler::lint;

namespace {

std::string apache_findings(const std::string& text) {
    return linting::found_in(Kind::apache, text);
}
// Two good members; `first` goes on in line 2 from column 40 on.
std::string with_first_member(const std::string& first, const std::string& rest = "") {
    return apache_findings("<Proxy \"balancer://shop\">\n"
                           "BalancerMember \"fcgi://127.0.0.1:7000\" " +
                           first + "\nBalancerMember \"fcgi://127.0.0.1:7001\" retry=1\n" + rest +
                           "</Proxy>\nProxyPass \"/\" \"balancer://shop/\"\n");
}

} // namespace

TEST_CASE("apache: retry=1 without reuse is without a finding") {
    CHECK(with_first_member("retry=1 disablereuse=on") == "");
    CHECK(with_first_member("retry=1 enablereuse=off") == "");
}

TEST_CASE("apache: reuse is persistent connections, however it is written") {
    CHECK(with_first_member("retry=1 enablereuse=On") == "2:48 apache-persistent");
    CHECK(with_first_member("retry=1 disablereuse=off") == "2:48 apache-persistent");
    CHECK(apache_findings("<Proxy fcgi://127.0.0.1:7000>\n ProxySet enablereuse=on\n</Proxy>\n"
                          "ProxyPassMatch ^/(.*)$ fcgi://127.0.0.1:7000/srv/$1\n") ==
          "2:11 apache-persistent, 4:24 one-backend");
}

TEST_CASE("apache: retry is a ban, 0 is none at all") {
    CHECK(with_first_member("") == "2:16 apache-long-retry");
    CHECK(with_first_member("retry=60") == "2:40 apache-long-retry");
    CHECK(with_first_member("retry=0") == "2:40 apache-retry-zero");
    CHECK(with_first_member("retry=3") == "");
}

TEST_CASE("apache: sessions that may not move are found") {
    CHECK(with_first_member("retry=1", "ProxySet stickysession=SID nofailover=On\n") ==
          "4:10 sticky, 4:28 apache-no-failover");
    CHECK(with_first_member("retry=1", "ProxySet nofailover=Off\n") == "");
}

TEST_CASE("apache: a short connect timeout is found, a member alone too") {
    CHECK(with_first_member("retry=1 connectiontimeout=500ms") == "2:48 connect-timeout");
    CHECK(with_first_member("retry=1 connectiontimeout=5") == "");
    CHECK(apache_findings(
              "<FilesMatch \\.php$>\nSetHandler \"proxy:unix:/run/a.sock|fcgi://localhost/\"\n"
              "</FilesMatch>\n") == "2:12 one-backend");
}

TEST_CASE("apache: members may stand outside of the section and over several lines") {
    CHECK(apache_findings("BalancerMember balancer://shop fcgi://127.0.0.1:7000 \\\n  retry=0\n"
                          "balancermember balancer://shop fcgi://127.0.0.1:7001 retry=1\n") ==
          "2:3 apache-retry-zero");
}

TEST_CASE("apache: members that speak HTTP are none of ours") {
    CHECK(
        apache_findings("<Proxy balancer://web>\nBalancerMember http://127.0.0.1:80\n</Proxy>\n") ==
        "1:1 no-backend");
}

TEST_CASE("apache: directives, parameters and their values count in any case") {
    CHECK(with_first_member("Retry=1 enableReuse=On") == "2:48 apache-persistent");
    CHECK(with_first_member("RETRY=60S") == "2:40 apache-long-retry");
    CHECK(with_first_member("retry=1", "PROXYSET StickySession=SID NoFailover=ON\n") ==
          "4:10 sticky, 4:28 apache-no-failover");
    CHECK(apache_findings("balancermember Balancer://Shop FCGI://127.0.0.1:7000 retry=1\n"
                          "BalancerMember balancer://shop fcgi://127.0.0.1:7001 retry=1\n") == "");
}

TEST_CASE("apache: the head of a <Proxy> has parameters, too") {
    CHECK(apache_findings("<Proxy \"fcgi://localhost:9000/\" enablereuse=on max=10>\n</Proxy>\n"
                          "SetHandler \"proxy:fcgi://localhost:9000\"\n") ==
          "1:33 apache-persistent, 3:12 one-backend");
    // A worker outside of a balancer is told by its host, whichever socket it is reached at.
    CHECK(apache_findings("SetHandler \"proxy:unix:///run/a.sock|fcgi://one/\"\n"
                          "<Proxy fcgi://one/ enablereuse=on>\n</Proxy>\n") ==
          "1:12 one-backend, 2:20 apache-persistent, 2:20 persistent-unix");
    CHECK(apache_findings("<Proxy balancer://shop stickysession=SID>\n"
                          "BalancerMember fcgi://127.0.0.1:7000 retry=1\n"
                          "BalancerMember fcgi://127.0.0.1:7001 retry=1\n</Proxy>\n") ==
          "1:24 sticky");
    // Nobody is sent there.
    CHECK(apache_findings("<Proxy fcgi://127.0.0.1:7000 enablereuse=on>\n</Proxy>\n") ==
          "1:1 no-backend");
}

TEST_CASE("apache: members that differ in their sockets alone are one") {
    const auto members = [](const std::string& first, const std::string& second) {
        return apache_findings("<Proxy balancer://shop>\nBalancerMember " + first +
                               " retry=1\nBalancerMember " + second + " retry=1\n</Proxy>\n");
    };
    CHECK(members("unix:/run/a|fcgi://localhost", "unix:/run/b|fcgi://LocalHost/") ==
          "1:8 one-backend, 3:16 apache-shared-member");
    CHECK(members("fcgi://127.0.0.1:7000", "fcgi://127.0.0.1:7000/b") ==
          "1:8 one-backend, 3:16 apache-shared-member");
    CHECK(members("unix:/run/a|fcgi://a", "unix:/run/b|fcgi://ab") == "");
    CHECK(members("fcgi://127.0.0.1:7000/a", "fcgi://127.0.0.1:7000/b") == "");
    CHECK(members("fcgi://127.0.0.1:700", "fcgi://127.0.0.1:7001") == "");
}

TEST_CASE("apache: a path may begin with a variable, and a member may be disabled") {
    CHECK(apache_findings("RewriteRule ^ fcgi://127.0.0.1:9000%{REQUEST_FILENAME} [P]\n") ==
          "1:15 one-backend");
    CHECK(apache_findings("ProxyPassMatch ^(/.*)$ fcgi://127.0.0.1:9000$1\n") ==
          "1:24 one-backend");
    CHECK(apache_findings("RewriteRule ^/(.*) fcgi://$1:9000/ [P]\n") == "1:20 unknown-address");
    CHECK(apache_findings("RewriteRule ^ fcgi://%{ENV:HOST}/ [P]\n") == "1:15 unknown-address");
    const std::string two = "BalancerMember balancer://shop fcgi://127.0.0.1:7000 retry=1\n"
                            "BalancerMember balancer://shop fcgi://127.0.0.1:7001 retry=1 ";
    CHECK(apache_findings(two + "\nRewriteRule ^ balancer://shop%{REQUEST_URI} [P]\n") == "");
    CHECK(apache_findings(two + "status=+D\n") == "1:16 one-backend");
    CHECK(apache_findings(two + "status=+H\n") == "");
    CHECK(apache_findings(two + "status=-D\n") == "");
}

TEST_CASE("apache: what is defined before has its value") {
    CHECK(apache_findings("Define PHP 127.0.0.1:9000\n"
                          "SetHandler \"proxy:fcgi://${PHP}/\"\n") == "2:12 one-backend");
    CHECK(apache_findings("SetHandler \"proxy:fcgi://${PHP}/\"\n"
                          "Define PHP 127.0.0.1:9000\n") == "1:12 unknown-address");
}

TEST_CASE("apache: a rule that rewrites to a worker sends requests there only as a proxy") {
    CHECK(apache_findings("RewriteRule ^/(.*\\.php)$ fcgi://127.0.0.1:7000/srv/$1 [P,L]\n") ==
          "1:26 one-backend");
    CHECK(apache_findings("rewriterule ^ unix:/run/a|fcgi://a/ [L,proxy]\n") == "1:15 one-backend");
    CHECK(apache_findings("RewriteRule ^/(.*)$ fcgi://127.0.0.1:7000/$1 [PT,L]\n") ==
          "1:1 no-backend");
}

TEST_CASE("apache: a timeout counts for the hosts that it stands in") {
    const std::string member = "ProxyPass / fcgi://127.0.0.1:7000/\n";
    const auto read = [](const std::string& text) {
        const auto parsed = parse_apache({0, text});
        return read_apache({std::get<Tree>(parsed)}, {}).at(0).read->length.count() / 1'000'000'000;
    };
    CHECK(read("Timeout 30\n" + member) == 30);
    CHECK(read("Timeout 30\n<VirtualHost *>\nProxyTimeout 5m\n" + member + "</VirtualHost>\n") ==
          300);
    CHECK(read("<VirtualHost a>\nTimeout 5\n</VirtualHost>\n" + member) == 60);
}
