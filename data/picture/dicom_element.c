#include "data/picture/dicom_element.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/bytes.h"

static unsigned get_u16(const unsigned char *b) {
    return (unsigned)(b[0] | b[1] << 8);
}

/* ---- Values ---- */

static bool is_blank(unsigned char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *dicom_value_text(const DicomElement *e, char *out, size_t room) {
    size_t from = 0, n = 0;
    while (from < e->length && is_blank(e->value[from])) from++;
    for (; from + n < e->length && n + 1 < room; n++) {
        char c = (char)e->value[from + n];
        if (c == 0 || c == '\\') break;
        out[n] = c;
    }
    while (n && is_blank((unsigned char)out[n - 1])) n--;
    out[n] = 0;
    return out;
}

double dicom_value_number(const DicomElement *e) {
    char text[65], *end;
    double v = strtod(dicom_value_text(e, text, sizeof text), &end);
    return *text && !*end && isfinite(v) ? v : NAN;
}

int dicom_value_short(const DicomElement *e, size_t i) {
    return e->length >= 2 * (i + 1) ? (int)get_u16(e->value + 2 * i) : 0;
}

int64_t dicom_value_long(const DicomElement *e) {
    return e->length >= 4 ? (int64_t)get_u32(e->value) : 0;
}

bool dicom_value_is_blank(const DicomElement *e) {
    for (uint32_t i = 0; i < e->length; i++)
        if (e->value[i] && !is_blank(e->value[i])) return false;
    return true;
}

/* ---- Elements ---- */

static bool in_list(const char *list, const unsigned char *vr) {
    for (; *list; list += 2)
        if (memcmp(list, vr, 2) == 0) return true;
    return false;
}

/* is_long: VRs whose length has 32 bits behind two bytes of 0. is_short: all others, with 16 bits (PS3.5, 7.1.2). */
static bool is_long(const unsigned char *vr) {
    return in_list("OBOWOFODOLOVSQUCURUTUNSVUV", vr);
}

static bool is_short(const unsigned char *vr) {
    return in_list("AEASATCSDADSDTFDFLISLOLTPNSHSLSSSTTMUIULUS", vr);
}

static bool has_letters(const unsigned char *vr) {
    return vr[0] >= 'A' && vr[0] <= 'Z' && vr[1] >= 'A' && vr[1] <= 'Z';
}

bool dicom_is_explicit(const unsigned char *b, size_t room, bool declared) {
    if (room < 8 || get_u16(b) == 0xFFFE) return declared;
    return declared ? has_letters(b + 4) : is_long(b + 4) || is_short(b + 4);
}

/* For a VR that this version of the standard lacks: whether its length has 32 bits (as VRs of later versions) rather than 16. True
 * where the value then ends at the end of the data or before an element with a higher tag. */
static bool foreign_is_long(const unsigned char *b, size_t room, uint32_t tag) {
    size_t length = room < 12 || get_u16(b + 6) ? room : get_u32(b + 8);
    if (room < 12 || length > room - 12) return false;
    const unsigned char *next = b + 12 + length;
    return room - 12 - length < 4 || DICOM_TAG(get_u16(next), get_u16(next + 2)) > tag;
}

const char *dicom_element_read(DicomElement *e, const unsigned char *b, size_t room, bool explicit_vr) {
    *e = (DicomElement){.head = 8};
    if (room < 8) return "a DICOM element is cut";
    e->tag = DICOM_TAG(get_u16(b), get_u16(b + 2));
    e->length = get_u32(b + 4);
    if (explicit_vr && e->tag >> 16 != 0xFFFE && has_letters(b + 4)) {
        memcpy(e->vr, b + 4, 2);
        bool wide = is_long(b + 4) || (!is_short(b + 4) && foreign_is_long(b, room, e->tag));
        if (wide) e->head = 12;
        if (room < e->head) return "a DICOM element is cut";
        e->length = wide ? get_u32(b + 8) : get_u16(b + 6);
    }
    if (e->length != DICOM_NO_LENGTH && e->length > room - e->head)
        return "a DICOM element is longer than what holds it";
    e->value = b + e->head;
    return NULL;
}
