#include "data/manifest_warnings.h"

#include <string.h>

/* Whether a field is in quotes and every quote inside is doubled (RFC 4180). */
static bool is_quoted(const char *s) {
    size_t n = strlen(s);
    if (n < 2 || s[0] != '"' || s[n - 1] != '"') return false;
    for (size_t i = 1; i < n - 1; i++)
        if (s[i] == '"' && (s[++i] != '"' || i == n - 1)) return false;
    return true;
}

static bool has_label(const Manifest *m, int i, int label) {
    return m->labels[(size_t)i * (size_t)m->n_labels + (size_t)label];
}

static void warn_of_quotes(const Manifest *m, const Log *log) {
    int n = 0, first = 0;
    for (int i = m->n - 1; i >= 0; i--) {
        const Case *c = &m->cases[i];
        bool quoted = is_quoted(c->id) || is_quoted(c->text);
        for (int l = 0; !quoted && l < m->n_labels; l++)
            quoted = m->label_names[l][0] == '"' && has_label(m, i, l) && is_quoted(m->label_names[l]);
        if (quoted) n++, first = c->line;
    }
    if (n)
        log_warn(log,
                 "%s:%d: a field begins and ends with '\"', and the quotes are taken as part of it (%d such "
                 "row%s); write fields without quotes, or give the table to: msach import table",
                 m->path, first, n, n == 1 ? "" : "s");
}

/* At least two cases and a quarter of those with a label: a single name may hold a comma. */
static void warn_of_separators(const Manifest *m, const Log *log) {
    int n = 0, labelled = 0, first = 0;
    const char *example = "";
    for (int i = m->n - 1; i >= 0; i--) {
        int labels = 0;
        for (int l = 0; l < m->n_labels; l++) {
            if (!has_label(m, i, l)) continue;
            if (++labels > 1) return;
            if (!strpbrk(m->label_names[l], ";,")) continue;
            n++;
            first = m->cases[i].line;
            example = m->label_names[l];
        }
        labelled += labels;
    }
    if (n >= 2 && 4 * n >= labelled)
        log_warn(
            log,
            "%s:%d: labels \"%.100s\" is one label (%d such rows), since '|' separates labels and no row "
            "has one; if ';' or ',' separates them, write '|'",
            m->path, first, example, n);
}

void manifest_warn(const Manifest *m, bool tsv, const Log *log) {
    if (tsv) warn_of_quotes(m, log);
    warn_of_separators(m, log);
}
