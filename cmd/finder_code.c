#include <stdlib.h>
#include <string.h>

#include "cmd/finder_groups.h"
#include "hash/code.h"

Status finder_code(const Finder *f, const Query *q, int find, Answer *a, uint8_t *code, Error *err) {
    size_t bytes = code_bytes(index_bits(f->index));
    if (strlen(q->value) != 2 * bytes || strspn(q->value, "0123456789abcdefABCDEF") != 2 * bytes)
        return error_set(err, STATUS_USAGE,
                         "code '%.260s': %zu hex digits were expected for codes of %d bits", q->value,
                         2 * bytes, index_bits(f->index));
    if (find < 0) return error_set(err, STATUS_USAGE, "a code needs --find image or --find text");
    for (size_t i = 0; i < bytes; i++) {
        const char digits[3] = {q->value[2 * i], q->value[2 * i + 1], 0};
        code[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    a->asked = modality_other((Modality)find);
    return STATUS_OK;
}
