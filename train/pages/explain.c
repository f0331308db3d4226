#include "train/pages/explain.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/loop.h"

/* ---- Opening ---- */

static Status open_trained(Explain *e, const ExplainOptions *o, Pool *pool, const Log *log, Error *err) {
    char *config = path_join(o->run, "config.txt"), *data = NULL;
    Status s = config ? STATUS_OK : mem_error(err, "the run");
    if (s == STATUS_OK && !o->data) s = config_data(config, &data, err);
    if (s == STATUS_OK)
        s = run_open(&e->file, &e->session, o->run, o->data ? o->data : data, &o->manifest, pool, log, err);
    e->model = &e->file.model;
    mem_free(config);
    mem_free(data);
    return s;
}

static Status open_initial(Explain *e, const ExplainOptions *o, const Config *c, Pool *pool, const Log *log,
                           Error *err) {
    if (!o->data)
        return error_set(err, STATUS_USAGE,
                         "%s: holds no trained model; name the cases with --data MANIFEST to follow one "
                         "through the initial weights",
                         o->run);
    TRY(session_open(&e->session, c, o->data, &o->manifest, pool, log, err));
    e->model = &e->initial;
    return terms_model(&e->session, &e->initial, err);
}

/* Turns all random parts off. A run trained end to end is explained in two stages too; its target has no walk. */
static void make_deterministic(Explain *e) {
    Config *c = &e->session.config;
    const char *kept = e->trained ? st_get(&e->file.file, "best_epoch") : NULL;
    int epoch = kept ? atoi(kept) - 1 : 0;
    if (!e->step) e->beta = stage2_beta(c, epoch > 0 ? epoch : 0);
    e->views = c->views;
    c->views = 0;
    c->noise = 0;
    c->held_out = 0; /* the case as it is encoded */
    e->end_to_end = c->end_to_end;
    if (c->end_to_end) c->omega = 1, c->posterior = 0;
    c->end_to_end = 0;
}

/* A step is replayed as it was only on the cases that the run was trained on. */
static Status same_data(const Explain *e, Error *err) {
    const char *theirs = st_get(&e->file.file, "data_crc32");
    char crc[16];
    snprintf(crc, sizeof crc, "%08x", e->session.manifest.crc);
    if (theirs && strcmp(theirs, crc) == 0) return STATUS_OK;
    return error_set(
        err, STATUS_INPUT,
        "%s: is not the manifest that the run was trained on, so its steps cannot be shown; leave out "
        "--data, or --step",
        e->session.manifest.path);
}

static Status open_model(Explain *e, const ExplainOptions *o, const Config *c, Pool *pool, const Log *log,
                         Error *err) {
    char *model = path_join(o->run, "model.safetensors");
    if (!model) return mem_error(err, "the run");
    e->trained = path_exists(model);
    mem_free(model);
    if (!e->trained && o->step)
        return error_set(err, STATUS_USAGE,
                         "%s: holds no trained model, so there is no step %ld of it to show", o->run,
                         o->step);
    if (!e->trained) return open_initial(e, o, c, pool, log, err);
    TRY(open_trained(e, o, pool, log, err));
    return o->step ? same_data(e, err) : STATUS_OK;
}

/* ---- The batch ---- */

/* The place of the followed case among the training cases; -1 with an error where there is none. */
static int find_row(const Session *s, const char *id, Error *err) {
    int which = manifest_find(&s->manifest, id);
    for (int i = 0; i < s->count[SET_TRAIN]; i++)
        if (s->index[SET_TRAIN][i] == which) return i;
    if (which < 0)
        error_set(err, STATUS_INPUT, "%s: has no case '%s'", s->manifest.path, id);
    else
        error_set(
            err, STATUS_INPUT,
            "%s:%d: case '%s' is of the %s set or lacks an image or a text; a batch has training cases, "
            "such as '%s'",
            s->manifest.path, s->manifest.cases[which].line, id, set_name(s->split.set[which]),
            s->manifest.cases[s->index[SET_TRAIN][0]].id);
    return -1;
}

