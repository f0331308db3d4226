#include "data/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/manifest_rows.h"
#include "data/manifest_warnings.h"
#include "data/mask.h"
#include "data/picture/image.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"
#include "nn/base/parts.h"

static const char *const set_names[SET_COUNT] = {"train", "val", "query", "database"};

const char *set_name(Set s) {
    return s < 0 ? "none" : set_names[s];
}

/* State while rows become cases. */
typedef struct {
    Manifest *m;
    const ManifestOptions *options;
    BadRows *bad;
    BadRows damaged; /* pictures that skip_bad leaves out */
    size_t cases_room;
    const char **label_text; /* (n) label names of each case, separated by '|' */
    size_t label_room;
    Names groups; /* of the group column */
    int *group;   /* (groups.n) number of each */
    size_t group_room, name_room;
    char root[PATH_MAX];   /* the manifest's folder without symlinks */
    char folder[PATH_MAX]; /* folder of the last image that was found inside */
} Builder;

/* ---- One image ---- */

static bool has_parent_step(const char *path) {
    for (const char *at = path; *at;) {
        size_t size = strcspn(at, "/");
        if (size == 2 && at[0] == '.' && at[1] == '.') return true;
        at += size + (at[size] == '/');
    }
    return false;
}

/* True where path, with symlinks followed, lies in b->root. The last folder is cached, so that images of one folder
 * are checked once, unless the image itself is a symlink. */
static bool lies_inside(Builder *b, const char *path) {
    char resolved[PATH_MAX];
    struct stat st;
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) : 0;
    bool plain = folder > 0 && folder < sizeof b->folder && lstat(path, &st) == 0 && !S_ISLNK(st.st_mode);
    if (plain && strncmp(b->folder, path, folder) == 0 && b->folder[folder] == 0) return true;
    if (!realpath(path, resolved)) return false;
    size_t root = strlen(b->root);
    if (strncmp(resolved, b->root, root) != 0 || (resolved[root] != '/' && root > 1)) return false;
    if (plain) {
        memcpy(b->folder, path, folder);
        b->folder[folder] = 0;
    }
    return true;
}

static bool image_is_fine(Builder *b, const Row *row, const char *path) {
    const char *image = row->field[FIELD_IMAGE];
    bool outside = b->options->allow_outside;
    struct stat st;
    if (!outside && (image[0] == '/' || has_parent_step(image)))
        bad_row(b->bad, row->line,
                "image \"%.100s\" leads out of the manifest's folder; a path inside it was expected "
                "(--allow-outside permits it)",
                image);
    else if (stat(path, &st) != 0)
        bad_row(b->bad, row->line,
                "image \"%.100s\": %s; the path of a picture, relative to the manifest, was expected", image,
                errno == ENOENT || errno == ENOTDIR ? "no such file" : strerror(errno));
    else if (!S_ISREG(st.st_mode))
        bad_row(b->bad, row->line, "image \"%.100s\" is %s; a picture was expected", image,
                S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    else if (!outside && !lies_inside(b, path))
        bad_row(b->bad, row->line,
                "image \"%.100s\" leads out of the manifest's folder through a symbolic link "
                "(--allow-outside permits it)",
                image);
    else
        return true;
    return false;
}

/* With skip_bad: a case whose picture is damaged keeps its text, so that the split of the other cases does not change. Without a
 * text it is a bad row. */
static Status check_picture(Builder *b, const Row *row, Case *c, bool *fine, Error *err) {
    Image im;
    Error why = {0};
    Status s = image_read(&im, c->image_path, &why);
    image_free(&im);
    if (s == STATUS_OK) return s;
    if (s != STATUS_INPUT) return error_set(err, s, "%s", why.message);
    *fine = *c->text && !b->options->need_images;
    bad_row(*fine ? &b->damaged : b->bad, row->line, "%s", why.message);
    mem_free(c->image_path);
    c->image_path = NULL;
    c->image = "";
    return STATUS_OK;
}

/* ---- One row ---- */

static bool has_control(const char *s) {
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F) return true;
    return false;
}

/* The next label of a list, without spaces around it; moves *at behind it. */
static const char *next_label(const char **at, size_t *size) {
    const char *start = *at + strspn(*at, " ");
    size_t whole = strcspn(start, "|");
    *at = start + whole;
    if (**at == '|') ++*at;
    for (*size = whole; *size && start[*size - 1] == ' ';) --*size;
    return start;
}

