#include "cmd/manual.h"

#include <string.h>

#include "cmd/verbs.h"

/* ---- mdoc ---- */

enum { LINE = 76 };

/* Bytes of the next word. A command in backquotes is one word, so that it stays on one line. */
static size_t word_length(const char *s) {
    size_t n = 0;
    for (bool quoted = false; s[n] && s[n] != '\n' && (quoted || s[n] != ' '); n++) quoted ^= s[n] == '`';
    return n;
}

static void put_word(FILE *to, const char *s, size_t n) {
    if (n && (*s == '.' || *s == '\'')) fputs("\\&", to);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\')
            fputs("\\e", to);
        else if (s[i] == '`')
            fputs("\\(dq", to);
        else
            fputc(s[i], to);
    }
}

/* Text in lines of at most LINE columns; each sentence begins a line, as mdoc requires. */
static void put_text(FILE *to, const char *s) {
    size_t column = 0;
    while (*s) {
        size_t n = word_length(s);
        if (column && column + 1 + n > LINE) {
            fputc('\n', to);
            column = 0;
        }
        if (column) fputc(' ', to);
        put_word(to, s, n);
        column += n + 1;
        bool ends = n > 1 && strchr(".!?", s[n - 1]) != NULL;
        s += n;
        while (*s == ' ' || *s == '\n') s++;
        if (ends) {
            fputc('\n', to);
            column = 0;
        }
    }
    if (column) fputc('\n', to);
}

static void put_option(FILE *to, const Option *o) {
    fputs(".It ", to);
    if (o->letter) fprintf(to, "Fl %c , ", o->letter);
    fprintf(to, "Fl -%s", o->name);
    if (o->argument) fprintf(to, " Ar %s", o->argument);
    fputc('\n', to);
    char text[512];
    snprintf(text, sizeof text, "%s%s%s%s", o->meaning,
             o->kind & NEEDED ? " (needed)"
             : o->standard    ? " (default: "
                              : "",
             o->standard ? o->standard : "", o->standard ? ")" : "");
    put_text(to, text);
}

static void put_example(FILE *to, const char *text) {
    fputs(".Bd -literal -offset indent\n", to);
    put_word(to, text, strlen(text));
    fputs("\n.Ed\n", to);
}

static void put_verb(FILE *to, const Verb *v) {
    fprintf(to, ".Ss %s\n", v->name);
    if (v->operands) fprintf(to, ".Nm\n.Cm %s\n.Ar %s\n.Op Ar option ...\n", v->name, v->operands);
    put_example(to, v->example);
    put_text(to, v->summary);
    fputs(".Bl -tag -width Ds\n", to);
    for (const Option *o = v->options; o->name; o++) put_option(to, o);
    fputs(".El\n", to);
    if (v->notes) {
        fputs(".Pp\n", to);
        put_text(to, v->notes);
    }
}

static void put_exit_status(FILE *to) {
    static const char *const meaning[] = {"success",
                                          "a check failed, or a file is damaged",
                                          "the command line is wrong",
                                          "an input file is missing, malformed or damaged",
                                          "the system refused: permission, disk, memory",
                                          "an internal error: please report it"};
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", to);
    for (int i = 0; i < 6; i++) fprintf(to, ".It %d\n%s\n", i, meaning[i]);
    fputs(".It 130\ninterrupted\n.El\n", to);
}

void manual_man(FILE *to) {
    fputs(".Dd January 1, 2025\n.Dt MSACH 1\n.Os\n.Sh NAME\n.Nm msach\n"
          ".Nd cross-modal hashing of medical images and reports\n"
          ".Sh SYNOPSIS\n.Nm\n.Ar verb\n.Op Ar option ...\n.Nm\n.Fl -help | -version\n.Sh DESCRIPTION\n.Nm\n",
          to);
    put_text(to, "learns short binary codes for medical images and their reports, so that a report finds "
                 "images and an image "
                 "finds reports by Hamming distance. It is a reference implementation of MSACH. It is not a "
                 "medical device. "
                 "Results go to standard output, messages to standard error.");
    fputs(".Sh VERBS\n", to);
    for (const VerbRow *row = VERBS; row->name; row++)
        if (row->verb) put_verb(to, row->verb);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width COLUMNS\n.It Ev COLUMNS\nwidth of tables [the width of the "
          "terminal]\n.It Ev NO_COLOR\nhas no effect: the output has no colour\n.El\n",
          to);
    put_exit_status(to);
}

/* ---- bash ---- */

void manual_completion(FILE *to) {
    fputs("# bash completion of msach\n_msach() {\n    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"",
          to);
    for (const VerbRow *row = VERBS; row->name; row++)
        if (row->verb) fprintf(to, "%s ", row->name);
    fputs("--help --version\"\n    else\n        case ${COMP_WORDS[1]} in\n", to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (!row->verb) continue;
        fprintf(to, "        %s) words=\"", row->name);
        for (const Option *o = row->verb->options; o->name; o++)
            fprintf(to, "%s--%s", o == row->verb->options ? "" : " ", o->name);
        fputs("\" ;;\n", to);
    }
    fputs("        esac\n        case $word in -*) ;; *) words= ;; esac\n    fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _msach msach\n",
          to);
}
