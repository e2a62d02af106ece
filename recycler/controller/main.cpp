// SPDX-License-Identifier: MIT
// recycler-controller: started by recyclerd (the keeper), which hands it the daemon's arguments and
// its end of their link.
#include "recycler/controller/run.hpp"

int main(int count, char** words) {
    return recycler::controller::run_controller(count, words);
}
