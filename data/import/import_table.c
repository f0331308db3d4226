/* Any table (table_read.h) that names pictures. Rows of one picture are one case: their texts and labels are joined. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "data/import/table_columns.h"
#include "nn/base/alloc.h"

/* columns of a picture's entry */
enum { TEXT, LABELS, GROUP, PART, ID, LEAVE_OUT };

/* How the cells of a column give labels: 0, 1, -1; or words between `separator` (0: the whole cell). */
typedef struct {
    bool flags;
    char separator;
} LabelColumn;

typedef struct {
    Import *im;
    Table table[TABLES];
    int tables;
    Columns columns;
    Names keys[TABLES]; /* cells of the joined column: key i is in row first[i] */
    int *key_row[TABLES];
    Term join[TABLES];  /* the key of a row of the first table */
    LabelColumn *label; /* of each term of labels= */
    Entries pictures;   /* by the path in the table */
} TableImport;

/* ---- Reading and joining ---- */

static Status read_tables(TableImport *x, Error *err) {
    const ImportOptions *o = x->im->o;
    for (int i = 0; i < o->n_sources; i++) {
        if (path_is_dir(o->sources[i])) continue;
        if (x->tables == TABLES)
            return error_set(err, STATUS_USAGE, "msach import: more than %d tables are given", TABLES);
        Table *t = &x->table[x->tables++];
        TextEncoding encoding = {.wanted = o->encoding};
        TRY(table_read(t, o->sources[i], &encoding, o->skip_bad ? &x->im->left_out : NULL, err));
        import_note_encoding(x->im, t->path, &encoding);
        log_line(x->im->log, "%s: %d rows, %d columns, %s", t->path, t->rows, t->columns.n,
                 !t->separator          ? "JSON"
                 : t->separator == '\t' ? "separated by tabs"
                 : t->separator == ','  ? "separated by ','"
                 : t->separator == ';'  ? "separated by ';'"
                                        : "separated by '|'");
    }
    if (x->tables) return STATUS_OK;
    return error_set(
        err, STATUS_USAGE,
        "msach import: layout table needs a table; name the .csv, .tsv, .json or .jsonl file, and folders of "
        "pictures after it");
}

/* The first column that both tables have; columns named like an id come first. */
static const char *shared_column(const Table *a, const Table *b) {
    const char *shared = NULL;
    for (int i = 0; i < a->columns.n; i++) {
        const char *name = names_at(&a->columns, i);
        if (table_column(b, name, strlen(name)) < 0) continue;
        bool is_id = strcasecmp(name, "uid") == 0 || name_ends(name, "id") || strcasecmp(name, "study") == 0;
        if (is_id) return name;
        if (!shared) shared = name;
    }
    return shared;
}

/* Of rows of a joined table with one key, the first is taken. */
static void note_repeated(Import *im, const Table *t, int row, const char *key) {
    Buffer example = {0};
    buffer_printf(&example, "%s, row %d: %s", t->path, row + 1, key);
    import_left_out(
        im,
        "a row of a joined table with the key of a row before; name the table with a row for each "
        "picture first",
        buffer_text(&example));
    buffer_free(&example);
}

static Status key_rows(TableImport *x, int k, int column, Error *err) {
    Table *t = &x->table[k];
    x->key_row[k] = mem_alloc((size_t)t->rows * sizeof(int));
    if (!x->key_row[k]) return mem_error(err, t->path);
    for (int row = 0; row < t->rows; row++) {
        const char *key = table_cell(t, row, column);
        int before = x->keys[k].n, i = names_add(&x->keys[k], key, strlen(key));
        if (i < 0) return mem_error(err, t->path);
        if (i == before)
            x->key_row[k][i] = row;
        else
            note_repeated(x->im, t, row, key);
    }
    return STATUS_OK;
}

