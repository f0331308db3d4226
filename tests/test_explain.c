/* One batch followed through both stages, and its page: what they show is what the networks compute. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/tiny_set.h"
#include "train/pages/explain_parts.h"

/* ---- Any tape ---- */

/* s = x w', H = tanh(beta s), L = H^2 for x = (1, 2), w = (0.3, -0.2): s = -0.1. */
static Status small_walk(FlowList *f, const char *plant, bool in_an_equation, Error *err) {
    static const char *const needed[] = {"s_", "H_", NULL};
    Tape t;
    ParamSet p = {0};
    tape_init(&t, NULL);
    Tensor *w = params_add(&p, "head.weight", 2, (int[]){1, 2});
    cr_assert_eq(params_seal(&p, err), STATUS_OK);
    w->data[0] = (real)0.3, w->data[1] = (real)-0.2;
    if (in_an_equation) tape_equation(&t, "head");
    Tensor *s = op_linear(&t, tape_input(&t, 2, (int[]){1, 2}, (real[]){1, 2}), w, NULL);
    Tensor *loss = op_sum_squares(&t, op_tanh(&t, s, 2));
    FlowSource source = {.stage = 2, .b = 1, .params = &p, .needed = needed};
    if (plant) t.nodes[1].op = plant;
    Status status = flow_walk(f, &t, loss, &source, err);
    tape_free(&t);
    params_free(&p);
    return status;
}

Test(explain, norms_of_values_and_gradients_are_those_by_hand) {
    Error err = {0};
    FlowList f = {0};
    cr_assert_eq(small_walk(&f, NULL, true, &err), STATUS_OK, "%s", err.message);
    double h = tanh(-0.2), into_h = 2 * h, into_s = into_h * 2 * (1 - h * h);
    const Flow *s = flow_find(&f, 2, "s_"), *relaxed = flow_find(&f, 2, "H_");
    cr_assert(s && relaxed);
    cr_assert_str_eq(s->op, "linear");
    cr_assert_float_eq(s->value, -0.1, 1e-6);
    cr_assert_float_eq(relaxed->value, h, 1e-6);
    cr_assert_float_eq(relaxed->gradient, fabs(into_h), 1e-6);
    cr_assert_float_eq(s->gradient, fabs(into_s), 1e-6);
    flow_free(&f);
}

Test(explain, an_op_under_another_name_or_outside_of_any_equation_is_an_error) {
    Error err = {0};
    FlowList f = {0};
    cr_assert_eq(small_walk(&f, "tanhh", true, &err), STATUS_INTERNAL);
    cr_assert(fixture_says(&err, STATUS_INTERNAL, "no op computes H_"), "%s", err.message);
    flow_free(&f);
    cr_assert_eq(small_walk(&f, NULL, false, &err), STATUS_INTERNAL);
    cr_assert(fixture_says(&err, STATUS_INTERNAL, "'linear' belongs to no equation"), "%s", err.message);
    flow_free(&f);
}

/* ---- A batch of the tiny set, initial weights ---- */

static Config plain_config(void) {
    Config c = tiny_config();
    c.image_size = 32;
    c.smoothing = 0;
    return c;
}

static void walk(Explain *e, const char *manifest, const Config *c) {
    Error err = {0};
    ExplainOptions o = {.run = fixture_dir(), .data = manifest, .manifest = {.need_labels = true}};
    cr_assert_eq(explain_run(e, &o, c, NULL, NULL, &err), STATUS_OK, "%s", err.message);
}

Test(explain, terms_times_weights_sum_to_both_losses) {
    Config c = plain_config();
    Explain e;
    c.weight_likelihood = c.weight_decorrelation = c.eta = 0.1;
    walk(&e, tiny_set("terms", 1), &c);
    cr_assert_eq(e.terms[0], 3);
    cr_assert_eq(e.terms[1], 8);
    for (int stage = 0; stage < 2; stage++) {
        double sum = 0;
        for (int i = 0; i < e.terms[stage]; i++) sum += e.term[stage][i].weight * e.term[stage][i].value;
        cr_assert_float_eq(sum, e.total[stage], 1e-5 * e.total[stage]);
    }
    /* dL_2/dL_man is L_man's weight */
    const Flow *manifold = flow_find(&e.flow, 2, "L_man");
    cr_assert_not_null(manifold);
    cr_assert_float_eq(manifold->gradient, c.weight_manifold, 1e-6);
    explain_free(&e);
}

