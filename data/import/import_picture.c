/* Pictures: read from the source, checked, written to the output. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/import/import_case.h"
#include "data/import/import_convert.h"
#include "data/picture/dicom.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { NAME_MAX_BYTES = 160 };

static void choose_frames(PictureFacts *f, ImportFrames frames, int n) {
    f->from = frames == IMPORT_MIDDLE ? n / 2 : frames == IMPORT_LAST ? n - 1 : 0;
    f->to = frames == IMPORT_ALL ? n : f->from + 1;
}

/* Checks p->file.data and fills p->facts. A known patient stays, since a converted picture may have no header. */
static Status check(Import *im, ImportPicture *p, bool *other_kind, Error *err) {
    static const char *const endings[] = {
        [IMAGE_PNG] = ".png", [IMAGE_JPEG] = ".jpg", [IMAGE_PNM] = ".pnm", [IMAGE_DICOM] = ".png"};
    ImageKind kind = image_kind(p->file.data, p->file.size);
    DicomInfo info = {.frames = 1};
    Status s = kind == IMAGE_DICOM ? dicom_check(p->path, p->file.data, p->file.size, &info, err)
                                   : image_check(p->path, p->file.data, p->file.size, err);
    PictureFacts *f = &p->facts;
    if (info.patient[0]) memcpy(f->patient, info.patient, sizeof f->patient);
    choose_frames(f, im->o->frames, info.frames);
    f->is_dicom = kind == IMAGE_DICOM;
    bool named = name_is_picture(p->path) && !f->is_dicom && !p->converted;
    snprintf(f->ending, sizeof f->ending, "%s",
             named                 ? strrchr(p->path, '.')
             : kind == IMAGE_OTHER ? ""
                                   : endings[kind]);
    *other_kind = info.other_kind;
    return s;
}

/* The input error for a picture that ImageMagick converts. */
static Status refuse_kind(const char *path, const char *kind, Error *err) {
    return error_set(
        err, STATUS_INPUT,
        "%s: is a %s; a JPEG, PNG, PNM or DICOM picture was expected; convert it: convert IN OUT.png", path,
        kind);
}

static Status check_or_convert(Import *im, ImportPicture *p, Error *err) {
    /* A DICOM file may also be a valid TIFF, so DICOM is checked first. */
    const char *kind = image_kind(p->file.data, p->file.size) == IMAGE_OTHER
                           ? convert_kind(p->file.data, p->file.size)
                           : NULL;
    bool other_kind = false, done = false;
    Buffer said = {0};
    Status s = kind ? refuse_kind(p->path, kind, err) : check(im, p, &other_kind, err);
    if (s != STATUS_INPUT || !(kind || other_kind) || im->o->no_convert) return s;
    Error why = {0};
    Status tried = convert_picture(im, p, kind, p->facts.from, check, &done, &said, &why);
    if (tried != STATUS_OK)
        s = error_set(err, tried, "%s", why.message);
    else if (done)
        s = STATUS_OK;
    else if (err) {
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, "%s", buffer_text(&said));
    }
    buffer_free(&said);
    return s;
}

static Status load(Import *im, ImportPicture *p, Error *err) {
    TRY(image_open(&p->file, p->path, err));
    return check_or_convert(im, p, err);
}

Status import_picture_read(Import *im, ImportPicture *p, const char *path, Error *err) {
    struct stat st;
    *p = (ImportPicture){.path = path};
    if (stat(path, &st) == 0) {
        p->facts.size = (long long)st.st_size;
        p->facts.time = (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    }
    const PictureFacts *known = journal_find(&im->journal, path, &p->facts);
    if (!known) return load(im, p, err);
    p->facts = *known;
    p->ready = true;
    return STATUS_OK;
}

void import_picture_free(ImportPicture *p) {
    image_close(&p->file);
    *p = (ImportPicture){0};
}

static bool is_plain(char c) {
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || (c && strchr(".-_", c));
}

Status import_picture_name(Import *im, const ImportPicture *p, const char *id, Buffer *name, Error *err) {
    char stem[NAME_MAX_BYTES + 1], number[16] = "";
    size_t n = 0;
    for (; id[n] && n < NAME_MAX_BYTES; n++) stem[n] = is_plain(id[n]) ? id[n] : '_';
    while (n == NAME_MAX_BYTES && n && ((unsigned char)id[n] & 0xC0) == 0x80) n--; /* a whole character */
    stem[n] = 0;
    if (stem[0] == '.') stem[0] = '_';
    for (int i = 2;; i++) {
        name->size = 0;
        buffer_printf(name, "%s%s%s", stem, number, p->facts.ending);
        Buffer lower = {0};
        for (size_t k = 0; k < name->size; k++) {
            char c = (char)name->data[k];
            if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
            buffer_add(&lower, &c, 1);
        }
        int before = im->pictures.n, place = lower.failed || name->failed
                                                 ? -1
                                                 : names_add(&im->pictures, (char *)lower.data, lower.size);
        buffer_free(&lower);
        if (place < 0) return mem_error(err, "a name");
        if (place == before) return STATUS_OK;
        snprintf(number, sizeof number, "_%d", i);
    }
}

static Status write_frame(const ImportPicture *p, int frame, const char *path, Error *err) {
    Image im;
    Buffer png = {0};
    TRY(dicom_decode(&im, p->path, p->file.data, p->file.size, frame, err));
    png_encode_gray(&png, im.pixel, im.width, im.height);
    Status s = png.failed ? mem_error(err, path) : file_write_plain(path, png.data, png.size, err);
    buffer_free(&png);
    image_free(&im);
    return s;
}

/* A picture that an earlier run wrote under another name, or that is missing, is read again. */
static Status write_file(Import *im, ImportPicture *p, int frame, const char *to, bool same, Error *err) {
    if (p->ready && same && path_exists(to)) return STATUS_OK;
    if (p->ready) TRY(load(im, p, err));
    p->ready = false;
    unlink(to); /* a killed run may have left a hard link to the source */
    if (p->facts.is_dicom) return write_frame(p, frame, to, err);
    if (im->o->link && !p->converted && link(p->path, to) == 0) return STATUS_OK;
    return file_write_plain(to, p->file.data, p->file.size, err);
}

Status import_picture_write(Import *im, ImportPicture *p, int frame, const char *name, Error *err) {
    Buffer path = {0};
    bool first = frame == p->facts.from, same = !first || strcmp(name, p->facts.name) == 0;
    if (!im->folder) return STATUS_OK;
    buffer_printf(&path, "%s/images/%s", im->folder, name);
    Status s =
        path.failed ? mem_error(err, p->path) : write_file(im, p, frame, buffer_text(&path), same, err);
    if (first) snprintf(p->facts.name, sizeof p->facts.name, "%s", name);
    buffer_free(&path);
    return s;
}
