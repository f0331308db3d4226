/* Training through the library: what it learns and saves, and that a stop does not change the result. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash/expert.h"
#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/tiny_set.h"
#include "train/encode.h"
#include "train/loop.h"
#include "train/run.h"
#include "train/stage2.h"

static RunEnd train(const char *manifest, const char *out, const Config *c, int threads, bool resume,
                    const atomic_int *stop) {
    Error err = {0};
    Pool *pool;
    RunEnd end = RUN_STOPPED;
    cr_assert_eq(pool_create(&pool, threads, &err), STATUS_OK);
    RunOptions o = {.data = manifest, .out = out, .resume = resume, .stop = stop};
    cr_assert_eq(run_train(&o, c, pool, NULL, &end, &err), STATUS_OK, "%s", err.message);
    pool_free(pool);
    return end;
}

static void assert_same_file(const char *a, const char *b) {
    unsigned char *x, *y;
    size_t nx, ny;
    Error err = {0};
    cr_assert_eq(file_read(a, 1 << 28, &x, &nx, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(b, 1 << 28, &y, &ny, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(nx, ny);
    cr_assert(memcmp(x, y, nx) == 0, "%s and %s differ", a, b);
    mem_free(x);
    mem_free(y);
}

/* A network that cannot memorise 32 pairs has wrong gradients, which nothing else would report. */
Test(train, both_stages_learn_32_pairs_by_heart) {
    Config c = tiny_config();
    Error err = {0};
    c.image_dropout = c.text_dropout = c.word_dropout = c.mixup = c.smoothing = c.dropout = c.noise =
        c.stage1_decay = 0;
    c.width = 8;
    Session s;
    tiny_open(&s, &c, tiny_set("heart", 0));
    Model m;
    Progress p;
    Tape t;
    Batch b;
    progress_begin(&p);
    tape_init(&t, NULL);
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    cr_assert_eq(batch_init(&b, &s.data, 32, NULL, &err), STATUS_OK);
    BatchOptions o = {.mean = s.mean, .deviation = s.deviation};
    int *index = s.index[SET_TRAIN], rows[32];
    for (int i = 0; i < 32; i++) rows[i] = i;
    cr_assert_geq(s.count[SET_TRAIN], 32);
    cr_assert_eq(batch_fill(&b, &s.data, index, 32, &o, NULL, &err), STATUS_OK);

    p.adam = adam_default(0);
    params_train_only(&m.params, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
    double first = 0, last = 0;
    for (int step = 0; step < 60; step++) {
        tape_reset(&t);
        Loss loss = stage1_loss(&s, &m, &t, &b, index, NULL, 1);
        last = (double)loss.total->data[0];
        if (step == 0) first = last;
        cr_assert_eq(loop_step(&s, &m, &t, &loss, &p, 3e-3, &err), STATUS_OK, "%s", err.message);
    }
    cr_assert_gt(first, 1.0);
    cr_assert_lt(last, 0.05, "stage 1 ends at %g", last);

    Stage2 st = {0};
    cr_assert_eq(stage2_prepare(&st, &s, &m, fixture_dir(), &err), STATUS_OK, "%s", err.message);
    params_train_only(&m.params, MODEL_STAGE2, MODEL_STAGE2_PREFIXES);
    p.adam = adam_default(0);
    adam_reset(&p.adam, &m.params);
    double classification = 0;
    for (int step = 0; step < 150; step++) {
        tape_reset(&t);
        TermBatch x = stage2_batch(&st, &s, &m, &t, rows, NULL, 32);
        Loss loss = stage2_loss(&t, &x, 2);
        classification = (double)loss.term[TERM_CLASSIFICATION]->data[0];
        cr_assert_eq(loop_step(&s, &m, &t, &loss, &p, 3e-3, &err), STATUS_OK, "%s", err.message);
    }
    cr_assert_lt(classification, 0.1, "stage 2 ends at a classification loss of %g", classification);
    stage2_free(&st);
    batch_free(&b);
    tape_free(&t);
    progress_free(&p);
    model_free(&m);
    session_close(&s);
}

Test(train, the_same_seed_gives_the_same_bytes_at_any_number_of_threads) {
    Config c = tiny_config();
    const char *manifest = tiny_set("threads", 1);
    const char *out[3] = {fixture_path("run1"), fixture_path("run2"), fixture_path("run3")};
    for (int i = 0; i < 3; i++) cr_assert_eq(train(manifest, out[i], &c, i + 1, false, NULL), RUN_FINISHED);
    assert_same_file(fixture_path("run1/model.safetensors"), fixture_path("run2/model.safetensors"));
    assert_same_file(fixture_path("run1/model.safetensors"), fixture_path("run3/model.safetensors"));
    assert_same_file(fixture_path("run1/metrics.tsv"), fixture_path("run3/metrics.tsv"));
}

/* A stop flag that a progress call sets after a number of steps. */
typedef struct {
    atomic_int stop;
    int steps;
} Stopper;

static void count_down(void *ctx, const char *what, long done, long total) {
    Stopper *s = ctx;
    (void)done;
    (void)total;
    if (strncmp(what, "stage", 5) == 0 && --s->steps == 0) s->stop = 1;
}

Test(train, stopped_anywhere_and_resumed_it_ends_with_the_same_bytes, .timeout = 120) {
    Config c = tiny_config();
    const char *manifest = tiny_set("stop", 0), *whole = fixture_path("whole");
    train(manifest, whole, &c, 1, false, NULL);
    static const int after[] = {1, 2, 4, 7, 8, 11}; /* steps: 2 an epoch, 3 epochs a stage */
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "stopped%zu", i);
        const char *out = fixture_path(name);
        Error err = {0};
        Stopper stopper = {.steps = after[i]};
        Log log = {.ctx = &stopper, .progress = count_down};
        RunOptions o = {.data = manifest, .out = out, .stop = &stopper.stop};
        RunEnd end = RUN_FINISHED;
        cr_assert_eq(run_train(&o, &c, NULL, &log, &end, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(end, RUN_STOPPED, "after %d steps", after[i]);
        cr_assert_eq(train(manifest, out, &c, 1, true, NULL), RUN_FINISHED);
        char a[64], b[64];
        snprintf(a, sizeof a, "%s/model.safetensors", name);
        snprintf(b, sizeof b, "%s/metrics.tsv", name);
        assert_same_file(fixture_path("whole/model.safetensors"), fixture_path(a));
        assert_same_file(fixture_path("whole/metrics.tsv"), fixture_path(b));
    }
}

Test(train, resume_of_a_finished_run_does_nothing_and_says_so) {
    Config c = tiny_config();
    const char *manifest = tiny_set("finished", 0), *out = fixture_path("finished-run");
    cr_assert_eq(train(manifest, out, &c, 1, false, NULL), RUN_FINISHED);
    cr_assert_eq(train(manifest, out, &c, 1, true, NULL), RUN_WAS_FINISHED);
}

Test(train, a_run_is_not_overwritten_nor_resumed_with_other_settings) {
    Config c = tiny_config();
    Error err = {0};
    RunEnd end;
    const char *manifest = tiny_set("guard", 0), *out = fixture_path("guard-run");
    train(manifest, out, &c, 1, false, NULL);
    RunOptions o = {.data = manifest, .out = out};
    cr_assert_eq(run_train(&o, &c, NULL, NULL, &end, &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "--resume") != NULL, "%s", err.message);
    o.resume = true;
    c.tau *= 2;
    cr_assert_eq(run_train(&o, &c, NULL, NULL, &end, &err), STATUS_INPUT);
    cr_assert(strstr(err.message, "other data or settings") != NULL, "%s", err.message);
}

Test(train, every_ablation_trains, .timeout = 120) {
    const char *manifest = tiny_set("ablations", 1);
    for (const Ablation *a = ABLATIONS; a->name; a++) {
        Config c = tiny_config();
        Error err = {0};
        c.stage1_epochs = c.stage2_epochs = 1;
        cr_assert_eq(config_ablate(&c, a->name, &err), STATUS_OK);
        cr_assert_eq(train(manifest, fixture_path(a->name), &c, 2, false, NULL), RUN_FINISHED, "%s", a->name);
    }
}

/* The weights alone: the metadata of two models differs with their settings. */
static bool same_weights(const char *a, const char *b) {
    ModelFile m[2];
    Error err = {0};
    const char *path[2] = {a, b};
    for (int k = 0; k < 2; k++) cr_assert_eq(model_open(&m[k], path[k], &err), STATUS_OK, "%s", err.message);
    size_t n = m[0].model.params.size;
    bool same = n == m[1].model.params.size &&
                memcmp(m[0].model.params.values, m[1].model.params.values, n * sizeof(real)) == 0;
    for (int k = 0; k < 2; k++) model_close(&m[k]);
    return same;
}

/* The model of a run with this term holds its parameters, and training moved them. */
static void check_parameters(const LossTerm *term, const char *path) {
    ModelFile m;
    Error err = {0};
    cr_assert_eq(model_open(&m, path, &err), STATUS_OK, "%s", err.message);
    for (int k = 0; k < TERM_PARAMETERS && term->parameter[k].name; k++) {
        char name[PARAM_NAME];
        snprintf(name, sizeof name, "term%d.%s.%s", term->stage, term->name, term->parameter[k].name);
        const Param *p = params_find(&m.model.params, name);
        cr_assert_not_null(p, "%s", name);
        cr_assert_eq(tensor_size(p->tensor), (size_t)term->parameter[k].size, "%s", name);
        cr_assert_gt(fabs((double)p->tensor->data[0] - term->parameter[k].initial), 1e-4, "%s", name);
    }
    model_close(&m);
}

Test(train, every_term_trains_the_weights_of_the_model_change_with_its_own, .timeout = 120) {
    const char *manifest = tiny_set("terms", 1);
    for (int i = 0; i < TERM_COUNT; i++) {
        char name[2][64], path[2][96];
        for (int k = 0; TERMS[i].weight && k < 2; k++) {
            Config c = tiny_config();
            Error err = {0};
            c.stage1_epochs = c.stage2_epochs = 1;
            c.mixup = 0;       /* L_align of stage 1 has no place in a mixed batch */
            c.label_trust = 0; /* nor have L_align and L_man where g is 0 */
            c.laplacian = i == TERM_LAPLACIAN;
            snprintf(name[k], sizeof name[k], "%s%d", TERMS[i].name, k);
            snprintf(path[k], sizeof path[k], "%s/model.safetensors", name[k]);
            cr_assert_eq(config_set(&c, TERMS[i].weight, k ? "5" : "0", &err), STATUS_OK, "%s", err.message);
            cr_assert_eq(train(manifest, fixture_path(name[k]), &c, 2, false, NULL), RUN_FINISHED, "%s",
                         name[k]);
        }
        if (TERMS[i].weight) check_parameters(&TERMS[i], fixture_path(path[1]));
        if (TERMS[i].weight)
            cr_assert(!same_weights(fixture_path(path[0]), fixture_path(path[1])), "%s does not train",
                      TERMS[i].name);
    }
}

Test(train, a_loss_without_terms_is_refused) {
    Config c = tiny_config();
    Error err = {0};
    RunEnd end;
    for (int i = 0; i < TERM_COUNT; i++)
        if (TERMS[i].weight && TERMS[i].stage == 2)
            cr_assert_eq(config_set(&c, TERMS[i].weight, "0", &err), STATUS_OK);
    RunOptions o = {.data = tiny_set("no-terms", 0), .out = fixture_path("no-terms-run")};
    cr_assert_eq(run_train(&o, &c, NULL, NULL, &end, &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "stage 2") != NULL, "%s", err.message);
}

Test(train, variants_of_the_manifold_term_train) {
    const char *manifest = tiny_set("variants", 0);
    Config c = tiny_config();
    c.stage1_epochs = c.stage2_epochs = 1;
    c.weight_likelihood = c.weight_decorrelation = c.eta = 0.1;
    c.laplacian = 1;
    cr_assert_eq(train(manifest, fixture_path("laplacian"), &c, 1, false, NULL), RUN_FINISHED);
    c.laplacian = 0;
    c.geodesic = 1;
    cr_assert_eq(train(manifest, fixture_path("geodesic"), &c, 1, false, NULL), RUN_FINISHED);
}

Test(train, a_loss_that_is_not_finite_stops_training_and_names_the_op) {
    Config c = tiny_config();
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("nan", 0));
    Model m;
    Progress p;
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    progress_begin(&p);
    m.stage1_text_weight->data[0] = (real)NAN;
    cr_assert_eq(train_stage(&s, &m, &p, fixture_path("nan.safetensors"), fixture_dir(), &err), STATUS_CHECK);
    cr_assert(strstr(err.message, "'linear'") != NULL, "%s", err.message);
    cr_assert(!path_exists(fixture_path("nan.safetensors")));
    progress_free(&p);
    model_free(&m);
    session_close(&s);
}

