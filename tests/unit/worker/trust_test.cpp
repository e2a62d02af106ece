// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/trust.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::worker;

namespace {

constexpr Trust k_root{.as_root = true};
constexpr uid_t k_bob = 1001;

SeenFile file(mode_t mode, uid_t owner = 0) {
    return {.path = "/srv/shop.toml",
            .mode = S_IFREG | mode,
            .owner = owner,
            .owner_name = owner == 0 ? "root" : "bob",
            .group_name = "staff"};
}

SeenFile folder(mode_t mode, uid_t owner = 0) {
    SeenFile seen = file(0, owner);
    seen.path = "/srv";
    seen.mode = S_IFDIR | mode;
    return seen;
}

class Folder {
  public:
    Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
        std::string path = path_ + "/" + name;
        std::ofstream(path) << text;
        REQUIRE(::chmod(path.c_str(), 0644) == 0);
        return path;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/recycler-trust-XXXXXX";
};

std::string why_not(const std::string& path) {
    const auto text = read_trusted(path, "the policy", 100);
    return text ? "read" : text.error().message();
}

} // namespace

TEST_CASE("root believes what root alone can change") {
    CHECK_FALSE(distrust(file(0644), k_root));
    CHECK_FALSE(distrust(file(0600), k_root));
    CHECK_FALSE(distrust(folder(0755), k_root));
    CHECK_FALSE(distrust(folder(01777), k_root)); // as /tmp: nobody replaces root's file there
    SeenFile own_group = file(0664);
    own_group.group_is_owner = true;
    CHECK_FALSE(distrust(own_group, k_root));
}

TEST_CASE("who else could change it is named, with the commands that mend it") {
    CHECK(distrust(file(0666), k_root) ==
          "/srv/shop.toml can be changed by the group staff and everybody; fix it with: chmod "
          "go-w /srv/shop.toml");
    CHECK(
        distrust(file(0664), k_root) ==
        "/srv/shop.toml can be changed by the group staff; fix it with: chmod go-w /srv/shop.toml");
    CHECK(distrust(file(0644, k_bob), k_root) ==
          "/srv/shop.toml can be changed by the user bob, who owns it; fix it with: chown root: "
          "/srv/shop.toml");
    CHECK(distrust(file(0646, k_bob), k_root) ==
          "/srv/shop.toml can be changed by the user bob, who owns it, and everybody; fix it with: "
          "chown root: /srv/shop.toml; chmod go-w /srv/shop.toml");
    CHECK(distrust(folder(0777), k_root) == "the folder /srv can be changed by the group staff and "
                                            "everybody; fix it with: chmod go-w /srv");
    CHECK(distrust(folder(01777, k_bob), k_root)); // its owner may replace any file in it
}

TEST_CASE("whom an access list lets write is named, too, unless that is root or the owner") {
    SeenFile listed = file(0664);
    listed.group_is_owner = true; // its group does not write: the bits are the mask of the list
    listed.listed = {{{false, 65534}, "the user nobody"}, {{true, 4}, "the group adm"}};
    CHECK(distrust(listed, k_root) ==
          "/srv/shop.toml can be changed by the user nobody by its access list and the group adm "
          "by its access list; fix it with: chmod go-w /srv/shop.toml");
    CHECK_FALSE(distrust(listed, Trust{}));
    listed.mode = S_IFREG | 0644;
    CHECK_FALSE(distrust(listed, k_root));
    listed.mode = S_IFREG | 0664;
    listed.listed = {{{false, 0}, "the user root"}, {{false, k_bob}, "the user bob"}};
    CHECK_FALSE(distrust(listed, Trust{.as_root = true, .asked_by = k_bob}));
    listed.listed = {{{true, 0}, "the group root"}};
    CHECK(distrust(listed, k_root));
}

TEST_CASE("a link is its owner's, whatever its mode says") {
    SeenFile link = file(0777);
    link.mode = S_IFLNK | 0777;
    CHECK_FALSE(distrust(link, k_root));
    link.owner = k_bob;
    link.owner_name = "bob";
    CHECK(distrust(link, k_root) == "the link /srv/shop.toml can be changed by the user bob, who "
                                    "owns it; fix it with: chown -h root: /srv/shop.toml");
}

TEST_CASE("who had root start it by sudo is believed, others and other modes are not") {
    const Trust asked{.as_root = true, .asked_by = k_bob};
    CHECK_FALSE(distrust(file(0644, k_bob), asked));
    CHECK_FALSE(distrust(folder(0755, k_bob), asked));
    CHECK(distrust(file(0646, k_bob), asked));
    CHECK(distrust(file(0644, k_bob + 1), asked));
    CHECK_FALSE(distrust(file(0644, 65534), Trust{.as_root = true, .unmapped = 65534}));
    CHECK(distrust(file(0644, 65534), k_root));
}

