// SPDX-License-Identifier: MIT
// The advice about a step that failed, where the step says more than the error.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

TEST_CASE("a worker that could not be isolated has advice of its own, whatever the error") {
    for (const int error : {ENOSPC, EPERM, ENOMEM}) {
        Evidence e = starting(exited(127));
        e.start_failure = StepFailed{.step = "isolation", .error = error};
        const Explanation told = explain(e);
        CHECK(told.sentence.find("step \"isolation\" failed with ") != std::string::npos);
        REQUIRE(told.next);
        CHECK(told.next->find("user.max_mnt_namespaces") != std::string::npos);
    }
}
