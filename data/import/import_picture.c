/* A picture on its way from a source to the output of an import. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/import/import_case.h"
#include "data/picture/dicom.h"
#include "data/picture/image.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { ID_MAX = 160, HEAD = 132 /* bytes that tell a DICOM file */ };

bool file_is_dicom(const char *path) {
    unsigned char head[HEAD];
    size_t n = 0;
    return file_head(path, head, HEAD, &n, NULL) == STATUS_OK && dicom_is(head, n);
}

static void choose_frames(ImportPicture *p, ImportFrames frames, int n) {
    p->from = frames == IMPORT_MIDDLE ? n / 2 : frames == IMPORT_LAST ? n - 1 : 0;
    p->to = frames == IMPORT_ALL ? n : p->from + 1;
}

Status import_picture_read(ImportPicture *p, const char *path, ImportFrames frames, Error *err) {
    DicomInfo info = {.frames = 1};
    *p = (ImportPicture){.path = path};
    TRY(file_read(path, IMAGE_MAX_BYTES, &p->data, &p->size, err));
    p->is_dicom = image_kind(p->data, p->size) == IMAGE_DICOM;
    if (p->is_dicom)
        TRY(dicom_check(path, p->data, p->size, &info, err));
    else
        TRY(image_check(path, p->data, p->size, err));
    choose_frames(p, frames, info.frames);
    memcpy(p->patient, info.patient, sizeof p->patient);
    return STATUS_OK;
}

void import_picture_free(ImportPicture *p) {
    mem_free(p->data);
    *p = (ImportPicture){0};
}

static bool is_plain(char c) {
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || (c && strchr(".-_", c));
}

void import_picture_name(const ImportPicture *p, const char *id, char *name, size_t room) {
    const char *dot = strrchr(p->path, '.');
    size_t n = 0;
    for (; id[n] && n < ID_MAX; n++) name[n] = is_plain(id[n]) ? id[n] : '_';
    if (name[0] == '.') name[0] = '_';
    snprintf(name + n, room - n, "%s", p->is_dicom ? ".png" : dot && !strchr(dot, '/') ? dot : "");
}

static Status write_frame(const ImportPicture *p, int frame, const char *path, Error *err) {
    Image im;
    TRY(dicom_decode(&im, p->path, p->data, p->size, frame, err));
    Status s = png_write_gray(path, im.pixel, im.width, im.height, err);
    image_free(&im);
    return s;
}

Status import_picture_write(const Import *im, const ImportPicture *p, int frame, const char *name,
                            Error *err) {
    Buffer path = {0};
    buffer_printf(&path, "%s/images/%s", im->folder, name);
    const char *to = buffer_text(&path);
    Status s = path.failed ? mem_error(err, p->path) : STATUS_OK;
    if (s == STATUS_OK && path_exists(to))
        s = error_set(err, STATUS_INPUT, "%s: two ids give one file name (%s); rename one", p->path, name);
    else if (s == STATUS_OK && p->is_dicom)
        s = write_frame(p, frame, to, err);
    else if (s == STATUS_OK && (!im->o->link || link(p->path, to) != 0))
        s = file_write(to, p->data, p->size, err);
    buffer_free(&path);
    return s;
}
