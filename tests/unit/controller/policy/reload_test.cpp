// SPDX-License-Identifier: MIT
// A changed policy held against what there is: what refuses it, and what is made ready.
#include "recycler/controller/policy/reload.hpp"

#include "recycler/controller/policy/governing_policy.hpp"
#include "tests/unit/events/temporary_folder.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <pwd.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

std::string own_name() {
    const passwd* const entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "root" : entry->pw_name;
}

// The default: /bin/true on a socket file in the folder, without cgroups.
class Shop {
  public:
    Shop() {
        arguments_.policy_path = folder_.file("shop.toml");
        arguments_.stem = "shop";
        write();
        auto read = resolve_policy(arguments_, nullptr);
        REQUIRE_MESSAGE(std::holds_alternative<ResolvedPolicy>(read),
                        (std::holds_alternative<CannotStart>(read)
                             ? std::get<CannotStart>(read).reason
                             : std::string()));
        policy_ = std::get<ResolvedPolicy>(read).policy;
        policies::Policy without_cgroups = policy_;
        without_cgroups.app.name = "a/b"; // no cgroup can have this name
        containment_.emplace(*Containment::open(without_cgroups, {}));
        slots_ = SlotTable(policy_.app.listen);
    }

    // `app`: below [app]. `rest`: further sections.
    void write(const std::string& app = "", const std::string& rest = "",
               const std::string& enforcement = "preferred") {
        const bool listens = app.find("listen") != std::string::npos;
        std::ofstream(arguments_.policy_path)
            << "[app]\ncommand = [\"/bin/true\"]\nuser = \"" << own_name() << "\"\n"
            << (listens ? std::string() : "listen = [" + socket("0") + "]\n") << app
            << "[memory]\nenforcement = \"" << enforcement << "\"\n"
            << rest;
    }
    [[nodiscard]] std::string socket(const std::string& name) const {
        return "\"unix:" + folder_.file(name + ".sock") + "\"";
    }
    [[nodiscard]] bool has(const std::string& file) const {
        return std::filesystem::exists(folder_.file(file));
    }
    SlotTable& slots() { return slots_; }

    std::variant<Prepared, NeedsFreshController, control::Failure>
    reload(const Permits& permits = {}) {
        return prepare_reload({.arguments = arguments_,
                               .policy = policy_,
                               .slots = slots_,
                               .permits = permits,
                               .tracepoints = tracepoints_,
                               .containment = *containment_,
                               .runtime_folder = folder_.path(),
                               .keeper_pid = ::getpid(),
                               .confinement = confinement_,
                               .own_files = own_files_});
    }
    // Why not; empty: it is made ready.
    std::string refusal() {
        auto outcome = reload();
        const auto* failure = std::get_if<control::Failure>(&outcome);
        if (failure == nullptr) {
            return "";
        }
        const auto* refused = std::get_if<control::Refused>(failure);
        return refused != nullptr ? refused->reason
                                  : std::get<control::PolicyError>(*failure).faults;
    }

  private:
    events::TemporaryFolder folder_;
    Arguments arguments_;
    Counting::Found tracepoints_{Error{0, "none are looked for here"}};
    policies::Policy policy_;
    SlotTable slots_{std::vector<policies::Address>()};
    std::optional<Containment> containment_;
    Confinement confinement_;
    OwnFiles own_files_;
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a file that has not changed is made ready, and nothing in it has") {
    Shop shop;
    auto outcome = shop.reload();
    const auto* prepared = std::get_if<Prepared>(&outcome);
    REQUIRE(prepared);
    CHECK(prepared->added.empty());
    CHECK(in_sentences(prepared->change).empty());
    CHECK_FALSE(prepared->change.recycles());
}

TEST_CASE("faults are told all together, and each with its place") {
    Shop shop;
    shop.write("colour = \"red\"\n", "[recycle]\nage = \"soon\"\n");
    const std::string why = shop.refusal();
    CHECK(says(why, "colour"));
    CHECK(says(why, "age"));
}

TEST_CASE("a key of the daemon wants a restart, and says so by its name") {
    Shop shop;
    shop.write("name = \"other\"\n");
    CHECK(says(shop.refusal(), "a reload cannot change app.name"));
}

TEST_CASE("limits that there is no cgroup for are not had by a reload") {
    Shop shop;
    shop.write("", "", "required");
    CHECK(says(shop.refusal(), "a reload cannot change memory.enforcement"));
}

