#include "eval/audit/audit_folder.h"

#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* The files of a folder. */
typedef enum {
    IMAGE_QUERY,
    TEXT_DATABASE,
    TEXT_QUERY,
    IMAGE_DATABASE,
    LABELS_QUERY,
    LABELS_DATABASE,
    IDS_QUERY,
    IDS_DATABASE,
    GROUPS_QUERY,
    GROUPS_DATABASE,
    LABEL_NAMES,
    FILES
} File;
enum { FIRST_OPTIONAL = IDS_QUERY };
static const char *const NAMES[FILES] = {"image_codes_query.npy",
                                         "text_codes_database.npy",
                                         "text_codes_query.npy",
                                         "image_codes_database.npy",
                                         "labels_query.npy",
                                         "labels_database.npy",
                                         "ids_query",
                                         "ids_database",
                                         "groups_query",
                                         "groups_database",
                                         "label_names"};

/* NAME.txt or NAME.npy; NULL in *path where there is neither. */
static Status find_optional(const char *folder, const char *name, char **path, Error *err) {
    static const char *const endings[] = {".txt", ".npy"};
    for (int i = 0; i < 2; i++) {
        Buffer b = {0};
        buffer_printf(&b, "%s/%s%s", folder, name, endings[i]);
        if (b.failed) buffer_free(&b);
        if (!b.data) return mem_error(err, folder);
        *path = (char *)b.data;
        if (path_exists(*path)) return STATUS_OK;
        mem_free(*path);
        *path = NULL;
    }
    return STATUS_OK;
}

static Status find_files(const char *folder, char *path[FILES], Error *err) {
    if (!path_is_dir(folder))
        return error_set(err, STATUS_INPUT,
                         "%s: is no folder; a folder as `msach eval --dump` writes it was "
                         "expected",
                         folder);
    for (int i = 0; i < FIRST_OPTIONAL; i++) {
        path[i] = path_join(folder, NAMES[i]);
        if (!path[i]) return mem_error(err, folder);
        if (!path_exists(path[i]))
            return error_set(err, STATUS_INPUT,
                             "%s: no such file; codes of both modalities and labels were "
                             "expected, named as `msach eval --dump` names them",
                             path[i]);
    }
    for (int i = FIRST_OPTIONAL; i < FILES; i++) TRY(find_optional(folder, NAMES[i], &path[i], err));
    for (int i = FIRST_OPTIONAL; i < LABEL_NAMES; i += 2)
        if (!path[i] != !path[i + 1])
            return error_set(err, STATUS_INPUT, "%s: has %s without %s; both or neither were expected",
                             folder, NAMES[path[i] ? i : i + 1], NAMES[path[i] ? i + 1 : i]);
    return STATUS_OK;
}

static Status read_files(CodesFolder *f, char *const path[FILES], AuditSource *from, const Log *log,
                         Error *err) {
    const char *const other[2] = {path[TEXT_QUERY], path[IMAGE_DATABASE]};
    from->query_codes = path[IMAGE_QUERY], from->database_codes = path[TEXT_DATABASE];
    from->query_labels = path[LABELS_QUERY], from->database_labels = path[LABELS_DATABASE];
    from->query_ids = path[IDS_QUERY], from->database_ids = path[IDS_DATABASE];
    from->query_groups = path[GROUPS_QUERY], from->database_groups = path[GROUPS_DATABASE];
    TRY(audit_read(&f->data, from, err));
    TRY(audit_read_codes(f->other, other, from->codes, from->codes_option, err));
    const AuditCodes *first[2] = {&f->data.query, &f->data.database};
    for (int k = 0; k < 2; k++)
        if (f->other[k].n != first[k]->n || f->other[k].bits != first[k]->bits)
            return error_set(err, STATUS_INPUT,
                             "%s: %zu codes of %d bits; those of the other modality are %zu of %d bits",
                             other[k], f->other[k].n, f->other[k].bits, first[k]->n, first[k]->bits);
    const AuditCodes *const all[] = {first[0], first[1], &f->other[0], &f->other[1]};
    for (int k = IMAGE_QUERY; k <= IMAGE_DATABASE; k++) audit_warn_zeros(log, path[k], all[k]);
    return audit_read_names(&f->label_names, path[LABEL_NAMES], (size_t)f->data.classes, err);
}

typedef struct {
    const char *name;
    int *group;
} Named;

static int by_name(const void *a, const void *b) {
    return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

static Status number_groups(CodesFolder *f, Error *err) {
    const AuditNames *set[2] = {&f->data.query_groups, &f->data.database_groups};
    size_t n = set[0]->n + set[1]->n, at = 0;
    if (n == 0) return STATUS_OK;
    Named *all = mem_calloc(n, sizeof *all);
    f->group = mem_calloc(n, sizeof *f->group);
    if (!all || !f->group) {
        mem_free(all);
        return mem_error(err, "the groups");
    }
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < set[k]->n; i++, at++) all[at] = (Named){set[k]->line[i], &f->group[at]};
    qsort(all, n, sizeof *all, by_name);
    for (size_t i = 1; i < n; i++)
        *all[i].group = *all[i - 1].group + (strcmp(all[i].name, all[i - 1].name) != 0);
    mem_free(all);
    return STATUS_OK;
}

static void fill_sets(CodesFolder *f) {
    const AuditData *d = &f->data;
    f->query = (CaseSet){.n = d->query.n,
                         .bits = d->query.bits,
                         .classes = d->classes,
                         .code = {d->query.code, f->other[0].code},
                         .labels = d->query_labels,
                         .group = f->group,
                         .id = d->query_ids.line,
                         .group_name = d->query_groups.line};
    f->database = (CaseSet){.n = d->database.n,
                            .bits = d->database.bits,
                            .classes = d->classes,
                            .code = {f->other[1].code, d->database.code},
                            .labels = d->database_labels,
                            .group = f->group ? f->group + d->query.n : NULL,
                            .id = d->database_ids.line,
                            .group_name = d->database_groups.line};
}

Status codes_folder_read(CodesFolder *f, const char *folder, AuditCodesForm codes, const char *codes_option,
                         AuditLabelsForm labels, const Log *log, Error *err) {
    char *path[FILES] = {NULL};
    AuditSource from = {.codes = codes, .labels = labels, .codes_option = codes_option};
    memset(f, 0, sizeof *f);
    Status s = find_files(folder, path, err);
    if (s == STATUS_OK) s = read_files(f, path, &from, log, err);
    if (s == STATUS_OK) s = number_groups(f, err);
    if (s == STATUS_OK) fill_sets(f);
    for (int i = 0; i < FILES; i++) mem_free(path[i]);
    return s;
}

void codes_folder_free(CodesFolder *f) {
    audit_free(&f->data);
    for (int k = 0; k < 2; k++) mem_free(f->other[k].code);
    audit_free_names(&f->label_names);
    mem_free(f->group);
    memset(f, 0, sizeof *f);
}
