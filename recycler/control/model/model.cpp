// SPDX-License-Identifier: MIT
#include "recycler/control/model/model.hpp"

#include "recycler/control/model/blame.hpp"

namespace recycler::control {

std::string_view to_string(SlotState state) {
    switch (state) {
    case SlotState::serving:
        return "serving";
    case SlotState::replacing:
        return "replacing";
    case SlotState::drained:
        return "drained";
    case SlotState::braked:
        return "braked";
    case SlotState::empty:
        return "empty";
    }
    return {};
}

std::string_view to_string(WorkerState state) {
    switch (state) {
    case WorkerState::starting:
        return "starting";
    case WorkerState::serving:
        return "serving";
    case WorkerState::draining:
        return "draining";
    case WorkerState::drained:
        return "drained";
    case WorkerState::parked:
        return "parked";
    case WorkerState::stopping:
        return "stopping";
    }
    return {};
}

std::string_view to_string(Gate gate) {
    switch (gate) {
    case Gate::open:
        return "open";
    case Gate::closed:
        return "closed";
    case Gate::unavailable:
        return "unavailable";
    }
    return {};
}

std::string_view to_string(HandoverMode mode) {
    switch (mode) {
    case HandoverMode::overlap:
        return "overlap";
    case HandoverMode::queue:
        return "queue";
    case HandoverMode::close:
        return "close";
    }
    return {};
}

std::string_view to_string(NetGrowth growth) {
    switch (growth) {
    case NetGrowth::unknown:
        return "unknown";
    case NetGrowth::flat:
        return "flat";
    case NetGrowth::unclear:
        return "unclear";
    case NetGrowth::grows:
        return "grows";
    }
    return {};
}

std::string_view to_string(RecordKind kind) {
    switch (kind) {
    case RecordKind::end:
        return "end";
    case RecordKind::start_failure:
        return "start-failure";
    }
    return {};
}

} // namespace recycler::control