static bool labels_are_fine(Builder *b, const Row *row) {
    int n = 0;
    const char *list = row->field[FIELD_LABELS];
    size_t all = strlen(list);
    if (all && list[all - 1] == '|') {
        bad_row(b->bad, row->line, "labels end with '|'; names with '|' between them were expected");
        return false;
    }
    for (const char *at = list; *at; n++) {
        size_t size;
        next_label(&at, &size);
        if (size) continue;
        bad_row(b->bad, row->line, "labels hold an empty name; names with '|' between them were expected");
        return false;
    }
    if (n > MANIFEST_CASE_LABELS)
        bad_row(b->bad, row->line, "has %d labels; at most %d were expected", n, MANIFEST_CASE_LABELS);
    return n <= MANIFEST_CASE_LABELS;
}

static bool set_is_fine(Builder *b, const Row *row, Set *set) {
    const char *name = row->field[FIELD_SPLIT];
    *set = SET_NONE;
    for (int s = 0; s < SET_COUNT; s++)
        if (strcmp(name, set_names[s]) == 0) *set = (Set)s;
    if (*set != SET_NONE || !*name) return true;
    const char *near = nearest_word(name, set_names, SET_COUNT);
    bad_row(b->bad, row->line, "split \"%.40s\" is unknown; train, val, query or database was expected%s%s%s",
            name, near ? "; is " : "", near ? near : "", near ? " meant?" : "");
    return false;
}

/* Checks that need the row alone. */
static bool row_is_fine(Builder *b, const Row *row) {
    const ManifestOptions *o = b->options;
    const char *id = row->field[FIELD_ID], *image = row->field[FIELD_IMAGE], *text = row->field[FIELD_TEXT];
    int older = names_find(&b->m->ids, id, strlen(id));
    const int plain[] = {FIELD_ID, FIELD_IMAGE, FIELD_LABELS, FIELD_GROUP, FIELD_SPLIT};
    for (int i = 0; i < 5; i++)
        if (has_control(row->field[plain[i]])) {
            bad_row(b->bad, row->line, "%s holds a tab, newline or other control character; remove it",
                    field_names[plain[i]]);
            return false;
        }
    if (!*id)
        bad_row(b->bad, row->line, "has no id; every case needs one of its own");
    else if (older >= 0)
        bad_row(b->bad, row->line, "id \"%.60s\" is that of line %d; every case needs one of its own", id,
                b->m->cases[older].line);
    else if (o->need_images && !*image)
        bad_row(b->bad, row->line, "case \"%.60s\" has no image; every case needs an image and a text here",
                id);
    else if (o->need_texts && !*text)
        bad_row(b->bad, row->line, "case \"%.60s\" has no text; every case needs an image and a text here",
                id);
    else if (!*image && !*text && !o->features[0] && !o->features[1])
        bad_row(b->bad, row->line, "case \"%.60s\" has neither image nor text; at least one was expected",
                id);
    else
        return true;
    return false;
}

/* ---- Becoming a case ---- */

static int new_group(Builder *b, const char *name) {
    Manifest *m = b->m;
    if (!mem_grow(&m->group_names, &b->name_room, (size_t)m->n_groups + 1, sizeof *m->group_names)) return -1;
    m->group_names[m->n_groups] = m->text_block + (name - m->text_block);
    return m->n_groups++;
}

/* The number of the row's group, or -1 where memory ran out. */
static int group_of(Builder *b, const Row *row) {
    const char *name = row->field[FIELD_GROUP];
    if (!*name) return new_group(b, row->field[FIELD_ID]);
    int before = b->groups.n;
    int k = names_add(&b->groups, name, strlen(name));
    if (k < 0 || !mem_grow(&b->group, &b->group_room, (size_t)k + 1, sizeof *b->group)) return -1;
    if (k == before) b->group[k] = new_group(b, name);
    return b->group[k];
}

static Status note_labels(Builder *b, const Row *row, Error *err) {
    Names *table = &b->m->label_table;
    for (const char *at = row->field[FIELD_LABELS]; *at;) {
        size_t size;
        const char *label = next_label(&at, &size);
        if (names_add(table, label, size) < 0) return mem_error(err, "the labels");
        if (table->n > MANIFEST_LABELS)
            return error_set(
                err, STATUS_INPUT,
                "%s:%d: more than %d label names; labels are classes with '|' between them, not free text",
                b->m->path, row->line, MANIFEST_LABELS);
    }
    return STATUS_OK;
}

