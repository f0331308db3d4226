/* A running `msach serve` on a free port of 127.0.0.1, and requests to it over plain sockets. */
#ifndef TESTS_SERVING_H
#define TESTS_SERVING_H

#include <stdbool.h>

#include "nn/base/bytes.h"
#include "tests/run_command.h"

typedef struct {
    pid_t pid;
    int port;
    char host[32];  /* "127.0.0.1:PORT" */
    char token[80]; /* or "" */
    char index[600], run[512], images[512], log[600];
} Serving;

/* Serves the archive of tiny_run; options: further words of the command. serving_stop. */
Serving serving_start(const char *options);
/* The same of an index that is there. */
void serving_begin(Serving *s, const char *options);
/* The same by the program of run_faulty; false: it ended with *code before it served. */
bool serving_try(Serving *s, const char *name, const char *value, int *code);
/* Ends it by a signal; fails where the exit code is another. */
void serving_stop(Serving *s, int number, int code);
/* What it printed so far; free it. */
char *serving_log(const Serving *s);

/* code 0: no answer. head: status line and headers. Both end in 0. */
typedef struct {
    int code;
    char *head, *body;
    size_t size;
} Answered;
void answered_free(Answered *a);

int serving_connect(const Serving *s);
/* Sends the bytes of a request, printf, and reads until the other side is done. "Connection: close" is put into the head. */
Answered serving_send(const Serving *s, const char *fmt, ...) NN_PRINTF(2, 3);
Answered serving_get(const Serving *s, const char *target);
Answered serving_post_file(const Serving *s, const char *target, const char *path);

#endif
