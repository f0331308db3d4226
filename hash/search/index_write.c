/* Writing a whole file. */
#include <string.h>

#include "hash/search/index_build.h"
#include "hash/search/index_file.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

static void put_file(void *ctx, const void *data, size_t size) {
    file_put(ctx, data, size);
}

static Status write_file(const IndexBuilder *b, const Columns *c, const char *path, Error *err) {
    SegmentHeader h;
    segment_plan(&h, SEGMENT_CASES, c, 0);
    Slot slot = {.bits = b->bits, .length = SLOTS_BYTES + h.length, .rows = b->rows, .segments = 1};
    memcpy(slot.model_hash, b->model_hash, sizeof slot.model_hash);
    FileWriter w;
    TRY(file_begin(&w, path, err));
    for (unsigned i = 0; i < 2; i++) {
        unsigned char bytes[SLOT_BYTES];
        slot.generation = 2 - i; /* generation g lies in slot g % 2 */
        slot_encode(&slot, bytes);
        file_put(&w, bytes, sizeof bytes);
    }
    if (!segment_write(&h, c, put_file, &w)) {
        file_abort(&w);
        return mem_error(err, "an index");
    }
    return file_commit(&w, err);
}

Status index_builder_write(const IndexBuilder *b, const char *path, Error *err) {
    if (b->failed) return mem_error(err, "an index");
    Columns c;
    Mih *tables[2] = {NULL, NULL};
    Buffer words[WORD_PARTS] = {{0}};
    Status s = index_builder_finish(b, &c, words, err);
    if (PART_SUBSTRINGS && s == STATUS_OK) s = index_builder_make_tables(b, &c, tables, err);
    if (s == STATUS_OK) s = write_file(b, &c, path, err);
    for (int m = 0; PART_SUBSTRINGS && m < 2; m++) mih_free(tables[m]);
    for (int i = 0; i < WORD_PARTS; i++) buffer_free(&words[i]);
    return s;
}