Test(train, features_in_a_mapped_file_are_those_in_memory) {
    Config c = tiny_config();
    c.semantic = 0;
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("mapped", 0));
    Model m;
    FeatureCache memory, mapped;
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    int *index = s.index[SET_TRAIN], n = s.count[SET_TRAIN];
    cr_assert_eq(features_build(&memory, &s, &m, index, n, 2, fixture_dir(), &err), STATUS_OK);
    s.config.feature_mib = 0;
    const char *victim = fixture_text("victim", "keep me"); /* a planted link is not followed */
    cr_assert_eq(symlink(victim, fixture_path("features.tmp")), 0);
    cr_assert_eq(features_build(&mapped, &s, &m, index, n, 2, fixture_dir(), &err), STATUS_OK, "%s",
                 err.message);
    struct stat st;
    cr_assert(stat(victim, &st) == 0 && st.st_size == 7);
    cr_assert(mapped.mapped && !memory.mapped);
    cr_assert(memcmp(memory.block, mapped.block, memory.block_size) == 0);
    cr_assert(memcmp(memory.z[0], memory.z[0] + (size_t)memory.tokens[0] * (size_t)memory.d,
                     (size_t)memory.tokens[0] * (size_t)memory.d * sizeof(float)) != 0,
              "an augmented view differs from the clean one");
    features_free(&memory);
    features_free(&mapped);
    model_free(&m);
    session_close(&s);
}

