// SPDX-License-Identifier: MIT
// Files of one balancer as one configuration: what a file includes stands where it is included, if
// it is among the files that were named. Where a relative path begins is each balancer's own
// business; a name in another folder is another file. Reads no file and looks into no folder.
#pragma once

#include "recycler/lint/kind.hpp"
#include "recycler/lint/syntax.hpp"

#include <string>
#include <vector>

namespace recycler::lint {

struct IncludedFile {
    std::string path; // absolute where that is known
    Tree tree;
};

// An include of which nothing was named, and that may say something about FastCGI.
struct Missing {
    Place place;
    std::string written;
};

struct Whole {
    std::vector<Tree> trees; // of the files that no other one includes
    std::vector<Missing> missing;
};

Whole follow_includes(Kind kind, const std::vector<IncludedFile>& files);

} // namespace recycler::lint
