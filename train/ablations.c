/* Ablations as text of settings. */
#include <string.h>

#include "nn/base/nearest.h"
#include "train/config.h"

const Ablation ABLATIONS[] = {
    {"full", "", "the whole method"},
    {"no-manifold", "weight_manifold=0 weight_soft_pairs=0",
     "without the manifold similarity constraint, in both of its forms"},
    {"no-walk", "omega=1", "manifold target from labels alone (omega = 1)"},
    {"no-posterior", "posterior=0", "manifold target without the label posterior of stage 1 (a = 0)"},
    {"no-balance", "weight_balance=0", "without the balance constraint"},
    {"no-classification", "weight_classification=0", "without the linear classification constraint"},
    {"no-constraints", "weight_manifold=0 weight_soft_pairs=0 weight_balance=0 weight_classification=0",
     "without all three"},
    {"no-experts", "landmarks=0", "p_m of the networks alone, without the experts in closed form"},
    {"no-held-out", "held_out=0", "what the experts say of a training case is from a fit with its group"},
    {"no-semantic-token", "semantic=0", "stage 2 sees the networks' tokens, not the semantic token"},
    {"no-soft-pairs", "weight_soft_pairs=0 weight_manifold=1",
     "manifold similarity in its squared form alone"},
    {"no-trust", "label_trust=0", "L_align and L_man weigh the same whatever the networks' share"},
    {"no-transformer", "transformer=0 joint_pass=0", "c_m = LN(u_m), no encoder and so no joint pass"},
    {"no-joint-pass", "joint_pass=0", "without the pass over both modalities that teaches alignment"},
    {"no-alignment", "weight_align=0", "without the alignment term"},
    {"no-quantisation", "weight_quantisation=0", "without the quantisation term"},
    {"no-subwords", "buckets=0", "text tokens of words alone"},
    {"end-to-end", "end_to_end=1", "both stages at once, no frozen features"},
    {NULL, NULL, NULL},
};

Status config_assign_all(Config *c, const char *settings, Error *err) {
    char one[64];
    for (const char *s = settings + strspn(settings, " "); *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        NN_REQUIRE(n < sizeof one, "a setting of an ablation is too long: %s", s);
        memcpy(one, s, n);
        one[n] = 0;
        TRY(config_assign(c, one, err));
        s += n;
    }
    return STATUS_OK;
}

Status config_ablate(Config *c, const char *name, Error *err) {
    const char *names[sizeof ABLATIONS / sizeof ABLATIONS[0]];
    int n = 0;
    for (; ABLATIONS[n].name; n++) {
        names[n] = ABLATIONS[n].name;
        if (strcmp(name, names[n]) == 0) return config_assign_all(c, ABLATIONS[n].settings, err);
    }
    const char *near = nearest_word(name, names, n);
    return error_set(err, STATUS_USAGE, "unknown ablation '%s'%s%s%s", name, near ? "; did you mean '" : "",
                     near ? near : "", near ? "'?" : "");
}

bool ablation_retrains(const Ablation *a) {
    Config standard, c;
    config_default(&standard);
    c = standard;
    NN_REQUIRE(config_assign_all(&c, a->settings, NULL) == STATUS_OK, "ablation %s: %s", a->name,
               a->settings);
    bool retrains = c.end_to_end != 0;
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (CONFIG_TABLE[i].scope < SCOPE_STAGE2)
            retrains = retrains || config_number(&c, CONFIG_TABLE[i].name) !=
                                       config_number(&standard, CONFIG_TABLE[i].name);
    return retrains;
}