/* Features would take 2 d / c times the memory of their posteriors. */
Test(train, semantic_tokens_are_made_again_of_the_posterior) {
    Config c = tiny_config();
    Error err = {0};
    Session s;
    Tape t;
    Model m;
    FeatureCache f;
    const int rows[2] = {3, 0}, views[2] = {1, 0};
    float psi[16];
    tiny_open(&s, &c, tiny_set("semantic", 0));
    tape_init(&t, NULL);
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    cr_assert_eq(features_build(&f, &s, &m, s.index[SET_TRAIN], s.count[SET_TRAIN], 1, fixture_dir(), &err),
                 STATUS_OK);
    cr_assert(f.semantic && !f.block && f.block_size == 0);
    for (Modality k = 0; k < MODALITIES; k++) {
        Features x = features_gather(&f, &t, k, rows, views, 2);
        for (int i = 0; i < 2; i++) {
            expert_token(f.p[k] + (rows[i] * f.views + views[i]) * f.c, f.c, f.d, psi);
            cr_assert_arr_eq(x.u->data + i * f.d, psi, sizeof psi);
            cr_assert_arr_eq(x.z->data + i * f.d, psi, sizeof psi);
        }
    }
    features_free(&f);
    tape_free(&t);
    model_free(&m);
    session_close(&s);
}