/* Joins table k: by --join "COLUMN=TEMPLATE", or by the column that both tables have. */
static Status join_table(TableImport *x, int k, Error *err) {
    const Columns first = {.table = x->table, .tables = 1};
    const char *join = x->im->o->join, *equal = join ? strchr(join, '=') : NULL,
               *term = equal ? equal + 1 : NULL;
    Table *t = &x->table[k];
    int column = equal ? table_column(t, join, (size_t)(equal - join)) : -1;
    if (join && !equal)
        return error_set(err, STATUS_USAGE,
                         "msach import: --join '%s' has no '='; COLUMN=TEMPLATE was expected", join);
    if (column < 0) {
        term = shared_column(&x->table[0], t);
        if (!term && table_column(t, "study", 5) >= 0 && table_column(&x->table[0], "study_id", 8) >= 0)
            return error_set(
                err, STATUS_USAGE,
                "%s: has no column in common with %s; join them, for example: --join study=s{study_id}",
                t->path, x->table[0].path);
        if (!term)
            return error_set(
                err, STATUS_USAGE,
                "%s: has no column in common with %s; say how to join them: --join COLUMN=TEMPLATE", t->path,
                x->table[0].path);
        column = table_column(t, term, strlen(term));
        log_line(x->im->log, "%s: joined by column %s", t->path, term);
    }
    Status s = columns_parse_term(&x->join[k], &first, term, strlen(term), err);
    return s == STATUS_OK ? key_rows(x, k, column, err) : s;
}

static JoinedRow joined_row(const TableImport *x, int row) {
    JoinedRow r = {{row, -1, -1, -1}};
    const Columns first = {.table = x->table, .tables = 1};
    for (int k = 1; k < x->tables; k++) {
        Buffer key = {0};
        term_put(&key, &first, &x->join[k], &r);
        const char *text = buffer_text(&key);
        int i = names_find(&x->keys[k], text, key.size);
        r.row[k] = i < 0 ? -1 : x->key_row[k][i];
        buffer_free(&key);
    }
    return r;
}

/* ---- Labels ---- */

/* The first of '|', ';', ',' that a cell of the column holds. */
static char find_separator(const Table *t, int column) {
    static const char known[] = "|;,";
    bool has[3] = {false};
    for (int row = 0; row < t->rows; row++)
        for (int k = 0; k < 3; k++) has[k] |= strchr(table_cell(t, row, column), known[k]) != NULL;
    for (int k = 0; k < 3; k++)
        if (has[k]) return known[k];
    return 0;
}

/* One cell would make every 0 and 1 of its column a label. */
static Status refuse_cell(const Table *t, int row, int column, Error *err) {
    const char *name = names_at(&t->columns, column);
    return error_set(
        err, STATUS_INPUT,
        "%s: row %d (the header not counted), column '%.100s': '%.60s' is not 0, 1, -1 or empty, as "
        "most cells of the column are; correct the cell, or take all cells as names of labels: "
        "labels={%.100s:99}",
        t->path, row + 1, name, table_cell(t, row, column), name);
}

static Status look_at_labels(TableImport *x, Error *err) {
    const Spec *s = &x->columns.spec[COLUMN_LABELS];
    x->label = mem_calloc(s->n + 1, sizeof *x->label);
    if (!x->label) return mem_error(err, "the labels");
    for (size_t i = 0; i < s->n; i++) {
        const Piece *p = &s->term[i].piece[0];
        if (s->term[i].n != 1 || p->table < 0 || p->first || p->part) continue;
        const Table *t = &x->table[p->table];
        int odd;
        x->label[i].flags = column_is_flags(t, p->column, &odd);
        if (x->label[i].flags && odd >= 0) return refuse_cell(t, odd, p->column, err);
        x->label[i].separator = find_separator(t, p->column);
    }
    return STATUS_OK;
}

/* A list of Python or JSON: ['a', 'b'], also (...) and {...} of words in quotes. */
static bool is_list(const char *cell) {
    static const char *const ends[] = {"[]", "()", "{}"};
    size_t n = strlen(cell);
    for (int i = 0; n > 1 && i < 3; i++)
        if (cell[0] == ends[i][0] && cell[n - 1] == ends[i][1])
            return i == 0 || cell[1] == '\'' || cell[1] == '"';
    return false;
}

static void add_list(Buffer *labels, const char *cell) {
    const char *end = cell + strlen(cell) - 1;
    for (const char *at = cell + 1; (at += strspn(at, "[], ")) < end;) {
        char quote[] = {*at, 0};
        bool quoted = *at == '\'' || *at == '"';
        at += quoted;
        size_t n = strcspn(at, quoted ? quote : ",]");
        import_add_label(labels, at, n);
        at += n + (quoted && at[n]);
    }
}

