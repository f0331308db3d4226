#include "cmd/cut.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nn/base/error.h"
#include "nn/base/sys.h"

static long page_size;
static _Thread_local volatile sig_atomic_t survives, happened;

/* The page behind the end of the file becomes a page of zeros; the read is then repeated. */
static bool put_zeros(uintptr_t address) {
    void *page = (void *)(address - address % (uintptr_t)page_size);
    return sys_mmap(page, (size_t)page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                    -1, 0) != MAP_FAILED;
}

static void on_cut(int number, siginfo_t *info, void *context) {
    static const char message[] = "msach: another program cut off a file while msach read it; a file that "
                                  "stays whole was expected; replace files by renaming\n";
    int code = errno;
    (void)number, (void)context;
    if (survives && info->si_code == BUS_ADRERR && put_zeros((uintptr_t)info->si_addr)) {
        happened = 1;
        errno = code;
        return;
    }
    if (sys_write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(STATUS_IO);
    _exit(STATUS_INPUT);
}

void cut_watch(void) {
    struct sigaction action = {.sa_sigaction = on_cut, .sa_flags = SA_SIGINFO | SA_NODEFER};
    page_size = sysconf(_SC_PAGESIZE);
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

void cut_survive(void) {
    survives = 1;
}

bool cut_happened(void) {
    bool before = happened;
    happened = 0;
    return before;
}
