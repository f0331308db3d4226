#include "data/import/import.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/import/import_case.h"
#include "data/import/import_convert.h"
#include "data/manifest.h"
#include "nn/base/alloc.h"
#include "nn/base/lock.h"
#include "nn/base/sys.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REPORT_SECTIONS LIST("findings", "impression", "indication", "comparison")

/* cmd_import.c says in --help what each layout holds. */
static const ImportLayout LAYOUTS[] = {
    {"openi", LIST("major", "automatic"), REPORT_SECTIONS, false},
    {"iu-xray", LIST("problems", "mesh"), REPORT_SECTIONS, false},
    {"roco", LIST("keywords", "cuis", "semtypes"), LIST("caption"), false},
    {"rocov2", LIST("cuis"), LIST("caption"), false},
    {"mimic-cxr", LIST("chexpert"), REPORT_SECTIONS, false},
    {"vqa-med", LIST("organ", "modality", "plane"), LIST("abnormality", "plane", "modality", "organ"), false},
    {"vqa-rad", LIST("organ"), LIST("questions"), false},
    {"brest", LIST("classification"), LIST("fields"), false},
    {"pocus", LIST("findings", "diagnosis"), LIST("comments"), false},
    {"folder", LIST("folder"), REPORT_SECTIONS, false},
    {"table", LIST("columns"), REPORT_SECTIONS, true},
};
static ImportFn *const IMPORTERS[] = {import_openi,     import_iu_xray, import_roco,    import_rocov2,
                                      import_mimic_cxr, import_vqa_med, import_vqa_rad, import_brest,
                                      import_pocus,     import_folder,  import_table};
enum { LAYOUT_COUNT = sizeof LAYOUTS / sizeof LAYOUTS[0] };

int import_layouts(void) {
    return LAYOUT_COUNT;
}

const ImportLayout *import_layout(int i) {
    return i >= 0 && i < LAYOUT_COUNT ? &LAYOUTS[i] : NULL;
}

/* ---- The output ---- */

/* Appends the labels that enough cases have; returns how many. */
static int put_labels(const Import *im, Buffer *out, const char *labels, size_t size) {
    int kept = 0;
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        while (i + n < size && labels[i + n] != '|') n++;
        if (im->label_count[names_find(&im->labels, labels + i, n)] >= im->label_min) {
            if (kept++) buffer_add(out, "|", 1);
            for (size_t k = i; k < i + n; k++)
                buffer_add(out, labels[k] == '\\' ? "\\\\" : labels + k, labels[k] == '\\' ? 2 : 1);
        }
        i += n + 1;
    }
    return kept;
}

static Status put_manifest(Import *im, Error *err) {
    Buffer out = {0};
    size_t start = 0;
    buffer_printf(&out, "id\timage\ttext\tgroup\tlabels\n");
    im->with_labels = 0;
    for (int i = 0; i < im->ids.n; i++) {
        const ImportRow *r = &im->row[i];
        const char *rows = (const char *)im->rows.data;
        buffer_add(&out, rows + start, r->labels - start);
        im->with_labels += put_labels(im, &out, rows + r->labels, r->end - r->labels) > 0;
        buffer_add(&out, "\n", 1);
        start = r->end;
    }
    char *path = im->folder ? path_join(im->folder, "manifest.tsv") : NULL;
    Status s = out.failed || (im->folder && !path) ? mem_error(err, "the manifest") : STATUS_OK;
    if (s == STATUS_OK && path) s = file_write(path, out.data, out.size, err);
    mem_free(path);
    buffer_free(&out);
    return s;
}

/* Sets im->label_min: --label-min, or the smallest that keeps the labels within a manifest's limit. */
static Status choose_label_min(Import *im, Error *err) {
    im->label_min = im->o->label_min > 0 ? im->o->label_min : 1;
    while (im->o->label_min <= 0 && import_labels_kept(im) > MANIFEST_LABELS) im->label_min++;
    if (import_labels_kept(im) <= MANIFEST_LABELS) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: has %d labels; a manifest holds at most %d; leave --label-min out, or raise it",
                     im->o->sources[0], import_labels_kept(im), MANIFEST_LABELS);
}

