#include "eval/page/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "eval/page/markup.h"
#include "eval/page/svg.h"

/* ---- The page ---- */

static const char PAGE_CSS[] =
    ":root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#1c2430;--soft:#566070;--line:#dfe3e8;"
    "--accent:#1f6fd0;--good:#17804f;--bad:#b3402a;--note:#fff6df;--note-line:#d9a521}"
    "@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#171b21;--ink:#e6e9ee;--soft:#a2abb8;"
    "--line:#343b46;--accent:#62a3ff;--good:#45c08a;--bad:#ff8a70;--note:#2a2414;--note-line:#a8821f}}"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC',sans-serif}"
    "main{max-width:1120px;margin:0 auto;padding:16px}header{padding:8px 4px 4px}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.3em 0 .1em;overflow-wrap:anywhere}"
    "h2{font-size:1.2rem;margin:0 0 .5em}h3{font-size:1rem;margin:1.2em 0 .4em}"
    ".lead,figcaption,caption,dt,.soft{color:var(--soft)}.lead{margin:0 0 .8em}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;"
    "margin:0 0 16px}p{margin:.4em 0 .8em;max-width:75ch;overflow-wrap:anywhere}"
    ".note{background:var(--note);border-left:4px solid var(--note-line);padding:8px 12px;border-radius:4px}"
    "pre{background:var(--page);border:1px solid var(--line);border-radius:6px;padding:10px;overflow-x:auto;"
    "max-width:100%;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    ".scroll{overflow-x:auto;margin:.4em 0 1em}"
    "table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,420px)}"
    "caption{text-align:left;padding:0 0 6px}"
    "caption span{position:sticky;left:0;display:inline-block;max-width:min(75ch,100vw - 60px)}"
    "th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;"
    "unicode-bidi:isolate}thead th{border-bottom:2px solid var(--line);white-space:nowrap}"
    "tbody th{font-weight:400;position:sticky;left:0;background:var(--card);max-width:24em;"
    "min-width:min(12em,44vw);"
    "overflow-wrap:break-word}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "dl{display:grid;grid-template-columns:minmax(8em,auto) 1fr;gap:4px 16px;margin:.4em 0 1em}"
    "dd{margin:0;overflow-wrap:anywhere}"
    ".grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr))}"
    "figure{margin:.4em 0 1em;max-width:640px}figcaption{font-size:.85rem;margin-top:4px}"
    "svg.chart{display:block;width:100%;height:auto}"
    "img{max-width:100%;height:auto;border-radius:6px;display:block}"
    ".none{border:1px dashed var(--line);border-radius:6px;padding:24px 8px;text-align:center;"
    "color:var(--soft)}"
    ".hits{list-style:none;margin:0;padding:0;display:grid;gap:14px;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr))}"
    ".hit{border:1px solid var(--line);border-radius:8px;padding:10px;background:var(--card);display:flex;"
    "flex-direction:column;gap:8px;min-width:0;overflow-wrap:anywhere}"
    ".hit img,.hit .none{width:100%;aspect-ratio:1;object-fit:contain;background:#000}"
    ".hit .none{background:none;display:grid;place-items:center}.hit p{margin:0;font-size:.9rem}"
    ".top{display:flex;justify-content:space-between;gap:8px;font-size:.85rem}.top .soft{white-space:nowrap}"
    ".tag{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:0 8px;"
    "margin:0 4px 4px "
    "0;font-size:.8rem}.word{display:inline-block;padding:0 "
    "2px;line-height:1.5}mark{background:#ffe58a;color:#1c2430;border-radius:3px}.yes{color:var(--good)}.no{"
    "color:var(--bad)}details{margin:.4em 0}"
    "summary{cursor:pointer;padding:6px 0;color:var(--accent)}a{color:var(--accent)}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
    "@media(max-width:560px){main{padding:8px}section{padding:12px}dl{grid-template-columns:1fr;gap:0}"
    "dd{margin-bottom:6px}tbody th{max-width:44vw}"
    "pre{padding:6px;font-size:9px;white-space:pre-wrap;overflow-wrap:anywhere}}";