/* As many cases as a batch of stage 1 has, in the order of stage 2, the followed case in front of them. */
static Status choose_batch(Explain *e, const char *id, Error *err) {
    const Session *s = &e->session;
    int n = s->count[SET_TRAIN], batch = s->config.stage1_batch;
    if (n == 0)
        return error_set(err, STATUS_INPUT, "%s: has no training cases to make a batch of", s->manifest.path);
    e->b = n < batch ? n : batch;
    e->row = mem_calloc((size_t)n, sizeof *e->row);
    e->which = mem_calloc((size_t)e->b, sizeof *e->which);
    if (!e->row || !e->which) return mem_error(err, "the batch");
    loop_order(s, 2, 0, n, e->row);
    if (id) {
        int row = find_row(s, id, err), at = 0;
        if (row < 0) return STATUS_INPUT;
        while (e->row[at] != row) at++;
        e->row[at] = e->row[0];
        e->row[0] = row;
    }
    for (int i = 0; i < e->b; i++) e->which[i] = s->index[SET_TRAIN][e->row[i]];
    return STATUS_OK;
}

/* ---- Stage 1 ---- */

static void keep_terms(Explain *e, int stage, const Loss *loss) {
    for (int i = 0; i < TERM_COUNT; i++) {
        double weight = term_weight(&e->session.config, &TERMS[i]);
        if (TERMS[i].stage == stage && weight > 0)
            e->term[stage - 1][e->terms[stage - 1]++] =
                (ExplainTerm){TERMS[i].symbol, TERMS[i].equation,
                              loss->term[i] ? (double)loss->term[i]->data[0] : 0, weight};
    }
    e->total[stage - 1] = (double)loss->total->data[0];
}

static Status walk_stage1(Explain *e, Tape *t, const Batch *b, Error *err) {
    static const char *const needed[] = {"h0", "Z_v", "E", "Z_t", "u_v", "u_t", "CE_v", "CE_t", "L_1", NULL};
    if (ARENA_GUARD(&t->arena))
        return mem_error(err, "a batch of stage 1; a smaller stage2_batch needs less");
    const Session *s = &e->session;
    FlowSource source = {.stage = 1, .b = e->b, .params = &e->model->params, .needed = needed};
    Loss loss = stage1_loss(s, e->model, t, b, e->which, NULL, 1);
    int side = s->config.image_size;
    Tensor *x = tape_tensor4(t, e->b, side, side, 1), *w = tape_tensor2(t, e->b, b->text_length);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = b->image[i];
    for (size_t i = 0; i < tensor_size(w); i++) w->data[i] = (real)b->word[i];
    TRY(flow_input(&e->flow, &source, "cnn", "x", x, err));
    TRY(flow_input(&e->flow, &source, "text", "w", w, err));
    TRY(flow_walk(&e->flow, t, loss.total, &source, err));
    keep_terms(e, 1, &loss);
    return STATUS_OK;
}

static Status stage1(Explain *e, Tape *t, Error *err) {
    const Session *s = &e->session;
    Batch b;
    BatchOptions o = {.mean = e->model->config.mean, .deviation = e->model->config.deviation};
    Status status = batch_init(&b, &s->data, e->b, s->pool, err);
    if (status == STATUS_OK) status = batch_fill(&b, &s->data, e->which, e->b, &o, s->pool, err);
    if (status == STATUS_OK) status = walk_stage1(e, t, &b, err);
    batch_free(&b);
    return status;
}

/* ---- Stage 2 ---- */

static Status keep_targets(Explain *e, Tape *t, const TermBatch *x, Error *err) {
    static const Modality pair[EXPLAIN_PAIRS][2] = {{0, 0}, {1, 1}, {0, 1}};
    const Config *c = &e->session.config;
    size_t block = (size_t)e->b * (size_t)e->b;
    if (c->weight_manifold <= 0 || c->laplacian) return STATUS_OK;
    for (int i = 0; i < EXPLAIN_PAIRS; i++) {
        e->target[i] = mem_calloc(block, sizeof *e->target[i]);
        if (!e->target[i]) return mem_error(err, "the targets");
        memcpy(e->target[i], term_target(t, x, pair[i][0], pair[i][1]), block * sizeof *e->target[i]);
    }
    return STATUS_OK;
}

static Status add_inputs(Explain *e, const FlowSource *source, const TermBatch *x, Error *err) {
    bool semantic = e->model->config.semantic;
    const char *eq[2][2] = {{"cnn", "stage1"}, {"text", "stage1"}};
    static const char *const name[2][2][2] = {{{"Z_v", "u_v"}, {"Z_t", "u_t"}},
                                              {{"psi_v", "u_v = psi_v"}, {"psi_t", "u_t = psi_t"}}};
    for (Modality m = 0; m < MODALITIES; m++) {
        const Tensor *value[2] = {x->features[m].z, x->features[m].u};
        for (int i = 0; i < 2; i++)
            TRY(flow_input(&e->flow, source, semantic ? "semantic" : eq[m][i], name[semantic][m][i], value[i],
                           err));
    }
    return STATUS_OK;
}

