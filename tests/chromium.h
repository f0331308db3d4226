/* A headless Chromium that a test drives like a user: keys, typing, drops, two themes, any width. Uses the DevTools protocol over
 * a pipe. */
#ifndef TESTS_CHROMIUM_H
#define TESTS_CHROMIUM_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    pid_t pid;
    int to, from, id;
    char session[64];
    char *input; /* bytes read and not yet used */
    size_t size, capacity;
} Chromium;

/* Skips the test with a message where there is no Chromium. chromium_close. */
Chromium chromium_open(void);
void chromium_close(Chromium *c);

void chromium_view(Chromium *c, int width, int height, bool dark);
void chromium_go(Chromium *c, const char *url);
/* Runs an expression (a promise is awaited) and returns its value as text; free it. Fails the test where it throws. */
char *chromium_value(Chromium *c, const char *expression);
/* Runs an expression for its effect. */
void chromium_run(Chromium *c, const char *expression);
/* Waits until the expression is true; fails the test, naming it, where it is not after 20 s. */
void chromium_wait(Chromium *c, const char *expression);
void chromium_type(Chromium *c, const char *text);
/* "Tab", "Enter", "Escape", " ", "/", "ArrowDown". */
void chromium_key(Chromium *c, const char *key);
/* Clicks on the middle of the first element of a selector. */
void chromium_click(Chromium *c, const char *selector);
/* Drops a file on the page. */
void chromium_drop(Chromium *c, const char *path);
/* Writes a screenshot NAME.png into the folder $MSACH_SHOTS, where that is set. */
void chromium_shot(Chromium *c, const char *name);

#endif
