#include <inttypes.h>

#include "cmd/json_out.h"
#include "cmd/pages/gallery.h"
#include "eval/page/html.h"

/* Reads the lists when the box is first used, so that a page of 100,000 cases opens at once. Ids and labels become text nodes. */
static const char SCRIPT[] =
    "'use strict';\n"
    "const form = document.querySelector('.find'), box = form.querySelector('input'), all = [];\n"
    "const found = document.getElementById('found'), list = document.getElementById('cases');\n"
    "const parts = Number(form.dataset.parts), SHOWN = 60, fold = s => s.normalize('NFKC').toLowerCase();\n"
    "const number = n => n.toLocaleString('en'), six = row => String(row).padStart(6, '0');\n"
    "const place = (kind, n, end) => `${form.dataset.root}${kind}/${six(n).slice(0, 3)}/${six(n)}.${end}`;\n"
    "let asked = 0, loaded = 0;\n"
    "/* a list: [row, id, labels] of each case */\n"
    "function cases(rows) {\n"
    "    for (const [row, id, labels] of rows) all.push({row, id, labels, text: fold(id + ' ' + labels)});\n"
    "    loaded++;\n"
    "    load();\n"
    "    if (loaded === parts) find();\n"
    "}\n"
    "function load() {\n"
    "    if (asked > loaded || asked === parts) return;\n"
    "    const s = document.createElement('script');\n"
    "    s.onerror = () => { found.textContent = 'The lists of the gallery are not there.'; };\n"
    "    s.src = place('find', asked++, 'js');\n"
    "    document.head.append(s);\n"
    "}\n"
    "function entry(c) {\n"
    "    const li = document.createElement('li'), a = document.createElement('a');\n"
    "    a.href = place('case', c.row, 'html');\n"
    "    a.textContent = c.id;\n"
    "    li.append(a, c.labels && ' ' + c.labels.replaceAll('|', ', '));\n"
    "    return li;\n"
    "}\n"
    "function find() {\n"
    "    const words = fold(box.value).split(/\\s+/).filter(w => w);\n"
    "    if (words.length && loaded < parts) found.textContent = 'Reading the list of cases\\u2026';\n"
    "    if (words.length && loaded < parts) return load();\n"
    "    const hits = words.length ? all.filter(c => words.every(w => c.text.includes(w))) : [];\n"
    "    hits.sort((a, b) => (fold(b.id) === words[0]) - (fold(a.id) === words[0]));\n"
    "    list.replaceChildren(...hits.slice(0, SHOWN).map(entry));\n"
    "    found.textContent = !words.length ? '' : `${number(hits.length)} of ${number(all.length)} cases` +\n"
    "        (hits.length > SHOWN ? `; the first ${SHOWN}:` : '');\n"
    "}\n"
    "form.hidden = false;\n"
    "box.addEventListener('input', find);\n"
    "form.addEventListener('submit', e => {\n"
    "    e.preventDefault();\n"
    "    const first = list.querySelector('a');\n"
    "    if (first) first.click();\n"
    "});\n"
    "addEventListener('keydown', e => {\n"
    "    if (e.key === '/' && e.target !== box && !e.ctrlKey && !e.metaKey) e.preventDefault(), "
    "box.focus();\n"
    "});\n";

/* One list: cases([[0,"case0001","cyst|stone"], ...]). */
static Status put_part(const Gallery *g, size_t part, Error *err) {
    Buffer b = {0}, labels = {0};
    char name[GALLERY_NAME];
    size_t first = part * GALLERY_FIND_CASES, last = first + GALLERY_FIND_CASES;
    Status s = STATUS_OK;
    buffer_printf(&b, "cases([");
    for (size_t i = first; s == STATUS_OK && i < last && i < g->n; i++) {
        IndexCase c;
        s = index_case(g->finder.index, g->row[i], &c, err);
        if (s != STATUS_OK) break;
        labels.size = 0;
        for (int k = 0; k < c.n_labels; k++) buffer_printf(&labels, "%s%s", k ? "|" : "", c.labels[k]);
        buffer_printf(&b, "%s[%" PRId64 ",", i > first ? ",\n" : "", g->row[i]);
        json_add_text(&b, c.id);
        buffer_printf(&b, ",");
        json_add_text(&b, labels.size ? buffer_text(&labels) : "");
        buffer_printf(&b, "]");
    }
    buffer_printf(&b, "]);\n");
    if (labels.failed) b.failed = 1;
    if (s == STATUS_OK) s = gallery_put(g, gallery_name(name, "", "find", part, "js"), &b, err);
    buffer_free(&labels);
    buffer_free(&b);
    return s;
}

Status gallery_find(const Gallery *g, Error *err) {
    Buffer b = {0};
    html_style(&b);
    Status s = gallery_put(g, "style.css", &b, err);
    b.size = 0;
    buffer_add(&b, SCRIPT, sizeof SCRIPT - 1);
    if (s == STATUS_OK) s = gallery_put(g, "find.js", &b, err);
    buffer_free(&b);
    for (size_t part = 0; s == STATUS_OK && part * GALLERY_FIND_CASES < g->n; part++)
        s = put_part(g, part, err);
    return s;
}
