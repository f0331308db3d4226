/* Lessons as one page: make_lessons PAGE.html TITLE RESULTS LESSON.md...
 *
 * A lesson is Markdown: one # heading, paragraphs, lists, `code`, indented blocks. Comments of a line are replaced:
 *     <!-- equation ID -->            statement, home and line of an equation of tests/equations.txt
 *     <!-- program -->                the program of the same name as the lesson
 *     <!-- output -->                 what the program printed: RESULTS/LESSON/output.txt
 *     <!-- figure A B | caption -->   the charts RESULTS/LESSON/A.svg, B.svg side by side
 *     <!-- solutions -->              its solutions and what they print, RESULTS/LESSON/solutions.txt, closed until clicked
 * A line that begins with [ links the files for readers of the Markdown; the page leaves it out.
 * Every number of a page is therefore of this build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/page/html.h"
#include "eval/page/markup.h"
#include "nn/base/alloc.h"

typedef enum { NONE, PARAGRAPH, BULLETS, NUMBERS } Kind;

typedef struct {
    Buffer *b;
    const char *results;
    char name[128]; /* of the lesson: "1_gradient" */
    Kind open;
} Lesson;

static char *read_all(const char *path) {
    unsigned char *data;
    size_t size;
    Error err = {0};
    if (file_read(path, 1 << 24, &data, &size, &err) == STATUS_OK) return (char *)data;
    fprintf(stderr, "make_lessons: %s\n", err.message);
    exit(3);
}

static void close_text(Lesson *l) {
    static const char *const end[] = {"", "</p>", "</li></ul>", "</li></ol>"};
    markup_raw(l->b, end[l->open]);
    l->open = NONE;
}

/* ---- Markdown ---- */

/* Plain text and `code`. */
static void write_inline(Buffer *b, char *text) {
    bool code = false;
    for (char *at = text, *end; *at; at = end) {
        end = at + strcspn(at, "`");
        bool more = *end;
        *end = 0;
        markup_raw(b, code ? "<code>" : "");
        markup_text(b, at);
        markup_raw(b, code ? "</code>" : "");
        end += more;
        code = !code;
    }
}

/* "- item" and "1. item"; other lines continue what is open. */
static void write_line(Lesson *l, char *line) {
    bool bullet = strncmp(line, "- ", 2) == 0,
         number = *line >= '1' && *line <= '9' && strncmp(line + 1, ". ", 2) == 0;
    Kind wanted = bullet ? BULLETS : number ? NUMBERS : l->open ? l->open : PARAGRAPH;
    if (l->open != wanted) {
        close_text(l);
        markup_raw(l->b, bullet ? "<ul><li>" : number ? "<ol><li>" : "<p>");
        l->open = wanted;
    } else if (bullet || number) {
        markup_raw(l->b, "</li><li>");
    }
    write_inline(l->b, bullet ? line + 2 : number ? line + 3 : line);
    markup_raw(l->b, "\n");
}

/* ---- Directives ---- */

static void write_equation(Lesson *l, const char *id) {
    char *table = read_all("tests/equations.txt"), start[80], mark[80];
    snprintf(start, sizeof start, "\n%s | ", id);
    snprintf(mark, sizeof mark, "EQ(%s)", id);
    char *row = strstr(table, start), *field[4] = {NULL};
    for (int i = 0; row && i < 4; i++) {
        char *next = strstr(row, " | ");
        if (!next) break;
        *next = 0, field[i] = row + (i == 0), row = next + 3;
    }
    if (!field[3]) {
        fprintf(stderr, "make_lessons: %s: no equation %s\n", l->name, id);
        exit(3);
    }
    char *home = read_all(field[3]), *found = strstr(home, mark);
    int line = 1;
    for (char *at = home; found && at < found; at++) line += *at == '\n';
    markup_raw(l->b, "<p><code>");
    markup_text(l->b, field[2]);
    markup_raw(l->b, "</code><br>");
    markup_printf(l->b, "equation %s: %s, line %d", id, field[3], line);
    markup_raw(l->b, "</p>");
    mem_free(home);
    mem_free(table);
}

