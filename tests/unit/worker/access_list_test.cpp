// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/access_list.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace recycler::worker;
using namespace std::string_literals;

namespace {

const std::string k_version = "\2\0\0\0"s;
// As setfacl -m u:nobody:rw,g:adm:r makes them of a file of mode 0644: the mask is rw.
const std::string k_owner = "\1\0\6\0\xff\xff\xff\xff"s;
const std::string k_nobody = "\2\0\6\0\xfe\xff\0\0"s;
const std::string k_own_group = "\4\0\4\0\xff\xff\xff\xff"s;
const std::string k_adm = "\x8\0\4\0\4\0\0\0"s;
const std::string k_mask = "\x10\0\6\0\xff\xff\xff\xff"s;
const std::string k_others = "\x20\0\4\0\xff\xff\xff\xff"s;

} // namespace

TEST_CASE("users and groups that an access list lets write are found") {
    CHECK(access_list_in(k_version + k_owner + k_nobody + k_own_group + k_adm + k_mask +
                         k_others) == AccessList{{{false, 65534}}, false});
    CHECK(access_list_in(k_version + k_owner + k_own_group + "\x8\0\2\0\4\0\0\0"s + k_mask +
                         k_others) == AccessList{{{true, 4}}, false});
    CHECK(access_list_in(k_version + k_owner + "\4\0\6\0\xff\xff\xff\xff"s + k_others) ==
          AccessList{{}, true});
    CHECK(access_list_in(k_version) == AccessList{});
}

TEST_CASE("whom the mask does not let write cannot") {
    const std::string reading = "\x10\0\5\0\xff\xff\xff\xff"s;
    CHECK(access_list_in(k_version + k_owner + k_nobody + k_own_group + reading + k_others) ==
          AccessList{});
}

TEST_CASE("an access list of a form that is not known is none") {
    CHECK_FALSE(access_list_in(""));
    CHECK_FALSE(access_list_in("\2\0\0"s));
    CHECK_FALSE(access_list_in("\3\0\0\0"s));
    CHECK_FALSE(access_list_in(k_version + k_owner + "\2"));
    CHECK_FALSE(access_list_in(k_version + "\x40\0\6\0\0\0\0\0"s));
}
