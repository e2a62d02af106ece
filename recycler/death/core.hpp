// What became of the core dump of a worker that crashed, as plain data.
#pragma once

#include <string>
#include <variant>

namespace recycler::death {

// Where the core dump is, best as a command that shows it; or why there is none.
struct CoreDumped {
    std::string where;
};
struct NoCore {
    std::string why;
};
using Core = std::variant<CoreDumped, NoCore>;

} // namespace recycler::death