/* |dL_1/d(u_v V_v + a_v)| = |softmax - Y| / b, from the clean features, by plain loops. */
static double logit_gradient(const Explain *e) {
    const Model *m = e->model;
    int d = m->config.dim, classes = m->config.classes;
    double squares = 0;
    for (int i = 0; i < e->b; i++) {
        const float *u = e->stage2.train.net[0] + e->row[i] * d;
        double z[TINY_LABELS], sum = 0;
        for (int k = 0; k < classes; k++) {
            z[k] = (double)m->stage1_image_bias->data[k];
            for (int j = 0; j < d; j++)
                z[k] += (double)u[j] * (double)m->stage1_image_weight->data[k * d + j];
            sum += exp(z[k]);
        }
        for (int k = 0; k < classes; k++) {
            double g = (exp(z[k]) / sum - (e->session.label[e->which[i]] == k)) / e->b;
            squares += g * g;
        }
    }
    return sqrt(squares);
}

Test(explain, what_flows_is_what_plain_loops_and_encode_compute) {
    Config c = plain_config();
    Explain e;
    walk(&e, tiny_set("loops", 0), &c);
    const Flow *logits = flow_find(&e.flow, 1, "u_v V_v + a_v");
    cr_assert_not_null(logits);
    cr_assert_str_eq(logits->eq, "stage1");
    cr_assert_str_eq(logits->weight, "stage1.image.weight");
    cr_assert_float_eq(logits->gradient, logit_gradient(&e), 1e-4 * logits->gradient);
    static const char *const s[] = {"s_v", "s_t"}, *const h[] = {"H_v", "H_t"};
    for (int m = 0; m < 2; m++) {
        double scores = 0, relaxed = 0;
        for (int j = 0; j < c.bits; j++) {
            scores += (double)e.score[m][j] * (double)e.score[m][j];
            relaxed += pow(tanh(e.beta * (double)e.score[m][j]), 2);
            cr_assert_eq(e.code[m][j / 8] >> (j % 8) & 1, e.score[m][j] >= 0);
        }
        cr_assert_float_eq(flow_find(&e.flow, 2, s[m])->own, sqrt(scores), 1e-4 * sqrt(scores));
        cr_assert_float_eq(flow_find(&e.flow, 2, h[m])->own, sqrt(relaxed), 1e-4 * sqrt(relaxed));
    }
    explain_free(&e);
}

Test(explain, attention_sums_to_1_over_cls_and_the_real_tokens) {
    Config c = plain_config();
    Explain e;
    c.semantic = 0;
    walk(&e, tiny_set("attention", 0), &c);
    int tokens[2] = {4, explain_tokens(&e)};
    cr_assert_gt(tokens[1], 1);
    for (int m = 0; m < 2; m++) {
        double sum = 0;
        for (int k = 0; k <= tokens[m]; k++) sum += (double)e.attention[m][k];
        cr_assert_float_eq(sum, 1, 1e-5);
    }
    explain_free(&e);
}

/* u_m V_y + a_y of the followed case's clean features, by a plain loop. */
static double logit_of(const Explain *e, int m) {
    const Model *model = e->model;
    const Tensor *weight = m ? model->stage1_text_weight : model->stage1_image_weight,
                 *bias = m ? model->stage1_text_bias : model->stage1_image_bias;
    int d = model->config.dim, y = e->vote_label;
    double sum = (double)bias->data[y];
    for (int j = 0; j < d; j++)
        sum += (double)e->stage2.train.net[m][e->row[0] * d + j] * (double)weight->data[y * d + j];
    return sum;
}

Test(explain, votes_of_the_tokens_and_the_bias_sum_to_the_logit_of_stage_1) {
    Config c = plain_config();
    Explain e;
    walk(&e, tiny_set("votes", 0), &c);
    int tokens[2] = {4, explain_tokens(&e)};
    cr_assert_eq(e.vote_label, e.session.label[e.which[0]]);
    for (int m = 0; m < 2; m++) {
        double sum = e.bias[m];
        for (int k = 0; k < tokens[m]; k++) sum += e.vote[m][k];
        cr_assert_float_eq(sum, logit_of(&e, m), 1e-4);
        cr_assert_float_eq(e.logit[m], logit_of(&e, m), 1e-4);
    }
    explain_free(&e);
}

