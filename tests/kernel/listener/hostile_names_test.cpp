// SPDX-License-Identifier: MIT
// A worker that may write to the folder of its listener, and puts links to a file of root's where
// root acts: nothing is given away, and the slot is healed or the failure is said.
#include "recycler/worker/listen/exposure.hpp"
#include "recycler/worker/listen/folder.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

constexpr uid_t k_worker = 1;

// A slot in a folder of the worker's, and a file of root's beside it that nobody else may read.
struct WorkersFolder {
    WorkersFolder() {
        std::filesystem::create_directory(path);
        REQUIRE(::chown(path.c_str(), k_worker, k_worker) == 0);
        std::ofstream(secret) << "of root";
        REQUIRE(::chmod(secret.c_str(), 0600) == 0);
    }
    [[nodiscard]] ListenSpec spec(std::uint32_t serial = 1) const {
        ListenSpec spec = rig::spec_of(address, serial);
        spec.uid = k_worker;
        spec.gid = k_worker;
        return spec;
    }
    [[nodiscard]] std::string own(std::uint32_t serial) const {
        return socket + "." + std::to_string(serial);
    }
    void replace_by_link(const std::string& name) const {
        std::filesystem::remove(name);
        std::filesystem::create_symlink(secret, name);
    }
    [[nodiscard]] bool secret_is_kept() const {
        struct stat status {};
        REQUIRE(::stat(secret.c_str(), &status) == 0);
        return status.st_uid == 0 && status.st_gid == 0 && (status.st_mode & 07777U) == 0600;
    }

    rig::Folder root;
    std::string path = root.path() + "/worker";
    std::string secret = root.path() + "/secret";
    std::string socket = path + "/0.sock";
    policies::Address address = policies::UnixAddress{socket};
};

// Exchanges a name for a link in the instant it is there, again and again.
class Swapper {
  public:
    Swapper(std::string name, const std::string& target) : name_(std::move(name)) {
        std::filesystem::create_symlink(target, link_);
        thread_ = std::thread([this] {
            while (!over_) {
                if (::renameat2(AT_FDCWD, link_.c_str(), AT_FDCWD, name_.c_str(),
                                RENAME_EXCHANGE) == 0) {
                    ++swapped_;
                    (void)::renameat2(AT_FDCWD, link_.c_str(), AT_FDCWD, name_.c_str(),
                                      RENAME_EXCHANGE);
                }
            }
        });
    }
    ~Swapper() { (void)end(); }
    Swapper(const Swapper&) = delete;
    Swapper& operator=(const Swapper&) = delete;

    [[nodiscard]] int swapped() const { return swapped_; }
    int end() {
        over_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
        return swapped_;
    }

  private:
    std::string name_;
    std::string link_ = name_ + "-link";
    std::atomic<bool> over_ = false;
    std::atomic<int> swapped_ = 0;
    std::thread thread_;
};

} // namespace

TEST_CASE("what stands in the place of a listener's own name gets neither its mode nor its owner") {
    const WorkersFolder folder;
    const UniqueFd listener = rig::must_open(open_first(folder.spec()));
    REQUIRE(update(folder.spec(), listener.get()));
    folder.replace_by_link(folder.own(1));
    const auto updated = update(folder.spec(), listener.get());
    REQUIRE_FALSE(updated);
    CHECK(updated.error().message().find("0.sock.1 is no longer the listener") !=
          std::string::npos);
    std::filesystem::remove(folder.own(1));
    std::filesystem::create_hard_link(folder.secret, folder.own(1));
    CHECK_FALSE(update(folder.spec(), listener.get()));
    CHECK(folder.secret_is_kept());
}

TEST_CASE("the mode and the owner of an open listener follow the policy through both its names") {
    const WorkersFolder folder;
    const UniqueFd listener = rig::must_open(open_first(folder.spec()));
    auto spec = folder.spec();
    spec.mode = 0604;
    spec.gid = 2;
    REQUIRE(update(spec, listener.get()));
    struct stat status {};
    REQUIRE(::lstat(folder.socket.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0604);
    CHECK(status.st_uid == k_worker);
    CHECK(status.st_gid == 2);
}

TEST_CASE("a gate opens for the listener alone, whatever its own name leads to by then") {
    const WorkersFolder folder;
    const UniqueFd listener = rig::must_open(open_first(folder.spec()));
    REQUIRE(hide(folder.address, listener.get()));
    folder.replace_by_link(folder.own(1));
    CHECK_FALSE(show(folder.address, listener.get()));
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(folder.socket)));

    const UniqueFd next = rig::must_open(open_joined(folder.spec(2)));
    REQUIRE(show(folder.address, next.get()));
    CHECK(rig::connect_to(folder.address));
    REQUIRE(remove_names(folder.address, listener.get()));
    CHECK_FALSE(*is_hidden(folder.address, next.get()));
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(folder.own(1))));
    CHECK(folder.secret_is_kept());
}

