// SPDX-License-Identifier: MIT
// An archive that keeps all in memory, for tests of whoever has something kept.
#pragma once

#include "recycler/control/json/json.hpp"
#include "recycler/events/event_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace recycler::events {

struct Archive {
    std::vector<std::string> events;                           // by name, in the order of keeping
    std::vector<std::pair<std::string, std::string>> records;  // "7012.3", and the verdict
    std::vector<std::string> before;                           // JSON, newest first
    std::vector<std::optional<std::string>> records_of_before; // as recall() was asked
    std::string written_to;
};

class KeptInMemory : public EventStore {
  public:
    explicit KeptInMemory(Archive& archive) : archive_(archive) {}

    void keep(const control::EventLine& event) override { archive_.events.push_back(event.event); }
    void keep(const RecordId& id, const control::Record& record) override {
        archive_.records.emplace_back(id.slot + "." + std::to_string(id.generation),
                                      record.verdict);
    }
    [[nodiscard]] std::vector<std::string> read(const Question& /*all*/) const override {
        return archive_.before;
    }
    [[nodiscard]] Recalled recall(WallTime /*since*/,
                                  const std::vector<RecordId>& /*ended*/) const override {
        return {archive_.before, archive_.records_of_before};
    }
    void write_to(const std::string& path) override { archive_.written_to = path; }
    [[nodiscard]] std::optional<std::string> limitation() const override { return std::nullopt; }

  private:
    Archive& archive_;
};

} // namespace recycler::events
