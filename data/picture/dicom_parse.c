/* The data elements of a DICOM file, up to its pixels. Sources: PS3.10 chapter 7 (preamble, file meta information), PS3.5 chapter 7
 * (elements, sequences, items) and annex A (transfer syntaxes), PS3.6 (tags). */
#include "data/picture/dicom_parse.h"

#include <math.h>
#include <string.h>

#include "data/picture/dicom_element.h"
#include "data/picture/pixels.h"

enum {
    PREAMBLE = 128,
    DEPTH = 16, /* sequences within sequences */
    FRAMES = 1 << 20,
    MOST_OF_FIRST = 256, /* bytes of the first elements of a file without preamble ... */
    FIRST_ELEMENT = 0x20 /* ... and the highest number of the first */
};

#define TAG DICOM_TAG
#define NO_LENGTH DICOM_NO_LENGTH
static const uint32_t ITEM = TAG(0xFFFE, 0xE000), ITEM_END = TAG(0xFFFE, 0xE00D),
                      SEQUENCE_END = TAG(0xFFFE, 0xE0DD), PIXELS = TAG(0x7FE0, 0x0010),
                      REGIONS = TAG(0x0018, 0x6011), SHARED = TAG(0x5200, 0x9229),
                      PER_FRAME = TAG(0x5200, 0x9230), FRAME_VOI = TAG(0x0028, 0x9132),
                      FRAME_VALUES = TAG(0x0028, 0x9145), MODALITY_LUT = TAG(0x0028, 0x3000),
                      VOI_LUT = TAG(0x0028, 0x3010);

static const char BIG_ENDIAN[] = "1.2.840.10008.1.2.2";

typedef struct {
    Dicom *d;
    const char *path;
    const unsigned char *data;
    size_t size, at;
    int asked;            /* frame */
    bool done, has_limit; /* the pixels were reached; the file has a PixelPaddingRangeLimit */
    DicomRegion region;   /* of the current item */
    int region_format;
    Error *err;
} Parser;

typedef DicomElement Element;

static Status damaged(Parser *p, const char *what) {
    return image_damaged(p->err, p->path, p->at, what);
}

/* Reads the head of the next element and moves p->at to its value. */
static Status take_element(Parser *p, size_t end, bool explicit_vr, Element *e) {
    const char *fault = dicom_element_read(e, p->data + p->at, end - p->at, explicit_vr);
    if (fault) return damaged(p, fault);
    p->at += e->head;
    return STATUS_OK;
}

/* ---- Storing values ---- */

static void keep_region(Parser *p, const Element *e) {
    switch (e->tag & 0xFFFF) {
    case 0x6012:
        p->region_format = dicom_value_short(e, 0);
        break;
    case 0x6018:
        p->region.x0 = dicom_value_long(e);
        break;
    case 0x601A:
        p->region.y0 = dicom_value_long(e);
        break;
    case 0x601C:
        p->region.x1 = dicom_value_long(e);
        break;
    case 0x601E:
        p->region.y1 = dicom_value_long(e);
        break;
    default:
        break;
    }
}

/* A number written as blanks counts as missing. */
static void keep_number(const Element *e, double *to) {
    if (!dicom_value_is_blank(e)) *to = dicom_value_number(e);
}

static void keep_window(Dicom *d, const Element *e) {
    char text[17];
    switch (e->tag) {
    case TAG(0x0028, 0x1050):
        keep_number(e, &d->center);
        break;
    case TAG(0x0028, 0x1051):
        keep_number(e, &d->width);
        break;
    case TAG(0x0028, 0x1056):
        dicom_value_text(e, text, sizeof text);
        d->window = strcmp(text, "SIGMOID") == 0        ? DICOM_SIGMOID
                    : strcmp(text, "LINEAR_EXACT") == 0 ? DICOM_LINEAR_EXACT
                                                        : DICOM_LINEAR;
        break;
    case TAG(0x0028, 0x1052):
        keep_number(e, &d->intercept);
        break;
    case TAG(0x0028, 0x1053):
        keep_number(e, &d->slope);
        break;
    default:
        break;
    }
}

static void keep_sizes(Parser *p, const Element *e) {
    Dicom *d = p->d;
    double v = 1;
    switch (e->tag) {
    case TAG(0x0028, 0x0002):
        d->samples = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0004):
        dicom_value_text(e, d->photometric, sizeof d->photometric);
        break;
    case TAG(0x0028, 0x0006):
        d->planar = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0008):
        keep_number(e, &v);
        d->info.frames = v == 0 ? 1 : v >= 1 && v <= FRAMES && v == floor(v) ? (int)v : 0;
        break;
    case TAG(0x0028, 0x0010):
        d->rows = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0011):
        d->columns = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0100):
        d->allocated = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0101):
        d->stored = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0102):
        d->high = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0103):
        d->is_signed = dicom_value_short(e, 0) == 1;
        break;
    case TAG(0x0028, 0x0120):
        d->has_padding = true;
        d->padding = dicom_value_short(e, 0);
        break;
    case TAG(0x0028, 0x0121):
        p->has_limit = true;
        d->padding_limit = dicom_value_short(e, 0);
        break;
    default:
        keep_window(d, e);
        break;
    }
}

