#include "cmd/queries.h"

#include <string.h>

#include "nn/base/alloc.h"

static Query parse(const char *line) {
    static const struct {
        const char *word;
        QueryKind kind;
    } kinds[] = {{"@image ", ASK_IMAGE}, {"@id ", ASK_ID}, {"@code ", ASK_CODE}, {"@text ", ASK_TEXT}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t n = strlen(kinds[i].word);
        if (strncmp(line, kinds[i].word, n) == 0) return (Query){.kind = kinds[i].kind, .value = line + n};
    }
    return (Query){.kind = ASK_TEXT, .value = line};
}

/* The rest of a wrong line, so that the next call reads the line behind it. */
static Status skip_line(Queries *f, int c, Error *err) {
    bool nul = c == 0;
    while (c != EOF && c != '\n') c = getc(f->from);
    if (nul)
        return error_set(err, STATUS_INPUT, "%s:%d: the line holds a NUL byte; text was expected", f->path,
                         f->line);
    return error_set(err, STATUS_INPUT, "%s:%d: the line is longer than %d bytes; split it", f->path, f->line,
                     QUERY_MAX_LINE);
}

/* Reads a line without its ending and appends 0; *more is false at the end of the file. */
static Status read_line(Queries *f, bool *more, Error *err) {
    int c;
    f->text.size = 0;
    f->line++;
    while ((c = getc(f->from)) != EOF && c != '\n') {
        if (c == 0 || f->text.size == QUERY_MAX_LINE) return skip_line(f, c, err);
        buffer_add(&f->text, &(unsigned char){(unsigned char)c}, 1);
    }
    if (ferror(f->from)) return error_from_errno(err, f->path, "read");
    *more = c != EOF || f->text.size > 0;
    while (f->text.size && f->text.data[f->text.size - 1] == '\r') f->text.size--;
    size_t mark = f->line == 1 ? utf8_mark(f->text.data, f->text.size) : 0;
    f->text.size -= mark;
    if (mark) memmove(f->text.data, f->text.data + mark, f->text.size);
    buffer_add(&f->text, "", 1);
    return f->text.failed ? mem_error(err, "a question") : STATUS_OK;
}

Status queries_next(Queries *f, Query *q, bool *more, Error *err) {
    do {
        TRY(read_line(f, more, err));
        *q = parse((const char *)f->text.data);
    } while (*more && !q->value[0]);
    return STATUS_OK;
}

void queries_free(Queries *f) {
    buffer_free(&f->text);
}
