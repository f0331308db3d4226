/* The only access to OpenBLAS. With BLAS=builtin this file is left out. */
#include "nn/blas.h"

#include <stdio.h>
#include <string.h>

#include <cblas.h>
#undef I
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "nn/base/error.h"
#include "nn/base/sys.h"

enum { NEEDS_BUFFER = 64 }; /* a smaller product needs no buffer */

#ifdef NN_DOUBLE
#define GEMM "cblas_dgemm"
typedef __typeof__(cblas_dgemm) Gemm;
#else
#define GEMM "cblas_sgemm"
typedef __typeof__(cblas_sgemm) Gemm;
#endif

static pthread_once_t begun = PTHREAD_ONCE_INIT;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static bool limited; /* by ulimit -v */
static void *library;
static char why[300];
static Gemm *library_gemm;

/* OpenBLAS is loaded with the first product: where address space is short, a library loaded with the program would end it before main.
 * OpenBLAS uses one thread, since msach has a pool. */
static void begin(void) {
    struct rlimit space;
    limited = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
    static const char *const names[] = {"libopenblas.so.0", "libopenblas.so.3", "libopenblas.0.dylib",
                                        "libopenblas.so"};
    void *found = NULL;
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        found = library ? dlsym(library, GEMM) : NULL;
        if (!found && !why[0]) snprintf(why, sizeof why, "%s", dlerror());
        if (!found && library) dlclose(library), library = NULL;
    }
    memcpy(&library_gemm, &found, sizeof found);
    __typeof__(openblas_set_num_threads) *set_threads;
    found = library ? dlsym(library, "openblas_set_num_threads") : NULL;
    memcpy(&set_threads, &found, sizeof found);
    if (found) set_threads(1);
}

void *blas_symbol(const char *name) {
    pthread_once(&begun, begin);
    NN_REQUIRE(library, "%s", why);
    void *found = dlsym(library, name);
    NN_REQUIRE(found, "OpenBLAS has no %s", name);
    return found;
}

void blas_enter(void) {
    if (limited) pthread_mutex_lock(&turn);
}

void blas_leave(void) {
    if (limited) pthread_mutex_unlock(&turn);
}

Status blas_reserve(Error *err) {
    pthread_once(&begun, begin);
    const char *advice =
        limited ? "set `ulimit -v` to 200000 and 80000 more for each thread (--threads)" : "install it";
    if (!library)
        return error_set(err, STATUS_IO, "OpenBLAS cannot be loaded: %s; %s, or build with BLAS=builtin", why,
                         advice);
    if (!limited) return STATUS_OK;
    void *room = sys_mmap(NULL, BLAS_BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return error_set(err, STATUS_IO,
                         "out of memory: OpenBLAS needs a buffer of %d MiB; %s, or build with BLAS=builtin",
                         BLAS_BUFFER >> 20, advice);
    munmap(room, BLAS_BUFFER);
    real one[NEEDS_BUFFER * NEEDS_BUFFER] = {0}, product[NEEDS_BUFFER * NEEDS_BUFFER];
    blas_gemm(false, false, NEEDS_BUFFER, NEEDS_BUFFER, NEEDS_BUFFER, 1, one, NEEDS_BUFFER, one, NEEDS_BUFFER,
              0, product, NEEDS_BUFFER);
    return STATUS_OK;
}

void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc) {
    CBLAS_TRANSPOSE at = ta ? CblasTrans : CblasNoTrans, bt = tb ? CblasTrans : CblasNoTrans;
    pthread_once(&begun, begin);
    NN_REQUIRE(library_gemm, "%s", why);
    blas_enter();
    library_gemm(CblasRowMajor, at, bt, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    blas_leave();
}

/* openblas_get_config returns such as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH Zen MAX_THREADS=64". */
const char *blas_name(void) {
    __typeof__(openblas_get_config) *config;
    pthread_once(&begun, begin);
    void *found = library ? dlsym(library, "openblas_get_config") : NULL;
    memcpy(&config, &found, sizeof found);
    const char *name = found ? config() : NULL;
    return name && *name ? name : "OpenBLAS, which cannot be loaded";
}
