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
          "1:8 one-backend, 2:11 apache-persistent");
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