/* Checks the row and adds it to the cases. A bad row is reported to b->bad. */
static Status add_row(Builder *b, const Row *row, Error *err) {
    Manifest *m = b->m;
    Case c = {
        row->field[FIELD_ID], row->field[FIELD_IMAGE], row->field[FIELD_TEXT], NULL, 0, SET_NONE, row->line};
    if (!row_is_fine(b, row) || !labels_are_fine(b, row) || !set_is_fine(b, row, &c.set)) return STATUS_OK;
    if (*c.image) {
        c.image_path = path_beside(m->path, c.image);
        if (!c.image_path) return mem_error(err, m->path);
        bool fine = image_is_fine(b, row, c.image_path);
        if (fine && b->options->skip_bad && !b->options->features[0])
            TRY(check_picture(b, row, &c, &fine, err));
        if (!fine) {
            mem_free(c.image_path);
            return STATUS_OK;
        }
    }
    c.group = group_of(b, row);
    if (c.group < 0 || !mem_grow(&m->cases, &b->cases_room, (size_t)m->n + 1, sizeof *m->cases) ||
        !mem_grow(&b->label_text, &b->label_room, (size_t)m->n + 1, sizeof *b->label_text) ||
        names_add(&m->ids, c.id, strlen(c.id)) < 0) {
        mem_free(c.image_path);
        return mem_error(err, m->path);
    }
    b->label_text[m->n] = row->field[FIELD_LABELS];
    m->cases[m->n++] = c;
    return note_labels(b, row, err);
}

/* ---- The whole ---- */

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the label names and fills the matrix. */
static Status fill_labels(Builder *b, Error *err) {
    Manifest *m = b->m;
    m->n_labels = m->label_table.n;
    m->label_names = names_list(&m->label_table);
    m->labels = mem_calloc((size_t)m->n, (size_t)m->n_labels);
    int *rank = mem_alloc((size_t)m->n_labels * sizeof *rank);
    if (!m->label_names || !m->labels || !rank) {
        mem_free(rank);
        return mem_error(err, "the labels");
    }
    if (m->n_labels) qsort(m->label_names, (size_t)m->n_labels, sizeof *m->label_names, by_bytes);
    for (int l = 0; l < m->n_labels; l++)
        rank[names_find(&m->label_table, m->label_names[l], strlen(m->label_names[l]))] = l;
    for (int i = 0; i < m->n; i++)
        for (const char *at = b->label_text[i]; *at;) {
            size_t size;
            const char *label = next_label(&at, &size);
            m->labels[(size_t)i * (size_t)m->n_labels +
                      (size_t)rank[names_find(&m->label_table, label, size)]] = 1;
        }
    mem_free(rank);
    return STATUS_OK;
}

/* Bad rows are an error, or with skip_bad a warning. */
static Status tell_bad_rows(const Builder *b, const Log *log, Error *err) {
    const BadRows *bad = b->bad, *damaged = &b->damaged;
    if (damaged->count)
        log_warn(log, "%s\n%s: %d damaged picture%s left out; the text of %s case%s remains", damaged->text,
                 bad->path, damaged->count, damaged->count == 1 ? "" : "s",
                 damaged->count == 1 ? "its" : "their", damaged->count == 1 ? "" : "s");
    if (bad->count == 0) return STATUS_OK;
    int rest = bad->count - bad->told;
    if (b->options->skip_bad) {
        log_warn(log, "%s\n%s: %d bad row%s left out, %d cases remain", bad->text, bad->path, bad->count,
                 bad->count == 1 ? "" : "s", b->m->n);
        return STATUS_OK;
    }
    if (rest > 0)
        return error_set(err, STATUS_INPUT, "%s\nand %d more bad rows (--skip-bad leaves them out)",
                         bad->text, rest);
    return error_set(err, STATUS_INPUT, "%s\n(--skip-bad leaves bad rows out)", bad->text);
}

static Status check_whole(const Manifest *m, const ManifestOptions *o, Error *err) {
    if (m->n == 0) return error_set(err, STATUS_INPUT, "%s: has no cases; one a line was expected", m->path);
    if (!o->need_labels || m->label_table.n > 1) return STATUS_OK;
    return error_set(
        err, STATUS_INPUT,
        "%s: %s; training needs two or more: codes are trained and measured by which cases share a label; "
        "add a column labels with names separated by '|'",
        m->path, m->label_table.n ? "all labels are the same" : "no case has a label");
}

