#include "cmd/manual.h"

#include <string.h>

#include "cmd/verbs.h"
#include "data/import/import.h"
#include "hash/export/export.h"
#include "nn/base/parts.h"

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
static void put_text(FILE *to, const char *s, size_t size) {
    size_t column = 0;
    for (const char *stop = s + size; s < stop;) {
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
        while (s < stop && (*s == ' ' || *s == '\n')) s++;
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
    put_text(to, text, strlen(text));
}

static void put_example(FILE *to, const char *text) {
    fputs(".Bd -literal -offset indent\n", to);
    put_word(to, text, strlen(text));
    fputs("\n.Ed\n", to);
}

/* Text in paragraphs; indented lines are rows of a table and stay lines. */
static void put_notes(FILE *to, const char *s) {
    while (*s) {
        const char *end = s;
        bool table = *s == ' ';
        while (*end && (*end == ' ') == table) end += strcspn(end, "\n"), end += *end == '\n';
        fputs(table ? ".Bd -literal\n" : ".Pp\n", to);
        if (!table) put_text(to, s, (size_t)(end - s));
        for (; table && s < end; s += strcspn(s, "\n") + 1) {
            put_word(to, s, strcspn(s, "\n"));
            fputc('\n', to);
            if (!s[strcspn(s, "\n")]) break;
        }
        if (table) fputs(".Ed\n", to);
        s = end;
    }
}

static void put_verb(FILE *to, const Verb *v) {
    fprintf(to, ".Ss %s\n", v->name);
    if (v->operands) fprintf(to, ".Nm\n.Cm %s\n.Ar %s\n.Op Ar option ...\n", v->name, v->operands);
    put_example(to, v->example);
    put_text(to, v->summary, strlen(v->summary));
    fputs(".Bl -tag -width Ds\n", to);
    for (const Option *o = v->options; o->name; o++) put_option(to, o);
    fputs(".El\n", to);
    if (v->notes) put_notes(to, v->notes);
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
    static const char what[] =
        "learns short binary codes for medical images and their reports, so that a report finds "
        "images and an image "
        "finds reports by Hamming distance. It is a reference implementation of MSACH. It is not a "
        "medical device. "
        "Results go to standard output, messages to standard error.";
    put_text(to, what, sizeof what - 1);
    fputs(".Sh VERBS\n", to);
    for (const VerbRow *row = VERBS; row->name; row++)
        if (row->verb) put_verb(to, row->verb);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width COLUMNS\n.It Ev COLUMNS\nwidth of tables [the width of the "
          "terminal]\n.It Ev NO_COLOR\nhas no effect: the output has no colour\n.El\n",
          to);
    put_exit_status(to);
}

/* ---- Completion ---- */

/* The i-th word that a verb takes as its first operand (option NULL) or as the value of an option; NULL: no more, or not known. */
static const char *known_word(const Verb *v, const Option *option, int i) {
#if PART_IMPORT
    if (v == &VERB_IMPORT && !option) return i < import_layouts() ? import_layout(i)->name : NULL;
#endif
#if PART_EXPORT
    if (v == &VERB_EXPORT && option && strcmp(option->name, "to") == 0)
        return i < N_EXPORTS ? export_names[i] : NULL;
#endif
    (void)v, (void)option, (void)i;
    return NULL;
}

static void put_known(FILE *to, const Verb *v, const Option *option) {
    const char *word;
    for (int i = 0; (word = known_word(v, option, i)); i++) fprintf(to, "%s%s", i ? " " : "", word);
}

/* In single quotes: what stands before `with`, a byte, is escaped by a backslash too. */
static void put_quoted(FILE *to, const char *s, char with) {
    for (; *s; s++) {
        if (*s == '\'')
            fputs("'\\''", to);
        else
            fprintf(to, "%s%c", *s == with || *s == '\\' ? "\\" : "", *s);
    }
}

static void bash_completion(FILE *to) {
    fputs("# bash completion of msach\n_msach() {\n    local word=${COMP_WORDS[COMP_CWORD]} words= known=\n"
          "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
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
    fputs("        esac\n        case ${COMP_WORDS[1]}$COMP_CWORD/$before in\n", to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (!row->verb) continue;
        if (known_word(row->verb, NULL, 0)) {
            fprintf(to, "        %s2/*) known=\"", row->name);
            put_known(to, row->verb, NULL);
            fputs("\" ;;\n", to);
        }
        for (const Option *o = row->verb->options; o->name; o++) {
            if (!known_word(row->verb, o, 0)) continue;
            fprintf(to, "        %s*/--%s) known=\"", row->name, o->name);
            put_known(to, row->verb, o);
            fputs("\" ;;\n", to);
        }
    }
    fputs("        esac\n        case $word in -*) ;; *) words=$known ;; esac\n    fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _msach msach\n",
          to);
}

static void zsh_completion(FILE *to) {
    fputs("#compdef msach\n_msach() {\n    local -a list known\n    if (( CURRENT == 2 )); then\n        "
          "list=(",
          to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (!row->verb) continue;
        fprintf(to, "\n            '%s:", row->name);
        put_quoted(to, row->verb->summary, ':');
        fputc('\'', to);
    }
    fputs(")\n        _describe verb list\n        return\n    fi\n    case $words[2] in\n", to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (!row->verb) continue;
        fprintf(to, "    %s) list=(", row->name);
        for (const Option *o = row->verb->options; o->name; o++) {
            fprintf(to, "\n        '--%s:", o->name);
            put_quoted(to, o->meaning, ':');
            fputc('\'', to);
        }
        fputs(")", to);
        if (known_word(row->verb, NULL, 0)) {
            fputs("\n        (( CURRENT == 3 )) && known=(", to);
            put_known(to, row->verb, NULL);
            fputs(")", to);
        }
        for (const Option *o = row->verb->options; o->name; o++) {
            if (!known_word(row->verb, o, 0)) continue;
            fprintf(to, "\n        [[ $words[CURRENT-1] == --%s ]] && known=(", o->name);
            put_known(to, row->verb, o);
            fputs(")", to);
        }
        fputs(" ;;\n", to);
    }
    fputs("    esac\n    if [[ $words[CURRENT] == -* ]]; then _describe option list\n"
          "    elif (( $#known )); then _describe word known\n    else _files; fi\n}\n"
          "if [[ $funcstack[1] == _msach ]]; then _msach \"$@\"; else compdef _msach msach; fi\n",
          to);
}

static void fish_completion(FILE *to) {
    fputs("# fish completion of msach\n", to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (!row->verb) continue;
        fprintf(to, "complete -c msach -f -n __fish_use_subcommand -a %s -d '", row->name);
        put_quoted(to, row->verb->summary, 0);
        fputs("'\n", to);
        if (known_word(row->verb, NULL, 0)) {
            fprintf(to, "complete -c msach -n '__fish_seen_subcommand_from %s' -a '", row->name);
            put_known(to, row->verb, NULL);
            fputs("'\n", to);
        }
        for (const Option *o = row->verb->options; o->name; o++) {
            fprintf(to, "complete -c msach -n '__fish_seen_subcommand_from %s' -l %s", row->name, o->name);
            if (o->letter) fprintf(to, " -s %c", o->letter);
            if (o->argument) fputs(" -r", to);
            if (known_word(row->verb, o, 0)) {
                fputs(" -f -a '", to);
                put_known(to, row->verb, o);
                fputs("'", to);
            }
            fputs(" -d '", to);
            put_quoted(to, o->meaning, 0);
            fputs("'\n", to);
        }
    }
}

bool manual_completion(FILE *to, const char *shell) {
    static const struct {
        const char *name;
        void (*write)(FILE *to);
    } shells[] = {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (shell && strcmp(shells[i].name, shell) != 0) continue;
        shells[i].write(to);
        return true;
    }
    return false;
}