/* The error where no case was imported, with the first four reasons. */
static Status nothing_taken(const Import *im, Error *err) {
    Buffer list = {0};
    const Facts *f = &im->left_out;
    for (int i = 0; i < f->kinds.n && i < 4; i++)
        buffer_printf(&list, "%s%d: %s (first: %s)", i ? "\n  " : "; left out:\n  ", f->fact[i].count,
                      f->fact[i].what, f->fact[i].first);
    error_set(err, STATUS_INPUT, "%s: no case of layout %s was found%s", im->o->sources[0], im->layout->name,
              buffer_text(&list));
    buffer_free(&list);
    return STATUS_INPUT;
}

static Status finish(Import *im, Error *err) {
    if (im->left_out.failed || im->notes.failed || im->changed.failed)
        return mem_error(err, "the list of what was left out");
    TRY(choose_label_min(im, err));
    TRY(put_manifest(im, err));
    if (im->o->report) TRY(import_report_write(im, im->o->report, err));
    if (im->ids.n == 0) return nothing_taken(im, err);
    journal_close(&im->journal, true);
    if (im->folder && sys_rename(im->folder, im->o->out) != 0)
        return error_from_errno(err, im->o->out, "make");
    import_report_log(im);
    return STATUS_OK;
}

/* ---- The whole import ---- */

static Status check_words(const ImportLayout *l, const char *list, const char *const *known,
                          const char *option, Error *err) {
    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, ",");
        int i = 0;
        while (known[i] && (strlen(known[i]) != n || strncmp(known[i], at, n) != 0)) i++;
        if (!known[i]) {
            Buffer names = {0};
            for (int k = 0; known[k]; k++) buffer_printf(&names, "%s%s", k ? ", " : "", known[k]);
            error_set(err, STATUS_USAGE, "msach import: --%s '%.*s' is unknown to layout %s; known: %s",
                      option, (int)n, at, l->name, buffer_text(&names));
            buffer_free(&names);
            return STATUS_USAGE;
        }
        at += n + (at[n] == ',');
    }
    return STATUS_OK;
}

static Status check_places(const ImportOptions *o, const ImportLayout *l, Error *err) {
    FolderList there;
    for (int i = 0; i < o->n_sources; i++)
        if (!path_is_dir(o->sources[i]) && !(l->takes_files && path_exists(o->sources[i])))
            return error_set(err, STATUS_INPUT, "%s: is no %s; the %s of a data set was expected",
                             o->sources[i], l->takes_files ? "file" : "folder",
                             l->takes_files ? "table" : "folder");
    if (!path_exists(o->out)) return STATUS_OK;
    Status s = folder_list(&there, o->out, err);
    if (s == STATUS_OK && there.n)
        s = error_set(err, STATUS_USAGE, "%s: exists and is not empty; use another --out, or remove it",
                      o->out);
    folder_list_free(&there);
    return s;
}

/* The options that decide what OUT.part holds, as one line. */
static void put_options(const Import *im, Buffer *b) {
    const ImportOptions *o = im->o;
    const char *const words[] = {im->layout->name, o->sections, o->labels,      o->part,    o->uncertain,
                                 o->columns,       o->join,     o->label_words, o->encoding};
    buffer_printf(b, "msach import 1, frames %d, link %d", (int)o->frames, o->link);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        buffer_printf(b, ", %s", words[i] ? words[i] : "-");
    for (int i = 0; i < o->n_sources; i++) buffer_printf(b, ", %s", o->sources[i]);
    for (size_t i = 0; i < b->size; i++)
        if (b->data[i] == '\n') b->data[i] = ' ';
}

/* Locks OUT.part. A new one that cannot be locked is removed, unless another import writes into it by now. */
static Status take_output(Import *im, Lock *lock, bool begun, Error *err) {
    Status s = lock_take(lock, im->folder, ".lock", "msach import: another import writes this --out", err);
    im->owns_folder = s == STATUS_OK && !begun;
    if (s != STATUS_OK && !begun) remove(im->folder);
    return s;
}

