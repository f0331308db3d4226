#include "train/table/table_codes.h"

#include <string.h>

#include "data/split.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* ---- Reading ---- */

static Status check_ids(const OwnCodes *c, const CaseSet *set, const char *file, Error *err) {
    Names ids = {0};
    Status s = STATUS_OK;
    for (size_t i = 0; s == STATUS_OK && i < set->n; i++) {
        int number = names_add(&ids, set->id[i], strlen(set->id[i]));
        if (number < 0) s = mem_error(err, c->path);
        if (number >= 0 && number < (int)i)
            s = error_set(err, STATUS_INPUT, "%s: %s names '%s' twice; each case once was expected", c->path,
                          file, set->id[i]);
    }
    names_free(&ids);
    return s;
}

static uint64_t hash_set(uint64_t h, const CaseSet *set) {
    for (Modality m = 0; m < MODALITIES; m++) h = fnv1a(h, set->code[m], set->n * code_bytes(set->bits));
    for (size_t i = 0; i < set->n; i++) h = fnv1a(h, set->id[i], strlen(set->id[i]) + 1);
    return h;
}

Status own_codes_read(OwnCodes *c, const TableCodes *from, const TableOptions *o, const Log *log,
                      Error *err) {
    *c = (OwnCodes){.name = from->name, .path = from->folder, .data = -1};
    TRY(codes_folder_read(&c->folder, c->path, o->codes_form, "--form", o->labels_form, log, err));
    if (!c->folder.query.id)
        return error_set(err, STATUS_INPUT,
                         "%s: has no ids; ids_query.txt and ids_database.txt, a case of the manifest a line, "
                         "were expected",
                         c->path);
    TRY(check_ids(c, &c->folder.query, "ids_query", err));
    TRY(check_ids(c, &c->folder.database, "ids_database", err));
    c->hash = hash_set(hash_set(FNV1A_START, &c->folder.query), &c->folder.database);
    return STATUS_OK;
}

void own_codes_free(OwnCodes *c) {
    codes_folder_free(&c->folder);
    *c = (OwnCodes){0};
}

/* ---- The split ---- */

/* Row of each case of the manifest in the set, -1: none; the caller's to mem_free. *foreign: an id that is no case, or NULL. */
static Status find_rows(const CaseSet *set, const Manifest *m, int **row, const char **foreign, Error *err) {
    *foreign = NULL;
    *row = mem_calloc((size_t)m->n, sizeof **row);
    if (!*row) return mem_error(err, "the codes of another program");
    for (int i = 0; i < m->n; i++) (*row)[i] = -1;
    for (size_t r = 0; r < set->n; r++) {
        int i = manifest_find(m, set->id[r]);
        if (i >= 0)
            (*row)[i] = (int)r;
        else if (!*foreign)
            *foreign = set->id[r];
    }
    return STATUS_OK;
}

static Status draw_split(Split *split, const TableOptions *o, const Manifest *m, int seed, Error *err) {
    TRY(split_make(split, m, (uint64_t)seed, NULL, err));
    return split_thin(split, m, o->config.train_cases, (uint64_t)seed, err);
}

Status own_codes_match(OwnCodes *c, const TableOptions *o, int data, const Manifest *m, int seeds,
                       Error *err) {
    const char *foreign;
    int *row;
    Status s = find_rows(&c->folder.query, m, &row, &foreign, err);
    for (int seed = 1; s == STATUS_OK && seed <= seeds; seed++) {
        Split split;
        int found = 0;
        s = draw_split(&split, o, m, seed, err);
        for (int i = 0; s == STATUS_OK && i < m->n; i++) found += row[i] >= 0 && split.set[i] == SET_QUERY;
        if (s == STATUS_OK && found > c->found) c->found = found, c->data = data, c->split_seed = seed;
        split_free(&split);
    }
    mem_free(row);
    return s;
}

/* ---- Checks ---- */

/* A case that a session uses: it has both modalities. */
static bool is_pair(const Case *c, const TableOptions *o) {
    return (c->image[0] || o->manifest.features[MODALITY_IMAGE]) &&
           (c->text[0] || o->manifest.features[MODALITY_TEXT]);
}

static Status not_the_split(const OwnCodes *c, const TableOptions *o, const char *id, const char *what,
                            Error *err) {
    char name[64];
    manifest_name(o->data[c->data], name, sizeof name);
    return error_set(err, STATUS_INPUT,
                     "%s: case '%s' %s of %s, split seed %d; the ids that `msach eval --dump` writes for a "
                     "run with --split-seed %d were expected",
                     c->path, id, what, name, c->split_seed, c->split_seed);
}

