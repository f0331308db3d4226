/* A report of Open-i. */
#include <string.h>

#include "data/import/openi_report.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

void fuzz_xml(const uint8_t *data, size_t size) {
    OpeniReport r;
    Error err = {0};
    uint8_t *copy = harness_copy(data, size);
    Status s = openi_parse(&r, "input", copy, size, "major", &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && strncmp(err.message, "input", 5) == 0));
    if (s == STATUS_OK) {
        size_t taken = r.labels.size;
        for (int i = 0; i < OPENI_SECTIONS; i++) taken += r.section[i].size;
        FUZZ_CHECK(r.uid[0] && strlen(r.uid) < sizeof r.uid);
        FUZZ_CHECK(r.images.size == 0 || r.images.data[r.images.size - 1] == 0);
        FUZZ_CHECK(taken <= 2 * size); /* no entity unpacks */
    }
    openi_free(&r);
    free(copy);
}
