/* Files of nn/base: whole reading, mapping, atomic replacement under every failure, folders and paths. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"
#include "tests/check.h"
#include "tests/tempdir.h"

enum { LARGE = 200000 }; /* more than the writer's buffer */

static unsigned char old_bytes[LARGE], new_bytes[LARGE];

static void fill(void) {
    for (size_t i = 0; i < LARGE; i++) {
        old_bytes[i] = (unsigned char)(i * 7 >> 3);
        new_bytes[i] = (unsigned char)(i * 13 >> 2);
    }
}

static int holds(const char *path, const unsigned char *bytes) {
    static unsigned char data[LARGE + 1];
    return raw_read(path, data, sizeof data) == LARGE && memcmp(data, bytes, LARGE) == 0;
}

/* Writes in small and large pieces, with a later patch. */
static Status write_new(const char *path, Error *err) {
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_put(&w, "????", 4);
    for (size_t at = 4; at < 1000; at++) file_put(&w, new_bytes + at, 1);
    file_put(&w, new_bytes + 1000, LARGE - 1000);
    file_put_at(&w, 0, new_bytes, 4);
    return file_commit(&w, err);
}

Test(files, writing_replaces_the_file_whole) {
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    raw_write(path, old_bytes, LARGE);
    cr_assert_eq(write_new(path, NULL), STATUS_OK);
    cr_assert(holds(path, new_bytes));
    cr_assert_eq(temp_count(&d), 1);
    temp_remove(&d);
}

Test(files, a_system_call_that_fails_leaves_the_old_file_or_the_whole_new_one) {
    static const int codes[] = {ENOSPC, EIO, EINTR, 0 /* a short write */};
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        int succeeded = 0, refused = 0;
        for (long n = 1; n <= 20; n++) {
            Error err = {STATUS_OK, ""};
            raw_write(path, old_bytes, LARGE);
            sys_fail_at(n, codes[c], 0);
            Status s = write_new(path, &err);
            sys_fail_at(0, 0, 0);
            cr_assert(holds(path, s == STATUS_OK ? new_bytes : old_bytes), "code %d, call %ld", codes[c], n);
            cr_assert_eq(temp_count(&d), 1);
            if (s == STATUS_OK) {
                succeeded++;
            } else {
                refused++;
                cr_assert_eq(s, STATUS_IO);
                cr_assert_not_null(strstr(err.message, path));
            }
        }
        cr_assert_gt(succeeded, 5);
        if (codes[c] == ENOSPC || codes[c] == EIO) cr_assert_gt(refused, 4);
        if (codes[c] == 0) cr_assert_eq(refused, 0);
    }
    temp_remove(&d);
}

Test(files, a_disk_that_stays_full_leaves_the_old_file) {
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    raw_write(path, old_bytes, LARGE);
    for (long n = 1; n <= 6; n++) {
        sys_fail_at(n, ENOSPC, 1);
        Status s = write_new(path, NULL);
        sys_fail_at(0, 0, 0);
        cr_assert_eq(s, STATUS_IO);
        cr_assert(holds(path, old_bytes));
    }
    temp_remove(&d);
}

Test(files, memory_that_runs_out_is_an_error_and_leaves_the_old_file) {
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    raw_write(path, old_bytes, LARGE);
    for (long n = 1; n <= 3; n++) {
        mem_fail_at(n, 0);
        Status s = write_new(path, NULL);
        mem_fail_at(0, 0);
        cr_assert_eq(s, STATUS_IO);
        cr_assert(holds(path, old_bytes));
    }
    temp_remove(&d);
}

Test(files, an_aborted_writing_leaves_nothing) {
    TempDir d = temp_make();
    FileWriter w;
    cr_assert_eq(file_begin(&w, temp_path(&d, "a"), NULL), STATUS_OK);
    file_printf(&w, "%d lines of %01500d", 5, 0);
    cr_assert_eq(w.written, (uint64_t)1511);
    file_abort(&w);
    cr_assert_eq(temp_count(&d), 0);
    temp_remove(&d);
}

Test(files, a_folder_that_is_missing_or_a_name_that_is_a_folder_is_bad_input) {
    TempDir d = temp_make();
    Error err;
    cr_assert_eq(file_write(temp_path(&d, "no/where"), "x", 1, &err), STATUS_INPUT);
    cr_assert_eq(file_write(d.path, "x", 1, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "is a directory"));
    temp_remove(&d);
}

