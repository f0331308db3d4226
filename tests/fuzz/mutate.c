#include "tests/fuzz/mutate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "data/picture/dicom_element.h"
#include "hash/search/index_format.h"
#include "nn/base/bytes.h"
#include "nn/base/rng.h"
#include "tests/fuzz/harness.h"

static const uint64_t EDGES[] = {0,          1,
                                 2,          7,
                                 8,          15,
                                 16,         63,
                                 64,         255,
                                 256,        4095,
                                 65535,      65536,
                                 INT32_MAX,  0x80000000u,
                                 UINT32_MAX, UINT64_C(1) << 32,
                                 INT64_MAX,  UINT64_C(1) << 63,
                                 UINT64_MAX};
enum { N_EDGES = sizeof EDGES / sizeof EDGES[0], PLACES = 256 };

static uint32_t below(Rng *r, size_t n) {
    return rng_u32(r) % (uint32_t)n;
}

/* A number near v, or one at an edge. */
static uint64_t another(Rng *r, uint64_t v) {
    return below(r, 2) ? EDGES[below(r, N_EDGES)] : v + below(r, 33) - 16;
}

/* Puts `n` bytes in place of the `old` bytes at `at`; the new size, or 0 where there is no room. */
static size_t splice(uint8_t *data, size_t size, size_t most, size_t at, size_t old, const void *bytes,
                     size_t n) {
    if (size - old + n > most) return 0;
    memmove(data + at + n, data + at + old, size - at - old);
    memcpy(data + at, bytes, n);
    return size - old + n;
}

/* ---- DICOM ---- */

typedef struct {
    size_t at, head, length;
} Place;

/* The elements of the outermost level whose length is stated. */
static int find_elements(const uint8_t *data, size_t size, Place *place) {
    size_t at = size >= 132 && memcmp(data + 128, "DICM", 4) == 0 ? 132 : 0;
    int n = 0;
    while (n < PLACES && size - at >= 8) {
        DicomElement e;
        bool has_vr = dicom_is_explicit(data + at, size - at, false);
        if (dicom_element_read(&e, data + at, size - at, has_vr) || e.length == DICOM_NO_LENGTH) break;
        place[n++] = (Place){at, e.head, e.length};
        at += e.head + e.length;
    }
    return n;
}

static size_t mutate_dicom(uint8_t *data, size_t size, size_t most, unsigned seed) {
    Rng r = rng_stream(seed, RNG_TEST, 1);
    Place place[PLACES];
    uint8_t bytes[4096];
    int n = find_elements(data, size, place);
    if (n == 0) return 0;
    const Place *p = &place[below(&r, (size_t)n)];
    uint8_t *value = data + p->at + p->head;
    size_t whole = p->head + p->length;
    switch (below(&r, 6)) {
    case 0: /* another number */
        for (size_t i = 0, v = (size_t)another(&r, p->length ? value[0] : 0); i < p->length && i < 8; i++)
            value[i] = (uint8_t)(v >> 8 * i);
        return size;
    case 1: /* another number as text */
        if (p->length == 0) return size;
        memset(value, ' ', p->length);
        if (below(&r, 2))
            snprintf((char *)bytes, sizeof bytes, "%" PRId64, (int64_t)another(&r, 1));
        else
            snprintf((char *)bytes, sizeof bytes, "%.3e", (double)another(&r, 1));
        memcpy(value, bytes, strlen((char *)bytes) < p->length ? strlen((char *)bytes) : p->length);
        return size;
    case 2: /* no value, the length right */
        memset(data + p->at +
                   (p->head == 12     ? 8
                    : value[-4] < 'A' ? 4
                                      : 6),
               0, p->head == 12 || value[-4] < 'A' ? 4 : 2);
        return splice(data, size, most, p->at + p->head, p->length, "", 0);
    case 3: /* left out */
        return splice(data, size, most, p->at, whole, "", 0);
    case 4: /* twice */
        if (whole > sizeof bytes) return 0;
        memcpy(bytes, data + p->at, whole);
        return splice(data, size, most, place[below(&r, (size_t)n)].at, 0, bytes, whole);
    default: /* another tag or representation */
        data[p->at + below(&r, 6)] = (uint8_t) "\x02\x08\x10\x28\x04\x11US"[below(&r, 8)];
        return size;
    }
}

/* ---- Safetensors ---- */

static size_t mutate_safetensors(uint8_t *data, size_t size, size_t most, unsigned seed) {
    Rng r = rng_stream(seed, RNG_TEST, 2);
    size_t start[PLACES], n = 0;
    uint64_t length = size >= 8 ? get_u64(data) : 0;
    if (length == 0 || length > size - 8) return 0;
    for (size_t i = 9; i < 8 + length && n < PLACES; i++) /* numbers behind '[' or ',' */
        if ((data[i - 1] == '[' || data[i - 1] == ',') && data[i] >= '0' && data[i] <= '9') start[n++] = i;
    if (n == 0) return 0;
    char text[24];
    size_t at = start[below(&r, n)], digits = 0;
    uint64_t v = 0;
    while (at + digits < 8 + length && data[at + digits] >= '0' && data[at + digits] <= '9')
        v = v * 10 + (uint64_t)(data[at + digits++] - '0');
    snprintf(text, sizeof text, "%" PRIu64, another(&r, v));
    size_t made = splice(data, size, most, at, digits, text, strlen(text));
    if (made) put_u64(data, length - digits + strlen(text));
    return made;
}

/* ---- Index: the target makes the checksums right ---- */

static size_t mutate_index(uint8_t *data, size_t size, size_t most, unsigned seed) {
    Rng r = rng_stream(seed, RNG_TEST, 3);
    (void)most;
    if (size < SLOTS_BYTES + SEGMENT_HEADER_BYTES) return 0;
    size_t room[] = {SLOT_BYTES / 8, SEGMENT_HEADER_BYTES / 8 - 8,
                     (size - SLOTS_BYTES - SEGMENT_HEADER_BYTES) / 8};
    size_t from[] = {SLOT_BYTES * below(&r, 2), SLOTS_BYTES, SLOTS_BYTES + SEGMENT_HEADER_BYTES};
    unsigned part = below(&r, room[2] ? 3 : 2);
    uint8_t *field = data + from[part] + 8 * below(&r, room[part]);
    put_u64(field, another(&r, get_u64(field)));
    return size;
}

MutateFn *mutate_of(const char *target) {
    return strcmp(target, "dicom") == 0         ? mutate_dicom
           : strcmp(target, "safetensors") == 0 ? mutate_safetensors
           : strcmp(target, "index") == 0       ? mutate_index
                                                : NULL;
}