static void keep_table(DicomTable *t, const Element *e) {
    if (e->tag == TAG(0x0028, 0x3002)) {
        t->entries = dicom_value_short(e, 0) ? dicom_value_short(e, 0) : e->length >= 2 ? 65536 : 0;
        t->first = dicom_value_short(e, 1);
        t->bits = dicom_value_short(e, 2);
        t->is_signed = strcmp(e->vr, "SS") == 0;
    } else if (e->tag == TAG(0x0028, 0x3006)) {
        t->data = e->value;
        t->bytes = e->length;
    }
}

/* An element without a value counts as missing. */
static void keep(Parser *p, uint32_t parent, const Element *e) {
    if (e->length == 0) return;
    if (parent == 0 && e->tag >> 16 == 0x0028)
        keep_sizes(p, e);
    else if (parent == 0 && e->tag == TAG(0x0010, 0x0020))
        dicom_value_text(e, p->d->info.patient, sizeof p->d->info.patient);
    else if (parent == REGIONS && e->tag >> 16 == 0x0018)
        keep_region(p, e);
    else if (parent == FRAME_VOI || parent == FRAME_VALUES)
        keep_window(p->d, e);
    else if (parent == VOI_LUT || parent == MODALITY_LUT)
        keep_table(parent == VOI_LUT ? &p->d->voi : &p->d->modality, e);
}

/* *a becomes the smallest region that holds both. */
static void join(DicomRegion *a, const DicomRegion *b) {
    if (a->x1 < a->x0) {
        *a = *b;
        return;
    }
    if (b->x0 < a->x0) a->x0 = b->x0;
    if (b->y0 < a->y0) a->y0 = b->y0;
    if (b->x1 > a->x1) a->x1 = b->x1;
    if (b->y1 > a->y1) a->y1 = b->y1;
}

static void end_region(Parser *p) {
    const DicomRegion *r = &p->region;
    if (r->x1 <= r->x0 || r->y1 <= r->y0) return;
    join(&p->d->any, r);
    if (p->region_format == 1) join(&p->d->flat, r);
}

/* ---- Sequences ---- */

static void choose_frame(Parser *p) {
    p->d->frame = p->asked == DICOM_MIDDLE ? p->d->info.frames / 2 : p->asked;
}

static Status take_sequence(Parser *p, size_t end, const Element *of, uint32_t parent, bool explicit_vr,
                            int depth);

/* The elements of the data set (parent 0) or of one item of the sequence `parent`, up to end or to the item's delimiter. */
static Status take_elements(Parser *p, size_t end, uint32_t parent, bool explicit_vr, int depth) {
    explicit_vr = dicom_is_explicit(p->data + p->at, end - p->at, explicit_vr);
    while (p->at < end && !p->done) {
        Element e;
        TRY(take_element(p, end, explicit_vr, &e));
        bool open = e.length == NO_LENGTH;
        if (e.tag == ITEM_END && depth > 0) return STATUS_OK;
        if (e.tag >> 16 == 0xFFFE) return damaged(p, "a DICOM item stands outside a sequence");
        if (parent == 0 && e.tag == PIXELS) {
            p->done = true;
            p->d->pixels = e.value;
            p->d->at = p->at;
            p->d->pixel_bytes = open ? end - p->at : e.length;
            p->d->jpeg = p->d->syntax == DICOM_JPEG || (p->d->syntax == DICOM_AS_FOUND && open);
            if (open != p->d->jpeg)
                return damaged(p, "the DICOM pixels are not laid out as the transfer syntax says");
        } else if (open || strcmp(e.vr, "SQ") == 0 || e.tag == REGIONS || e.tag == SHARED ||
                   e.tag == PER_FRAME || e.tag == FRAME_VOI || e.tag == FRAME_VALUES ||
                   e.tag == MODALITY_LUT || e.tag == VOI_LUT) {
            /* A sequence of unknown representation is written implicitly (PS3.5, 6.2.2). */
            bool inside = explicit_vr && strcmp(e.vr, "UN") != 0;
            TRY(take_sequence(p, open ? end : p->at + e.length, &e, parent, inside, depth + 1));
        } else {
            keep(p, parent, &e);
            p->at += e.length;
        }
    }
    return STATUS_OK;
}

/* The `parent` of the elements of an item of the sequence `tag`; NO_LENGTH where none of them is used. */
static uint32_t place_of(const Parser *p, uint32_t tag, uint32_t parent, int item) {
    if (parent == 0 && (tag == REGIONS || tag == SHARED)) return tag;
    if (parent == 0 && (tag == VOI_LUT || tag == MODALITY_LUT) && item == 0) return tag;
    if (parent == 0 && tag == PER_FRAME && item == p->d->frame) return tag;
    if ((parent == SHARED || parent == PER_FRAME) && (tag == FRAME_VOI || tag == FRAME_VALUES)) return tag;
    return NO_LENGTH;
}

