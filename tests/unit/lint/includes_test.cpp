// SPDX-License-Identifier: MIT
#include "linting.hpp"

#include "recycler/lint/includes.hpp"

using namespace recycler::lint;

namespace {

// "keep_conn" stands in a file of its own, and matters only where that file is included.
constexpr const char* k_keeping = "fastcgi_keep_conn on;\n";
constexpr const char* k_passing = "location / { fastcgi_pass unix:/run/a; }\n";

std::string found(const std::vector<Source>& sources, Kind kind = Kind::nginx) {
    std::string result;
    for (const Finding& each : lint({sources, kind, {}}).findings) {
        if (each.rule != Rule::one_backend) {
            result +=
                sources[each.place.file].name + " " + std::string(text_of(each.rule).name) + " ";
        }
    }
    return result;
}

} // namespace

TEST_CASE("a file is the included one by its path, not by its name") {
    const Source main{"nginx.conf", "http { include conf.d/*.conf; include sites/*.conf; }"};
    const Source shop{"sites/shop.conf", k_passing};
    CHECK(found({main, shop}) == "nginx.conf not-followed ");
    CHECK(found({main, shop, {"conf.d/keep.conf", k_keeping}}) ==
          "conf.d/keep.conf nginx-keep-conn ");
    CHECK(found({main, shop, {"./conf.d/../conf.d//keep.conf", k_keeping}}) ==
          "./conf.d/../conf.d//keep.conf nginx-keep-conn ");
}

TEST_CASE("a relative path begins where the balancer's own do") {
    const Source shop{"s", k_passing, "/etc/nginx/sites/shop.conf"};
    const Source keep{"k", k_keeping, "/etc/nginx/keep.conf"};
    const Source elsewhere{"k", k_keeping, "/etc/nginx/sites/keep.conf"};
    const Source main{"n", "http { include sites/shop.conf; }", "/etc/nginx/nginx.conf"};
    const Source asking{"s", std::string("include keep.conf;") + k_passing, shop.path};
    CHECK(found({main, asking, keep}) == "k nginx-keep-conn ");
    CHECK(found({main, asking, elsewhere}) == "s not-followed k nginx-keep-conn ");
    const std::string member = "ProxyPass / fcgi://a:1/\n";
    const Source root{"m", "ServerRoot /srv/a\nInclude sites/*\n", "/etc/apache2/apache2.conf"};
    CHECK(found({root, {"x", member, "/srv/a/sites/x"}}, Kind::apache) == "");
    CHECK(found({root, {"x", member, "/etc/apache2/sites/x"}}, Kind::apache) == "m not-followed ");
    const Source debian{"m", "IncludeOptional sites-enabled\n", "/etc/apache2/apache2.conf"};
    CHECK(found({debian, {"x", member, "/etc/apache2/sites-enabled/x"}}, Kind::apache) == "");
    const Source light{"l", "server.port = 80\ninclude \"c/*.conf\"\n", "/etc/lighttpd/l.conf"};
    const std::string hosts = "fastcgi.server = (\"/\" => ((\"port\" => 1)))\n";
    CHECK(found({light, {"x", hosts, "/etc/lighttpd/c/x.conf"}}, Kind::lighttpd) == "");
    CHECK(found({light, {"x", hosts, "/etc/lighttpd/x.conf"}}, Kind::lighttpd) ==
          "l not-followed ");
}

TEST_CASE("a file counts where it is included, and nowhere else") {
    const Source keep{"/n/keep", k_keeping};
    const auto at = [&](const std::string& first, const std::string& second) {
        return found({{"/n/nginx.conf", "http { server { " + first + " location / { " + second +
                                            " fastcgi_pass unix:/run/a; }\n"
                                            "location /b { fastcgi_pass unix:/run/b; } } }"},
                      keep});
    };
    CHECK(at("include keep;", "") == "/n/keep nginx-keep-conn /n/keep nginx-keep-conn ");
    CHECK(at("", "include keep;") == "/n/keep nginx-keep-conn ");
    CHECK(at("include keep;", "fastcgi_keep_conn off;") == "/n/keep nginx-keep-conn ");
}

TEST_CASE("files that include themselves and each other end") {
    CHECK(found({{"/a", "events {}\ninclude a; include b;"}, {"/b", "include a; include b;"}}) ==
          "/a no-backend ");
    const Source twice{"/b", "include c; include c;"};
    CHECK(found({{"/a", "events {}\ninclude b; include b;"}, twice, {"/c", k_passing}}) == "");
}

TEST_CASE("the balancer's own files need not be named, files of their names elsewhere do") {
    const auto with = [](const std::string& path) {
        return found(
            {{"/etc/nginx/nginx.conf", "http { include " + path + "; " + k_passing + "}"}});
    };
    for (const char* own : {"fastcgi_params", "/etc/nginx/fastcgi.conf", "mime.types",
                            "snippets/fastcgi-php.conf", "modules-enabled/*.conf"}) {
        CAPTURE(own);
        CHECK(with(own) == "");
    }
    CHECK(with("conf.d/fastcgi.conf") == "/etc/nginx/nginx.conf not-followed ");
    CHECK(with("/srv/fastcgi_params") == "/etc/nginx/nginx.conf not-followed ");
}

TEST_CASE("a file that could be of any balancer is of the one whose files stand beside it") {
    const Source main{"/etc/nginx/nginx.conf", "events {}\nhttp {\ninclude conf.d/*;\n}\n"};
    const Source empty{"/etc/nginx/conf.d/empty.conf", "# nothing yet\n"};
    const Source haproxy{"haproxy.cfg", "backend a\nmode http\n"};
    CHECK(lint({{empty, main}, {}, {}}).unclear.empty());
    CHECK(linting::names(lint({{empty, main}, {}, {}})) == "1:1 no-backend");
    CHECK(lint({{empty}, {}, {}}).unclear == std::vector<std::size_t>{0});
    CHECK(lint({{main, empty, haproxy}, {}, {}}).unclear == std::vector<std::size_t>{1});
}
