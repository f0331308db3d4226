#include <string.h>

#include "cmd/args.h"

/* A word, quoted where a shell would split or change it. */
static void add_word(Buffer *b, const char *word) {
    bool plain = word[strcspn(word, " \t\n'\"\\$`*?[]{}()<>|&;~#!")] == 0 && *word;
    buffer_printf(b, plain ? " " : " '");
    for (const char *s = word; *s; s++) *s == '\'' ? buffer_printf(b, "'\\''") : buffer_add(b, s, 1);
    if (!plain) buffer_printf(b, "'");
}

const char *args_command(const Args *a, Buffer *b) {
    static const char *const idle[] = {"quiet", "threads", "resume"};
    buffer_printf(b, "msach %s", a->verb->name);
    for (int i = 0; i < a->n_options; i++) {
        bool shown = true;
        for (size_t k = 0; k < sizeof idle / sizeof *idle; k++)
            shown = shown && strcmp(a->option[i], idle[k]) != 0;
        if (!shown) continue;
        buffer_printf(b, " --%s", a->option[i]);
        if (a->value[i]) add_word(b, a->value[i]);
    }
    for (int i = 0; i < a->n_operands; i++) add_word(b, a->operand[i]);
    buffer_add(b, "", 1);
    return b->failed ? NULL : (const char *)b->data;
}