/* Words between separators, or a list. */
static void add_words(Buffer *labels, const char *cell, char separator) {
    const char stop[] = {separator, 0};
    if (is_list(cell)) {
        add_list(labels, cell);
        return;
    }
    for (const char *at = cell; *at;) {
        size_t n = strcspn(at, stop);
        import_add_label(labels, at, n);
        at += n + (at[n] != 0);
    }
}

static void add_labels(TableImport *x, const JoinedRow *r, Entry *e) {
    const Spec *s = &x->columns.spec[COLUMN_LABELS];
    const char *rule = x->im->o->uncertain;
    for (size_t i = 0; i < s->n; i++) {
        const Piece *p = &s->term[i].piece[0];
        Buffer cell = {0};
        term_put(&cell, &x->columns, &s->term[i], r);
        const char *v = buffer_text(&cell);
        if (!x->label[i].flags) {
            if (strcasecmp(v, "nan") != 0) add_words(&e->column[LABELS], v, x->label[i].separator);
        } else {
            const char *name = names_at(&x->table[p->table].columns, p->column);
            bool unsure = cell_is(v, -1);
            if (cell_is(v, 1) || (unsure && strcmp(rule, "present") == 0))
                import_add_label(&e->column[LABELS], name, strlen(name));
            if (unsure && strcmp(rule, "leave-out") == 0) buffer_add(&e->column[LEAVE_OUT], "x", 1);
        }
        buffer_free(&cell);
    }
}

/* ---- Rows to pictures ---- */