Test(train, a_model_file_gives_back_weights_words_labels_and_settings) {
    Config c = tiny_config();
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("file", 0));
    Model m;
    ModelFile f;
    const char *path = fixture_path("m.safetensors");
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    Fact fact = {"map_validation", "0.5"};
    cr_assert_eq(model_save(path, &m, &c, &s.vocab, s.manifest.label_names, 3, NULL, &fact, 1, &err),
                 STATUS_OK);
    cr_assert_eq(model_open(&f, path, &err), STATUS_OK, "%s", err.message);
    cr_assert(memcmp(&f.config, &c, sizeof c) == 0);
    cr_assert_eq(f.vocab.n, s.vocab.n);
    cr_assert_str_eq(f.vocab.words[0], s.vocab.words[0]);
    cr_assert_str_eq(f.label_names[2], "stone");
    cr_assert_str_eq(st_get(&f.file, "map_validation"), "0.5");
    cr_assert(memcmp(f.model.params.values, m.params.values, m.params.size * sizeof(real)) == 0);
    model_close(&f);
    model_free(&m);
    session_close(&s);
}

/* Two runs that differ only in stage 2 have the same extractors, including statistics. */
Test(train, stage_2_leaves_the_extractors_as_stage_1_left_them) {
    Config c = tiny_config();
    const char *manifest = tiny_set("frozen", 0),
               *out[2] = {fixture_path("frozen_a"), fixture_path("frozen_b")};
    ModelFile f[2];
    Error err = {0};
    int same[2] = {0}, differ[2] = {0}; /* of stage 1, of stage 2 */
    for (int k = 0; k < 2; k++) {
        char path[600];
        c.stage2_epochs = 1 + 2 * k;
        train(manifest, out[k], &c, 1, false, NULL);
        snprintf(path, sizeof path, "%s/model.safetensors", out[k]);
        cr_assert_eq(model_open(&f[k], path, &err), STATUS_OK, "%s", err.message);
    }
    for (size_t i = 0; i < f[0].model.params.count; i++) {
        const Param *a = &f[0].model.params.items[i], *b = &f[1].model.params.items[i];
        int second =
            strncmp(a->name, "image.", 6) && strncmp(a->name, "text.", 5) && strncmp(a->name, "stage1.", 7);
        if (memcmp(a->tensor->data, b->tensor->data, tensor_size(a->tensor) * sizeof(real)) == 0)
            same[second]++;
        else
            differ[second]++;
    }
    cr_assert(same[0] > 40 && differ[0] == 0, "%d tensors of stage 1 are the same, %d differ", same[0],
              differ[0]);
    cr_assert_gt(differ[1], 10);
    model_close(&f[0]);
    model_close(&f[1]);
}