/* Pages of many: links in rows, a case over the whole width. */
static const char SITE_CSS[] =
    ".case{display:grid;gap:16px;grid-template-columns:minmax(0,420px) 1fr}"
    ".case img{width:100%;aspect-ratio:1;object-fit:contain;background:#000}"
    ".hit a{color:inherit}.hit a:hover{color:var(--accent)}"
    "nav{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 16px}"
    "nav a,nav span{border:1px solid var(--line);border-radius:99px;padding:4px 12px;background:var(--card);"
    "text-decoration:none;max-width:100%;overflow-wrap:anywhere}"
    "nav span{color:var(--soft);border-style:dashed}nav a:hover{border-color:var(--accent)}"
    ".yes,.no{font-size:.85rem}span.yes,span.no{white-space:nowrap}"
    ".thumbs{grid-template-columns:repeat(auto-fill,minmax(min(100%,150px),1fr));gap:10px}"
    ".thumbs .hit{padding:8px;gap:6px}"
    ".way p{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:9;overflow:hidden}"
    ".find{margin:0 0 12px}.find label{display:block;font-size:.85rem;color:var(--soft)}"
    ".find input{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);"
    "border-radius:8px;padding:8px 10px;min-height:44px;width:min(100%,420px)}.find p{margin:4px 0}"
    ".find ol{list-style:none;margin:0;padding:0;display:grid;gap:2px 16px;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,260px),1fr))}"
    ".find li{overflow-wrap:anywhere;padding:4px 0}"
    "@media(max-width:560px){.case{grid-template-columns:minmax(0,1fr)}}";

/* On paper: a part may go over several sheets, a row or a figure may not; tables are as wide as the sheet; closed parts are
 * open. */
static const char PRINT_CSS[] =
    "@media print{body{background:#fff;font-size:10pt}main{max-width:none;padding:0}"
    "section{border:0;padding:0}h1,h2,h3,caption,summary{break-after:avoid}"
    "tr,figure,.hit,.note,pre,dt{break-inside:avoid}.scroll{break-inside:avoid}thead{display:table-header-"
    "group}details pre,details .scroll{break-inside:auto}"
    ".scroll{overflow:visible}table{font-size:7.5pt;min-width:0;width:100%}"
    "th,td{padding:2pt 4pt}thead th,.n{white-space:normal}tbody th{position:static;min-width:0}"
    "pre{font-size:7.5pt;white-space:pre-wrap;overflow-wrap:anywhere}.grid{grid-template-columns:1fr 1fr}"
    "nav,.find{display:none}.hits{grid-template-columns:repeat(4,1fr);gap:6pt}.hit{padding:4pt;gap:3pt}"
    ".thumbs{grid-template-columns:repeat(6,1fr)}.hit p,.hit .top,.tag,.hit .no,.hit "
    ".yes{font-size:7.5pt;line-height:1.3}"
    ".hit img,.hit .none{aspect-ratio:4/3}.case{grid-template-columns:60mm 1fr}p{margin:0 0 4pt}"
    ".hits{break-before:avoid}h2+p,h2+p+p,h2+p+p+p{break-after:avoid}"
    "details::details-content{content-visibility:visible;block-size:auto}}";

static void wrap(Buffer *b, const char *open, const char *text, const char *close) {
    markup_raw(b, open);
    markup_text(b, text);
    markup_raw(b, close);
}

void html_style(Buffer *b) {
    markup_raw(b, PAGE_CSS);
    markup_raw(b, SITE_CSS);
    markup_raw(b, svg_css());
    markup_raw(b, PRINT_CSS);
}

