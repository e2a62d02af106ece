# SPDX-License-Identifier: MIT
"""The pure library needs no system call, no clock and no environment: what its objects leave undefined shows it.

usage: pure_symbols_test.py NM PURE_LIBRARY IMPURE_LIBRARY
The second library does everything that is forbidden, and proves that the check can fail.
"""

import re
import subprocess
import sys
import unittest

# By category: C functions by name (64-bit and fortified variants included), C++ ones by a pattern of their mangled names.
DENIED = {
    "files": """open openat creat close read write pread pwrite readv writev lseek fsync ftruncate truncate stat fstat
        lstat fstatat statx statfs access faccessat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir link symlink
        readlink chmod fchmod chown fchown opendir readdir fopen fdopen fclose fread fwrite fgets fputs fputc putc puts
        putchar printf fprintf vfprintf vprintf perror fflush getline mmap munmap mprotect memfd_create dup dup2 dup3 fcntl
        ioctl flock pipe pipe2 sendfile splice tmpfile mkstemp mkdtemp mount umount umount2 chdir getcwd realpath""",
    "sockets": """socket socketpair bind listen accept accept4 connect shutdown send sendto sendmsg recv recvfrom recvmsg
        getsockopt setsockopt getsockname getpeername getaddrinfo getnameinfo gethostbyname gethostname""",
    "waiting": "poll ppoll select pselect epoll_create epoll_create1 epoll_ctl epoll_wait eventfd timerfd_create signalfd "
               "inotify_init inotify_init1 inotify_add_watch",
    "processes": """fork vfork clone execve execv execvp execl execlp fexecve posix_spawn system popen wait waitpid waitid
        exit _exit _Exit quick_exit kill raise tgkill sigaction signal sigprocmask getpid getppid gettid getuid geteuid getgid
        getegid setuid setgid setgroups setrlimit getrlimit prctl ptrace sched_yield nice setpriority unshare setns syscall
        getpwnam getpwuid getgrnam getgrgid sysconf sysinfo uname""",
    "clock": """time clock clock_gettime clock_getres clock_nanosleep gettimeofday nanosleep usleep sleep alarm setitimer
        localtime localtime_r mktime timespec_get ftime times getrusage""",
    "chance": "rand srand random srandom rand_r drand48 getrandom getentropy arc4random",
    "environment": "getenv secure_getenv setenv unsetenv putenv environ __environ setlocale",
    "threads": "pthread_create pthread_mutex_lock pthread_cond_wait pthread_join thrd_create sem_wait",
    "log": "syslog vsyslog openlog sd_journal_send sd_notify",
}
DENIED_CXX = {
    "clock": re.compile(r"^_ZNSt6chrono.*3nowEv$"),
    "files": re.compile(r"^_ZN?K?St(\d+)?(13basic_filebuf|14basic_[io]fstream|13basic_fstream|12__basic_file|10filesystem)"
                        r"|^_ZNSt10filesystem|^_ZSt[34](cin|cout|cerr|clog)$"),
    "threads": re.compile(r"^_ZNSt(6thread|18condition_variable|7jthread)"),
    "chance": re.compile(r"^_ZNSt13random_device"),
}
CATEGORY = {name: category for category, names in DENIED.items() for name in names.split()}


def category_of(symbol):
    """Why this undefined symbol is forbidden; None when it is not."""
    plain = re.sub(r"^__(.*)_chk$", r"\1", symbol.split("@")[0])
    plain = re.sub(r"^__isoc99_|64(_time64)?$", "", plain)
    if plain in CATEGORY:
        return CATEGORY[plain]
    for category, pattern in DENIED_CXX.items():
        if pattern.search(symbol):
            return category
    return None


def undefined(nm, library):
    """(object, symbol) for everything that an object of the library expects from elsewhere."""
    told = subprocess.run([nm, "-A", "--undefined-only", library], check=True, capture_output=True, text=True)
    for line in told.stdout.splitlines():
        place, _, symbol = line.rpartition(" ")
        yield place.split(":")[1], symbol


def faults_of(nm, library):
    found = []
    for member, symbol in undefined(nm, library):
        category = category_of(symbol)
        if category:
            found.append(f"{member} needs {symbol} ({category})")
    return found


class PureSymbols(unittest.TestCase):
    nm = pure = impure = None

    def test_the_pure_library_needs_nothing_of_the_outside(self):
        self.assertTrue(any(True for _ in undefined(self.nm, self.pure)), "nm shows no symbols at all")
        faults = faults_of(self.nm, self.pure)
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_an_object_that_does_what_is_forbidden_is_found_by_name_and_category(self):
        faults = "\n".join(faults_of(self.nm, self.impure))
        for category in ("files", "sockets", "waiting", "processes", "clock", "chance", "environment", "threads"):
            with self.subTest(category=category):
                self.assertRegex(faults, rf"impure\.cpp\.o needs \S+ \({category}\)")

    def test_variants_of_a_name_are_the_same_function(self):
        for symbol in ("open", "open64", "__open_chk", "__read_chk", "fopen64", "clock_gettime", "lseek64"):
            with self.subTest(symbol=symbol):
                self.assertIsNotNone(category_of(symbol))
        for symbol in ("memcpy", "__memcpy_chk", "snprintf", "__snprintf_chk", "strerror", "_ZN8recycler4openEv"):
            with self.subTest(symbol=symbol):
                self.assertIsNone(category_of(symbol))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    PureSymbols.nm, PureSymbols.pure, PureSymbols.impure = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