/* Creates OUT.part, or continues the one of a stopped import. */
static Status open_output(Import *im, Lock *lock, Error *err) {
    Buffer path = {0}, options = {0};
    size_t n = strlen(im->o->out);
    while (n > 1 && im->o->out[n - 1] == '/') n--;
    buffer_printf(&path, "%.*s.part", (int)n, im->o->out);
    im->folder = mem_strdup(buffer_text(&path));
    bool begun = path_exists(buffer_text(&path));
    buffer_printf(&path, "/images");
    put_options(im, &options);
    const char *line = buffer_text(&options), *images = buffer_text(&path);
    Status s = im->folder && !path.failed && !options.failed ? dir_make(im->folder, err)
                                                             : mem_error(err, im->o->out);
    if (s == STATUS_OK) s = take_output(im, lock, begun, err);
    if (s == STATUS_OK) s = dir_make(images, err);
    if (s == STATUS_OK) s = journal_open(&im->journal, im->folder, line, err);
    im->owns_folder |= s == STATUS_OK;
    if (s == STATUS_OK && im->journal.found)
        log_line(im->log, "import continues: %d pictures were imported before", im->journal.found);
    if (s == STATUS_OK) import_seen(im, im->folder);
    buffer_free(&path);
    buffer_free(&options);
    return s;
}

/* Ends the output. OUT.part stays after a stop, and where it belongs to another import. */
static Status close_output(Import *im, Lock *lock, Status s, Error *err) {
    bool stopped = s == STATUS_CHECK && import_stopped(im, NULL) != STATUS_OK;
    journal_close(&im->journal, false);
    if (stopped && im->folder)
        s = error_set(err, STATUS_CHECK,
                      "stopped after %d cases; the same command continues from there (remove %s to give up)",
                      im->ids.n, im->folder);
    else if (s != STATUS_OK && im->folder && im->owns_folder)
        dir_remove(im->folder);
    lock_release(lock);
    return s;
}

static void import_free(Import *im) {
    convert_end(im);
    mem_free(im->folder);
    buffer_free(&im->rows);
    mem_free(im->row);
    mem_free(im->label_count);
    mem_free(im->word_count);
    label_words_free(im->words);
    facts_free(&im->left_out);
    facts_free(&im->notes);
    facts_free(&im->changed);
    names_free(&im->ids);
    names_free(&im->groups);
    names_free(&im->labels);
    names_free(&im->label_set);
    names_free(&im->name_set);
    names_free(&im->patients);
    names_free(&im->pictures);
    names_free(&im->seen);
    names_free(&im->encodings);
    mem_free(im);
}

static Status read_words(Import *im, Error *err) {
    if (!im->o->label_words) return STATUS_OK;
    TRY(label_words_read(&im->words, im->o->label_words, err));
    im->word_count = mem_calloc((size_t)label_words_count(im->words) + 1, sizeof *im->word_count);
    return im->word_count ? STATUS_OK : mem_error(err, "the labels");
}

Status import_run(const char *layout, const ImportOptions *o, const Log *log, Error *err) {
    int i = 0;
    Lock lock = {0};
    while (i < LAYOUT_COUNT && strcmp(LAYOUTS[i].name, layout) != 0) i++;
    NN_REQUIRE(i < LAYOUT_COUNT, "layout %s", layout);
    const ImportLayout *l = &LAYOUTS[i];
    TRY(check_words(l, o->sections, l->sections, "sections", err));
    TRY(check_words(l, o->labels, l->labels, "labels", err));
    TRY(check_places(o, l, err));
    Import *im = mem_calloc(1, sizeof *im);
    if (!im) return mem_error(err, "the import");
    im->o = o;
    im->layout = l;
    im->log = log;
    Status s = read_words(im, err);
    if (s == STATUS_OK && !o->dry_run) s = open_output(im, &lock, err);
    if (s == STATUS_OK) s = IMPORTERS[i](im, err);
    if (s == STATUS_OK) s = finish(im, err);
    s = close_output(im, &lock, s, err);
    import_free(im);
    return s;
}
