#include "tests/dicom_write.h"

#include <stdlib.h>
#include <string.h>

#define IMPLICIT "1.2.840.10008.1.2"
#define EXPLICIT "1.2.840.10008.1.2.1"
#define BASELINE "1.2.840.10008.1.2.4.50"

static void add_u16(Buffer *b, unsigned v) {
    const unsigned char bytes[2] = {(unsigned char)v, (unsigned char)(v >> 8)};
    buffer_add(b, bytes, 2);
}

static void add_u32(Buffer *b, uint32_t v) {
    unsigned char bytes[4];
    put_u32(bytes, v);
    buffer_add(b, bytes, 4);
}

static void add_head(Buffer *b, bool implicit, uint32_t tag, const char *vr, uint32_t length) {
    add_u16(b, tag >> 16);
    add_u16(b, tag & 0xFFFF);
    if (implicit || tag >> 16 == 0xFFFE) {
        add_u32(b, length);
        return;
    }
    buffer_add(b, vr, 2);
    if (strstr("OB OW UN SQ UT", vr)) {
        add_u16(b, 0);
        add_u32(b, length);
    } else {
        add_u16(b, length);
    }
}

void dicom_element(Buffer *b, bool implicit, uint32_t tag, const char *vr, const void *value, size_t size) {
    add_head(b, implicit, tag, vr, (uint32_t)(size + size % 2));
    if (size) buffer_add(b, value, size);
    if (size % 2) buffer_add(b, strcmp(vr, "UI") == 0 || vr[0] == 'O' ? "" : " ", 1);
}

void dicom_short(Buffer *b, bool implicit, uint32_t tag, int value) {
    const unsigned char bytes[2] = {(unsigned char)value, (unsigned char)(value >> 8)};
    dicom_element(b, implicit, tag, "US", bytes, 2);
}

void dicom_string(Buffer *b, bool implicit, uint32_t tag, const char *vr, const char *text) {
    if (text) dicom_element(b, implicit, tag, vr, text, strlen(text));
}

void dicom_begin(Buffer *b, const char *syntax) {
    static const char preamble[128];
    buffer_add(b, preamble, sizeof preamble);
    buffer_add(b, "DICM", 4);
    dicom_element(b, false, 0x00020001, "OB", "\0\1", 2);
    dicom_string(b, false, 0x00020010, "UI", syntax);
}

static void add_long(Buffer *b, bool implicit, uint32_t tag, uint32_t value) {
    unsigned char bytes[4];
    put_u32(bytes, value);
    dicom_element(b, implicit, tag, "UL", bytes, 4);
}

static void add_regions(Buffer *b, const DicomFile *f) {
    Buffer items = {0};
    for (int i = 0; i < f->regions; i++) {
        Buffer item = {0};
        dicom_short(&item, f->implicit, 0x00186012, (int)f->region[i][0]);
        for (uint32_t k = 0; k < 4; k++)
            add_long(&item, f->implicit, 0x00186018 + 2 * k, f->region[i][k + 1]);
        add_head(&items, f->implicit, 0xFFFEE000, "", f->open ? 0xFFFFFFFF : (uint32_t)item.size);
        buffer_add(&items, item.data, item.size);
        if (f->open) add_head(&items, f->implicit, 0xFFFEE00D, "", 0);
        buffer_free(&item);
    }
    add_head(b, f->implicit, 0x00186011, "SQ", f->open ? 0xFFFFFFFF : (uint32_t)items.size);
    buffer_add(b, items.data, items.size);
    if (f->open) add_head(b, f->implicit, 0xFFFEE0DD, "", 0);
    buffer_free(&items);
}

/* The empty offset table, then every file in its items. */
static void add_encapsulated(Buffer *b, const DicomFile *f) {
    int frames = f->frames && atoi(f->frames) ? atoi(f->frames) : 1, pieces = f->pieces ? f->pieces : 1;
    add_head(b, false, 0x7FE00010, "OB", 0xFFFFFFFF);
    add_head(b, false, 0xFFFEE000, "", 0);
    for (int i = 0; i < frames; i++)
        for (int k = 0; k < pieces; k++) {
            size_t from = f->pixel_bytes * (size_t)k / (size_t)pieces,
                   to = f->pixel_bytes * (size_t)(k + 1) / (size_t)pieces;
            add_head(b, false, 0xFFFEE000, "", (uint32_t)(to - from));
            buffer_add(b, (const char *)f->pixels + (size_t)i * f->pixel_bytes + from, to - from);
        }
    add_head(b, false, 0xFFFEE0DD, "", 0);
}

void dicom_file(Buffer *b, const DicomFile *f) {
    bool im = f->implicit;
    int allocated = f->allocated ? f->allocated : 8, stored = f->stored ? f->stored : allocated;
    size_t start = b->size;
    dicom_begin(b, f->syntax ? f->syntax : f->jpeg ? BASELINE : im ? IMPLICIT : EXPLICIT);
    if (f->head == DICOM_NO_PREAMBLE) {
        b->size -= 132;
        memmove(b->data + start, b->data + start + 132, b->size - start);
    }
    if (f->head == DICOM_NO_META) b->size = start;
    dicom_string(b, im, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"); /* secondary capture */
    dicom_string(b, im, 0x00080018, "UI", "1.2.3.4");
    dicom_string(b, im, 0x00080060, "CS", "US");
    dicom_string(b, im, 0x00100010, "PN", "Nobody^Real");
    dicom_string(b, im, 0x00100020, "LO", f->patient);
    if (f->regions) add_regions(b, f);
    dicom_short(b, im, 0x00280002, f->samples ? f->samples : 1);
    dicom_string(b, im, 0x00280004, "CS", f->photometric ? f->photometric : "MONOCHROME2");
    if (f->samples > 1) dicom_short(b, im, 0x00280006, f->planar);
    dicom_string(b, im, 0x00280008, "IS", f->frames);
    dicom_short(b, im, 0x00280010, f->rows);
    dicom_short(b, im, 0x00280011, f->columns);
    dicom_short(b, im, 0x00280100, allocated);
    dicom_short(b, im, 0x00280101, stored);
    dicom_short(b, im, 0x00280102, stored - 1);
    dicom_short(b, im, 0x00280103, f->is_signed);
    if (f->padding) dicom_short(b, im, 0x00280120, f->padding);
    if (f->padding_limit) dicom_short(b, im, 0x00280121, f->padding_limit);
    dicom_string(b, im, 0x00281050, "DS", f->center);
    dicom_string(b, im, 0x00281051, "DS", f->width);
    dicom_string(b, im, 0x00281052, "DS", f->intercept);
    dicom_string(b, im, 0x00281053, "DS", f->slope);
    dicom_string(b, im, 0x00281056, "CS", f->function);
    if (f->extra) buffer_add(b, f->extra->data, f->extra->size);
    if (f->jpeg)
        add_encapsulated(b, f);
    else if (f->pixels)
        dicom_element(b, im, 0x7FE00010, allocated == 8 ? "OB" : "OW", f->pixels, f->pixel_bytes);
}