/* Features of every case by distance: the first neighbour is the nearest of another group. */
Test(explain, the_first_neighbour_is_the_nearest_case_of_another_group) {
    Config c = plain_config();
    Explain e;
    walk(&e, tiny_set("near", 0), &c);
    const Session *s = &e.session;
    for (Modality m = 0; m < MODALITIES; m++) {
        float *u = mem_calloc((size_t)e.stage2.train.n, (size_t)c.dim * sizeof *u);
        features_clean(&e.stage2.train, m, u);
        double least = INFINITY, found = 0;
        ExplainNeighbour near[3];
        cr_assert_eq(explain_neighbours(&e, m, near, 3), 3);
        cr_assert(near[0].kernel >= near[1].kernel && near[1].kernel >= near[2].kernel);
        for (int i = 0; i < e.stage2.train.n; i++) {
            double squared = 0;
            for (int j = 0; j < c.dim; j++)
                squared += pow((double)u[i * c.dim + j] - (double)u[e.row[0] * c.dim + j], 2);
            if (i == near[0].row) found = squared;
            if (s->manifest.cases[s->index[SET_TRAIN][i]].group != s->manifest.cases[e.which[0]].group)
                least = fmin(least, squared);
        }
        cr_assert_float_eq(found, least, 1e-5 * (least + 1e-6));
        mem_free(u);
        double sigma = e.stage2.graph[m].sigma;
        cr_assert_float_eq(near[0].kernel, exp(-found / (2 * sigma * sigma)), 1e-4);
    }
    explain_free(&e);
}

/* ---- The page ---- */

/* The tiny set with reports that hold a script and an escape sequence. */
static const char *hostile_set(void) {
    unsigned char *text;
    size_t size;
    Error err = {0};
    Buffer b = {0};
    cr_assert_eq(file_read(tiny_set("hostile", 0), 1 << 20, &text, &size, &err), STATUS_OK);
    for (const char *s = (const char *)text; *s;) {
        if (strncmp(s, ", case ", 7) == 0) {
            buffer_printf(&b, " <script>alert(1)</script> \xc2\x9b"
                              "31m case ");
            s += 7;
        } else {
            buffer_add(&b, s++, 1);
        }
    }
    const char *path = fixture_file("hostile/other.tsv", b.data, b.size);
    buffer_free(&b);
    mem_free(text);
    return path;
}

static int count_of(const char *text, const char *part, const char *end) {
    int n = 0;
    for (const char *s = strstr(text, part); s && (!end || s < end); s = strstr(s + 1, part)) n++;
    return n;
}

Test(explain, text_and_page_escape_what_comes_from_data) {
    Config c = plain_config();
    Explain e;
    Error err = {0};
    Buffer text = {0};
    unsigned char *page;
    size_t size;
    const char *path = fixture_path("hostile.html");
    walk(&e, hostile_set(), &c);
    explain_text(&text, &e);
    buffer_add(&text, "", 1);
    cr_assert_eq(explain_page(path, &e, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 26, &page, &size, &err), STATUS_OK);
    cr_assert_null(strstr((char *)page, "<script"));
    cr_assert_not_null(strstr((char *)page, "&lt;script&gt;alert(1)"));
    cr_assert_null(strstr((char *)text.data, "\xc2\x9b"));
    cr_assert_not_null(strstr((char *)text.data, "alert(1)"));
    mem_free(page);
    buffer_free(&text);
    explain_free(&e);
}

Test(explain, the_heat_map_has_a_cell_for_each_token_and_every_view_a_picture) {
    Config c = plain_config();
    Explain e;
    Error err = {0};
    unsigned char *bytes;
    size_t size;
    const char *path = fixture_path("cells.html");
    c.image_size = 48;
    c.views = 3;
    c.semantic = 0;
    walk(&e, tiny_set("cells", 0), &c);
    cr_assert_eq(explain_page(path, &e, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size, &err), STATUS_OK);
    const char *page = (const char *)bytes, *overlay = strstr(page, ">Attention of CLS to each token</text>"),
               *heat = strstr(page, ">|Z_v| of each token</text>");
    cr_assert(overlay && heat);
    cr_assert_eq(count_of(heat, "h1v1h-1z", strstr(heat, "</svg>")), (48 / 16) * (48 / 16));
    cr_assert_eq(count_of(overlay, "h1v1h-1z", strstr(overlay, "</svg>")), (48 / 16) * (48 / 16));
    cr_assert_eq(count_of(overlay, "<image", strstr(overlay, "</svg>")), 1);
    const char *words = strstr(page, "2. The words");
    cr_assert_eq(count_of(page, "data:image/png", words), 1 + 3);
    cr_assert_eq(count_of(words, "class=\"word\"", NULL), explain_tokens(&e));
    /* eight cases at rows and at columns of each of three targets */
    const char *target = strstr(page, "5. The target");
    cr_assert_eq(count_of(target, "<image", strstr(target, "</section>")), 3 * 2 * 8);
    mem_free(bytes);
    explain_free(&e);
}

