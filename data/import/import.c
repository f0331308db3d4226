#include "data/import/import.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/import/import_case.h"
#include "data/manifest.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REPORT_SECTIONS LIST("findings", "impression", "indication", "comparison")

static const ImportLayout LAYOUTS[] = {
    {"openi",
     "ecgen-radiology/*.xml, NLMCXR_png/; labels: MeSH terms before the first '/'; group: the report",
     LIST("major", "automatic"), REPORT_SECTIONS},
    {"iu-xray", "indiana_reports.csv, indiana_projections.csv, images/; labels: Problems; group: uid",
     LIST("problems", "mesh"), REPORT_SECTIONS},
    {"roco", "data/{train,validation,test}/radiology/; text: the caption; group: the image",
     LIST("keywords", "cuis", "semtypes"), LIST("caption")},
    {"rocov2",
     "{train,valid,test}_captions.csv, _concepts.csv; text: the caption; labels: CUIs; group: the image",
     LIST("cuis"), LIST("caption")},
    {"mimic-cxr",
     "mimic-cxr-2.0.0-*.csv[.gz], files/p10/...; labels: CheXpert columns with 1; group: the patient",
     LIST("chexpert"), REPORT_SECTIONS},
    {"vqa-med",
     "QAPairsByCategory/C*.txt, *_images/; text: the other questions and answers; group: the image",
     LIST("organ", "modality", "plane"), LIST("abnormality", "plane", "modality", "organ")},
    {"vqa-rad",
     "VQA_RAD_Dataset_Public.json, images/; text: questions but on the organ, answers; group: the MedPix "
     "case",
     LIST("organ"), LIST("questions")},
    {"brest",
     "BrEaST's csv beside the images; text: a sentence a field; labels: Classification; group: the case",
     LIST("classification"), LIST("fields")},
    {"pocus",
     "dataset_metadata.csv, frames/, pocus_images/; text: the comments; group: the patient, else the video",
     LIST("findings", "diagnosis"), LIST("comments")},
    {"folder", "CLASS/[PATIENT/]NAME.png with NAME.txt beside; labels: the first folder; group: the second",
     LIST("folder"), REPORT_SECTIONS},
};
static ImportFn *const IMPORTERS[] = {import_openi,     import_iu_xray, import_roco,    import_rocov2,
                                      import_mimic_cxr, import_vqa_med, import_vqa_rad, import_brest,
                                      import_pocus,     import_folder};
enum { LAYOUT_COUNT = sizeof LAYOUTS / sizeof LAYOUTS[0] };

int import_layouts(void) {
    return LAYOUT_COUNT;
}

const ImportLayout *import_layout(int i) {
    return i >= 0 && i < LAYOUT_COUNT ? &LAYOUTS[i] : NULL;
}

/* ---- The output ---- */

/* Removes what import_run made so far: files, images/, the folder. */
static void remove_output(const char *folder) {
    static const char *const inner[] = {"/images", ""};
    for (int i = 0; i < 2; i++) {
        char path[4096], file[8192];
        snprintf(path, sizeof path, "%s%s", folder, inner[i]);
        DIR *d = opendir(path);
        for (struct dirent *e; d && (e = readdir(d));) {
            snprintf(file, sizeof file, "%s/%s", path, e->d_name);
            if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlink(file);
        }
        if (d) closedir(d);
        rmdir(path);
    }
}

/* The labels that enough cases have; returns how many. */
static int put_labels(const Import *im, Buffer *out, const char *labels, size_t size) {
    int kept = 0;
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        while (i + n < size && labels[i + n] != '|') n++;
        if (im->label_count[names_find(&im->labels, labels + i, n)] >= im->o->label_min) {
            if (kept++) buffer_add(out, "|", 1);
            buffer_add(out, labels + i, n);
        }
        i += n + 1;
    }
    return kept;
}

static Status write_manifest(Import *im, Error *err) {
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
    char *path = path_join(im->folder, "manifest.tsv");
    Status s =
        path && !out.failed ? file_write(path, out.data, out.size, err) : mem_error(err, "the manifest");
    mem_free(path);
    buffer_free(&out);
    return s;
}

static int kept_labels(const Import *im) {
    int n = 0;
    for (int i = 0; i < im->labels.n; i++) n += im->label_count[i] >= im->o->label_min;
    return n;
}

