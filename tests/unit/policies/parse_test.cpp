// SPDX-License-Identifier: MIT
#include "parsed.hpp"

#include <csignal>

using namespace policies;

TEST_CASE("a minimal policy gets every default") {
    const Policy policy = good("[app]\ncommand = [\"/usr/bin/php-cgi\"]\nlisten = \"7000\"\n");
    Policy expected;
    expected.app.name = "shop";
    expected.app.command = {"/usr/bin/php-cgi"};
    expected.app.listen = {TcpAddress{"127.0.0.1", 7000}};
    expected.report.file = "/var/lib/recycler/shop/events.jsonl";
    CHECK(policy == expected);
    CHECK_FALSE(policy.memory.max);
    CHECK_FALSE(policy.recycle.memory);
}

TEST_CASE("every key says what it says") {
    const Policy policy = good(R"(
[app]
name = "store"
command = ["/usr/bin/ruby", "public/dispatch.fcgi", ""]
listen = ["127.0.0.1:7000-7001", "unix:/run/store/%s.sock"]
workers = 2
directory = "/srv/store"
user = "www-data"
group = "web"
environment = { RAILS_ENV = "production", EMPTY = "" }
backlog = 64
socket_mode = "0600"
socket_user = "lighttpd"
socket_group = "33"
keep_connections = "auto"
[memory]
max = "256MiB"
app_max = "50%"
swap_max = "64M"
enforcement = "preferred"
[recycle]
memory = "50%"
requests = 5000
age = "12h"
hung = "360s"
stuck = "90s"
spread = "5%"
[drain]
timeout = 60
stop_signal = "USR1"
stop_timeout = 2.5
[start]
ready = "probe"
timeout = "30s"
[capacity]
handover = "queue"
max_unavailable = "10%"
settle = "0"
spares = 2
[restart]
burst = 3
within = "1min"
backoff_max = "2min"
queue_timeout = "3s"
[limits]
pids = 8
nofile = 4096
core = "1G"
cpu_weight = 50
[sandbox]
seccomp = "/etc/recycler/store.json"
no_new_privileges = false
capabilities = ["CAP_SYSLOG"]
umask = "0027"
nice = -5
isolate = true
[control]
group = "adm"
[report]
stderr_lines = 5
file = "/var/log/store.jsonl"
[blame]
query = ["action", "REQUEST"]
)");
    Policy expected;
    expected.app = {.name = "store",
                    .command = {"/usr/bin/ruby", "public/dispatch.fcgi", ""},
                    .listen = {TcpAddress{"127.0.0.1", 7000}, TcpAddress{"127.0.0.1", 7001},
                               UnixAddress{"/run/store/0.sock"}, UnixAddress{"/run/store/1.sock"}},
                    .directory = "/srv/store",
                    .user = "www-data",
                    .group = "web",
                    .environment = {{"RAILS_ENV", "production"}, {"EMPTY", ""}},
                    .backlog = 64,
                    .socket_mode = 0600,
                    .socket_user = "lighttpd",
                    .socket_group = "33",
                    .keep_connections = KeepConnections::automatic};
    expected.memory = {.max = 256_MiB,
                       .app_max = 4_GiB,
                       .swap_max = 64_MiB,
                       .enforcement = Enforcement::preferred};
    expected.recycle = {.memory = 128_MiB,
                        .requests = 5000,
                        .age = 12h,
                        .hung = 360s,
                        .stuck = 90s,
                        .spread = Percent{5}};
    expected.drain = {.timeout = 60s, .stop_signal = SIGUSR1, .stop_timeout = 2500ms};
    expected.start = {.ready = ReadyProbe{}, .timeout = 30s};
    expected.capacity = {
        .handover = HandoverMode::queue, .max_unavailable = Percent{10}, .settle = 0s, .spares = 2};
    expected.restart = {.burst = 3, .within = 1min, .backoff_max = 2min, .queue_timeout = 3s};
    expected.limits = {.pids = 8, .nofile = 4096, .core = 1_GiB, .cpu_weight = 50};
    expected.sandbox = {.seccomp = SeccompProfile{"/etc/recycler/store.json"},
                        .no_new_privileges = false,
                        .capabilities = std::vector<std::string>{"CAP_SYSLOG"},
                        .umask = 027,
                        .nice = -5,
                        .isolate = true};
    expected.control = {.group = "adm"};
    expected.report = {.stderr_lines = 5, .file = "/var/log/store.jsonl"};
    expected.blame = {.query = {"action", "REQUEST"}};
    CHECK(policy == expected);
}

TEST_CASE("recycle.memory follows memory.max at 80% unless it is set or off") {
    const std::string max = "[memory]\nmax = \"100M\"\n";
    CHECK(good(with_app(max)).recycle.memory == 80_MiB);
    CHECK(good(with_app(max + "[recycle]\nmemory = \"70M\"\n")).recycle.memory == 70_MiB);
    CHECK(good(with_app(max + "[recycle]\nmemory = 1000\n")).recycle.memory == Bytes{1000});
    CHECK_FALSE(good(with_app(max + "[recycle]\nmemory = \"off\"\n")).recycle.memory);
    CHECK(good(with_app("[recycle]\nmemory = \"70M\"\n")).recycle.memory == 70_MiB);
}

TEST_CASE("a percentage in [memory] is of the machine's memory") {
    CHECK(good(with_app("[memory]\nmax = \"25%\"\n")).memory.max == 2_GiB);
}

TEST_CASE("words choose among variants") {
    CHECK(good(with_app("[start]\nready = \"2s\"\n")).start.ready == Ready{Duration{2s}});
    CHECK(good(with_app("[start]\nready = 2\n")).start.ready == Ready{Duration{2s}});
    CHECK(good(with_app("[sandbox]\nseccomp = \"off\"\n")).sandbox.seccomp ==
          Seccomp{SeccompOff{}});
    CHECK(good(with_app("[sandbox]\nseccomp = \"log\"\n")).sandbox.seccomp ==
          Seccomp{SeccompLog{}});
    CHECK(good(with_app("[sandbox]\nseccomp = \"log:/p.json\"\n")).sandbox.seccomp ==
          Seccomp{SeccompLog{SeccompProfile{"/p.json"}}});
    CHECK_FALSE(good(with_app("[limits]\ncore = \"unlimited\"\n")).limits.core);
    CHECK(good(with_app("[limits]\ncore = 0\n")).limits.core == Bytes{0});
    CHECK(good(with_app("[capacity]\nmax_unavailable = 3\n")).capacity.max_unavailable ==
          std::variant<std::uint32_t, Percent>{3U});
    CHECK(good(with_app("[capacity]\nhandover = \"auto\"\n")).capacity.handover ==
          HandoverMode::automatic);
}

TEST_CASE("dotted keys and inline tables are TOML like any other") {
    const Policy policy = good("app.command = [\"/bin/app\"]\napp.listen = \"7000\"\n"
                               "memory = { max = \"1G\" }\n[app.environment]\nA = \"b\"\n");
    CHECK(policy.memory.max == 1_GiB);
    CHECK(policy.app.environment.at("A") == "b");
}

TEST_CASE("the text may begin with a byte order mark and end its lines as Windows does") {
    CHECK(good("\xef\xbb\xbf[app]\r\ncommand = [\"/bin/app\"]\r\nlisten = \"7000\"\r\n")
              .app.command.front() == "/bin/app");
}
