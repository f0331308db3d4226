#include <stdio.h>
#include <string.h>

#include "cmd/verbs.h"
#include "data/import/import.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"

static const Option OPTIONS[] = {
    {"out", 'o', "DIR", NULL, "folder to make: manifest.tsv, images/; whole or not at all", NEEDED},
    {"sections", 0, "LIST", NULL, "sections of the report to take, as findings,impression [the layout's]",
     PLAIN},
    {"labels", 0, "KIND", NULL, "which labels, where the layout has several [the first below]", PLAIN},
    {"label-min", 0, "N", "1", "drop labels of fewer cases", PLAIN},
    {"uncertain", 0, "RULE", "absent", "a label of -1 (mimic-cxr): absent, present, or leave-out the case",
     PLAIN},
    {"frame", 0, "WHICH", "middle", "of a DICOM file of many: middle, first, last, or all (a case each)",
     PLAIN},
    {"part", 0, "LIST", NULL, "only these of the layout's train, validation, test [all]", PLAIN},
    {"link", 0, NULL, NULL, "hard links to the images in place of copies, where possible", PLAIN},
    {"skip-bad", 0, NULL, NULL, "leave malformed rows out and count them", PLAIN},
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_END};

static Status find_layout(const char *word, const char **name, Error *err) {
    const char *names[32];
    Buffer list = {0};
    int n = 0;
    for (const ImportLayout *l; (l = import_layout(n)); n++) {
        names[n] = l->name;
        buffer_printf(&list, "%s%s", n ? ", " : "", l->name);
        if (strcmp(word, l->name) == 0) {
            *name = l->name;
            buffer_free(&list);
            return STATUS_OK;
        }
    }
    const char *near = nearest_word(word, names, n);
    error_set(err, STATUS_USAGE, "msach import: layout '%s' is unknown; known: %.*s%s%s%s", word,
              (int)list.size, list.failed ? "" : (const char *)list.data, near ? "; did you mean '" : "",
              near ? near : "", near ? "'?" : "");
    buffer_free(&list);
    return STATUS_USAGE;
}

static Status run(Args *a, Error *err) {
    static const char *const rules[] = {"absent", "present", "leave-out", NULL};
    static const char *const frames[] = {"middle", "first", "last", "all", NULL};
    const char *layout;
    long label_min;
    int rule, frame;
    if (a->n_operands < 2)
        return error_set(err, STATUS_USAGE,
                         "msach import: a layout and its folder are needed, for example:\n  %s",
                         a->verb->example);
    TRY(find_layout(a->operand[0], &layout, err));
    TRY(args_int(a, "label-min", 1, 1000000, &label_min, err));
    TRY(args_choice(a, "uncertain", rules, &rule, err));
    TRY(args_choice(a, "frame", frames, &frame, err));
    const char *out = args_get(a, "out");
    if (!*out) return error_set(err, STATUS_USAGE, "msach import: --out is empty");
    ImportOptions o = {.sources = a->operand + 1,
                       .n_sources = a->n_operands - 1,
                       .out = out,
                       .sections = args_get(a, "sections"),
                       .labels = args_get(a, "labels"),
                       .part = args_get(a, "part"),
                       .uncertain = rules[rule],
                       .frames = (ImportFrames)frame,
                       .label_min = (int)label_min,
                       .link = args_has(a, "link"),
                       .skip_bad = args_has(a, "skip-bad"),
                       .stop = &cmd_stop};
    TRY(import_run(layout, &o, &a->log, err));
    char *manifest = path_join(out, "manifest.tsv");
    if (!manifest) return mem_error(err, "the path of the manifest");
    printf("%s\n", manifest);
    mem_free(manifest);
    return STATUS_OK;
}

const Verb VERB_IMPORT = {
    "import",
    "a published data set, or a folder of pictures and texts, as a manifest",
    "msach import folder my-archive --out mine",
    "LAYOUT SRC...",
    OPTIONS,
    run,
    "Layouts, what they hold, and where labels and groups come from:\n"
    "  openi      ecgen-radiology/*.xml, NLMCXR_png/; labels: MeSH terms before '/' (major, automatic); "
    "group: report\n"
    "  iu-xray    indiana_reports.csv, indiana_projections.csv, images/; labels: problems, mesh; group: uid\n"
    "  roco       data/{train,validation,test}/radiology/; labels: keywords, cuis, semtypes; group: image\n"
    "  rocov2     {train,valid,test}_captions.csv, _concepts.csv; labels: cuis; group: image\n"
    "  mimic-cxr  mimic-cxr-2.0.0-*.csv[.gz], files/p10/...; labels: CheXpert columns of 1; group: patient\n"
    "  vqa-med    QAPairsByCategory/C*.txt, *_images/; labels: organ, modality, plane; group: image\n"
    "  vqa-rad    VQA_RAD_Dataset_Public.json, images/; labels: organ; group: MedPix case\n"
    "  brest      BrEaST's csv beside its images; labels: Classification; group: case\n"
    "  pocus      dataset_metadata.csv, frames/, pocus_images/; labels: findings, diagnosis; group: patient, "
    "else video\n"
    "  folder     CLASS/[PATIENT/]NAME.png with NAME.txt beside it; labels: CLASS; group: PATIENT\n"
    "Pictures are JPEG, PNG, PNM or DICOM, which becomes PNG; a DICOM file's PatientID is the group where no "
    "folder is.\n"
    "XXXX and ___ (removed names) are taken out. Texts may be UTF-8 or GB18030. The source is not touched.",
    STOP_ITSELF};