TEST_CASE("a setting that touches no worker recycles none") {
    Shop shop;
    shop.write("", "[recycle]\nrequests = 1000\n");
    auto outcome = shop.reload();
    const auto* prepared = std::get_if<Prepared>(&outcome);
    REQUIRE(prepared);
    CHECK_FALSE(prepared->change.recycles());
    REQUIRE(in_sentences(prepared->change).size() == 1);
    CHECK(in_sentences(prepared->change)[0] == "in force at once: recycle.requests");
}

TEST_CASE("another environment recycles every worker") {
    Shop shop;
    shop.write("environment = { SHOP = \"1\" }\n");
    auto outcome = shop.reload();
    const auto* prepared = std::get_if<Prepared>(&outcome);
    REQUIRE(prepared);
    CHECK(prepared->change.recycles());
    CHECK(says(in_sentences(prepared->change)[0], "app.environment"));
}

TEST_CASE("a new slot is opened before the policy is taken up, and a refusal leaves nothing") {
    Shop shop;
    SUBCASE("made ready") {
        shop.write("listen = [" + shop.socket("0") + ", " + shop.socket("1") + "]\n");
        auto outcome = shop.reload();
        const auto* prepared = std::get_if<Prepared>(&outcome);
        REQUIRE(prepared);
        REQUIRE(prepared->added.size() == 1);
        CHECK(prepared->added[0].listener);
        CHECK(shop.has("1.sock"));
    }
    SUBCASE("refused by the second one") {
        shop.write("listen = [" + shop.socket("0") + ", " + shop.socket("1") + ", " +
                   shop.socket("none/2") + "]\n");
        CHECK_FALSE(shop.refusal().empty());
        CHECK_FALSE(shop.has("1.sock"));
    }
}

TEST_CASE("a slot that is still leaving keeps its name until it has gone") {
    Shop shop;
    const SlotId old = shop.slots().add(policies::TcpAddress{"127.0.0.1", 7009});
    shop.write("listen = [" + shop.socket("0") + ", \"127.0.0.2:7009\"]\n");
    CHECK(says(shop.refusal(), "is still finishing its requests after it was removed"));
    shop.slots().remove(old, 2);
    CHECK_FALSE(says(shop.refusal(), "is still finishing"));
}

TEST_CASE("workers that are to be started by a plan without a permit need another controller") {
    Shop shop;
    keeper::Greeting greeting;
    greeting.wants_permits = true;
    Permits permits;
    Arguments nothing;
    nothing.policy_path = "/nonexistent/shop.toml";
    permits.read(nothing, greeting); // it finds nothing that root wrote
    CHECK(std::holds_alternative<NeedsFreshController>(shop.reload(permits)));
    CHECK(std::holds_alternative<Prepared>(shop.reload()));
}

TEST_CASE("the policy in force is another one at once, and with the keeper when it is accepted") {
    const auto resolved = [](const std::string& name) {
        ResolvedPolicy made;
        made.policy.app.name = name;
        made.text = "text of " + name;
        made.account.uid = 33;
        return made;
    };
    GoverningPolicy governing(resolved("shop"), WallTime(Duration(1)), Workers::up_to_date);
    const policies::Policy& policy = governing.policy();
    const worker::Account& account = governing.account();
    CHECK(policy.app.name == "shop");
    CHECK(governing.rights().reader == uid_t{33});
    auto next = resolved("other");
    next.account.uid = 34;
    next.control_group = 7;
    governing.replace(std::move(next), WallTime(Duration(2)));
    CHECK(policy.app.name == "other"); // who was given it sees the new one
    CHECK(account.uid == 34);
    CHECK(governing.rights().group == gid_t{7});
    CHECK(governing.loaded_at() == WallTime(Duration(2)));

    keeper::LinkPair ends;
    keeper::Link link(std::move(ends.ours));
    REQUIRE(governing.accept(Workers::outdated, {}, link));
    CHECK(governing.workers() == Workers::outdated);
    keeper::Packet packet;
    REQUIRE(keeper::receive_packet(ends.theirs.get(), packet) == keeper::Arrival::packet);
    REQUIRE(packet.fd_count == 1);
    const auto kept = read_policy_in_force(packet.fds[0].get());
    REQUIRE(kept);
    CHECK(kept->text == "text of other");
    CHECK(kept->workers == Workers::outdated);
    CHECK(kept->loaded_at == WallTime(Duration(2)));
}