/* All that is shown of a batch whose loss is recorded on t. */
static Status keep_stage2(Explain *e, Tape *t, const TermBatch *x, const Loss *loss, Error *err) {
    const char *needed[] = {"c_v", "c_t", "s_v", "s_t", "H_v", "H_t", "L_2", "c_vt", NULL};
    if (!e->session.config.joint_pass) needed[7] = NULL;
    const Features *v = &x->features[MODALITY_IMAGE], *w = &x->features[MODALITY_TEXT];
    FlowSource source = {.stage = 2,
                         .b = e->b,
                         .params = &e->model->params,
                         .modality = {{v->z, v->u}, {w->z, w->u}},
                         .needed = needed};
    keep_terms(e, 2, loss);
    e->trust = terms_trust(x);
    TRY(keep_targets(e, t, x, err));
    TRY(add_inputs(e, &source, x, err));
    return flow_walk(&e->flow, t, loss->total, &source, err);
}

static Status stage2(Explain *e, Tape *t, Error *err) {
    tape_reset(t);
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "a batch of stage 2");
    TermBatch x = stage2_batch(&e->stage2, &e->session, e->model, t, e->row, NULL, e->b);
    if (e->end_to_end) x.posterior[0] = x.posterior[1] = NULL;
    Loss loss = stage2_loss(t, &x, e->beta);
    return keep_stage2(e, t, &x, &loss, err);
}

/* ---- A step of training ---- */

static Status keep_batch(Explain *e, const TermBatch *x, Error *err) {
    size_t b = (size_t)(e->b = x->b);
    e->row = mem_calloc(b, sizeof *e->row);
    e->which = mem_calloc(b, sizeof *e->which);
    if (!e->row || !e->which) return mem_error(err, "the batch");
    memcpy(e->row, x->row, b * sizeof *e->row);
    memcpy(e->which, x->index, b * sizeof *e->which);
    return STATUS_OK;
}

static Status see_step(void *ctx, Tape *t, const TermBatch *x, const Loss *loss, double rate, Error *err) {
    Explain *e = ctx;
    e->rate = rate;
    e->beta = x->beta;
    TRY(keep_batch(e, x, err));
    params_zero_grad(&e->model->params);
    TRY(keep_stage2(e, t, x, loss, err));
    e->gradient = params_clip(&e->model->params, 0);
    return STATUS_OK;
}

