/* The data elements of a DICOM file, up to its pixels. Sources: PS3.10 chapter 7 (preamble, file meta information), PS3.5 chapter 7
 * (elements, sequences, items) and annex A (transfer syntaxes), PS3.6 (tags). */
#include "data/picture/dicom_parse.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/dicom_syntax.h"
#include "data/picture/pixels.h"
#include "nn/base/bytes.h"

enum {
    PREAMBLE = 128,
    DEPTH = 16, /* sequences within sequences */
    FRAMES = 1 << 20
};

#define TAG(group, element) ((uint32_t)(group) << 16 | (element))
static const uint32_t ITEM = TAG(0xFFFE, 0xE000), ITEM_END = TAG(0xFFFE, 0xE00D),
                      SEQUENCE_END = TAG(0xFFFE, 0xE0DD), NO_LENGTH = 0xFFFFFFFF,
                      PIXELS = TAG(0x7FE0, 0x0010), REGIONS = TAG(0x0018, 0x6011),
                      SHARED = TAG(0x5200, 0x9229), PER_FRAME = TAG(0x5200, 0x9230),
                      FRAME_VOI = TAG(0x0028, 0x9132), FRAME_VALUES = TAG(0x0028, 0x9145),
                      MODALITY_LUT = TAG(0x0028, 0x3000);

typedef struct {
    Dicom *d;
    const char *path;
    const unsigned char *data;
    size_t size, at;
    int asked;          /* frame */
    bool done;          /* the pixels were met */
    DicomRegion region; /* of the current item */
    int region_format;
    Error *err;
} Parser;

typedef struct {
    uint32_t tag, length;
    char vr[2];
    const unsigned char *value;
} Element;

static Status damaged(Parser *p, const char *what) {
    return image_damaged(p->err, p->path, p->at, what);
}

static uint32_t get_u16(const unsigned char *b) {
    return (uint32_t)(b[0] | b[1] << 8);
}

/* ---- Values ---- */

/* The first of a value's strings, without blanks around it. */
static const char *text_of(const Element *e, char *out, size_t room) {
    size_t from = 0, n = 0;
    while (from < e->length && e->value[from] == ' ') from++;
    for (; from + n < e->length && n + 1 < room; n++) {
        char c = (char)e->value[from + n];
        if (c == 0 || c == '\\') break;
        out[n] = c;
    }
    while (n && out[n - 1] == ' ') n--;
    out[n] = 0;
    return out;
}

static double number_of(const Element *e) {
    char text[65], *end;
    double v = strtod(text_of(e, text, sizeof text), &end);
    return *text && !*end && isfinite(v) ? v : NAN;
}

static int short_of(const Element *e) {
    return e->length >= 2 ? (int)get_u16(e->value) : 0;
}

static int64_t long_of(const Element *e) {
    return e->length >= 4 ? (int64_t)get_u32(e->value) : 0;
}

/* ---- Elements ---- */

static bool is_long(const char vr[2]) {
    static const char list[] = "OBOWOFODOLOVSQUCURUTUNSVUV";
    for (size_t i = 0; list[i]; i += 2)
        if (memcmp(list + i, vr, 2) == 0) return true;
    return false;
}

static Status take_element(Parser *p, size_t end, bool explicit_vr, Element *e) {
    const unsigned char *b = p->data + p->at;
    size_t room = end - p->at, head = 8;
    *e = (Element){0};
    if (room < 8) return damaged(p, "a DICOM element is cut");
    e->tag = TAG(get_u16(b), get_u16(b + 2));
    e->length = get_u32(b + 4);
    if (explicit_vr && e->tag >> 16 != 0xFFFE) {
        memcpy(e->vr, b + 4, 2);
        if (e->vr[0] < 'A' || e->vr[0] > 'Z' || e->vr[1] < 'A' || e->vr[1] > 'Z')
            return damaged(p, "a DICOM element has no value representation");
        if (is_long(e->vr)) head = 12;
        if (room < head) return damaged(p, "a DICOM element is cut");
        e->length = head == 12 ? get_u32(b + 8) : get_u16(b + 6);
    }
    if (e->length != NO_LENGTH && e->length > room - head)
        return damaged(p, "a DICOM element is longer than what holds it");
    p->at += head;
    e->value = p->data + p->at;
    return STATUS_OK;
}

/* ---- What is kept of them ---- */

static void keep_region(Parser *p, const Element *e) {
    switch (e->tag & 0xFFFF) {
    case 0x6012:
        p->region_format = short_of(e);
        break;
    case 0x6018:
        p->region.x0 = long_of(e);
        break;
    case 0x601A:
        p->region.y0 = long_of(e);
        break;
    case 0x601C:
        p->region.x1 = long_of(e);
        break;
    case 0x601E:
        p->region.y1 = long_of(e);
        break;
    default:
        break;
    }
}

static void keep_window(Dicom *d, const Element *e) {
    char text[17];
    double v = number_of(e);
    switch (e->tag) {
    case TAG(0x0028, 0x1050):
        d->center = v;
        break;
    case TAG(0x0028, 0x1051):
        d->width = v;
        break;
    case TAG(0x0028, 0x1056):
        text_of(e, text, sizeof text);
        d->window = strcmp(text, "SIGMOID") == 0        ? DICOM_SIGMOID
                    : strcmp(text, "LINEAR_EXACT") == 0 ? DICOM_LINEAR_EXACT
                                                        : DICOM_LINEAR;
        break;
    case TAG(0x0028, 0x1052):
        d->intercept = v;
        break;
    case TAG(0x0028, 0x1053):
        d->slope = v;
        break;
    default:
        break;
    }
}