static Status take_sequence(Parser *p, size_t end, const Element *of, uint32_t parent, bool explicit_vr,
                            int depth) {
    bool open = of->length == NO_LENGTH;
    if (depth > DEPTH) return damaged(p, "DICOM sequences are nested too deeply");
    choose_frame(p);
    for (int item = 0; p->at < end; item++) {
        Element e;
        TRY(take_element(p, end, explicit_vr, &e));
        if (e.tag == SEQUENCE_END && open) return STATUS_OK;
        if (e.tag != ITEM) return damaged(p, "a DICOM item was expected in a sequence");
        uint32_t place = place_of(p, of->tag, parent, item);
        p->region = (DicomRegion){0};
        p->region_format = 0;
        if (e.length != NO_LENGTH && place == NO_LENGTH)
            p->at += e.length;
        else
            TRY(take_elements(p, e.length == NO_LENGTH ? end : p->at + e.length, place, explicit_vr, depth));
        if (place == REGIONS) end_region(p);
    }
    return open ? damaged(p, "a DICOM sequence has no end") : STATUS_OK;
}

/* ---- The file ---- */

/* Where the file meta information starts: behind the preamble, or at 0 in a file without one. */
static size_t start_of(const unsigned char *data, size_t size) {
    return size >= PREAMBLE + 4 && memcmp(data + PREAMBLE, "DICM", 4) == 0 ? PREAMBLE + 4 : 0;
}

/* Whether elements start at byte 0: the first two are in rising order, of group 0002 or 0008 and of a plausible size. */
static bool starts_with_elements(const unsigned char *data, size_t size) {
    uint32_t before = 0;
    size_t at = 0;
    bool explicit_vr = dicom_is_explicit(data, size, true);
    for (int i = 0; i < 2; i++) {
        DicomElement e;
        const char *fault = dicom_element_read(&e, data + at, size - at, explicit_vr);
        uint32_t group = e.tag >> 16;
        if (fault || e.length > MOST_OF_FIRST || (group != 2 && group != 8) || (i && e.tag <= before))
            return false;
        if (i == 0 && (e.tag & 0xFFFF) > FIRST_ELEMENT) return false;
        if (*e.vr && explicit_vr && !dicom_is_explicit(data + at, size - at, false)) return false;
        before = e.tag;
        at += e.head + e.length;
    }
    return true;
}

/* Whether the elements are big endian: the first two are of group 0008, with letters of a VR and a plausible size. */
static bool is_big_endian(const unsigned char *data, size_t size) {
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        if (size - at < 8 || memcmp(data + at, "\0\x8\0", 3) != 0 || !dicom_is_explicit(data + at, 8, false))
            return false;
        at += 8 + (size_t)(data[at + 6] << 8 | data[at + 7]);
        if (at > MOST_OF_FIRST || at > size) return false;
    }
    return true;
}

bool dicom_is(const unsigned char *data, size_t size) {
    return start_of(data, size) > 0 || starts_with_elements(data, size) || is_big_endian(data, size);
}

/* Group 0002 is always explicit VR little endian. */
static Status take_meta(Parser *p) {
    char uid[65] = "";
    p->at = start_of(p->data, p->size);
    while (p->size - p->at >= 8 && p->data[p->at] == 2 && p->data[p->at + 1] == 0) {
        Element e;
        TRY(take_element(p, p->size, true, &e));
        if (e.length == NO_LENGTH) return damaged(p, "a DICOM element is longer than what holds it");
        if (e.tag == TAG(0x0002, 0x0010)) dicom_value_text(&e, uid, sizeof uid);
        p->at += e.length;
    }
    if (!*uid && is_big_endian(p->data + p->at, p->size - p->at)) memcpy(uid, BIG_ENDIAN, sizeof BIG_ENDIAN);
    p->d->info.other_kind = true;
    TRY(dicom_syntax(uid, p->path, &p->d->syntax, p->err));
    p->d->info.other_kind = false;
    return STATUS_OK;
}

Status dicom_parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame,
                   Error *err) {
    *d = (Dicom){.samples = 1,
                 .high = -1,
                 .info = {.frames = 1},
                 .slope = 1,
                 .flat = {0, 0, -1, -1},
                 .any = {0, 0, -1, -1}};
    Parser p = {.d = d, .path = path, .data = data, .size = size, .asked = frame, .err = err};
    if (!dicom_is(data, size)) return damaged(&p, "is no DICOM file");
    TRY(take_meta(&p));
    TRY(take_elements(&p, size, 0, d->syntax != DICOM_IMPLICIT, 0));
    if (!p.done)
        return error_set(
            err, STATUS_INPUT,
            "%s: is DICOM without pixels (cut, or a report or directory); a picture was expected", path);
    if (!p.has_limit) d->padding_limit = d->padding;
    choose_frame(&p);
    return STATUS_OK;
}
