#include "cmd/privacy.h"
#include "hash/search/index_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/file_kind.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/model_file.h"

/* ---- Words ---- */

typedef struct {
    const char *word;
    int groups;
} Known;

static int by_groups(const void *a, const void *b) {
    const Known *x = a, *y = b;
    return x->groups != y->groups ? (x->groups < y->groups ? -1 : 1) : strcmp(x->word, y->word);
}

/* Classes of groups: from here to below the next. */
static const int CLASS_FROM[] = {1, 2, 3, 5, 10, 30, 100, 1000};
enum { CLASSES = sizeof CLASS_FROM / sizeof CLASS_FROM[0], FEW_GROUPS = 3 };

static void count_words(const Known *words, int n) {
    for (int k = 0; k < CLASSES; k++) {
        int count = 0, below = k + 1 < CLASSES ? CLASS_FROM[k + 1] : 0;
        for (int i = 0; i < n; i++)
            count += words[i].groups >= CLASS_FROM[k] && (!below || words[i].groups < below);
        if (!count) continue;
        if (below == CLASS_FROM[k] + 1)
            printf("                   %d words of %d groups\n", count, CLASS_FROM[k]);
        else if (below)
            printf("                   %d words of %d to %d groups\n", count, CLASS_FROM[k], below - 1);
        else
            printf("                   %d words of %d groups or more\n", count, CLASS_FROM[k]);
    }
}

static Status sort_words(const Vocab *v, Known **sorted, Error *err) {
    Known *words = mem_calloc((size_t)v->n + 1, sizeof *words);
    *sorted = words;
    if (!words) return mem_error(err, "the words");
    for (int i = 0; i < v->n; i++) words[i] = (Known){v->words[i], v->groups ? v->groups[i] : 0};
    if (v->n) qsort(words, (size_t)v->n, sizeof *words, by_groups);
    return STATUS_OK;
}

static void print_words(const ModelFile *f, const Known *words) {
    const Vocab *v = &f->vocab;
    printf("words              %d words of training texts, listed below\n", v->n);
    if (!v->groups) {
        printf(
            "                   how many groups each stands in is not known: the model was trained without "
            "vocab_groups, so that a name may be among them\n");
        return;
    }
    int few = 0;
    while (few < v->n && words[few].groups < FEW_GROUPS) few++;
    count_words(words, v->n);
    if (few)
        printf("                   A NAME MAY BE AMONG %d words of fewer than %d groups: train with "
               "vocab_groups=%d\n",
               few, FEW_GROUPS, FEW_GROUPS);
}

/* ---- All else ---- */

static void print_texts(const ModelFile *f) {
    printf("numbers            %s\n",
           f->vocab.fold ? "dates, times and ids of texts are one word each: no digit of them is kept"
                         : "dates, times and ids are words like all others (fold_numbers=0)");
    if (f->vocab.buckets)
        printf("subwords           %d rows, learned from pieces of all words of the training texts, rare "
               "ones too: no word "
               "can be read from them, but a guessed word can be tried\n",
               f->vocab.buckets);
}

static void print_cases(const ModelFile *f) {
    const Calibration *c = &f->calibration;
    printf("labels             %d names, in clear\n", f->n_labels);
    if (c->trained)
        printf("training ids       %d hashes with the salt of this model%s: who knows or guesses an id can "
               "tell whether it was "
               "trained on; random ids keep that apart from persons\n",
               c->n_trained, c->reports ? ", and as many of ids with 8 bits of their reports" : "");
    if (f->model.config.landmarks)
        printf("landmarks          %d descriptors of pictures, each the mean of three training pictures of "
               "different groups\n",
               f->model.config.landmarks);
    if (c->picture) printf("pictures           %d such means, to recognise unlike pictures\n", c->n_pictures);
    if (c->pairs)
        printf(
            "pairs              counts of validation pairs at each distance, and a range of their shares\n");
    printf("weights            %zu numbers, learned from all training cases; `msach eval --membership` "
           "measures how well codes "
           "tell those cases from others\n",
           f->model.params.size);
    printf("also               settings, checksums of manifest and split, numbers of cases, MAP\n");
    printf("does not hold      a report, a picture, an id, a group, a path or a date\n");
}

static Status privacy_of_model(const char *path, Error *err) {
    ModelFile f;
    Known *words = NULL;
    Status s = model_open(&f, path, err);
    if (s == STATUS_OK) s = sort_words(&f.vocab, &words, err);
    if (s == STATUS_OK) {
        printf("model              %s\n", path);
        print_words(&f, words);
        print_texts(&f);
        print_cases(&f);
        if (path_is_dir(path))
            printf("the folder         is not the model alone: config.txt names the manifest, split.tsv "
                   "holds the ids of cases, "
                   "pages may show reports and pictures; give away model.safetensors\n");
        printf("\ngroups  word\n");
        for (int i = 0; i < f.vocab.n; i++)
            f.vocab.groups ? printf("%6d  %s\n", words[i].groups, words[i].word)
                           : printf("     ?  %s\n", words[i].word);
        printf("\nlabel\n");
        for (int i = 0; i < f.n_labels; i++) printf("%s\n", f.label_names[i]);
    }
    mem_free(words);
    model_close(&f);
    return s;
}

static Status privacy_of_index(const char *path, Error *err) {
    Index *x;
    int64_t reports = 0, groups = 0, pictures = 0;
    TRY(index_open(&x, path, err));
    Status s = STATUS_OK;
    for (int64_t row = 0; s == STATUS_OK && row < index_count(x); row++) {
        IndexCase c;
        s = index_case(x, row, &c, err);
        if (s != STATUS_OK) break;
        reports += c.text && *c.text;
        pictures += c.image && *c.image;
        groups += c.group != NULL;
    }
    if (s == STATUS_OK) {
        printf("index              %s\n", path);
        printf("holds in clear     %lld reports, %lld ids, the groups (patients) of %lld cases, paths of "
               "%lld pictures, labels%s\n",
               (long long)reports, (long long)index_count(x), (long long)groups, (long long)pictures,
               index_has_words(x) ? ", the words of each report" : "");
        printf("deleted            %lld of these cases are deleted but in the file until `msach index "
               "--compact`\n",
               (long long)(index_count(x) - index_live(x)));
        printf("codes              the code of a case tells its labels, and resembles those of like cases\n");
        printf("does not hold      pictures\n");
        printf("It is as confidential as the reports. `msach export --without text` writes codes without "
               "them.\n");
    }
    index_close(x);
    return s;
}

Status privacy_print(const Args *a, const char *path, Error *err) {
    FileKind kind = FILE_WEIGHTS;
    if (!path_is_dir(path)) TRY(file_kind(path, &kind, err));
    if (kind == FILE_WEIGHTS) return privacy_of_model(path, err);
    if (kind == FILE_INDEX) return privacy_of_index(path, err);
    return args_wrong(a, err, "--privacy: %s holds codes alone; a model, a run or an index was expected",
                      path);
}
