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

TEST_CASE("lighttpd: a balance is about the hosts around which it stands") {
    const std::string hosts = "fastcgi.server = (\"/\" => ((\"port\" => 1), (\"port\" => 2)))\n";
    const std::string hash = "fastcgi.balance = \"hash\"\n";
    const auto inside = [](const std::string& condition, const std::string& text) {
        return condition + " {\n" + text + "}\n";
    };
    const std::string a = "$HTTP[\"host\"] == \"a\"";
    const std::string b = "$HTTP[\"host\"] == \"b\"";
    CHECK(lighttpd_findings(inside(a, hash + hosts) + inside(b, hosts)) == "2:1 sticky");
    CHECK(lighttpd_findings(hash + inside(a, hosts)) == "1:1 sticky");
    CHECK(lighttpd_findings(hash + inside(a, "fastcgi.balance = \"fair\"\n" + hosts)) == "");
    CHECK(lighttpd_findings(hosts + inside(a, hash)) == "3:1 sticky");
    CHECK(lighttpd_findings(hosts + inside(a, hosts + hash)) == "4:1 sticky");
    CHECK(lighttpd_findings(hosts + inside(a, inside(b, hash))) == "4:1 sticky");
    CHECK(lighttpd_findings(inside(a, hash) + inside(b, hosts)) == "");
}

TEST_CASE("lighttpd: each spelling of else has a block") {
    for (const char* spelled : {"else", "elif", "elsif", "elseif", "else if", "if"}) {
        CAPTURE(spelled);
        CHECK(lighttpd_findings("$HTTP[\"host\"] == \"a\" { } " + std::string(spelled) +
                                " $HTTP[\"host\"] == \"b\" {\n"
                                "fastcgi.server = (\"/\" => ((\"port\" => 1))) }\n") ==
              "2:19 one-backend");
    }
}

TEST_CASE("lighttpd: names count in any case, and a host may be a path") {
    CHECK(lighttpd_findings("FastCGI.Server = (\"/\" => ((\"HOST\" => \"/run/a\"),\n"
                            "(\"Host\" => \"/run/b\", \"Disable-Time\" => 9)))\n") ==
          "2:22 lighttpd-disable-time");
}

TEST_CASE("lighttpd: variables have the values that were assigned to them") {
    const auto backends = [](const std::string& text) {
        std::string result;
        const auto parsed = parse_lighttpd({0, text});
        for (const Pool& pool : read_lighttpd({std::get<Tree>(parsed)}, {})) {
            for (const Backend& each : pool.backends) {
                result += (each.address ? "" : "?") + each.written + " ";
            }
        }
        return result;
    };
    CHECK(backends("var.port = 31000\nrun = \"/run\"\nrun += \"/shop\"\n"
                   "fastcgi.server = (\"/\" => ((\"port\" => port + 1),\n"
                   "(\"socket\" => var.run + \"/a.sock\")))\n") ==
          "127.0.0.1:31001 /run/shop/a.sock ");
    CHECK(backends("fastcgi.server = (\"/\" => ((\"socket\" => env.HOME + \"/a.sock\")))\n"
                   "env.home = \"late\"\n") == "?${env.HOME}/a.sock ");
}

TEST_CASE("lighttpd: the workers that it starts itself are as many as it likes") {
    CHECK(lighttpd_findings("fastcgi.server = (\".php\" => ((\"socket\" => \"/run/a\",\n"
                            "\"bin-path\" => \"/usr/bin/php-cgi\")))\n") ==
          "2:1 lighttpd-bin-path");
}