/* From a checkpoint between the stages only stage 1 is read, with any settings of stage 2; not from another stage 1 or an
 * unfinished one. */
Test(train, stage_1_of_a_checkpoint_is_taken_under_other_settings_of_stage_2_alone) {
    Config c = tiny_config();
    Session s;
    Model from = {0}, to = {0};
    Progress p;
    Error err = {0};
    bool taken;
    const char *path = fixture_path("between.safetensors");
    progress_begin(&p);
    tiny_open(&s, &c, tiny_set("between", 1));
    cr_assert_eq(terms_model(&s, &from, &err), STATUS_OK);
    p.stage = 2;
    cr_assert_eq(checkpoint_save(path, &s, &from, &p, &err), STATUS_OK, "%s", err.message);

    s.config.seed++; /* other weights */
    s.config.bits = 32;
    cr_assert_eq(terms_model(&s, &to, &err), STATUS_OK);
    real *head = to.head_weight->data, before = head[0];
    cr_assert_neq(to.image.proj_weight->data[0], from.image.proj_weight->data[0]);
    s.config.seed--;
    s.config.stage2_lr *= 2;
    cr_assert_eq(checkpoint_take_stage1(path, &s, &to, &taken, &err), STATUS_OK, "%s", err.message);
    cr_assert(taken);
    for (const char *const *name = (const char *const[]){"image.proj.weight", "stage1.text.weight", NULL};
         *name; name++) {
        const Tensor *a = params_find(&from.params, *name)->tensor,
                     *b = params_find(&to.params, *name)->tensor;
        cr_assert_eq(memcmp(a->data, b->data, tensor_size(a) * sizeof *a->data), 0, "%s", *name);
    }
    cr_assert_eq(head[0], before);

    s.config.stage1_lr *= 2;
    cr_assert_eq(checkpoint_take_stage1(path, &s, &to, &taken, &err), STATUS_OK);
    cr_assert_not(taken);
    s.config = c;
    p.step = 1;
    cr_assert_eq(checkpoint_save(path, &s, &from, &p, &err), STATUS_OK);
    cr_assert_eq(checkpoint_take_stage1(path, &s, &to, &taken, &err), STATUS_OK);
    cr_assert_not(taken);
    model_free(&from);
    model_free(&to);
    session_close(&s);
    progress_free(&p);
}
