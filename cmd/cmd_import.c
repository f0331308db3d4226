#include <stdio.h>
#include <string.h>

#include "cmd/verbs.h"
#include "data/import/import.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"

static const Option OPTIONS[] = {
    {"out", 'o', "DIR", NULL, "folder to make: manifest.tsv, images/; whole or not at all", NEEDED},
    {"columns", 0, "SPEC", NULL,
     "layout table: id=...,image=...,text=...,labels=...,group=...,part=...; see below", PLAIN},
    {"join", 0, "COLUMN=TEMPLATE", NULL, "layout table: how a row finds its row in the second table", PLAIN},
    {"label-words", 0, "FILE", NULL, "labels from words of the reports: a file, or a shipped list; see below",
     PLAIN},
    {"encoding", 0, "NAME", NULL,
     "of all texts and tables, as GB18030 or WINDOWS-1252 [decided for each file]", PLAIN},
    {"sections", 0, "LIST", NULL, "sections of the report to take, as findings,impression [the layout's]",
     PLAIN},
    {"labels", 0, "KIND", NULL, "which labels, where the layout has several [the first below]", PLAIN},
    {"label-min", 0, "N", NULL, "drop labels of fewer cases [1, or as many as the limit of labels needs]",
     PLAIN},
    {"uncertain", 0, "RULE", "absent",
     "an uncertain label (-1, \"possible\"): absent, present, or leave-out the case", PLAIN},
    {"frame", 0, "WHICH", "middle",
     "of a DICOM file of many frames: middle, first, last, or all (a case each)", PLAIN},
    {"part", 0, "LIST", NULL, "only these of the layout's train, validation, test [all]", PLAIN},
    {"link", 0, NULL, NULL, "hard links to the images in place of copies, where possible", PLAIN},
    {"skip-bad", 0, NULL, NULL, "leave malformed rows out and count them", PLAIN},
    {"no-convert", 0, NULL, NULL,
     "do not run converters (DCMTK, GDCM, ImageMagick) for other kinds of pictures", PLAIN},
    {"dry-run", 'n', NULL, NULL, "read and check everything, write nothing", PLAIN},
    {"report", 0, "FILE.json", NULL, "write what was taken and left out as JSON", WRITES},
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
    long label_min = 0;
    int rule, frame;
    if (a->n_operands < 2)
        return error_set(err, STATUS_USAGE,
                         "msach import: a layout and its folder are needed, for example:\n  %s",
                         a->verb->example);
    TRY(find_layout(a->operand[0], &layout, err));
    if (args_has(a, "label-min")) TRY(args_int(a, "label-min", 1, 1000000, &label_min, err));
    TRY(args_choice(a, "uncertain", rules, &rule, err));
    TRY(args_choice(a, "frame", frames, &frame, err));
    const char *out = args_get(a, "out");
    if (args_has(a, "encoding") && !text_encoding_known(args_get(a, "encoding")))
        return error_set(
            err, STATUS_USAGE,
            "msach import: --encoding '%s' is unknown to this system; `iconv -l` lists the names",
            args_get(a, "encoding"));
    if (!*out) return error_set(err, STATUS_USAGE, "msach import: --out is empty");
    ImportOptions o = {.sources = a->operand + 1,
                       .n_sources = a->n_operands - 1,
                       .out = out,
                       .sections = args_get(a, "sections"),
                       .labels = args_get(a, "labels"),
                       .part = args_get(a, "part"),
                       .columns = args_get(a, "columns"),
                       .join = args_get(a, "join"),
                       .label_words = args_get(a, "label-words"),
                       .encoding = args_get(a, "encoding"),
                       .report = args_get(a, "report"),
                       .uncertain = rules[rule],
                       .frames = (ImportFrames)frame,
                       .label_min = (int)label_min,
                       .link = args_has(a, "link"),
                       .skip_bad = args_has(a, "skip-bad"),
                       .no_convert = args_has(a, "no-convert"),
                       .dry_run = args_has(a, "dry-run"),
                       .stop = &cmd_stop};
    TRY(import_run(layout, &o, &a->log, err));
    if (o.dry_run) return STATUS_OK;
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
    "  mimic-cxr  mimic-cxr-2.0.0-*.csv[.gz], files/p10/... (.jpg or .dcm); labels: CheXpert columns of 1; "
    "group: "
    "patient\n"
    "  vqa-med    QAPairsByCategory/C*.txt, *_images/; labels: organ, modality, plane; group: image\n"
    "  vqa-rad    VQA_RAD_Dataset_Public.json, images/; labels: organ; group: MedPix case\n"
    "  brest      a csv with Image_filename and Classification beside its images; labels: Classification; "
    "group: case\n"
    "  pocus      dataset_metadata.csv, frames/, pocus_images/; labels: findings, diagnosis; group: patient, "
    "else video\n"
    "  folder     CLASS/[PATIENT/]NAME.png with NAME.txt beside it; labels: CLASS; group: PATIENT\n"
    "  table      FILE.csv|.tsv|.json|.jsonl [MORE TABLES] [FOLDERS OF PICTURES]; all by --columns\n"
    "Columns: a name, or a template such as files/p{subject_id}/{dicom_id}.jpg ({name:2}: first 2 "
    "characters; {name/3}: "
    "third part of a path); several with '+' between; labels also FIRST..LAST. Columns of 0, 1, -1 are "
    "labels by their "
    "names (1: present, -1: --uncertain, 0, empty, NA and '-': absent, as CheXpert defines them), others by "
    "the words in them. "
    "Without --columns the likely ones are printed. Rows of one picture are one case.\n"
    "Label words: lines 'label: word, phrase, ...'; negated and uncertain words do not count. Shipped: "
    "chest-xray, "
    "lung-ultrasound, breast-ultrasound (English and Chinese).\n"
    "Pictures are JPEG, PNG, PNM or DICOM, which becomes PNG; other kinds are converted where DCMTK, GDCM or "
    "ImageMagick are installed. A DICOM file's PatientID is the group where nothing else is.\n"
    "XXXX and ___ (removed names) are taken out. After Ctrl-C the same command goes on. The source is not "
    "touched.",
    STOP_ITSELF};
