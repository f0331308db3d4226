#include "data/import/openi_report.h"

#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

const char *const openi_section_names[OPENI_SECTIONS] = {"findings", "impression", "indication",
                                                         "comparison"};
static const char *const attribute_names[OPENI_SECTIONS] = {"FINDINGS", "IMPRESSION", "INDICATION",
                                                            "COMPARISON"};

typedef struct {
    OpeniReport *report;
    XML_Parser parser;
    const char *terms;
    Buffer piece;   /* text of the current element */
    int in_section; /* -1: outside */
    bool in_terms, doctype;
} Reading;

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
    Reading *x = ctx;
    OpeniReport *r = x->report;
    x->piece.size = 0;
    if (strcmp(name, "uId") == 0) snprintf(r->uid, sizeof r->uid, "%s", attribute(attributes, "id"));
    if (strcmp(name, "parentImage") == 0) {
        const char *id = attribute(attributes, "id");
        buffer_add(&r->images, id, strlen(id) + 1);
    }
    x->in_terms = strcmp(name, x->terms) == 0;
    x->in_section = -1;
    if (strcmp(name, "AbstractText") != 0) return;
    const char *label = attribute(attributes, "Label");
    for (int i = 0; i < OPENI_SECTIONS; i++)
        if (strcmp(attribute_names[i], label) == 0) x->in_section = i;
}

static void on_text(void *ctx, const char *s, int n) {
    Reading *x = ctx;
    buffer_add(&x->piece, s, (size_t)n);
}

/* "normal" and the like are labels too; a report that was not indexed has none. */
static void on_end(void *ctx, const char *name) {
    Reading *x = ctx;
    const char *piece = buffer_text(&x->piece);
    (void)name;
    if (x->in_section >= 0) buffer_add(&x->report->section[x->in_section], piece, x->piece.size);
    if (x->in_terms && strcmp(piece, "No Indexing") != 0)
        import_add_label(&x->report->labels, piece, strcspn(piece, "/"));
    x->in_section = -1;
    x->in_terms = false;
    x->piece.size = 0;
}

/* Refuses a document type, which could declare entities that unpack to gigabytes. */
static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal) {
    Reading *x = ctx;
    (void)name, (void)system, (void)public;
    x->doctype = internal != 0;
    if (internal) XML_StopParser(x->parser, XML_FALSE);
}

static bool memory_ran_out(const Reading *x) {
    const OpeniReport *r = x->report;
    int failed = x->piece.failed || r->labels.failed || r->images.failed;
    for (int i = 0; i < OPENI_SECTIONS; i++) failed |= r->section[i].failed;
    return failed || XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY;
}

static Status run(Reading *x, const char *path, const unsigned char *data, size_t size, Error *err) {
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    enum XML_Status read = XML_Parse(x->parser, (const char *)data, (int)size, 1);
    if (memory_ran_out(x)) return mem_error(err, path);
    if (read != XML_STATUS_OK)
        return error_set(err, STATUS_INPUT, "%s:%lu: %s; a report of Open-i was expected", path,
                         (unsigned long)XML_GetCurrentLineNumber(x->parser),
                         x->doctype ? "declares entities, which are not read"
                                    : XML_ErrorString(XML_GetErrorCode(x->parser)));
    if (!x->report->uid[0])
        return error_set(err, STATUS_INPUT, "%s: has no uId; a report of Open-i was expected", path);
    return STATUS_OK;
}

Status openi_parse(OpeniReport *r, const char *path, const unsigned char *data, size_t size,
                   const char *terms, Error *err) {
    static const XML_Memory_Handling_Suite memory = {xml_alloc, xml_realloc, xml_free};
    Reading x = {.report = r, .terms = terms, .in_section = -1};
    memset(r, 0, sizeof *r);
    x.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!x.parser) return mem_error(err, path);
    Status s = run(&x, path, data, size, err);
    XML_ParserFree(x.parser);
    buffer_free(&x.piece);
    return s;
}

void openi_free(OpeniReport *r) {
    for (int i = 0; i < OPENI_SECTIONS; i++) buffer_free(&r->section[i]);
    buffer_free(&r->labels);
    buffer_free(&r->images);
}
