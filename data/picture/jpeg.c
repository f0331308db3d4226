/* The structure of a JPEG before stb_image sees it. stb_image 2.27 trusts that a Huffman table has at most 256 codes and that
 * every table that a scan names was defined; for a file that breaks this it writes or reads beyond its tables. Source: ITU-T
 * T.81, annex B (the marker segments). */
#include "data/picture/jpeg.h"

#include <string.h>

#include "data/picture/stb_impl.h"
#include "nn/base/parts.h"

enum {
    MOST_SCANS = 256, /* a progressive file of very many empty scans would take minutes to decode */
    TABLES = 4,
    COMPONENTS = 4
};

typedef struct {
    bool dc[TABLES], ac[TABLES], quant[TABLES]; /* defined so far */
    bool framed, progressive, jfif, adobe, adobe_rgb, subsampled;
    int width, height, components, scans;
    unsigned char id[COMPONENTS], quant_of[COMPONENTS];
    bool begun[COMPONENTS]; /* a scan held the component's first coefficient */
} Jpeg;

/* Each of these checks the `size` bytes of one segment behind its length, and returns what is wrong or NULL. */

static const char *quant_tables(Jpeg *j, const unsigned char *p, size_t size) {
    while (size > 0) {
        size_t table = p[0] >> 4 ? 129 : 65;
        if ((p[0] & 15) >= TABLES || p[0] >> 4 > 1 || size < table)
            return "a JPEG quantisation table is broken";
        j->quant[p[0] & 15] = true;
        p += table;
        size -= table;
    }
    return NULL;
}

static const char *huffman_tables(Jpeg *j, const unsigned char *p, size_t size) {
    while (size > 0) {
        size_t codes = 0;
        if (size < 17 || p[0] >> 4 > 1 || (p[0] & 15) >= TABLES) return "a JPEG Huffman table is broken";
        for (int i = 1; i <= 16; i++) codes += p[i];
        if (codes > 256 || size < 17 + codes) return "a JPEG Huffman table has too many codes";
        (p[0] >> 4 ? j->ac : j->dc)[p[0] & 15] = true;
        p += 17 + codes;
        size -= 17 + codes;
    }
    return NULL;
}

static const char *frame(Jpeg *j, int marker, const unsigned char *p, size_t size) {
    if (j->framed) return "the JPEG has two frame headers";
    if (size < 6 || size != 6 + 3 * (size_t)p[5] || p[5] > COMPONENTS)
        return "the JPEG frame header is broken";
    j->height = p[1] << 8 | p[2];
    j->width = p[3] << 8 | p[4];
    j->components = p[5];
    for (int c = 0; c < j->components; c++) {
        j->id[c] = p[6 + 3 * c];
        j->quant_of[c] = p[8 + 3 * c];
        j->subsampled |= p[7 + 3 * c] != p[7];
        if (j->quant_of[c] >= TABLES) return "the JPEG frame header is broken";
    }
    j->framed = true;
    j->progressive = marker == 0xC2;
    return NULL;
}

static int component(const Jpeg *j, unsigned char id) {
    for (int c = 0; c < j->components; c++)
        if (j->id[c] == id) return c;
    return -1;
}

/* A scan of coefficients first..last; `refines` earlier ones by a bit. Without progression: of all 64. */
static const char *scan(Jpeg *j, const unsigned char *p, size_t size) {
    if (!j->framed) return "the JPEG has pixels before its frame header";
    if (size < 6 || p[0] < 1 || p[0] > COMPONENTS || size != 4 + 2 * (size_t)p[0])
        return "a JPEG scan header is broken";
    const unsigned char *range = p + 1 + 2 * p[0];
    bool refines = j->progressive && range[2] >> 4, first = !j->progressive || range[0] == 0;
    bool needs_dc = first && !refines, needs_ac = !j->progressive || range[0] > 0;
    for (int k = 0; k < p[0]; k++) {
        int c = component(j, p[1 + 2 * k]), dc = p[2 + 2 * k] >> 4, ac = p[2 + 2 * k] & 15;
        if (c < 0 || dc >= TABLES || ac >= TABLES) return "a JPEG scan header is broken";
        if (!j->quant[j->quant_of[c]] || (needs_dc && !j->dc[dc]) || (needs_ac && !j->ac[ac]))
            return "a JPEG scan names a table that is not there";
        if (!needs_dc && !j->begun[c]) return "a JPEG scan refines what is not there";
        j->begun[c] |= needs_dc;
    }
    return ++j->scans > MOST_SCANS ? "the JPEG has more than 256 scans" : NULL;
}

