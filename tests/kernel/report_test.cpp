// SPDX-License-Identifier: MIT
// The report file on a disk that is full, and on one that became read-only: a small tmpfs in a
// mount namespace of our own. And in a folder where somebody else may write.
#include "recycler/events/report_file.hpp"

#include "tests/unit/events/temporary_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;

namespace {

constexpr const char* k_size = "size=256k";

// Nobody else sees what we mount, and it goes when we end. Errno of what this machine refuses, 0
// when all is well.
int enter_own_mount_namespace() {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return errno;
    }
    return 0;
}

class SmallDisk {
  public:
    SmallDisk() { REQUIRE(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, k_size) == 0); }
    ~SmallDisk() { (void)::umount2(folder_.path().c_str(), MNT_DETACH); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] std::string file(const char* name) const { return folder_.file(name); }

    // MS_RDONLY or 0.
    void remount(unsigned long flags) const {
        REQUIRE(::mount(nullptr, folder_.path().c_str(), nullptr, MS_REMOUNT | flags, k_size) == 0);
    }

  private:
    TemporaryFolder folder_;
};

std::string line(std::size_t n) {
    return "{\"n\":" + std::to_string(n) + ",\"text\":\"" + std::string(1000, 'x') + "\"}";
}

std::size_t count_lines(const Report& report) {
    const auto lines = report.read_back([](std::string_view) { return Report::Take::yes; }, 100000);
    REQUIRE(lines);
    return lines->size();
}

// Appends until the disk is full. How many lines were kept, and the error of the first that was
// not.
struct Filled {
    std::size_t kept = 0;
    Error error;
};
Filled fill(Report& report) {
    Filled filled;
    for (; filled.kept < 1000; ++filled.kept) {
        auto appended = report.append(line(filled.kept));
        if (!appended) {
            filled.error = std::move(appended).error();
            break;
        }
    }
    return filled;
}

bool knows(const Report& report, const RecordId& id) {
    const auto found = report.find({id});
    REQUIRE(found);
    return found->front().has_value();
}

} // namespace

TEST_CASE("a full disk is an error, what was kept stays whole, and room makes it work again") {
    const SmallDisk disk;
    const int ballast = ::open(disk.file("ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(ballast >= 0);
    REQUIRE(::posix_fallocate(ballast, 0, 64 << 10) == 0);

    Report report(disk.file("events.jsonl"));
    const Filled filled = fill(report);
    CHECK(filled.error.code == ENOSPC);
    CHECK(filled.error.message().find("No space left on device") != std::string::npos);
    CHECK(filled.kept > 100);
    CHECK(count_lines(report) == filled.kept);
    CHECK(report.append(line(0)).error().code == ENOSPC);
    CHECK(count_lines(report) == filled.kept);

    REQUIRE(::ftruncate(ballast, 0) == 0);
    ::close(ballast);
    REQUIRE(report.append(line(9999)));
    CHECK(count_lines(report) == filled.kept + 1);
    CHECK(*report.tail(Bytes{1100}) == std::vector<std::string>{line(9999)});
}

TEST_CASE("a record that the full disk refused is not found, and can be written later") {
    const SmallDisk disk;
    Report report(disk.file("events.jsonl"), {.rotate_at = 100_KiB, .kept = 4});
    const RecordId id{.keeper = "k", .slot = "7012", .generation = 1};
    CHECK(fill(report).error.code == ENOSPC);
    CHECK_FALSE(report.append(id, line(1)));
    CHECK_FALSE(knows(report, id));
    REQUIRE(::unlink(disk.file("events.jsonl.1").c_str()) == 0);
    REQUIRE(report.append(id, line(1)));
    CHECK(knows(report, id));
}

TEST_CASE("a folder or a file that the workers' user has a link to elsewhere is not written to") {
    constexpr uid_t k_worker = 1;
    const TemporaryFolder folder;
    for (const char* name : {"of-root", "worker"}) {
        std::filesystem::create_directory(folder.file(name));
    }
    REQUIRE(::chown(folder.file("worker").c_str(), k_worker, k_worker) == 0);
    std::filesystem::create_symlink("../of-root", folder.file("worker/sub"));
    REQUIRE(::lchown(folder.file("worker/sub").c_str(), k_worker, k_worker) == 0);
    for (const char* name : {"worker/sub/events.jsonl", "worker/sub/new/events.jsonl"}) {
        const auto kept = Report(folder.file(name)).append(line(1));
        REQUIRE_FALSE(kept);
        CHECK(kept.error().code == EPERM);
    }
    CHECK(Report(folder.file("worker/sub/events.jsonl")).tail(1_MiB).error().code == EPERM);
    CHECK(std::filesystem::is_empty(folder.file("of-root")));

    REQUIRE(Report(folder.file("of-root/precious")).append(line(1)));
    std::filesystem::create_hard_link(folder.file("of-root/precious"), folder.file("worker/hard"));
    const auto size = std::filesystem::file_size(folder.file("of-root/precious"));
    CHECK_FALSE(Report(folder.file("worker/hard")).append(line(2)));
    CHECK(std::filesystem::file_size(folder.file("of-root/precious")) == size);
}

TEST_CASE("a read-only disk is an error, and it works again once it can be written") {
    const SmallDisk disk;
    disk.remount(MS_RDONLY);
    Report report(disk.file("shop/events.jsonl"));
    CHECK(report.append(line(1)).error().code == EROFS);
    CHECK(count_lines(report) == 0);
    disk.remount(0);
    REQUIRE(report.append(line(1)));
    CHECK(count_lines(report) == 1);
}

int main(int argc, char** argv) {
    if (const int refused = enter_own_mount_namespace(); refused != 0) {
        std::printf("skipped: no mount namespace of our own: %s\n", std::strerror(refused));
        return 77;
    }
    return doctest::Context(argc, argv).run();
}