/* The weights at the start of stage 2: stage 1 and experts of the run, the rest as its seed draws it. */
static Status rewind_stage2(Explain *e, Error *err) {
    TRY(terms_model(&e->session, &e->initial, err));
    e->model = &e->initial;
    if (e->session.config.end_to_end) return STATUS_OK;
    model_copy_weights(e->model, &e->file.model, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
    model_copy_weights(e->model, &e->file.model, (const char *const[]){MODEL_EXPERTS}, 1);
    return STATUS_OK;
}

static Status replay(Explain *e, const ExplainOptions *o, Error *err) {
    int size, steps;
    LoopWatch watch = {o->step - 1, see_step, e};
    Progress p;
    loop_sizes(&e->session, 2, &size, &steps, &e->epochs);
    e->step = o->step;
    e->steps = (long)steps * e->epochs;
    e->epoch = (int)((o->step - 1) / steps) + 1;
    if (o->step > e->steps)
        return error_set(err, STATUS_USAGE, "--step %ld: stage 2 of %s has %ld steps: %d epochs of %d",
                         o->step, o->run, e->steps, e->epochs, steps);
    TRY(rewind_stage2(e, err));
    progress_begin(&p);
    p.stage = 2;
    p.watch = &watch;
    Status s = train_stage(&e->session, e->model, &p, NULL, o->run, err);
    progress_free(&p);
    return s;
}

/* ---- The followed case alone, as encode sees it ---- */

static Status keep_codes(Explain *e, Modality m, Error *err) {
    size_t q = (size_t)e->model->config.bits;
    e->score[m] = mem_calloc(q, sizeof *e->score[m]);
    e->relaxed[m] = mem_calloc(q, sizeof *e->relaxed[m]);
    e->code[m] = mem_calloc(code_bytes((int)q), 1);
    if (!e->score[m] || !e->relaxed[m] || !e->code[m]) return mem_error(err, "the codes");
    Encoding out = {.scores = e->score[m], .codes = e->code[m]};
    return encode_cases(e->model, &e->session.data, e->which, 1, m, &out, e->session.pool, NULL, err);
}

/* Keeps the mean over the heads of weights (heads, n). */
static Status keep_attention(Explain *e, Modality m, const real *weights, int n, Error *err) {
    int heads = e->model->config.heads;
    real *mean = e->attention[m] = mem_calloc((size_t)n, sizeof *mean);
    if (!mean) return mem_error(err, "the attention");
    for (int h = 0; h < heads; h++)
        for (int j = 0; j < n; j++) mean[j] += weights[h * n + j] / (real)heads;
    return STATUS_OK;
}

/* What each token of the followed case says for label y: u is the mean of the tokens, so that the logit of stage 1 is the sum of the
 * votes and of the bias. Class activation mapping (Zhou et al. 2016). */
static Status keep_votes(Explain *e, Modality m, const Features *f, Error *err) {
    const Model *model = e->model;
    const Tensor *weight = m == MODALITY_IMAGE ? model->stage1_image_weight : model->stage1_text_weight,
                 *bias = m == MODALITY_IMAGE ? model->stage1_image_bias : model->stage1_text_bias;
    int y = e->vote_label, d = f->z->dim[2], n = f->length ? f->length[0] : f->z->dim[1];
    double *vote = e->vote[m] = mem_calloc((size_t)n + 1, sizeof *vote);
    if (!vote) return mem_error(err, "the tokens");
    e->logit[m] = e->bias[m] = (double)bias->data[y];
    for (int k = 0; k < n; k++) {
        for (int j = 0; j < d; j++)
            vote[k] += (double)f->z->data[k * d + j] * (double)weight->data[y * d + j] / n;
        e->logit[m] += vote[k];
    }
    return STATUS_OK;
}

static Status keep_norms(Explain *e, const Tensor *z, Error *err) {
    int d = z->dim[2];
    e->token_norm = mem_calloc((size_t)z->dim[1], sizeof *e->token_norm);
    if (!e->token_norm) return mem_error(err, "the tokens");
    for (int k = 0; k < z->dim[1]; k++) e->token_norm[k] = flow_norm(z->data + k * d, (size_t)d);
    return STATUS_OK;
}

/* The tokens of the networks, which stage 2 may not see. */
static Status keep_tokens(Explain *e, Tape *t, Error *err) {
    const Session *s = &e->session;
    Batch b;
    BatchOptions o = {.mean = e->model->config.mean, .deviation = e->model->config.deviation};
    Status status = batch_init(&b, &s->data, 1, s->pool, err);
    if (status == STATUS_OK) status = batch_fill(&b, &s->data, e->which, 1, &o, s->pool, err);
    for (Modality m = 0; status == STATUS_OK && m < MODALITIES; m++) {
        Features f = encode_features(t, e->model, &b, m);
        if (m == MODALITY_IMAGE) status = keep_norms(e, f.z, err);
        if (status == STATUS_OK) status = keep_votes(e, m, &f, err);
    }
    batch_free(&b);
    return status;
}

static Status keep_posterior(Explain *e, Modality m, Error *err) {
    const FeatureCache *f = &e->stage2.train;
    size_t c = (size_t)f->c;
    e->posterior[m] = mem_calloc(c, sizeof *e->posterior[m]);
    if (!e->posterior[m]) return mem_error(err, "the posterior");
    memcpy(e->posterior[m], f->own[m] + (size_t)e->row[0] * c, c * sizeof *e->posterior[m]);
    return STATUS_OK;
}

static int choose_label(const Explain *e) {
    int best = 0, c = e->model->config.classes;
    const uint8_t *own = e->session.manifest.labels + (size_t)e->which[0] * (size_t)c;
    for (int k = 1; k < c; k++)
        if (own[k] > own[best] || (own[k] == own[best] && e->posterior[0][k] > e->posterior[0][best]))
            best = k;
    return best;
}

static Status look_at_case(Explain *e, Tape *t, Error *err) {
    const ModelConfig *c = &e->model->config;
    Features z[MODALITIES];
    for (Modality k = 0; k < MODALITIES; k++) z[k] = features_gather(&e->stage2.train, t, k, e->row, NULL, 1);
    for (Modality m = 0; m < MODALITIES; m++) TRY(keep_posterior(e, m, err));
    e->vote_label = choose_label(e);
    TRY(keep_tokens(e, t, err));
    for (Modality m = 0; m < MODALITIES; m++) {
        int n = 1 + z[m].z->dim[1];
        real *weights = arena_calloc(&t->arena, (size_t)(c->heads * n), sizeof *weights);
        model_context(t, e->model, m == MODALITY_IMAGE ? &z[m] : NULL, m == MODALITY_TEXT ? &z[m] : NULL, 0,
                      weights);
        if (c->transformer && c->layers > 0 && !c->semantic) TRY(keep_attention(e, m, weights, n, err));
        Tensor *s = tape_tensor2(t, 1, c->bits);
        for (int j = 0; j < c->bits; j++) s->data[j] = (real)e->score[m][j];
        Tensor *h = op_tanh(t, s, (real)e->beta);
        for (int j = 0; j < c->bits; j++) e->relaxed[m][j] = (float)h->data[j];
    }
    return STATUS_OK;
}

static Status one_case(Explain *e, Tape *t, Error *err) {
    const Case *c = &e->session.manifest.cases[e->which[0]];
    for (Modality m = 0; m < MODALITIES; m++) TRY(keep_codes(e, m, err));
    TRY(vocab_split(&e->session.vocab, &e->words, c->text, INT_MAX, c->id, err));
    tape_reset(t);
    t->recording = false;
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the case");
    return look_at_case(e, t, err);
}

/* ---- All of it ---- */

static void train_only(Explain *e, const char *const *prefixes, int n) {
    params_train_only(&e->model->params, prefixes, n);
    params_zero_grad(&e->model->params);
}

Status explain_run(Explain *e, const ExplainOptions *o, const Config *c, Pool *pool, const Log *log,
                   Error *err) {
    memset(e, 0, sizeof *e);
    Tape t;
    tape_init(&t, pool);
    t.training = false;
    Status s = open_model(e, o, c, pool, log, err);
    if (s == STATUS_OK && o->step) s = replay(e, o, err);
    if (s == STATUS_OK) make_deterministic(e);
    if (s == STATUS_OK && !o->step) s = choose_batch(e, o->id, err);
    if (s == STATUS_OK && !o->step)
        train_only(e, MODEL_STAGE1, MODEL_STAGE1_PREFIXES), s = stage1(e, &t, err);
    if (s == STATUS_OK) s = stage2_prepare(&e->stage2, &e->session, e->model, o->run, err);
    if (s == STATUS_OK && !o->step)
        train_only(e, MODEL_STAGE2, MODEL_STAGE2_PREFIXES), s = stage2(e, &t, err);
    if (s == STATUS_OK) s = one_case(e, &t, err);
    tape_free(&t);
    return s;
}

void explain_free(Explain *e) {
    stage2_free(&e->stage2);
    flow_free(&e->flow);
    words_free(&e->words);
    for (int m = 0; m < 2; m++) {
        mem_free(e->attention[m]);
        mem_free(e->vote[m]);
        mem_free(e->score[m]);
        mem_free(e->relaxed[m]);
        mem_free(e->code[m]);
        mem_free(e->posterior[m]);
    }
    for (int i = 0; i < EXPLAIN_PAIRS; i++) mem_free(e->target[i]);
    mem_free(e->token_norm);
    mem_free(e->row);
    mem_free(e->which);
    session_close(&e->session);
    model_close(&e->file);
    model_free(&e->initial);
    memset(e, 0, sizeof *e);
}

/* ---- Reading ---- */

int explain_tokens(const Explain *e) {
    return e->session.data.length[e->which[0]];
}

int explain_neighbours(const Explain *e, Modality m, ExplainNeighbour *out, int most) {
    const Graph *g = &e->stage2.graph[m];
    int n = 0, self = e->row[0];
    if (g->n == 0) return 0;
    for (size_t at = g->start[self]; at < g->start[self + 1]; at++) {
        if (g->column[at] == self) continue;
        ExplainNeighbour x = {g->column[at], (double)g->kernel[at], (double)g->step[at]};
        if (n == most && out[n - 1].kernel >= x.kernel) continue;
        int place = n < most ? n++ : most - 1;
        for (; place > 0 && out[place - 1].kernel < x.kernel; place--) out[place] = out[place - 1];
        out[place] = x;
    }
    return n;
}