static void keep_sizes(Parser *p, const Element *e) {
    Dicom *d = p->d;
    double v;
    switch (e->tag) {
    case TAG(0x0028, 0x0002):
        d->samples = short_of(e);
        break;
    case TAG(0x0028, 0x0004):
        text_of(e, d->photometric, sizeof d->photometric);
        break;
    case TAG(0x0028, 0x0006):
        d->planar = short_of(e);
        break;
    case TAG(0x0028, 0x0008):
        v = number_of(e);
        d->info.frames = v >= 1 && v <= FRAMES ? (int)v : 0;
        break;
    case TAG(0x0028, 0x0010):
        d->rows = short_of(e);
        break;
    case TAG(0x0028, 0x0011):
        d->columns = short_of(e);
        break;
    case TAG(0x0028, 0x0100):
        d->allocated = short_of(e);
        break;
    case TAG(0x0028, 0x0101):
        d->stored = short_of(e);
        break;
    case TAG(0x0028, 0x0102):
        d->high = short_of(e);
        break;
    case TAG(0x0028, 0x0103):
        d->is_signed = short_of(e) == 1;
        break;
    case TAG(0x0028, 0x0120):
        d->has_padding = e->length >= 2;
        d->padding = short_of(e);
        break;
    default:
        keep_window(d, e);
        break;
    }
}

static void keep(Parser *p, uint32_t parent, const Element *e) {
    if (parent == 0 && e->tag >> 16 == 0x0028)
        keep_sizes(p, e);
    else if (parent == 0 && e->tag == TAG(0x0010, 0x0020))
        text_of(e, p->d->info.patient, sizeof p->d->info.patient);
    else if (parent == REGIONS && e->tag >> 16 == 0x0018)
        keep_region(p, e);
    else if (parent == FRAME_VOI || parent == FRAME_VALUES)
        keep_window(p->d, e);
}

/* The smallest region that holds both. */
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
            if (open != p->d->jpeg)
                return damaged(p, "the DICOM pixels are not laid out as the transfer syntax says");
        } else if (open || memcmp(e.vr, "SQ", 2) == 0 || e.tag == REGIONS || e.tag == SHARED ||
                   e.tag == PER_FRAME || e.tag == FRAME_VOI || e.tag == FRAME_VALUES ||
                   e.tag == MODALITY_LUT) {
            /* A sequence of unknown representation is written implicitly (PS3.5, 6.2.2). */
            bool inside = explicit_vr && memcmp(e.vr, "UN", 2) != 0;
            TRY(take_sequence(p, open ? end : p->at + e.length, &e, parent, inside, depth + 1));
        } else {
            keep(p, parent, &e);
            p->at += e.length;
        }
    }
    return STATUS_OK;
}

/* What the items of a sequence are to what is kept: 0xFFFFFFFF where nothing in them counts. */
static uint32_t place_of(const Parser *p, uint32_t tag, uint32_t parent, int item) {
    if (parent == 0 && (tag == REGIONS || tag == SHARED)) return tag;
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
        if (parent == 0 && of->tag == MODALITY_LUT) p->d->has_lookup = true;
        if (e.length != NO_LENGTH && place == NO_LENGTH)
            p->at += e.length;
        else
            TRY(take_elements(p, e.length == NO_LENGTH ? end : p->at + e.length, place, explicit_vr, depth));
        if (place == REGIONS) end_region(p);
    }
    return open ? damaged(p, "a DICOM sequence has no end") : STATUS_OK;
}

/* ---- The file ---- */

bool dicom_is(const unsigned char *data, size_t size) {
    return size >= PREAMBLE + 4 && memcmp(data + PREAMBLE, "DICM", 4) == 0;
}

/* Group 0002 is always explicit VR little endian. */
static Status take_meta(Parser *p) {
    char uid[65] = "";
    p->at = PREAMBLE + 4;
    while (p->size - p->at >= 8 && get_u16(p->data + p->at) == 2) {
        Element e;
        TRY(take_element(p, p->size, true, &e));
        if (e.length == NO_LENGTH) return damaged(p, "a DICOM element is longer than what holds it");
        if (e.tag == TAG(0x0002, 0x0010)) text_of(&e, uid, sizeof uid);
        p->at += e.length;
    }
    p->d->info.other_kind = true;
    TRY(dicom_syntax(uid, p->path, &p->d->explicit_vr, &p->d->jpeg, p->err));
    p->d->info.other_kind = false;
    return STATUS_OK;
}

Status dicom_parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame,
                   Error *err) {
    *d = (Dicom){
        .samples = 1, .info = {.frames = 1}, .slope = 1, .flat = {0, 0, -1, -1}, .any = {0, 0, -1, -1}};
    Parser p = {.d = d, .path = path, .data = data, .size = size, .asked = frame, .err = err};
    if (!dicom_is(data, size)) return damaged(&p, "is no DICOM file");
    TRY(take_meta(&p));
    TRY(take_elements(&p, size, 0, d->explicit_vr, 0));
    if (!p.done)
        return error_set(
            err, STATUS_INPUT,
            "%s: is DICOM without pixels (cut, or a report or directory); a picture was expected", path);
    choose_frame(&p);
    return STATUS_OK;
}