Test(files, bytes_are_written_in_one_call_and_numbers_as_little_endian) {
    TempDir d = temp_make();
    unsigned char data[16];
    cr_assert_eq(file_write(temp_path(&d, "a"), "text", 4, NULL), STATUS_OK);
    cr_assert(raw_read(temp_path(&d, "a"), data, 16) == 4 && memcmp(data, "text", 4) == 0);
    FileWriter w;
    cr_assert_eq(file_begin(&w, temp_path(&d, "b"), NULL), STATUS_OK);
    file_printf(&w, "%d", 7);
    file_put_numbers(&w, (uint32_t[]){0x01020304u, 5}, 8, 4);
    cr_assert_eq(file_commit(&w, NULL), STATUS_OK);
    cr_assert_eq(raw_read(temp_path(&d, "b"), data, 16), 9);
    cr_assert_eq(memcmp(data, "7\4\3\2\1\5\0\0\0", 9), 0);
    temp_remove(&d);
}

Test(files, reading_gives_the_bytes_and_a_zero_after_them) {
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a");
    raw_write(path, "text", 4);
    unsigned char *data;
    size_t size;
    cr_assert_eq(file_read(path, 4, &data, &size, NULL), STATUS_OK);
    cr_assert_eq(size, (size_t)4);
    cr_assert_str_eq((char *)data, "text");
    mem_free(data);
    Error err;
    cr_assert_eq(file_read(path, 3, &data, &size, &err), STATUS_INPUT);
    cr_assert_null(data);
    cr_assert_not_null(strstr(err.message, "at most 3"));
    temp_remove(&d);
}

Test(files, short_and_interrupted_reads_are_completed_and_failing_ones_told) {
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    raw_write(path, old_bytes, LARGE);
    unsigned char *data;
    size_t size;
    static const int codes[] = {0, EINTR, EIO};
    for (int c = 0; c < 3; c++) {
        sys_fail_at(2, codes[c], 0); /* the first call opens */
        Status s = file_read(path, LARGE, &data, &size, NULL);
        sys_fail_at(0, 0, 0);
        cr_assert_eq(s, codes[c] == EIO ? STATUS_IO : STATUS_OK);
        if (s == STATUS_OK) cr_assert_eq(memcmp(data, old_bytes, LARGE), 0);
        mem_free(data);
    }
    temp_remove(&d);
}

Test(files, only_regular_files_are_read) {
    TempDir d = temp_make();
    unsigned char *data;
    size_t size;
    FileMap map;
    const char *path = temp_path(&d, "fifo");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(file_read(path, 10, &data, &size, NULL), STATUS_INPUT); /* and does not wait for a writer */
    cr_assert_eq(file_map(path, &map, NULL), STATUS_INPUT);
    cr_assert_eq(file_read(d.path, 10, &data, &size, NULL), STATUS_INPUT);
    cr_assert_eq(file_read(temp_path(&d, "absent"), 10, &data, &size, NULL), STATUS_INPUT);
    temp_remove(&d);
}

Test(files, mapping_shows_the_bytes_and_refuses_an_empty_file) {
    TempDir d = temp_make();
    FileMap map;
    const char *path = temp_path(&d, "a");
    raw_write(path, "mapped", 6);
    cr_assert_eq(file_map(path, &map, NULL), STATUS_OK);
    cr_assert(map.size == 6 && memcmp(map.data, "mapped", 6) == 0);
    file_unmap(&map);
    file_unmap(&map);
    raw_write(path, "", 0);
    cr_assert_eq(file_map(path, &map, NULL), STATUS_INPUT);
    sys_fail_at(2, ENOMEM, 0);
    raw_write(path, "mapped", 6);
    cr_assert_eq(file_map(path, &map, NULL), STATUS_IO);
    sys_fail_at(0, 0, 0);
    temp_remove(&d);
}

Test(files, folders_are_made_with_their_parents) {
    TempDir d = temp_make();
    char deep[128];
    snprintf(deep, sizeof deep, "%s/a/b", d.path);
    cr_assert_eq(dir_make(deep, NULL), STATUS_OK);
    cr_assert_eq(dir_make(deep, NULL), STATUS_OK);
    cr_assert(path_is_dir(deep));
    rmdir(deep);
    rmdir(temp_path(&d, "a"));
    raw_write(temp_path(&d, "file"), "x", 1);
    Error err;
    cr_assert_eq(dir_make(temp_path(&d, "file"), &err), STATUS_INPUT);
    cr_assert(path_exists(temp_path(&d, "file")) && !path_exists(temp_path(&d, "none")));
    temp_remove(&d);
}