/* root: of a page of many, or NULL. */
static void begin(Buffer *b, const char *title, const char *lead, const char *root) {
    markup_raw(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    markup_raw(b, root ? "img-src data: 'self' file:; style-src 'self' file:; script-src 'self' file:"
                       : "img-src data:; style-src 'unsafe-inline'");
    markup_raw(b,
               "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n");
    wrap(b, "<title>", title, "</title>\n");
    if (root) {
        wrap(b, "<link rel=\"stylesheet\" href=\"", root, "style.css\">");
    } else {
        markup_raw(b, "<style>");
        html_style(b);
        markup_raw(b, "</style>");
    }
    wrap(b, "\n</head>\n<body>\n<main>\n<header><h1>", title, "</h1>\n");
    if (lead) wrap(b, "<p class=\"lead\">", lead, "</p>");
    markup_raw(b, "</header>\n");
}

void html_begin(Buffer *b, const char *title, const char *lead) {
    begin(b, title, lead, NULL);
}

void html_begin_of_many(Buffer *b, const char *title, const char *lead, const char *root) {
    begin(b, title, lead, root);
}

void html_find(Buffer *b, const char *root, size_t parts) {
    buffer_printf(b, "<form class=\"find\" role=\"search\" hidden data-parts=\"%zu\"", parts);
    wrap(b, " data-root=\"", root, "\"><label for=\"find\">Find a case by its id or labels</label>\n");
    markup_raw(
        b, "<input id=\"find\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" maxlength=\"200\">\n"
           "<p id=\"found\" class=\"soft\" role=\"status\"></p><ol id=\"cases\"></ol></form>\n");
    wrap(b, "<script src=\"", root, "find.js\" defer></script>\n");
}

void html_nav_begin(Buffer *b, const char *label) {
    wrap(b, "<nav aria-label=\"", label, "\">\n");
}

void html_nav_link(Buffer *b, const char *file, const char *text, bool current, char key) {
    if (current)
        markup_raw(b, "<span aria-current=\"page\"");
    else
        wrap(b, "<a href=\"", file, "\"");
    if (key && !current) buffer_printf(b, " accesskey=\"%c\"", key);
    wrap(b, " dir=\"auto\">", text, current ? "</span>\n" : "</a>\n");
}

void html_nav_gap(Buffer *b) {
    markup_raw(b, "&hellip;\n");
}

void html_nav_end(Buffer *b) {
    markup_raw(b, "</nav>\n");
}

void html_end(Buffer *b) {
    markup_raw(b, "</main>\n</body>\n</html>\n");
}

void html_section_begin(Buffer *b, const char *heading) {
    size_t id = b->size;
    buffer_printf(b, "<section aria-labelledby=\"s%zu\">\n<h2 id=\"s%zu\"", id, id);
    wrap(b, ">", heading, "</h2>\n");
}

void html_section_end(Buffer *b) {
    markup_raw(b, "</section>\n");
}

void html_heading(Buffer *b, const char *heading) {
    wrap(b, "<h3>", heading, "</h3>\n");
}

/* ---- Text ---- */

/* The text that a format makes, between two pieces of markup. */
#define WRAP_FORMAT(b, open, fmt, close)                                                                     \
    do {                                                                                                     \
        va_list args;                                                                                        \
        va_start(args, fmt);                                                                                 \
        markup_raw(b, open);                                                                                 \
        markup_vprintf(b, fmt, args);                                                                        \
        markup_raw(b, close);                                                                                \
        va_end(args);                                                                                        \
    } while (0)

void html_text(Buffer *b, const char *fmt, ...) {
    WRAP_FORMAT(b, "<p>", fmt, "</p>\n");
}

void html_note(Buffer *b, const char *fmt, ...) {
    WRAP_FORMAT(b, "<p class=\"note\" role=\"note\">", fmt, "</p>\n");
}

void html_pre(Buffer *b, const char *text) {
    wrap(b, "<pre tabindex=\"0\">", text, "</pre>\n");
}

void html_facts_begin(Buffer *b) {
    markup_raw(b, "<dl>\n");
}

void html_fact(Buffer *b, const char *name, const char *fmt, ...) {
    wrap(b, "<dt>", name, "</dt>");
    WRAP_FORMAT(b, "<dd>", fmt, "</dd>\n");
}

void html_facts_end(Buffer *b) {
    markup_raw(b, "</dl>\n");
}

void html_day(char text[16]) {
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    time_t seconds = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
    struct tm day;
    if (!gmtime_r(&seconds, &day) || strftime(text, 16, "%Y-%m-%d", &day) == 0) *text = 0;
}

void html_details_begin(Buffer *b, const char *summary) {
    wrap(b, "<details><summary>", summary, "</summary>\n");
}

void html_details_end(Buffer *b) {
    markup_raw(b, "</details>\n");
}

/* ---- Tables ---- */

HtmlTable html_table_begin(Buffer *b, const char *caption, const char *align, const char *const *head) {
    HtmlTable t = {.b = b, .align = align, .start = b->size, .columns = strlen(align)};
    wrap(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", caption, "\"><table>");
    /* the span stays visible where the table is scrolled */
    wrap(b, "<caption><span>", caption, "</span></caption>\n<thead><tr>");
    for (size_t c = 0; c < t.columns; c++)
        wrap(b, align[c] == 'r' ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">", head[c], "</th>");
    markup_raw(b, "</tr></thead>\n<tbody>\n");
    return t;
}

void html_cell(HtmlTable *t, bool strong, const char *fmt, ...) {
    size_t column = t->cells++ % t->columns;
    markup_raw(t->b, column == 0 ? "<tr><th scope=\"row\"" : "<td");
    markup_raw(t->b, t->align[column] == 'r' ? " class=\"n\">" : " dir=\"auto\">");
    WRAP_FORMAT(t->b, strong ? "<strong>" : "", fmt, strong ? "</strong>" : "");
    markup_raw(t->b, column == 0 ? "</th>" : "</td>");
    if (column + 1 == t->columns) markup_raw(t->b, "</tr>\n");
}

void html_table_end(HtmlTable *t) {
    NN_REQUIRE(t->cells % t->columns == 0, "%zu cells in %zu columns", t->cells, t->columns);
    if (t->cells > 0)
        markup_raw(t->b, "</tbody></table></div>\n");
    else
        t->b->size = t->start;
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
    WRAP_FORMAT(b, "<figcaption>", fmt, "</figcaption></figure>\n");
}

static const char *picture_type(const unsigned char *data, size_t size) {
    if (size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) return "image/png";
    if (size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) return "image/jpeg";
    if (size >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0)) return "image/gif";
    if (size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0) return "image/webp";
    return NULL;
}

