// SPDX-License-Identifier: MIT
#include "linting.hpp"

using namespace recycler::lint;

namespace {

std::string lighttpd_findings(const std::string& text) {
    return linting::found_in(Kind::lighttpd, text);
}
// Two hosts; `first` stands in line 2 from column 42 on.
std::string with_first_host(const std::string& first) {
    return lighttpd_findings(
        "fastcgi.server = ( \"/\" => (\n"
        "  ( \"host\" => \"127.0.0.1\", \"port\" => 7000" +
        first + " ),\n  ( \"host\" => \"127.0.0.1\", \"port\" => 7001 ), # the second\n) )\n");
}

} // namespace

TEST_CASE("lighttpd: two hosts as they come are without a finding") {
    CHECK(with_first_host("") == "");
    CHECK(with_first_host(", \"check-local\" => \"disable\"") == "");
    CHECK(with_first_host(", \"disable-time\" => 1") == "");
    CHECK(with_first_host(", \"disable-time\" => 0") == "");
}

TEST_CASE("lighttpd: a disable-time longer than settle loses requests") {
    CHECK(with_first_host(", \"disable-time\" => 2") == "2:44 lighttpd-disable-time");
    CHECK(with_first_host(", \"disable-time\" => 60") == "2:44 lighttpd-disable-time");
}

TEST_CASE("lighttpd: workers of its own are found") {
    CHECK(with_first_host(", \"bin-path\" => \"/usr/bin/php-cgi\"") == "2:44 lighttpd-bin-path");
}

TEST_CASE("lighttpd: a short connect-timeout, a hash and one host alone are found") {
    CHECK(with_first_host(", \"connect-timeout\" => 1") == "2:44 connect-timeout");
    CHECK(with_first_host(", \"connect-timeout\" => 5") == "");
    const std::string hosts = "fastcgi.server = (\".php\" => ((\"socket\" => \"/run/a\"), "
                              "(\"socket\" => \"/run/b\")))\n";
    CHECK(lighttpd_findings(hosts + "fastcgi.balance = \"sticky\"\n") == "2:1 sticky");
    CHECK(lighttpd_findings(hosts + "fastcgi.balance = \"round-robin\"\n") == "");
    CHECK(lighttpd_findings("fastcgi.server = (\".php\" => ((\"socket\" => \"/run/a\")))\n") ==
          "1:19 one-backend");
}

TEST_CASE("lighttpd: hosts in conditions, with names, and added with += are looked at") {
    CHECK(
        lighttpd_findings("$HTTP[\"host\"] =~ \"^shop\" {\n"
                          "  fastcgi.server += ( \".php\" => ( \"a\" => ( \"port\" => 7000 ) ) )\n"
                          "} else {\n"
                          "  fastcgi.server += ( \".rb\" => (( \"port\" => var.first + 1 )))\n"
                          "}\n") == "2:23 one-backend, 4:35 unknown-address");
}

TEST_CASE("lighttpd: an include that is not named is said to be not followed") {
    CHECK(lighttpd_findings("include \"conf.d/*.conf\"\ninclude_shell \"/bin/x \" + server.port\n"
                            "server.port = 80\n") ==
          "1:1 no-backend, 1:1 not-followed, 2:1 not-followed");
}
