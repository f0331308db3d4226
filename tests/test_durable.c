/* Bytes are on the disk before a name or header refers to them. A kill cannot show this, since the system keeps written data, so
 * fsync is replaced by a function that records the state of the files at each call. */
#ifdef __linux__
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hash/search/index_change.h"
#include "hash/search/index_format.h"
#include "nn/base/alloc.h"
#include "tests/fixtures.h"
#include "tests/index_cases.h"

enum { MOST = 32 };

typedef struct {
    int is_folder;
    long long size;      /* name of the synced file */
    uint64_t generation; /* of an index; else 0 */
    long long named;     /* size of the file at `watched`; -1: none */
} Synced;

static Synced synced[MOST];
static int n_synced;
static const char *watched;

static uint64_t newest_generation(const char *path) {
    unsigned char bytes[SLOT_BYTES];
    uint64_t newest = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        Slot s;
        if (pread(fd, bytes, SLOT_BYTES, (off_t)i * SLOT_BYTES) == SLOT_BYTES && slot_decode(&s, bytes) &&
            s.generation > newest)
            newest = s.generation;
    }
    close(fd);
    return newest;
}

int fsync(int fd) {
    struct stat st, named;
    if (watched && n_synced < MOST && fstat(fd, &st) == 0)
        synced[n_synced++] = (Synced){S_ISDIR(st.st_mode), (long long)st.st_size, newest_generation(watched),
                                      stat(watched, &named) == 0 ? (long long)named.st_size : -1};
    return (int)syscall(SYS_fsync, fd);
}

static void watch(const char *path) {
    watched = path;
    n_synced = 0;
}

Test(durable, a_file_is_synced_before_it_takes_its_name_and_its_folder_after) {
    const char *path = fixture_text("a", "old");
    watch(path);
    cr_assert_eq(file_write(path, "the new one", 11, NULL), STATUS_OK);
    cr_assert_geq(n_synced, 2);
    cr_assert(!synced[0].is_folder && synced[0].size == 11 && synced[0].named == 3);
    cr_assert(synced[1].is_folder && synced[1].named == 11);
}

/* An index changes in place: first the segment, then the half of the header that includes it. */
static void changes_in_order(const char *path, Status s) {
    struct stat st;
    uint64_t last = 0;
    int data = 0, header = 0;
    cr_assert_eq(s, STATUS_OK);
    cr_assert_eq(stat(path, &st), 0);
    for (int i = 0; i < n_synced; i++)
        if (synced[i].generation > last) last = synced[i].generation;
    for (int i = 0; i < n_synced; i++) {
        data |= synced[i].generation == last - 1 && synced[i].size == st.st_size;
        header |= data && synced[i].generation == last;
    }
    cr_assert(data, "the segment was not synced before the header named it");
    cr_assert(header, "the header was not synced");
    watch(NULL);
}

Test(durable, a_segment_is_synced_before_the_header_that_names_it) {
    char name[64];
    const char *path = path_of(name), *ids[] = {"case-3"};
    IndexBuilder *b = builder_of(10, 5);
    write_cases(path, 0, 10);
    watch(path);
    changes_in_order(path, index_append(b, path, NULL));
    watch(path);
    changes_in_order(path, index_delete(path, ids, 1, NULL));
    index_builder_free(b);
    remove_all(path);
}
#else
typedef int durable_is_not_tested; /* on other systems fsync cannot be replaced so easily */
#endif