/* query, database (m->n): rows of the cases. */
static Status check_cases(OwnCodes *c, const TableOptions *o, const Manifest *m, const Split *split,
                          const int *query, const int *database, Error *err) {
    const char *lacking = NULL;
    c->training = false;
    for (int i = 0; i < m->n; i++) {
        const Case *one = &m->cases[i];
        Set set = is_pair(one, o) ? split->set[i] : SET_NONE;
        if ((query[i] >= 0) != (set == SET_QUERY))
            return not_the_split(c, o, one->id,
                                 query[i] >= 0 ? "of ids_query is not among the test queries"
                                               : "is missing in ids_query: it is a test query",
                                 err);
        if (database[i] >= 0 && set != SET_DATABASE && set != SET_TRAIN)
            return not_the_split(c, o, one->id, "of ids_database is neither a database nor a training case",
                                 err);
        if (database[i] < 0 && set == SET_DATABASE)
            return not_the_split(c, o, one->id, "is missing in ids_database: it is a database case", err);
        if (set == SET_TRAIN && database[i] >= 0) c->training = true;
        if (set == SET_TRAIN && database[i] < 0) lacking = one->id;
    }
    return c->training && lacking
               ? not_the_split(c, o, lacking, "is missing in ids_database, which has other training cases",
                               err)
               : STATUS_OK;
}

/* The manifest's number of each label column of the folder, -1: none. */
static void find_columns(const CodesFolder *f, const Manifest *m, int *column) {
    for (int k = 0; k < f->data.classes; k++) {
        column[k] = f->label_names.n || k >= m->n_labels ? -1 : k;
        for (int j = 0; f->label_names.n && j < m->n_labels; j++)
            if (strcmp(f->label_names.line[k], m->label_names[j]) == 0) column[k] = j;
    }
}

static Status check_labels(const OwnCodes *c, const Manifest *m, const CaseSet *set, const int *column,
                           Error *err) {
    for (size_t r = 0; r < set->n; r++) {
        const uint8_t *given = set->labels + r * (size_t)set->classes,
                      *own = m->labels + (size_t)manifest_find(m, set->id[r]) * (size_t)m->n_labels;
        int difference = 0;
        for (int k = 0; k < m->n_labels; k++) difference -= own[k];
        bool same = true;
        for (int k = 0; k < set->classes; k++)
            if (given[k]) same = same && column[k] >= 0 && own[column[k]], difference++;
        if (!same || difference)
            return error_set(err, STATUS_INPUT, "%s: the labels of case '%s' are not those of %s; %s",
                             c->path, set->id[r], m->path,
                             c->folder.label_names.n
                                 ? "label_names.txt names the columns"
                                 : "without label_names.txt the columns are its labels sorted by name");
    }
    return STATUS_OK;
}

static Status check_rows(OwnCodes *c, const TableOptions *o, const Manifest *m, const int *query,
                         const int *database, Error *err) {
    Split split;
    Status s = draw_split(&split, o, m, c->split_seed, err);
    if (s == STATUS_OK) s = check_cases(c, o, m, &split, query, database, err);
    split_free(&split);
    int *column = mem_calloc((size_t)c->folder.data.classes, sizeof *column);
    if (s == STATUS_OK && !column) s = mem_error(err, c->path);
    if (column) find_columns(&c->folder, m, column);
    if (s == STATUS_OK) s = check_labels(c, m, &c->folder.query, column, err);
    if (s == STATUS_OK) s = check_labels(c, m, &c->folder.database, column, err);
    mem_free(column);
    return s;
}

Status own_codes_check(OwnCodes *c, const TableOptions *o, const Manifest *m, Error *err) {
    const CaseSet *set[2] = {&c->folder.query, &c->folder.database};
    const char *foreign[2] = {NULL, NULL};
    int *row[2] = {NULL, NULL};
    Status s = STATUS_OK;
    for (int k = 0; s == STATUS_OK && k < 2; k++) s = find_rows(set[k], m, &row[k], &foreign[k], err);
    for (int k = 0; s == STATUS_OK && k < 2; k++)
        if (foreign[k])
            s = error_set(err, STATUS_INPUT, "%s: %s has '%s', which is no case of %s", c->path,
                          k ? "ids_database" : "ids_query", foreign[k], m->path);
    if (s == STATUS_OK) s = check_rows(c, o, m, row[0], row[1], err);
    mem_free(row[0]);
    mem_free(row[1]);
    return s;
}

Status own_codes_copy(const OwnCodes *c, const Manifest *m, const int *index, int n, bool queries,
                      uint8_t *const out[MODALITIES], Error *err) {
    const CaseSet *set = queries ? &c->folder.query : &c->folder.database;
    size_t bytes = code_bytes(set->bits);
    const char *foreign;
    int *row;
    Status s = find_rows(set, m, &row, &foreign, err);
    for (int k = 0; s == STATUS_OK && k < n * MODALITIES; k++)
        memcpy(out[k % MODALITIES] + (size_t)(k / MODALITIES) * bytes,
               set->code[k % MODALITIES] + (size_t)row[index[k / MODALITIES]] * bytes, bytes);
    mem_free(row);
    return s;
}
