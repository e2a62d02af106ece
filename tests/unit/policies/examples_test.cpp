// SPDX-License-Identifier: MIT
#include "parsed.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace policies;

namespace {

const std::filesystem::path k_examples = RECYCLER_SOURCE_DIR "/policies/examples";

Policy example(const std::string& stem) {
    std::ifstream file(k_examples / (stem + ".toml"));
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    auto parsed = parse(text.str(), stem, k_host);
    if (auto* faults = std::get_if<std::vector<Fault>>(&parsed)) {
        FAIL(render(*faults, stem + ".toml", text.str()));
    }
    return std::get<Policy>(parsed);
}

} // namespace

TEST_CASE("every example is a good policy") {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(k_examples)) {
        CHECK(example(entry.path().stem()).app.name == entry.path().stem());
        ++count;
    }
    CHECK(count == 11);
}

TEST_CASE("the example of the shop is the story's") {
    const Policy shop = example("shop");
    CHECK(shop.app.listen.size() == 20);
    CHECK(to_string(shop.app.listen.back()) == "127.0.0.1:7019");
    CHECK(shop.memory.max == 256_MiB);
    CHECK(shop.recycle.memory == Bytes{214748364}); // 80%
}
