// The archive where there is no journal: lines of the report file, and the log on stderr for
// people. What the file cannot keep is counted and said once.
#pragma once

#include "recycler/controller/archive.hpp"

namespace recycler::controller {

class FileArchive : public Archive {
  public:
    FileArchive(std::string path, std::string app)
        : report_(std::move(path)), app_(std::move(app)) {}

    void keep(const control::EventLine& event) override;
    void keep(const RecordId& id, const control::Record& record) override;
    [[nodiscard]] std::vector<std::string> read(const Question& question) const override;
    // Of an unreadable file, nothing.
    [[nodiscard]] Recalled recall(WallTime since,
                                  const std::vector<RecordId>& ended) const override;
    void write_to(const std::string& path) override;
    [[nodiscard]] std::optional<std::string> limitation() const override;

  private:
    void count(const Result<void>& kept);

    Report report_;
    std::string app_;
    std::uint64_t lost_ = 0;
    std::string why_lost_;
};

} // namespace recycler::controller