static Status read_rows(Builder *b, size_t size, const Log *log, Error *err) {
    const ManifestOptions *o = b->options;
    const bool needed[FIELD_COUNT] = {[FIELD_ID] = true,
                                      [FIELD_IMAGE] = o->need_images,
                                      [FIELD_TEXT] = o->need_texts,
                                      [FIELD_LABELS] = o->need_labels};
    RowReader reader;
    Row row;
    TRY(rows_open(&reader, b->m->path, b->m->text_block, size, needed, o->features[0] || o->features[1],
                  b->bad, log, err));
    while (rows_next(&reader, &row)) TRY(add_row(b, &row, err));
    if (reader.no_memory) return mem_error(err, b->m->path);
    b->m->has_split = reader.present[FIELD_SPLIT];
    TRY(tell_bad_rows(b, log, err));
    TRY(check_whole(b->m, o, err));
    TRY(fill_labels(b, err));
    if (PART_HINTS) manifest_warn(b->m, !reader.json && !reader.array, log);
    return STATUS_OK;
}

static Status mask_texts(Manifest *m, const ManifestOptions *o, Error *err) {
#if PART_MASK
    Mask k = {0};
    Status s = o->mask_words ? mask_add_file(&k, o->mask_words, err) : STATUS_OK;
    for (int l = 0; o->mask_labels && s == STATUS_OK && l < m->n_labels; l++)
        s = mask_add_label(&k, m->label_names[l], err);
    for (int i = 0; s == STATUS_OK && i < m->n; i++)
        s = mask_text(&k, m->text_block + (m->cases[i].text - m->text_block), err);
    m->masked = k.replaced;
    mask_free(&k);
    return s;
#else
    (void)o;
    return error_set(err, STATUS_USAGE, "%s: mask_labels and mask_words: " PART_ABSENT("mask"), m->path);
#endif
}

static Status find_root(Builder *b, Error *err) {
    char *folder = path_beside(b->m->path, ".");
    if (!folder) return mem_error(err, b->m->path);
    Status s = realpath(folder, b->root) ? STATUS_OK : error_from_errno(err, folder, "find");
    mem_free(folder);
    return s;
}

Status manifest_read(Manifest *m, const char *path, const ManifestOptions *o, const Log *log, Error *err) {
    memset(m, 0, sizeof *m);
    m->path = mem_strdup(path);
    Builder *b = mem_calloc(1, sizeof *b);
    BadRows bad = {.path = path};
    unsigned char *data = NULL;
    size_t size;
    Status s = m->path && b ? file_read(path, MANIFEST_MAX_BYTES, &data, &size, err) : mem_error(err, path);
    if (s == STATUS_OK) {
        m->text_block = (char *)data;
        m->crc = crc32_update(0, data, size);
        b->m = m;
        b->options = o;
        b->bad = &bad;
        b->damaged = bad;
        s = find_root(b, err);
        if (s == STATUS_OK) s = read_rows(b, size, log, err);
        if (s == STATUS_OK && (o->mask_labels || o->mask_words)) s = mask_texts(m, o, err);
        mem_free(b->label_text);
        mem_free(b->group);
        names_free(&b->groups);
    }
    mem_free(b);
    return s;
}

void manifest_free(Manifest *m) {
    for (int i = 0; i < m->n; i++) mem_free(m->cases[i].image_path);
    mem_free(m->path);
    mem_free(m->cases);
    mem_free(m->label_names);
    mem_free(m->labels);
    mem_free(m->group_names);
    mem_free(m->text_block);
    names_free(&m->ids);
    names_free(&m->label_table);
    memset(m, 0, sizeof *m);
}

int manifest_find(const Manifest *m, const char *id) {
    return names_find(&m->ids, id, strlen(id));
}

void manifest_name(const char *path, char *name, size_t size) {
    const char *end = strrchr(path, '/'), *begin = end;
    while (begin && begin > path && begin[-1] != '/') begin--;
    size_t n = end ? (size_t)(end - begin) : strlen(path);
    if (n >= size) n = size - 1;
    memcpy(name, end ? begin : path, n);
    name[n] = 0;
}
