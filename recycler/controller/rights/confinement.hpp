// SPDX-License-Identifier: MIT
// What this controller has given up, and what it kept: before it reads anything that a worker, a
// client or a controller before had a hand in, it keeps what it needs (needs.hpp) and nothing more.
// docs/security.md says what each layer stops.
#pragma once

#include "recycler/controller/rights/calls.hpp"
#include "recycler/controller/rights/needs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace recycler::controller {

class Confinement {
  public:
    // Nothing is given up.
    Confinement() = default;
    // For this process, for good; each layer as far as this system has it. Files and sockets that
    // are open stay; open no folder before.
    [[nodiscard]] static Confinement confine(Needs needs, const Fetches& fetches);

    // Whether a policy that needs this can be put into force; else a controller must do it that is
    // not confined yet.
    [[nodiscard]] bool allows(const Needs& wanted) const;

    // Whether `text` names something that is hidden from this controller alone.
    [[nodiscard]] bool hides_what(const std::string& text) const;

    // A folder to write to that was removed, made or replaced since: this controller may not write
    // to the one that is there now, and one that is started now may. nullptr: there is none.
    [[nodiscard]] const std::string* outdated() const;

    // One sentence for each layer that this system does not have.
    [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }

  private:
    struct Stands { // which folder stands there; zeros: none
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const Stands&) const = default;
    };
    [[nodiscard]] static Stands look_at(const std::string& folder);
    void enter_view();
    void keep_capabilities();
    void bound_calls(const Fetches& fetches);

    Needs kept_;
    std::vector<Stands> stand_; // where kept_ may write
    std::vector<std::string> hidden_;
    std::vector<std::string> missing_;
    bool is_confined_ = false;
    bool has_view_ = false;
};

} // namespace recycler::controller
