// SPDX-License-Identifier: MIT
// Who owns each descriptor of a kept connection: the worker, the recorder in which it rests, or one
// thread that takes it away from rest. Owns one atomic word a descriptor, and whether the waiting
// set knows it; memory that is zeroes at first. Must not make system calls.
#pragma once

#include <atomic>
#include <cstdint>

namespace recycler::recorder {

// One descriptor.
class Place {
  public:
    // A connection that was not here before: events of the one before it are none of it.
    void begin() {
        std::atomic_ref word{word_};
        word.store((word.load() & ~k_owner) + k_generation);
        std::atomic_ref{registered_}.store(0);
        std::atomic_ref{prepared_}.store(0);
        std::atomic_ref{husk_}.store(0);
        std::atomic_ref{foreign_}.store(0);
        std::atomic_ref{barred_}.store(0);
    }
    // The same until begin() is called again.
    [[nodiscard]] std::uint32_t generation() const { return load(word_) / k_generation; }
    [[nodiscard]] bool rests() const { return (load(word_) & k_owner) == k_rest; }

    // From the worker, or from the thread that took it.
    void rest() {
        std::atomic_ref word{word_};
        word.store((word.load() & ~k_owner) | k_rest);
    }
    // Of all threads that try, one succeeds.
    bool take() {
        std::uint32_t seen = load(word_);
        return (seen & k_owner) == k_rest && take_from(seen);
    }
    bool take(std::uint32_t generation) { return take_from(generation * k_generation | k_rest); }
    // After it was taken: to the worker, or to nobody.
    void release() { std::atomic_ref{word_}.fetch_and(~k_owner); }

    // How the waiting set reports it.
    enum class Registered : std::uint32_t { no, always, once };
    [[nodiscard]] Registered registered() const { return Registered{load(registered_)}; }
    void set_registered(Registered how) {
        std::atomic_ref{registered_}.store(static_cast<std::uint32_t>(how));
    }

    // Whether what rests must be set once a connection has been.
    [[nodiscard]] bool is_prepared() const { return load(prepared_) != 0; }
    void set_prepared() { std::atomic_ref{prepared_}.store(1); }

    // Its client has connected to another slot, whose worker could not take it: which one, as in
    // foreign_slot().
    [[nodiscard]] std::uint32_t foreign() const { return load(foreign_); }
    void set_foreign(std::uint32_t slot) { std::atomic_ref{foreign_}.store(slot); }

    // The worker waits for it where the recorder cannot tell it that the connection has ended.
    [[nodiscard]] bool is_barred() const { return load(barred_) != 0; }
    void bar() { std::atomic_ref{barred_}.store(1); }

    // The worker has not closed its number yet, and meets the end of the connection there. In the
    // meantime the connection may have gone: then the number is the worker's alone.
    enum class Husk : std::uint32_t { none, full, left };
    [[nodiscard]] bool is_parting() const { return load(husk_) != 0; }
    void begin_to_part() { std::atomic_ref{husk_}.store(static_cast<std::uint32_t>(Husk::full)); }
    // The worker closes its number. What it was.
    Husk shed() { return Husk{std::atomic_ref{husk_}.exchange(0)}; }
    // The connection goes. Whether it leaves its number to the worker.
    bool leave_husk() {
        auto full = static_cast<std::uint32_t>(Husk::full);
        return std::atomic_ref{husk_}.compare_exchange_strong(
            full, static_cast<std::uint32_t>(Husk::left));
    }

  private:
    static constexpr std::uint32_t k_owner = 3;
    static constexpr std::uint32_t k_rest = 1;
    static constexpr std::uint32_t k_taking = 2;
    static constexpr std::uint32_t k_generation = 4;

    static std::uint32_t load(const std::uint32_t& word) {
        return __atomic_load_n(&word, __ATOMIC_SEQ_CST);
    }
    bool take_from(std::uint32_t resting) {
        return std::atomic_ref{word_}.compare_exchange_strong(resting,
                                                              (resting & ~k_owner) | k_taking);
    }

    std::uint32_t word_;
    std::uint32_t registered_;
    std::uint32_t prepared_;
    std::uint32_t husk_;
    std::uint32_t foreign_;
    std::uint32_t barred_;
};

} // namespace recycler::recorder