static void tell(const Import *im) {
    log_line(im->log, "%s: took %d cases in %d groups; %d of them with labels, %d labels", im->layout->name,
             im->ids.n, im->groups.n, im->with_labels, kept_labels(im));
    if (im->converted)
        log_line(im->log, "  %d file%s read as GB18030", im->converted, im->converted == 1 ? "" : "s");
    if (im->from_dicom)
        log_line(im->log, "  %d from DICOM: written as PNG without the header; names in the pixels stay",
                 im->from_dicom);
    if (im->labels.n > kept_labels(im))
        log_line(im->log, "  %d labels of fewer than %d cases dropped", im->labels.n - kept_labels(im),
                 im->o->label_min);
    for (int i = 0; i < im->reasons; i++)
        log_line(im->log, "  left out %d: %s (first: %s)", im->reason[i].count, im->reason[i].what,
                 im->reason[i].first);
}

static Status finish(Import *im, Error *err) {
    const ImportReason *r = im->reason;
    if (im->ids.n == 0)
        return error_set(err, STATUS_INPUT, "%s: no case of layout %s was found%s%s%s%s", im->o->sources[0],
                         im->layout->name, im->reasons ? "; left out, first: " : "",
                         im->reasons ? r->what : "", im->reasons ? ", " : "", im->reasons ? r->first : "");
    if (kept_labels(im) > MANIFEST_LABELS)
        return error_set(
            err, STATUS_INPUT,
            "%s: has %d labels, a manifest at most %d; ask for labels of more cases (--label-min 20)",
            im->o->sources[0], kept_labels(im), MANIFEST_LABELS);
    TRY(write_manifest(im, err));
    if (sys_rename(im->folder, im->o->out) != 0) return error_from_errno(err, im->o->out, "make");
    tell(im);
    return STATUS_OK;
}

/* ---- All ---- */

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

static Status check_places(const ImportOptions *o, Error *err) {
    FolderList there;
    for (int i = 0; i < o->n_sources; i++)
        if (!path_is_dir(o->sources[i]))
            return error_set(err, STATUS_INPUT, "%s: is no folder; the folder of a data set was expected",
                             o->sources[i]);
    if (!path_exists(o->out)) return STATUS_OK;
    Status s = folder_list(&there, o->out, err);
    if (s == STATUS_OK && there.n)
        s = error_set(err, STATUS_USAGE,
                      "%s: is there already and not empty; use another --out, or remove it", o->out);
    folder_list_free(&there);
    return s;
}

static Status prepare(Import *im, Error *err) {
    Buffer path = {0};
    size_t n = strlen(im->o->out);
    while (n > 1 && im->o->out[n - 1] == '/') n--;
    buffer_printf(&path, "%.*s.part-%ld", (int)n, im->o->out, (long)getpid());
    im->folder = mem_strdup(buffer_text(&path));
    buffer_printf(&path, "/images");
    Status s = im->folder && !path.failed ? dir_make(buffer_text(&path), err) : mem_error(err, im->o->out);
    buffer_free(&path);
    return s;
}

Status import_run(const char *layout, const ImportOptions *o, const Log *log, Error *err) {
    int i = 0;
    while (i < LAYOUT_COUNT && strcmp(LAYOUTS[i].name, layout) != 0) i++;
    NN_REQUIRE(i < LAYOUT_COUNT, "layout %s", layout);
    const ImportLayout *l = &LAYOUTS[i];
    TRY(check_words(l, o->sections, l->sections, "sections", err));
    TRY(check_words(l, o->labels, l->labels, "labels", err));
    TRY(check_places(o, err));
    Import *im = mem_calloc(1, sizeof *im);
    if (!im) return mem_error(err, "the import");
    im->o = o;
    im->layout = l;
    im->log = log;
    Status s = prepare(im, err);
    if (s == STATUS_OK) s = IMPORTERS[i](im, err);
    if (s == STATUS_OK) s = finish(im, err);
    if (s != STATUS_OK && im->folder) remove_output(im->folder);
    mem_free(im->folder);
    buffer_free(&im->rows);
    mem_free(im->row);
    mem_free(im->label_count);
    names_free(&im->ids);
    names_free(&im->groups);
    names_free(&im->labels);
    names_free(&im->patients);
    mem_free(im);
    return s;
}
