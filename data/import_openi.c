/* Open-i's chest X-rays (NLMCXR): one XML file a report, one case a picture of it. */
#include <expat.h>
#include <stdio.h>
#include <string.h>

#include "data/import_case.h"
#include "nn/base/alloc.h"

enum { FILE_MAX = 4 << 20, SECTIONS = 4 };
static const char *const section_names[SECTIONS] = {"findings", "impression", "indication", "comparison"};

typedef struct {
    Import *im;
    XML_Parser parser;
    Buffer section[SECTIONS], labels, images, piece; /* images: ids, each with its 0 */
    char uid[64];
    int in_section; /* -1: outside */
    bool in_mesh, doctype;
} Report;

static void *xml_alloc(size_t size) {
    return mem_alloc(size);
}
static void *xml_realloc(void *old, size_t size) {
    return mem_realloc(old, size, 1);
}
static void xml_free(void *p) {
    mem_free(p);
}

static const char *attribute(const char **attributes, const char *name) {
    for (int i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0) return attributes[i + 1];
    return "";
}

static void on_start(void *ctx, const char *name, const char **attributes) {
    Report *r = ctx;
    r->piece.size = 0;
    if (strcmp(name, "uId") == 0) snprintf(r->uid, sizeof r->uid, "%s", attribute(attributes, "id"));
    if (strcmp(name, "parentImage") == 0) {
        const char *id = attribute(attributes, "id");
        buffer_add(&r->images, id, strlen(id) + 1);
    }
    r->in_mesh = strcmp(name, r->im->o->labels ? r->im->o->labels : "major") == 0;
    r->in_section = -1;
    if (strcmp(name, "AbstractText") != 0) return;
    const char *label = attribute(attributes, "Label");
    for (int i = 0; i < SECTIONS; i++) {
        Buffer upper = {0};
        for (const char *c = section_names[i]; *c; c++) buffer_printf(&upper, "%c", *c - 'a' + 'A');
        if (strcmp(buffer_text(&upper), label) == 0) r->in_section = i;
        buffer_free(&upper);
    }
}

static void on_text(void *ctx, const char *s, int n) {
    Report *r = ctx;
    buffer_add(&r->piece, s, (size_t)n);
}

/* "normal" and the like are labels too; what was not indexed has none. */
static void on_end(void *ctx, const char *name) {
    Report *r = ctx;
    const char *piece = buffer_text(&r->piece);
    (void)name;
    if (r->in_section >= 0) buffer_add(&r->section[r->in_section], piece, r->piece.size);
    size_t n = strcspn(piece, "/");
    if (r->in_mesh && strcmp(piece, "No Indexing") != 0) import_add_label(&r->labels, piece, n);
    r->in_section = -1;
    r->in_mesh = false;
    r->piece.size = 0;
}

/* No document type: it is where entities are declared that unpack to gigabytes. */
static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal) {
    Report *r = ctx;
    (void)name, (void)system, (void)public;
    r->doctype = internal != 0;
    if (internal) XML_StopParser(r->parser, XML_FALSE);
}

static Status parse(Report *r, const char *path, const unsigned char *data, size_t size, Error *err) {
    static const XML_Memory_Handling_Suite memory = {xml_alloc, xml_realloc, xml_free};
    r->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!r->parser) return mem_error(err, path);
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    Status s = STATUS_OK;
    if (XML_Parse(r->parser, (const char *)data, (int)size, 1) != XML_STATUS_OK)
        s = error_set(err, STATUS_INPUT, "%s:%lu: %s; a report of Open-i was expected", path,
                      (unsigned long)XML_GetCurrentLineNumber(r->parser),
                      r->doctype ? "declares entities, which are not read"
                                 : XML_ErrorString(XML_GetErrorCode(r->parser)));
    XML_ParserFree(r->parser);
    return s;
}

static Status take_images(Report *r, Error *err) {
    static const char *const folders[] = {"NLMCXR_png", "images", "", NULL};
    Import *im = r->im;
    Buffer text = {0};
    for (int i = 0; i < SECTIONS; i++)
        import_add_section(im, &text, section_names[i], buffer_text(&r->section[i]), r->section[i].size);
    Status s = text.failed ? mem_error(err, "a report") : STATUS_OK;
    if (r->images.size == 0) import_left_out(im, "the report has no image", r->uid);
    for (size_t at = 0; s == STATUS_OK && at < r->images.size;) {
        const char *id = (const char *)r->images.data + at;
        char name[300];
        snprintf(name, sizeof name, "%s.png", id);
        char *image = import_image(im, folders, name);
        ImportCase c = {id, buffer_text(&text), buffer_text(&r->labels), r->uid, NULL, image};
        s = import_case(im, &c, err);
        mem_free(image);
        at += strlen(id) + 1;
    }
    buffer_free(&text);
    return s;
}

static Status read_report(Import *im, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    Report r = {.im = im, .in_section = -1};
    TRY(file_read(path, FILE_MAX, &data, &size, err));
    Status s = parse(&r, path, data, size, err);
    if (s == STATUS_OK && !r.uid[0])
        s = error_set(err, STATUS_INPUT, "%s: has no uId; a report of Open-i was expected", path);
    s = s == STATUS_OK ? take_images(&r, err) : import_bad(im, s, err);
    for (int i = 0; i < SECTIONS; i++) buffer_free(&r.section[i]);
    buffer_free(&r.labels);
    buffer_free(&r.images);
    buffer_free(&r.piece);
    mem_free(data);
    return s;
}

Status import_openi(Import *im, Error *err) {
    static const char *const places[] = {"ecgen-radiology", NULL};
    char *folder;
    FolderList files;
    TRY(import_need(im, places, &folder, err));
    Status s = folder_list(&files, folder, err);
    for (int i = 0; s == STATUS_OK && i < files.n; i++) {
        char *path = name_ends(files.sorted[i], ".xml") ? path_join(folder, files.sorted[i]) : NULL;
        if (path) s = read_report(im, path, err);
        mem_free(path);
    }
    folder_list_free(&files);
    mem_free(folder);
    return s;
}
