/* Sources: PS3.3 C.11.1 (modality: rescale, lookup table), C.11.2 (VOI: window, lookup table), C.7.5.1.1.2 (padding). */
#include "data/picture/dicom_gray.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"

/* The number that the stored bits mean. */
static int value_of(const Dicom *d, unsigned bits) {
    int v = (int)(bits >> (d->high + 1 - d->stored) & ((1u << d->stored) - 1));
    return d->is_signed && v >> (d->stored - 1) ? v - (1 << d->stored) : v;
}

static unsigned bits_at(const Dicom *d, const unsigned char *p, size_t i) {
    return d->allocated == 8 ? p[i] : (unsigned)(p[2 * i] | p[2 * i + 1] << 8);
}

/* 0..1 of value x through the window. */
static double through_window(const Dicom *d, double x) {
    double c = d->center, w = d->width;
    if (d->window == DICOM_SIGMOID) return 1 / (1 + exp(-4 * (x - c) / w));
    if (d->window == DICOM_LINEAR) {
        c -= 0.5;
        w -= 1;
    }
    if (x <= c - w / 2) return 0;
    return x > c + w / 2 ? 1 : (x - c) / w + 0.5;
}

/* Entry of the table for value x. */
static int entry_of(const DicomTable *t, double x) {
    double i = floor(x) - t->first;
    size_t at = i < 0 ? 0 : i >= t->entries ? (size_t)t->entries - 1 : (size_t)i;
    return t->width == 2 ? t->data[2 * at] | t->data[2 * at + 1] << 8 : t->data[at];
}

/* The entry that is white: 2^bits - 1, of the declared bits or, where entries need more, of as many as they need. */
static int most_of(const DicomTable *t) {
    int most = (1 << t->bits) - 1;
    for (int i = 0; i < t->entries; i++)
        while (entry_of(t, (double)i + t->first) > most) most = 2 * most + 1;
    return most;
}

/* The stored value after the modality transform. */
static double modality(const Dicom *d, int stored) {
    return d->modality.entries ? entry_of(&d->modality, stored) : d->slope * stored + d->intercept;
}

static bool is_padding(const Dicom *d, int v) {
    int a = value_of(d, (unsigned)d->padding), b = value_of(d, (unsigned)d->padding_limit);
    return d->has_padding && v >= (a < b ? a : b) && v <= (a < b ? b : a);
}

/* Minimum and maximum of the frame after the modality transform, without padding. */
static void find_range(const Dicom *d, const unsigned char *p, double *low, double *high) {
    size_t n = (size_t)d->rows * (size_t)d->columns;
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(d, bits_at(d, p, i));
        if (is_padding(d, v)) continue;
        double x = modality(d, v);
        if (x < *low) *low = x;
        if (x > *high) *high = x;
    }
    if (*high < *low) *low = *high = 0;
}

/* gray[bits] for every stored word. */
static void fill_table(const Dicom *d, const unsigned char *p, uint8_t *gray) {
    bool as_is = d->stored <= 8 && !d->is_signed && d->slope > 0 && !d->modality.entries;
    bool window = d->width > 0, table = !window && d->voi.entries > 0;
    double low = d->intercept, high = d->slope * ((1 << d->stored) - 1) + d->intercept;
    int most = table ? most_of(&d->voi) : 1;
    if (!window && !table && !as_is) find_range(d, p, &low, &high);
    for (unsigned bits = 0; bits < 1u << d->allocated; bits++) {
        double x = modality(d, value_of(d, bits));
        double v = window       ? through_window(d, x)
                   : table      ? (double)entry_of(&d->voi, x) / most
                   : high > low ? (x - low) / (high - low)
                                : 0;
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        if (d->colour == DICOM_GRAY_INVERTED) v = 1 - v;
        gray[bits] = (uint8_t)(v * 255 + 0.5);
    }
}

Status dicom_gray(const Dicom *d, const char *path, const unsigned char *p, uint8_t *out, Error *err) {
    size_t n = (size_t)d->rows * (size_t)d->columns;
    uint8_t *gray = mem_alloc((size_t)1 << d->allocated);
    if (!gray) return mem_error(err, path);
    fill_table(d, p, gray);
    for (size_t i = 0; i < n; i++) out[i] = gray[bits_at(d, p, i)];
    mem_free(gray);
    return STATUS_OK;
}