/* tiny_set(many): some cases have two labels, and both are bold. */
Test(explain, every_label_of_the_case_is_bold_and_the_votes_are_for_one_of_them) {
    Config c = plain_config();
    Explain e;
    Error err = {0};
    ExplainOptions o = {.run = fixture_dir(), .data = tiny_set("bold", 1), .manifest = {.need_labels = true}};
    unsigned char *bytes;
    size_t size;
    const char *path = fixture_path("bold.html");
    int labels = 0, at = 0;
    char id[64] = "";
    walk(&e, o.data, &c);
    for (; labels < 2; at++) { /* a training case with two labels */
        labels = 0;
        const uint8_t *own = e.session.manifest.labels + e.session.index[SET_TRAIN][at] * TINY_LABELS;
        for (int k = 0; k < TINY_LABELS; k++) labels += own[k];
    }
    snprintf(id, sizeof id, "%s", e.session.manifest.cases[e.session.index[SET_TRAIN][at - 1]].id);
    explain_free(&e);
    o.id = id;
    cr_assert_eq(explain_run(&e, &o, &c, NULL, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(explain_page(path, &e, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size, &err), STATUS_OK);
    const char *known = strstr((const char *)bytes, "What stage 1 knows of the case");
    cr_assert_eq(count_of(known, "<strong>", strstr(known, "</table>")), labels);
    cr_assert(e.session.manifest.labels[e.which[0] * TINY_LABELS + e.vote_label]);
    mem_free(bytes);
    explain_free(&e);
}

Test(explain, settings_without_encoder_graph_or_segments_are_followed_too) {
    static const char *const ablations[] = {"no-transformer", "no-walk",     "no-manifold",
                                            "end-to-end",     "no-subwords", "no-constraints"};
    const char *manifest = tiny_set("ablated", 1);
    const size_t n = sizeof ablations / sizeof ablations[0];
    for (size_t i = 0; i < 2 * n; i++) {
        Config c = plain_config();
        Error err = {0};
        Explain e;
        bool semantic = i >= n;
        c.semantic = semantic;
        cr_assert_eq(config_ablate(&c, ablations[i % n], &err), STATUS_OK);
        walk(&e, manifest, &c);
        cr_assert_eq(explain_page(fixture_path("ablated.html"), &e, &err), STATUS_OK, "%s: %s",
                     ablations[i % n], err.message);
        bool end_to_end = strcmp(ablations[i % n], "end-to-end") == 0; /* whose stage 1 has no classifier */
        cr_assert_eq(e.attention[0] == NULL, i % n == 0 || (semantic && !end_to_end), "%s", ablations[i % n]);
        cr_assert_eq(e.stage2.posterior > 0, !end_to_end, "%s", ablations[i % n]);
        explain_free(&e);
    }
}

Test(explain, the_semantic_token_is_shown_as_what_stage_1_knows_of_each_label) {
    Config c = plain_config();
    Explain e;
    Buffer text = {0};
    Error err = {0};
    unsigned char *bytes;
    size_t size;
    const char *path = fixture_path("semantic.html");
    c.semantic = 1;
    c.landmarks = 64;
    walk(&e, tiny_set("semantic", 0), &c);
    for (int m = 0; m < 2; m++) {
        double sum = 0;
        float *u = mem_calloc((size_t)e.stage2.train.n, (size_t)c.dim * sizeof *u);
        features_clean(&e.stage2.train, (Modality)m, u);
        for (int k = 0; k < e.model->config.classes; k++) {
            sum += (double)e.posterior[m][k];
            cr_assert_float_eq(pow((double)u[e.row[0] * c.dim + k], 2), (double)e.posterior[m][k], 1e-6);
        }
        mem_free(u);
        cr_assert_float_eq(sum, 1, 1e-5);
        cr_assert_null(e.attention[m]);
    }
    cr_assert_not_null(flow_find(&e.flow, 2, "psi_v"));
    explain_text(&text, &e);
    cr_assert_not_null(strstr((const char *)text.data, "semantic"));
    buffer_free(&text);
    cr_assert_eq(explain_page(path, &e, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size, &err), STATUS_OK);
    cr_assert_eq(count_of(strstr((const char *)bytes, "2. The words"), "class=\"word\"", NULL),
                 explain_tokens(&e));
    cr_assert_not_null(strstr((const char *)bytes, "Votes of the tokens"));
    const char *known = strstr((const char *)bytes, "What stage 1 knows of the case");
    cr_assert_eq(count_of(known, "<tr>", strstr(known, "</table>")), 1 + e.model->config.classes);
    mem_free(bytes);
    explain_free(&e);
}
