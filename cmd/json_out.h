/* JSON to a stream, one piece after the other, so that results flow through pipes as they come. */
#ifndef CMD_JSON_OUT_H
#define CMD_JSON_OUT_H

#include <stddef.h>
#include <stdio.h>

/* A quoted string; what is no UTF-8 becomes U+FFFD. NULL is "". */
void json_text(FILE *to, const char *text);
/* "name": */
void json_name(FILE *to, const char *name);
/* A number with digits enough to be read back; null where it is not finite. */
void json_number(FILE *to, double v);
/* ["a","b"] */
void json_texts(FILE *to, const char *const *texts, size_t n);

/* A field of tab-separated text: tab, newline, return and backslash as \t, \n, \r and \\. */
void tsv_text(FILE *to, const char *text);

#endif