/* The terms with single blanks between; a term that ends in a letter or digit gets a full stop when another follows. */
static void put_text(const TableImport *x, const JoinedRow *r, Buffer *text) {
    const Spec *s = &x->columns.spec[COLUMN_TEXT];
    for (size_t i = 0; i < s->n; i++) {
        Buffer cell = {0};
        term_put(&cell, &x->columns, &s->term[i], r);
        const char *v = buffer_text(&cell);
        if (strcasecmp(v, "nan") != 0) import_add_text(text, v, cell.size);
        char last = text->size ? (char)text->data[text->size - 1] : '.';
        bool open =
            (last >= '0' && last <= '9') || (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z');
        if (open && s->n > 1) buffer_add(text, ".", 1);
        buffer_free(&cell);
    }
}

/* The first term that is not empty. "NA" is no patient: its pictures would be one group. */
static void put_first(const TableImport *x, ColumnKey key, const JoinedRow *r, Buffer *out) {
    const Spec *s = &x->columns.spec[key];
    for (size_t i = 0; !out->size && i < s->n; i++) {
        term_put(out, &x->columns, &s->term[i], r);
        if ((key == COLUMN_GROUP || key == COLUMN_PART) && cell_is_unknown(buffer_text(out))) out->size = 0;
    }
}

/* The first row of a picture decides; another value in a later row is counted. */
static void put_once(TableImport *x, ColumnKey key, const JoinedRow *r, Buffer *out, const char *path) {
    static const char *const changes[COLUMN_KEYS] = {
        [COLUMN_ID] = "a later row of the picture has another id; the first is taken",
        [COLUMN_GROUP] = "a later row of the picture has another group; the first is taken",
        [COLUMN_PART] = "a later row of the picture has another part; the first is taken"};
    Buffer value = {0}, example = {0};
    put_first(x, key, r, &value);
    const char *first = buffer_text(out), *later = buffer_text(&value);
    if (*first && *later && strcmp(first, later) != 0) {
        buffer_printf(&example, "%s: %s, not %s", path, first, later);
        import_changed(x->im, changes[key], buffer_text(&example));
    } else if (!*first) {
        buffer_add(out, value.data, value.size);
    }
    out->failed |= value.failed;
    buffer_free(&value);
    buffer_free(&example);
}

/* Adds a row to the entry of a picture. */
static Status add_row(TableImport *x, const char *image, size_t size, const JoinedRow *r, Error *err) {
    char *path = mem_alloc(size + 1);
    Buffer text = {0};
    if (!path) return mem_error(err, "a picture");
    memcpy(path, image, size);
    path[size] = 0;
    Entry *e = entries_at(&x->pictures, path);
    if (e) {
        put_text(x, r, &text);
        Buffer *all = &e->column[TEXT];
        /* A report that is repeated in every row of a picture is one text, not many. */
        if (text.size && !strstr(buffer_text(all), buffer_text(&text)))
            buffer_printf(all, "%s%s", all->size ? " " : "", buffer_text(&text));
        add_labels(x, r, e);
        put_once(x, COLUMN_GROUP, r, &e->column[GROUP], path);
        put_once(x, COLUMN_PART, r, &e->column[PART], path);
        put_once(x, COLUMN_ID, r, &e->column[ID], path);
    }
    bool failed = !e || text.failed || e->column[TEXT].failed || e->column[LABELS].failed;
    buffer_free(&text);
    mem_free(path);
    return failed ? mem_error(err, "a picture") : STATUS_OK;
}

/* A cell may name several pictures with '|' between. */
static Status take_row(TableImport *x, int row, Error *err) {
    JoinedRow r = joined_row(x, row);
    Buffer image = {0};
    put_first(x, COLUMN_IMAGE, &r, &image);
    const char *list = buffer_text(&image);
    Status s = image.failed ? mem_error(err, "a picture") : STATUS_OK;
    if (s == STATUS_OK && !*list) {
        char where[32];
        snprintf(where, sizeof where, "row %d", row + 1);
        import_left_out(x->im, "names no picture", where);
    }
    for (const char *at = list; s == STATUS_OK && *at;) {
        size_t n = strcspn(at, "|");
        if (n) s = add_row(x, at, n, &r, err);
        at += n + (at[n] != 0);
    }
    buffer_free(&image);
    return s;
}

/* ---- Pictures to cases ---- */

static bool leads_out(const char *path) {
    return path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL;
}

/* folder/path, with an ending where the path has none and such a file exists. */
static char *find_file(const char *folder, const char *inner, const char *path) {
    static const char *const endings[] = {"", ".jpg", ".png", ".jpeg", ".dcm", ".dcm.png"};
    int n = name_is_picture(path) ? 1 : 6;
    for (int i = 0; i < n; i++) {
        Buffer b = {0};
        buffer_printf(&b, "%s/%s%s%s", folder, inner, path, endings[i]);
        const char *file = buffer_text(&b);
        char *found = !b.failed && path_exists(file) && !path_is_dir(file) ? mem_strdup(file) : NULL;
        buffer_free(&b);
        if (found) return found;
    }
    return NULL;
}

/* Searches beside the table and in the given folders, and in images/ of each; drops one leading folder of the path after another. */
static char *find_image(const TableImport *x, const char *path) {
    const ImportOptions *o = x->im->o;
    for (const char *rest = path; rest && *rest; rest = strchr(rest, '/'), rest += rest != NULL)
        for (int i = 0; i < o->n_sources; i++) {
            bool folder = path_is_dir(o->sources[i]);
            char *base = folder ? mem_strdup(o->sources[i]) : path_beside(o->sources[i], ".");
            char *found = base ? find_file(base, "", rest) : NULL;
            if (base && !found) found = find_file(base, "images/", rest);
            mem_free(base);
            if (found) return found;
        }
    return NULL;
}

/* The id of the table, or the picture's path; with a number where another picture has the same. */
static Status make_id(Import *im, Names *ids, const Entry *e, const char *path, Buffer *id, Error *err) {
    size_t n = name_stem(path);
    Buffer base = {0}, example = {0};
    if (e->column[ID].size)
        buffer_add(&base, e->column[ID].data, e->column[ID].size);
    else
        for (size_t i = 0; i < n; i++) buffer_add(&base, path[i] == '/' ? "_" : path + i, 1);
    for (int k = 1;; k++) {
        id->size = 0;
        buffer_printf(id, "%s", buffer_text(&base));
        if (k > 1) buffer_printf(id, "_%d", k);
        int before = ids->n, i = id->failed ? -1 : names_add(ids, (char *)id->data, id->size);
        if (i >= 0 && i < before) continue;
        if (k > 1) {
            buffer_printf(&example, "%s becomes %s", buffer_text(&base), buffer_text(id));
            import_changed(im, "has the id of a picture before; a number is added", buffer_text(&example));
        }
        buffer_free(&example);
        buffer_free(&base);
        return i < 0 ? mem_error(err, "the ids") : STATUS_OK;
    }
}

static const char *part_name(const char *part) {
    static const char *const same[][2] = {{"validate", "validation"}, {"valid", "validation"},
                                          {"val", "validation"},      {"dev", "validation"},
                                          {"training", "train"},      {"testing", "test"}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcasecmp(part, same[i][0]) == 0) return same[i][1];
    return *part ? part : NULL;
}

static Status take_picture(TableImport *x, int i, Names *ids, Error *err) {
    const char *path = names_at(&x->pictures.ids, i);
    Entry *e = &x->pictures.entry[i];
    Buffer id = {0};
    TRY(make_id(x->im, ids, e, path, &id, err));
    if (leads_out(path)) {
        import_left_out(x->im, "the image leads out of the folder", path);
        buffer_free(&id);
        return STATUS_OK;
    }
    char *image = find_image(x, path);
    /* Several pictures of one row are one group, also without a group column. */
    const char *group = buffer_text(&e->column[GROUP]);
    if (!*group && e->column[ID].size) group = buffer_text(&e->column[ID]);
    ImportCase c = {buffer_text(&id),
                    buffer_text(&e->column[TEXT]),
                    buffer_text(&e->column[LABELS]),
                    group,
                    part_name(buffer_text(&e->column[PART])),
                    image};
    Status s = STATUS_OK;
    if (!image)
        import_left_out(x->im, "the image is missing beside the table and in the folders given", path);
    else if (e->column[LEAVE_OUT].size)
        import_left_out(x->im, "has an uncertain label (--uncertain leave-out)", c.id);
    else
        s = import_case(x->im, &c, err);
    mem_free(image);
    buffer_free(&id);
    return s;
}

/* ---- The whole ---- */

/* Prints the command with likely columns. */
static Status propose(const TableImport *x, Error *err) {
    const ImportOptions *o = x->im->o;
    Buffer spec = {0}, command = {0};
    const char *lacks = columns_propose(&spec, x->table, x->tables);
    buffer_printf(&command, "msach import table");
    for (int i = 0; i < o->n_sources; i++) buffer_printf(&command, " '%s'", o->sources[i]);
    if (o->join) buffer_printf(&command, " --join '%s'", o->join);
    buffer_printf(&command, " --columns '%s' --out '%s'", buffer_text(&spec), o->out);
    error_set(err, STATUS_USAGE, "msach import: layout table needs --columns; %s%s%s:\n  %.1800s",
              lacks ? "not found: a column of " : "likely", lacks ? lacks : "", lacks ? "; complete" : "",
              buffer_text(&command));
    buffer_free(&spec);
    buffer_free(&command);
    return STATUS_USAGE;
}

static Status run(TableImport *x, Error *err) {
    TRY(read_tables(x, err));
    for (int k = 1; k < x->tables; k++) TRY(join_table(x, k, err));
    if (!x->im->o->columns) return propose(x, err);
    TRY(columns_parse(&x->columns, x->table, x->tables, x->im->o->columns, err));
    TRY(look_at_labels(x, err));
    for (int row = 0; row < x->table[0].rows; row++) TRY(take_row(x, row, err));
    Names ids = {0};
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < x->pictures.ids.n; i++) {
        log_progress(x->im->log, "import, pictures", i, x->pictures.ids.n);
        s = take_picture(x, i, &ids, err);
    }
    names_free(&ids);
    return s;
}

Status import_table(Import *im, Error *err) {
    TableImport x = {.im = im};
    Status s = run(&x, err);
    columns_free(&x.columns);
    for (int k = 0; k < TABLES; k++) {
        table_free(&x.table[k]);
        names_free(&x.keys[k]);
        mem_free(x.key_row[k]);
        term_free(&x.join[k]);
    }
    mem_free(x.label);
    entries_free(&x.pictures);
    return s;
}