TEST_CASE("who is not root has chosen the file, and is told what everybody may write") {
    const Trust user;
    CHECK_FALSE(distrust(file(0644, k_bob), user));
    CHECK_FALSE(distrust(file(0664, k_bob), user));
    CHECK(distrust(file(0646, k_bob), user));
    CHECK(distrust(folder(0777), user));
    CHECK_FALSE(distrust(folder(01777), user));
}

TEST_CASE("the commands hold also for a path that a shell would take apart") {
    SeenFile odd = file(0646);
    odd.path = "/srv/it's a shop.toml";
    CHECK(distrust(odd, k_root)->ends_with("chmod go-w '/srv/it'\\''s a shop.toml'"));
}

TEST_CASE("a file that is ours alone is read, up to a byte more than it may have") {
    const Folder folder;
    const auto text = read_trusted(folder.file("a", "text\n"), "the policy", 100);
    REQUIRE(text);
    CHECK(*text == "text\n");
    const auto cut = read_trusted(folder.file("b", std::string(30000, 'x')), "the policy", 100);
    REQUIRE(cut);
    CHECK(cut->size() == 101);
    std::filesystem::create_symlink("a", folder.path() + "/c");
    CHECK(why_not(folder.path() + "/c") == "read");
    CHECK(why_not(folder.path() + "/./../" + folder.path().substr(5) + "/c") == "read");
}

TEST_CASE("what everybody may write is not read, wherever on the way it stands") {
    const Folder folder;
    const std::string path = folder.file("shop.toml", "");
    REQUIRE(::chmod(path.c_str(), 0646) == 0);
    CHECK(why_not(path) == "read the policy " + path + ": " + path +
                               " can be changed by everybody; fix it with: chmod go-w " + path);
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0707) == 0);
    CHECK(why_not(path) == "read the policy " + path + ": the folder " + folder.path() +
                               " can be changed by everybody; fix it with: chmod go-w " +
                               folder.path());
    const Folder elsewhere; // through a link, it is the folder that it leads to
    std::filesystem::create_symlink(path, elsewhere.path() + "/link");
    CHECK(why_not(elsewhere.path() + "/link").find("the folder " + folder.path()) !=
          std::string::npos);
    REQUIRE(::chmod(folder.path().c_str(), 01707) == 0);
    CHECK(why_not(path) == "read");
}

TEST_CASE("what an access list lets another user write is not read by root") {
    if (::geteuid() != 0) {
        return; // the list of one's own file says nothing against it
    }
    using namespace std::string_literals;
    const Folder folder;
    const std::string path = folder.file("shop.toml", "");
    const std::string list = "\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\6\0\xfe\xff\0\0"
                             "\4\0\4\0\xff\xff\xff\xff\x10\0\6\0\xff\xff\xff\xff"
                             "\x20\0\4\0\xff\xff\xff\xff"s;
    const int set =
        ::setxattr(path.c_str(), "system.posix_acl_access", list.data(), list.size(), 0);
    if (set != 0 && errno == ENOTSUP) {
        return; // a file system without access lists
    }
    REQUIRE(set == 0);
    const std::string who = " can be changed by the user nobody by its access list; fix it with: "
                            "chmod go-w ";
    CHECK(why_not(path) == "read the policy " + path + ": " + path + who + path);
    REQUIRE(::removexattr(path.c_str(), "system.posix_acl_access") == 0);
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    CHECK(why_not(path) == "read");
    REQUIRE(::setxattr(folder.path().c_str(), "system.posix_acl_access", list.data(), list.size(),
                       0) == 0);
    CHECK(why_not(path) ==
          "read the policy " + path + ": the folder " + folder.path() + who + folder.path());
}

TEST_CASE("what is no file is refused at once") {
    const Folder folder;
    const std::string fifo = folder.path() + "/fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(why_not(fifo) == "read the policy " + fifo + ": it is a FIFO, not a file");
    CHECK(why_not(folder.path()) ==
          "read the policy " + folder.path() + ": it is a folder, not a file");
    CHECK(why_not("/dev/zero") ==
          "read the policy /dev/zero: it is a device or a socket, not a file");
    CHECK(why_not("/nonexistent/shop.toml") ==
          "read the policy /nonexistent/shop.toml: No such file or directory");
}