static void write_text(Lesson *l, const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = read_all(path);
    html_pre(l->b, text);
    mem_free(text);
}

/* Several charts share a row: two in 350 pixels, six on a sheet of paper. */
static void write_figures(Lesson *l, char *names) {
    char *caption = strstr(names, " | "), path[512];
    if (caption) *caption = 0, caption += 3;
    const char *width = strchr(names, ' ') ? "max(105px,210px - 15%)" : "420px";
    buffer_printf(l->b,
                  "<figure style=\"max-width:none\"><div "
                  "style=\"display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%%,%"
                  "s),1fr))\">",
                  width);
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        snprintf(path, sizeof path, "%s/%s/%s.svg", l->results, l->name, name);
        char *svg = read_all(path);
        buffer_printf(
            l->b,
            "<img style=\"width:100%%;max-width:480px\" alt=\"chart %s\" src=\"data:image/svg+xml;base64,",
            name);
        markup_base64(l->b, (const unsigned char *)svg, strlen(svg));
        markup_raw(l->b, "\">");
        mem_free(svg);
    }
    markup_raw(l->b, "</div><figcaption>");
    markup_text(l->b, caption);
    markup_raw(l->b, "</figcaption></figure>");
}

static void write_directive(Lesson *l, char *line) {
    char word[32] = "", *argument, file[160], results[400];
    close_text(l);
    line[strlen(line) - strlen(" -->")] = 0;
    sscanf(line, "<!-- %31s", word);
    argument = line + strlen("<!-- ") + strlen(word);
    argument += *argument == ' ';
    snprintf(file, sizeof file, "%s.c", l->name);
    snprintf(results, sizeof results, "%s/%s", l->results, l->name);
    bool program = strcmp(word, "program") == 0, solutions = strcmp(word, "solutions") == 0;
    if (strcmp(word, "equation") == 0) write_equation(l, argument);
    if (strcmp(word, "figure") == 0) write_figures(l, argument);
    if (strcmp(word, "output") == 0) write_text(l, results, "output.txt");
    if (!program && !solutions) return;
    html_details_begin(l->b, program ? "The program" : "Solutions");
    if (solutions) write_text(l, results, "solutions.txt");
    write_text(l, program ? "tests/tutorial" : "tests/tutorial/solutions", file);
    html_details_end(l->b);
}

static void write_lesson(Lesson *l, const char *path) {
    const char *slash = strrchr(path, '/');
    char *text = read_all(path), *line = text, *next;
    snprintf(l->name, sizeof l->name, "%s", slash ? slash + 1 : path);
    l->name[strcspn(l->name, ".")] = 0;
    Buffer block = {0};
    for (; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        if (strncmp(line, "    ", 4) == 0) {
            close_text(l);
            buffer_printf(&block, "%s\n", line + 4);
            continue;
        }
        if (block.size) html_pre(l->b, buffer_text(&block));
        block.size = 0;
        if (strncmp(line, "# ", 2) == 0)
            html_section_begin(l->b, line + 2);
        else if (strncmp(line, "## ", 3) == 0)
            close_text(l), html_heading(l->b, line + 3);
        else if (strncmp(line, "<!-- ", 5) == 0)
            write_directive(l, line);
        else if (*line && *line != '[')
            write_line(l, line);
        else
            close_text(l);
    }
    close_text(l);
    html_section_end(l->b);
    buffer_free(&block);
    mem_free(text);
}

int main(int argc, char **argv) {
    Buffer b = {0};
    Error err = {0};
    if (argc < 5) return fprintf(stderr, "usage: make_lessons PAGE.html TITLE RESULTS LESSON.md...\n"), 2;
    Lesson l = {.b = &b, .results = argv[3]};
    html_begin(&b, argv[2], "Every number and figure was computed when this page was built.");
    for (int i = 4; i < argc; i++) write_lesson(&l, argv[i]);
    html_end(&b);
    if (b.failed || file_write(argv[1], b.data, b.size, &err) != STATUS_OK)
        return fprintf(stderr, "make_lessons: %s: %s\n", argv[1], err.message), 4;
    printf("%s\n", argv[1]);
    buffer_free(&b);
    return 0;
}