TEST_CASE("a listener whose own name was taken away gives its path to the next one") {
    const WorkersFolder folder;
    const UniqueFd first = rig::must_open(open_first(folder.spec()));
    std::filesystem::remove(folder.own(1));
    const UniqueFd second = rig::must_open(open_joined(folder.spec(2)));
    REQUIRE(show(folder.address, second.get()));
    CHECK(*is_hidden(folder.address, first.get()));
    REQUIRE(remove_names(folder.address, first.get()));
    std::filesystem::remove(folder.socket);
    CHECK(*is_hidden(folder.address, second.get()));
    REQUIRE(show(folder.address, second.get()));
    CHECK(rig::connect_to(folder.address));
}

TEST_CASE("a link in the way of a new listener is removed, and a file is said to be in the way") {
    const WorkersFolder folder;
    const UniqueFd first = rig::must_open(open_first(folder.spec()));
    std::filesystem::create_symlink(folder.secret, folder.own(2));
    const UniqueFd second = rig::must_open(open_joined(folder.spec(2)));
    REQUIRE(show(folder.address, second.get()));
    std::ofstream(folder.own(3)) << "text";
    const auto third = open_joined(folder.spec(3));
    REQUIRE_FALSE(third);
    CHECK(third.error().code == EEXIST);
    CHECK(third.error().context.find("0.sock.3") != std::string::npos);
    CHECK(std::filesystem::file_size(folder.own(3)) == 4);
    CHECK(rig::connect_to(folder.address));
    CHECK(folder.secret_is_kept());
}

TEST_CASE("links that are left at own names do not keep a daemon from starting") {
    const WorkersFolder folder;
    for (std::uint32_t serial = 1; serial < 4; ++serial) {
        std::filesystem::create_symlink(folder.secret, folder.own(serial));
    }
    const UniqueFd listener = rig::must_open(open_first(folder.spec()));
    CHECK(rig::connect_to(folder.address));
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(folder.own(3))));
    CHECK(folder.secret_is_kept());
}

TEST_CASE("a race for the names of new listeners wins the worker nothing of root's") {
    constexpr int k_enough = 300; // one was enough, when the mode was set by path
    const WorkersFolder folder;
    Swapper swapper(folder.own(2), folder.secret);
    const auto until = std::chrono::steady_clock::now() + 10s;
    int opened = 0;
    while ((opened < k_enough || swapper.swapped() < k_enough) &&
           std::chrono::steady_clock::now() < until) {
        auto listener = open_joined(folder.spec(2)); // refused, when the race is lost
        if (listener) {
            (void)update(folder.spec(2), listener->get());
            (void)show(folder.address, listener->get());
            (void)remove_names(folder.address, listener->get());
            ++opened;
        }
        REQUIRE(folder.secret_is_kept());
    }
    MESSAGE(opened, " listeners opened, ", swapper.end(), " names exchanged meanwhile");
    CHECK(swapper.swapped() > 0);
    CHECK(opened > 0);
    CHECK(folder.secret_is_kept());
}

TEST_CASE("a link of the worker's on the way leads root nowhere else, and one of root's does") {
    const WorkersFolder folder;
    std::filesystem::create_directory(folder.root.path() + "/of-root");
    const std::string link = folder.path + "/sub";
    std::filesystem::create_symlink("../of-root", link);
    const policies::Address address = policies::UnixAddress{link + "/0.sock"};
    {
        const UniqueFd listener = rig::must_open(open_first(rig::spec_of(address)));
        REQUIRE(remove_names(address, listener.get()));
    }
    REQUIRE(::lchown(link.c_str(), k_worker, k_worker) == 0);
    const auto refused = open_first(rig::spec_of(address));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EPERM);
    CHECK(std::filesystem::is_empty(folder.root.path() + "/of-root"));
    CHECK_FALSE(open_folder(link + "/new", Missing::made));
    CHECK(std::filesystem::is_empty(folder.root.path() + "/of-root"));

    std::filesystem::remove(link);
    std::filesystem::create_symlink(folder.path, link); // to what is the worker's own
    REQUIRE(::lchown(link.c_str(), k_worker, k_worker) == 0);
    CHECK(open_folder(link, Missing::refused));
    std::filesystem::create_symlink("round", folder.root.path() + "/round");
    CHECK(open_folder(folder.root.path() + "/round", Missing::refused).error().code == ELOOP);
}

TEST_CASE("a folder where the workers may write is told of, one of root's is not") {
    const WorkersFolder folder;
    const std::string user = std::to_string(k_worker);
    const policies::App app{.name = "shop", .listen = {folder.address}, .user = user};
    const auto said = exposed_folders(app);
    REQUIRE(said.size() == 1);
    CHECK(said.front().find(folder.path) != std::string::npos);
    CHECK(said.front().find("/run/recycler/shop/") != std::string::npos);
    CHECK(exposed_folders({.name = "shop", .listen = {folder.address}, .user = "root"}).empty());
    REQUIRE(::chown(folder.path.c_str(), 0, 0) == 0);
    REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
    CHECK(exposed_folders(app).empty());
    REQUIRE(::chmod(folder.path.c_str(), 01777) == 0);
    CHECK(exposed_folders(app).size() == 1);
}
