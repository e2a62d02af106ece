// SPDX-License-Identifier: MIT
#include "recycler/recorder/descent.hpp"

#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::recorder {

namespace {

constexpr char k_preload[] = "LD_PRELOAD=";
constexpr char k_separators[] = ": "; // ld.so(8)

// Rows are claimed from the first on, and to read one that never was would take memory.
bool has_row(request::Page& page, pid_t process) {
    for (request::Row& row : page.rows) {
        const std::uint32_t owner = std::atomic_ref{row.pid}.load() & ~request::k_row_claiming;
        if (owner == 0) {
            return false;
        }
        if (owner == static_cast<std::uint32_t>(process)) {
            return true;
        }
    }
    return false;
}

// Takes `file` off a list in place. Whether anything is left.
bool take_off(char* list, const char* file) {
    const std::size_t length = std::strlen(file);
    for (char* at = list; *at != '\0';) {
        const std::size_t size = std::strcspn(at, k_separators);
        char* next = at + size + (at[size] != '\0' ? 1 : 0);
        if (size == length && std::memcmp(at, file, size) == 0) {
            std::memmove(at, next, std::strlen(next) + 1);
        } else {
            at = next;
        }
    }
    return list[std::strspn(list, k_separators)] != '\0';
}

bool stays(char* variable) {
    const std::size_t name = std::strlen(request::k_page_variable);
    if (std::strncmp(variable, request::k_page_variable, name) == 0 && variable[name] == '=') {
        return false;
    }
    Dl_info own{};
    if (std::strncmp(variable, k_preload, sizeof k_preload - 1) != 0 ||
        dladdr(reinterpret_cast<void*>(&hide_page), &own) == 0 || own.dli_fname == nullptr) {
        return true;
    }
    return take_off(variable + sizeof k_preload - 1, own.dli_fname);
}

} // namespace

bool is_started_for_a_request(request::Page& page, pid_t self, pid_t parent) {
    return parent > 0 && !has_row(page, self) && has_row(page, parent);
}

// In place: main() may be handed this very array.
void hide_page(int page_fd) {
    (void)syscall(SYS_close, page_fd); // it is open: the page was mapped by it
    char** kept = environ;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        if (stays(*each)) {
            *kept++ = *each;
        }
    }
    if (kept != nullptr) {
        *kept = nullptr;
    }
}

} // namespace recycler::recorder