static const char *end(const Jpeg *j) {
    if (j->scans == 0) return "the JPEG has no pixels before its end marker";
    for (int c = 0; c < j->components; c++)
        if (!j->begun[c]) return "a component of the JPEG has no scan";
    return NULL;
}

static const char *segment(Jpeg *j, int marker, const unsigned char *p, size_t size) {
    if (marker == 0xDB) return quant_tables(j, p, size);
    if (marker == 0xC4) return huffman_tables(j, p, size);
    if (marker == 0xDA) return scan(j, p, size);
    if (jpeg_is_frame(marker)) return frame(j, marker, p, size);
    j->jfif |= marker == 0xE0 && size >= 5 && memcmp(p, "JFIF", 5) == 0;
    if (marker == 0xEE && size >= 12 && memcmp(p, "Adobe", 5) == 0) j->adobe = true, j->adobe_rgb = !p[11];
    bool ignored = (marker >= 0xDC && marker <= 0xEF) || marker == 0xFE;
    return ignored ? NULL : "an unknown JPEG marker";
}

/* The end of the entropy-coded data that starts at `at`: the next marker other than a restart or a stuffed FF 00. */
static size_t scan_end(const unsigned char *data, size_t size, size_t at) {
    for (; at + 1 < size; at++) {
        const unsigned char *ff = memchr(data + at, 0xFF, size - at - 1);
        if (!ff) break;
        at = (size_t)(ff - data);
        unsigned char next = data[at + 1];
        if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) return at;
    }
    return size;
}

static void fill_info(const Jpeg *j, JpegInfo *info) {
    bool named = j->components == 3 && memcmp(j->id, "RGB", 3) == 0;
    *info = (JpegInfo){j->width, j->height, j->components, j->jfif || j->adobe || named, j->subsampled, 0};
    info->luma_first = j->components == 1 || (j->components == 3 && !named && (j->jfif || !j->adobe_rgb));
}

Status jpeg_check(const char *path, const unsigned char *data, size_t size, JpegInfo *info, Error *err) {
    Jpeg j;
    memset(&j, 0, sizeof j);
    for (size_t at = 2;;) {
        while (size - at > 1 && data[at] == 0xFF && data[at + 1] == 0xFF) at++; /* fill bytes */
        if (size - at < 2) return image_damaged(err, path, size, "the JPEG ends before its end marker");
        int marker = data[at + 1];
        if (data[at] != 0xFF) return image_damaged(err, path, at, "a JPEG marker was expected");
        if (marker == 0xD9) {
            const char *fault = end(&j);
            if (info) fill_info(&j, info);
            return fault ? image_damaged(err, path, at, fault)
                         : image_size_check(j.width, j.height, path, err);
        }
        size_t length = size - at < 4 ? 0 : (size_t)data[at + 2] << 8 | data[at + 3];
        if (length < 2 || length > size - at - 2)
            return image_damaged(err, path, at, "a JPEG segment is longer than the file");
        const char *rare = PART_HINTS ? jpeg_rare_kind(marker, data + at + 4, length - 2) : NULL;
        if (rare) return error_set(err, STATUS_INPUT, "%s: %s", path, rare);
        const char *fault = segment(&j, marker, data + at + 4, length - 2);
        if (fault) return image_damaged(err, path, at, fault);
        at += 2 + length;
        if (marker == 0xDA) at = scan_end(data, size, at);
    }
}

bool jpeg_is(const unsigned char *data, size_t size) {
    return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

Status jpeg_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    JpegInfo info;
    memset(im, 0, sizeof *im);
    TRY(jpeg_check(path, data, size, &info, err));
    return stb_decode(im, path, data, size, info.luma_first, err);
}