bool html_picture(Buffer *b, const unsigned char *data, size_t size, const char *alt) {
    const char *type = data ? picture_type(data, size) : NULL;
    if (!type) {
        wrap(b, "<div class=\"none\">no picture to show: ", alt, "</div>\n");
        return false;
    }
    buffer_printf(b, "<img src=\"data:%s;base64,", type);
    markup_base64(b, data, size);
    wrap(b, "\" alt=\"", alt, "\">\n");
    return true;
}

/* ---- Cases ---- */

void html_hits_begin(Buffer *b) {
    markup_raw(b, "<ol class=\"hits\">\n");
}

void html_thumbs_begin(Buffer *b) {
    markup_raw(b, "<ol class=\"hits thumbs\">\n");
}

void html_hits_end(Buffer *b) {
    markup_raw(b, "</ol>\n");
}

/* The picture's link is for the pointer; keyboards use the link of the id. */
static void hit_picture(Buffer *b, const HtmlHit *h) {
    if (!h->picture_file) {
        if (h->picture) html_picture(b, h->picture, h->picture_size, h->id);
        return;
    }
    if (h->page) wrap(b, "<a tabindex=\"-1\" aria-hidden=\"true\" href=\"", h->page, "\">");
    wrap(b, "<img loading=\"lazy\" decoding=\"async\" src=\"", h->picture_file, "\"");
    wrap(b, " alt=\"", h->id, h->page ? "\"></a>\n" : "\">\n");
}

static void hit_top(Buffer *b, const HtmlHit *h) {
    markup_raw(b, "<div class=\"top\"><strong dir=\"auto\">");
    if (h->rank > 0) buffer_printf(b, "%d. ", h->rank);
    if (h->page) wrap(b, "<a href=\"", h->page, "\">");
    wrap(b, "", h->id, h->page ? "</a></strong>" : "</strong>");
    if (h->distance >= 0)
        buffer_printf(b, "<span class=\"soft\" title=\"differing bits\">%d of %d bits</span>", h->distance,
                      h->bits);
    markup_raw(b, "</div>\n");
}

static void hit_labels(Buffer *b, const HtmlHit *h) {
    if (h->labels == 0 && h->match < 0) return;
    markup_raw(b, "<div>");
    for (size_t i = 0; i < h->labels; i++)
        wrap(b, "<span class=\"tag\" dir=\"auto\">", h->label[i], "</span>");
    if (h->match >= 0)
        markup_raw(b, h->match ? "<span class=\"yes\">&#10003; shares a label</span>"
                               : "<span class=\"no\">&#10007; shares no label</span>");
    markup_raw(b, "</div>\n");
}

