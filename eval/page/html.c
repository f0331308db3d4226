#include "eval/page/html.h"

#include <string.h>

#include "eval/page/markup.h"
#include "eval/page/svg.h"

/* ---- The page ---- */

static const char PAGE_CSS[] =
    ":root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#1c2430;--soft:#566070;--line:#dfe3e8;"
    "--accent:#1f6fd0;--good:#17804f;--bad:#b3402a;--note:#fff6df;--note-line:#d9a521}"
    "@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#171b21;--ink:#e6e9ee;--soft:#a2abb8;"
    "--line:#343b46;--accent:#62a3ff;--good:#45c08a;--bad:#ff8a70;--note:#2a2414;--note-line:#a8821f}}"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe "
    "UI',Roboto,"
    "'Noto Sans','Noto Sans CJK SC',sans-serif}"
    "main{max-width:1120px;margin:0 auto;padding:16px}header{padding:8px 4px 4px}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.3em 0 "
    ".1em;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:0 0 .5em}"
    "h3{font-size:1rem;margin:1.2em 0 "
    ".4em}.lead,figcaption,caption,dt,.soft{color:var(--soft)}.lead{margin:0 0 .8em}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:0 0 "
    "16px}"
    "p{margin:.4em 0 .8em;max-width:75ch;overflow-wrap:anywhere}"
    ".note{background:var(--note);border-left:4px solid var(--note-line);padding:8px 12px;border-radius:4px}"
    "pre{background:var(--page);border:1px solid "
    "var(--line);border-radius:6px;padding:10px;overflow-x:auto;max-width:100%;"
    "font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    ".scroll{overflow-x:auto;margin:.4em 0 "
    "1em}table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,420px)}"
    "caption{text-align:left;padding:0 0 6px}caption "
    "span{position:sticky;left:0;display:inline-block;max-width:min(75ch,100vw - 60px)}th,td{padding:6px "
    "10px;border-bottom:1px solid "
    "var(--line);text-align:left;"
    "vertical-align:top;unicode-bidi:isolate}thead th{border-bottom:2px solid var(--line);white-space:nowrap}"
    "tbody "
    "th{font-weight:400;position:sticky;left:0;background:var(--card);max-width:24em;min-width:7.5em;"
    "overflow-wrap:break-word}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "dl{display:grid;grid-template-columns:minmax(8em,auto) 1fr;gap:4px 16px;margin:.4em 0 1em}"
    "dd{margin:0;overflow-wrap:anywhere}.grid{display:grid;gap:16px;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr))}"
    "figure{margin:.4em 0 1em;max-width:640px}figcaption{font-size:.85rem;margin-top:4px}"
    "svg.chart{display:block;width:100%;height:auto}img{max-width:100%;height:auto;border-radius:6px;display:"
    "block}"
    ".none{border:1px dashed var(--line);border-radius:6px;padding:24px "
    "8px;text-align:center;color:var(--soft)}"
    ".hits{list-style:none;margin:0;padding:0;display:grid;gap:14px;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr))}"
    ".hit{border:1px solid var(--line);border-radius:8px;padding:10px;background:var(--card);display:flex;"
    "flex-direction:column;gap:8px;min-width:0;overflow-wrap:anywhere}.hit img,.hit "
    ".none{width:100%;aspect-ratio:1;"
    "object-fit:contain;background:#000}.hit .none{background:none;display:grid;place-items:center}"
    ".hit "
    "p{margin:0;font-size:.9rem}.top{display:flex;justify-content:space-between;gap:8px;font-size:.85rem}"
    ".tag{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:0 8px;margin:0 4px "
    "4px 0;"
    "font-size:.8rem}.yes{color:var(--good)}.no{color:var(--bad)}details{margin:.4em 0}"
    "summary{cursor:pointer;padding:6px 0;color:var(--accent)}a{color:var(--accent)}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
    "footer{color:var(--soft);font-size:.8rem;padding:0 4px 24px}"
    "@media(max-width:560px){main{padding:8px}section{padding:12px}dl{grid-template-columns:1fr;gap:0}"
    "dd{margin-bottom:6px}tbody th{max-width:44vw}}"
    "@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:0}}";

/* Pages of many: links in rows, a case over the whole width. */
static const char SITE_CSS[] =
    ".case{display:grid;gap:16px;grid-template-columns:minmax(0,420px) 1fr}.case "
    "img{width:100%;aspect-ratio:1;"
    "object-fit:contain;background:#000}.hit a{color:inherit}.hit a:hover{color:var(--accent)}"
    "nav{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 16px}nav a,nav span{border:1px solid var(--line);"
    "border-radius:99px;padding:4px 12px;background:var(--card);text-decoration:none;max-width:100%;"
    "overflow-wrap:anywhere}nav span{color:var(--soft);border-style:dashed}nav "
    "a:hover{border-color:var(--accent)}"
    ".yes,.no{white-space:nowrap;font-size:.85rem}.thumbs{grid-template-columns:repeat(auto-fill,minmax(min("
    "100%,"
    "150px),1fr));gap:10px}.thumbs .hit{padding:8px;gap:6px}.way "
    "p{display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:9;overflow:hidden}"
    "@media(max-width:560px){.case{grid-template-columns:minmax(0,1fr)}}";

static void element(Buffer *b, const char *tag, const char *text) {
    buffer_printf(b, "<%s>", tag);
    markup_text(b, text);
    buffer_printf(b, "</%s>\n", tag);
}

static void begin(Buffer *b, const char *title, const char *lead, const char *pictures) {
    markup_raw(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src ");
    markup_raw(b, pictures);
    markup_raw(b,
               "; style-src 'unsafe-inline'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n");
    element(b, "title", title);
    markup_raw(b, "<style>");
    markup_raw(b, PAGE_CSS);
    markup_raw(b, SITE_CSS);
    markup_raw(b, svg_css());
    markup_raw(b, "</style>\n</head>\n<body>\n<main>\n<header>");
    element(b, "h1", title);
    if (lead) {
        markup_raw(b, "<p class=\"lead\">");
        markup_text(b, lead);
        markup_raw(b, "</p>");
    }
    markup_raw(b, "</header>\n");
}

void html_begin(Buffer *b, const char *title, const char *lead) {
    begin(b, title, lead, "data:");
}

void html_begin_of_many(Buffer *b, const char *title, const char *lead) {
    begin(b, title, lead, "data: 'self' file:");
}

void html_nav_begin(Buffer *b, const char *label) {
    markup_raw(b, "<nav aria-label=\"");
    markup_text(b, label);
    markup_raw(b, "\">\n");
}

void html_nav_link(Buffer *b, const char *file, const char *text, int current, char key) {
    markup_raw(b, current ? "<span aria-current=\"page\"" : "<a href=\"");
    if (!current) markup_text(b, file);
    if (!current) markup_raw(b, "\"");
    if (key && !current) buffer_printf(b, " accesskey=\"%c\"", key);
    markup_raw(b, " dir=\"auto\">");
    markup_text(b, text);
    markup_raw(b, current ? "</span>\n" : "</a>\n");
}

void html_nav_end(Buffer *b) {
    markup_raw(b, "</nav>\n");
}

void html_end(Buffer *b) {
    markup_raw(b, "</main>\n</body>\n</html>\n");
}

void html_section_begin(Buffer *b, const char *heading) {
    size_t id = b->size;
    buffer_printf(b, "<section aria-labelledby=\"s%zu\">\n<h2 id=\"s%zu\">", id, id);
    markup_text(b, heading);
    markup_raw(b, "</h2>\n");
}

void html_section_end(Buffer *b) {
    markup_raw(b, "</section>\n");
}

void html_heading(Buffer *b, const char *heading) {
    element(b, "h3", heading);
}

/* ---- Text ---- */

void html_text(Buffer *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    markup_raw(b, "<p>");
    markup_vprintf(b, fmt, args);
    markup_raw(b, "</p>\n");
    va_end(args);
}

void html_note(Buffer *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    markup_raw(b, "<p class=\"note\" role=\"note\">");
    markup_vprintf(b, fmt, args);
    markup_raw(b, "</p>\n");
    va_end(args);
}

void html_pre(Buffer *b, const char *text) {
    markup_raw(b, "<pre tabindex=\"0\">");
    markup_text(b, text);
    markup_raw(b, "</pre>\n");
}

void html_facts_begin(Buffer *b) {
    markup_raw(b, "<dl>\n");
}

void html_fact(Buffer *b, const char *name, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    markup_raw(b, "<dt>");
    markup_text(b, name);
    markup_raw(b, "</dt><dd>");
    markup_vprintf(b, fmt, args);
    markup_raw(b, "</dd>\n");
    va_end(args);
}

void html_facts_end(Buffer *b) {
    markup_raw(b, "</dl>\n");
}

void html_details_begin(Buffer *b, const char *summary) {
    markup_raw(b, "<details>");
    element(b, "summary", summary);
}

void html_details_end(Buffer *b) {
    markup_raw(b, "</details>\n");
}

/* ---- Tables ---- */

static int is_number(const HtmlTable *t, size_t column) {
    return t->number ? t->number[column] : column > 0;
}

static void table_row(Buffer *b, const HtmlTable *t, size_t r) {
    markup_raw(b, "<tr>");
    for (size_t c = 0; c < t->columns; c++) {
        size_t i = r * t->columns + c;
        int strong = t->strong && t->strong[i];
        markup_raw(b, c == 0 ? "<th scope=\"row\"" : "<td");
        markup_raw(b, is_number(t, c) ? " class=\"n\">" : " dir=\"auto\">");
        markup_raw(b, strong ? "<strong>" : "");
        markup_text(b, t->cell[i]);
        markup_raw(b, strong ? "</strong>" : "");
        markup_raw(b, c == 0 ? "</th>" : "</td>");
    }
    markup_raw(b, "</tr>\n");
}

void html_table(Buffer *b, const HtmlTable *t) {
    markup_raw(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    markup_text(b, t->caption ? t->caption : "Table");
    markup_raw(b, "\"><table>");
    if (t->caption) { /* the span stays in sight where the table is scrolled */
        markup_raw(b, "<caption>");
        element(b, "span", t->caption);
        markup_raw(b, "</caption>\n");
    }
    markup_raw(b, "<thead><tr>");
    for (size_t c = 0; c < t->columns; c++) {
        markup_raw(b, is_number(t, c) ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        markup_text(b, t->head[c]);
        markup_raw(b, "</th>");
    }
    markup_raw(b, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < t->rows; r++) table_row(b, t, r);
    markup_raw(b, "</tbody></table></div>\n");
}

/* ---- Figures ---- */

void html_grid_begin(Buffer *b) {
    markup_raw(b, "<div class=\"grid\">\n");
}
void html_grid_end(Buffer *b) {
    markup_raw(b, "</div>\n");
}
void html_figure_begin(Buffer *b) {
    markup_raw(b, "<figure>\n");
}

void html_figure_end(Buffer *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    markup_raw(b, "<figcaption>");
    markup_vprintf(b, fmt, args);
    markup_raw(b, "</figcaption></figure>\n");
    va_end(args);
}

static const char *picture_type(const unsigned char *data, size_t size) {
    if (size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) return "image/png";
    if (size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) return "image/jpeg";
    if (size >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0)) return "image/gif";
    if (size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0) return "image/webp";
    return NULL;
}

int html_picture(Buffer *b, const unsigned char *data, size_t size, const char *alt) {
    const char *type = data ? picture_type(data, size) : NULL;
    if (!type) {
        markup_raw(b, "<div class=\"none\">no picture to show: ");
        markup_text(b, alt);
        markup_raw(b, "</div>\n");
        return 0;
    }
    buffer_printf(b, "<img src=\"data:%s;base64,", type);
    markup_base64(b, data, size);
    markup_raw(b, "\" alt=\"");
    markup_text(b, alt);
    markup_raw(b, "\">\n");
    return 1;
}

/* ---- Found cases ---- */

void html_hits_begin(Buffer *b) {
    markup_raw(b, "<ol class=\"hits\">\n");
}
void html_thumbs_begin(Buffer *b) {
    markup_raw(b, "<ol class=\"hits thumbs\">\n");
}
void html_hits_end(Buffer *b) {
    markup_raw(b, "</ol>\n");
}

static void open_link(Buffer *b, const char *file) {
    markup_raw(b, "<a href=\"");
    markup_text(b, file);
    markup_raw(b, "\">");
}

/* The link of the picture is for the pointer; the keyboard meets the one of the id. */
static void hit_picture(Buffer *b, const HtmlHit *h) {
    if (h->page) {
        markup_raw(b, "<a tabindex=\"-1\" aria-hidden=\"true\" href=\"");
        markup_text(b, h->page);
        markup_raw(b, "\">");
    }
    markup_raw(b, "<img loading=\"lazy\" decoding=\"async\" src=\"");
    markup_text(b, h->picture_file);
    markup_raw(b, "\" alt=\"");
    markup_text(b, h->id);
    markup_raw(b, h->page ? "\"></a>\n" : "\">\n");
}

static void hit_top(Buffer *b, const HtmlHit *h) {
    markup_raw(b, "<div class=\"top\"><strong dir=\"auto\">");
    if (h->rank > 0) buffer_printf(b, "%d. ", h->rank);
    if (h->page) open_link(b, h->page);
    markup_text(b, h->id);
    markup_raw(b, h->page ? "</a></strong>" : "</strong>");
    if (h->distance >= 0)
        buffer_printf(b, "<span class=\"soft\" title=\"differing bits\">%d of %d bits</span>", h->distance,
                      h->bits);
    markup_raw(b, "</div>\n");
}

static void hit_labels(Buffer *b, const HtmlHit *h) {
    if (h->labels == 0 && h->match < 0) return;
    markup_raw(b, "<div>");
    for (size_t i = 0; i < h->labels; i++) {
        markup_raw(b, "<span class=\"tag\" dir=\"auto\">");
        markup_text(b, h->label[i]);
        markup_raw(b, "</span>");
    }
    if (h->match >= 0)
        markup_raw(b, h->match ? "<span class=\"yes\">&#10003; shares a label</span>"
                               : "<span class=\"no\">&#10007; shares no label</span>");
    markup_raw(b, "</div>\n");
}

void html_hit(Buffer *b, const HtmlHit *h) {
    markup_raw(b, h->page ? "<li class=\"hit way\">" : "<li class=\"hit\">");
    hit_top(b, h);
    if (h->picture_file)
        hit_picture(b, h);
    else if (h->picture)
        html_picture(b, h->picture, h->picture_size, h->id);
    hit_labels(b, h);
    if (h->text && *h->text) {
        markup_raw(b, "<p dir=\"auto\">");
        markup_text(b, h->text);
        markup_raw(b, "</p>");
    }
    markup_raw(b, "</li>\n");
}

void html_case(Buffer *b, const HtmlHit *h) {
    markup_raw(b, "<section class=\"case\">");
    if (h->picture_file)
        hit_picture(b, h);
    else if (h->picture)
        html_picture(b, h->picture, h->picture_size, h->id);
    markup_raw(b, "<div>");
    hit_labels(b, h);
    markup_raw(b, "<p dir=\"auto\">");
    markup_text(b, h->text && *h->text ? h->text : "No report.");
    markup_raw(b, "</p></div></section>\n");
}
