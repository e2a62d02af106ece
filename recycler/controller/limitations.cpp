#include "recycler/controller/limitations.hpp"

#include "recycler/worker/gate.hpp"

namespace recycler::controller {

std::vector<std::string> find_limitations(const Recorder& recorder, fleet::Machine& machine) {
    std::vector<std::string> limitations;
    if (const auto shown = worker::probe_show(); !shown) {
        machine.can_show = false;
        limitations.push_back(shown.error().message() + ".");
    }
    if (recorder.path.empty()) {
        machine.parkable = false;
        limitations.push_back(recorder.why_not + ".");
    }
    if (machine.dry_run == fleet::DryRun::on) {
        limitations.emplace_back("This is a dry run: nobody is retired.");
    }
    return limitations;
}

} // namespace recycler::controller