/* Part of a word of a report or question: a letter or digit of ASCII, or any byte of another character. */
static bool is_word_byte(unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static size_t word_length(const char *s) {
    size_t n = 0;
    while (is_word_byte((unsigned char)s[n])) n++;
    return n;
}

static bool has_word(const char *sentence, const char *word, size_t n) {
    for (const char *s = sentence; *s;) {
        size_t length = word_length(s);
        if (length == n && strncasecmp(s, word, n) == 0) return true;
        s += length ? length : 1;
    }
    return false;
}

/* A character from U+3000 on has three or four bytes: CJK, and other scripts without gaps between words. */
static bool is_cjk(const char *s) {
    return (unsigned char)*s >= 0xE3;
}

/* The longest word of CJK characters of the sentence that begins at s; 0: none. */
static size_t cjk_length(const char *sentence, const char *s) {
    size_t best = 0;
    for (const char *at = sentence; is_cjk(s) && *at;) {
        size_t length = word_length(at);
        if (length > best && is_cjk(at) && strncmp(at, s, length) == 0) best = length;
        at += length ? length : 1;
    }
    return best;
}

/* Words of nearly every sentence, which are not marked, so that the others stand out. cmd/serve/page.js has the same list. */
static const char COMMON[] =
    "a an and are as at be by for from has in is it of on or that the this to was were with";

/* The text with <mark> around the words that the sentence has, in any case of ASCII letters. */
static void marked_text(Buffer *b, const char *text, const char *words) {
    char word[256];
    for (const char *s = text; *s;) {
        size_t n = word_length(s), take = n ? n : 1, cjk = cjk_length(words, s);
        if (cjk)
            take = cjk;
        else if (is_cjk(s)) /* one character, since the next one may begin a word */
            for (take = 1; ((unsigned char)s[take] & 0xC0) == 0x80;) take++;
        bool mark = cjk || (n > 1 && n < sizeof word && has_word(words, s, n) && !has_word(COMMON, s, n));
        if (take >= sizeof word) /* a long run of characters is cut between two of them */
            for (take = sizeof word - 1; take > 1 && ((unsigned char)s[take] & 0xC0) == 0x80;) take--;
        snprintf(word, sizeof word, "%.*s", (int)take, s);
        wrap(b, mark ? "<mark>" : "", word, mark ? "</mark>" : "");
        s += take;
    }
}

/* Facts by which a reader can judge the hit. */
static void hit_facts(Buffer *b, const HtmlHit *h) {
    int tenths = (int)(10 * h->share + 0.5);
    char about[32], range[32] = "";
    snprintf(about, sizeof about,
             tenths > 9 ? "nearly all"
             : tenths   ? "about %d in 10"
                        : "fewer than 1 in 10",
             tenths);
    if (h->range[1] > 0) snprintf(range, sizeof range, " (%.0f to %.0f)", 10 * h->range[0], 10 * h->range[1]);
    if (h->trained) markup_raw(b, "<p class=\"no\">training case: the model has seen it</p>\n");
    if (h->share > 0)
        buffer_printf(b, "<p class=\"soft\">%s%s at this distance share a finding</p>\n", about, range);
    if (h->more > 0) buffer_printf(b, "<p class=\"soft\">and %lld more of this group</p>\n", h->more);
}

void html_hit(Buffer *b, const HtmlHit *h) {
    markup_raw(b, h->page ? "<li class=\"hit way\">" : "<li class=\"hit\">");
    hit_top(b, h);
    hit_picture(b, h);
    hit_labels(b, h);
    hit_facts(b, h);
    if (h->text && *h->text) {
        markup_raw(b, "<p dir=\"auto\">");
        h->words ? marked_text(b, h->text, h->words) : markup_text(b, h->text);
        markup_raw(b, "</p>");
    }
    markup_raw(b, "</li>\n");
}

void html_case(Buffer *b, const HtmlHit *h) {
    markup_raw(b, "<section class=\"case\">");
    hit_picture(b, h);
    markup_raw(b, "<div>");
    hit_labels(b, h);
    hit_facts(b, h);
    wrap(b, "<p dir=\"auto\">", h->text && *h->text ? h->text : "No report.", "</p></div></section>\n");
}