static void joined(char *path, const char *expected) {
    cr_assert_str_eq(path, expected);
    mem_free(path);
}

Test(files, paths_are_joined) {
    joined(path_join("a", "b"), "a/b");
    joined(path_join("a/", "b"), "a/b");
    joined(path_beside("dir/list.tsv", "image.png"), "dir/image.png");
    joined(path_beside("list.tsv", "image.png"), "image.png");
    joined(path_beside("/list.tsv", "image.png"), "/image.png");
    joined(path_beside("dir/list.tsv", "/image.png"), "/image.png");
}

/* ---- What stands at the path already ---- */

static unsigned mode_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (unsigned)st.st_mode & 07777 : 0;
}

Test(files, a_file_that_is_replaced_keeps_its_mode) {
    TempDir d = temp_make();
    fill();
    const char *path = temp_path(&d, "a");
    static const unsigned modes[] = {0600, 0640, 0666, 0444};
    for (int i = 0; i < 4; i++) {
        raw_write(path, old_bytes, LARGE);
        cr_assert_eq(chmod(path, modes[i]), 0);
        cr_assert_eq(write_new(path, NULL), STATUS_OK);
        cr_assert(holds(path, new_bytes));
        cr_assert_eq(mode_of(path), modes[i]);
        remove(path);
    }
    umask(027);
    cr_assert_eq(write_new(path, NULL), STATUS_OK);
    cr_assert_eq(mode_of(path), 0640, "a new file follows umask");
    temp_remove(&d);
}

Test(files, a_link_is_followed_and_stays) {
    TempDir d = temp_make();
    char path[320], link[320], gone[320];
    struct stat st;
    Error err;
    fill();
    snprintf(path, sizeof path, "%s", temp_path(&d, "a"));
    snprintf(link, sizeof link, "%s", temp_path(&d, "link"));
    snprintf(gone, sizeof gone, "%s", temp_path(&d, "gone"));
    raw_write(path, old_bytes, LARGE);
    cr_assert(symlink("a", link) == 0 && symlink("nowhere", gone) == 0);
    cr_assert_eq(write_new(link, NULL), STATUS_OK);
    cr_assert(holds(path, new_bytes) && lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    cr_assert_eq(write_new(gone, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "gone: is a link to a missing file; remove the link"));
    cr_assert_eq(temp_count(&d), 3);
    temp_remove(&d);
}

Test(files, a_link_at_the_temporary_name_is_not_followed) {
    TempDir d = temp_make();
    char victim[320], path[320], planted[352];
    fill();
    snprintf(victim, sizeof victim, "%s", temp_path(&d, "victim"));
    snprintf(path, sizeof path, "%s", temp_path(&d, "a"));
    snprintf(planted, sizeof planted, "%s.tmp%ld", path, (long)getpid());
    raw_write(victim, old_bytes, LARGE);
    cr_assert_eq(symlink("victim", planted), 0);
    cr_assert_eq(write_new(path, NULL), STATUS_OK);
    cr_assert(holds(path, new_bytes) && holds(victim, old_bytes));
    raw_write(planted, old_bytes, LARGE); /* left by a killed process */
    cr_assert_eq(write_new(path, NULL), STATUS_OK);
    cr_assert_eq(temp_count(&d), 2);
    temp_remove(&d);
}

Test(files, a_fifo_is_written_to_and_stays) {
    TempDir d = temp_make();
    char path[320], read[8] = "";
    struct stat st;
    Error err;
    snprintf(path, sizeof path, "%s", temp_path(&d, "fifo"));
    cr_assert_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    cr_assert_geq(fd, 0);
    cr_assert_eq(file_write(path, "hello", 5, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
    FILE *f = fdopen(fd, "r");
    cr_assert_eq(fread(read, 1, sizeof read, f), 5);
    cr_assert_str_eq(read, "hello");
    fclose(f);
    cr_assert(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode));
    cr_assert_eq(temp_count(&d), 1);
    temp_remove(&d);
}
