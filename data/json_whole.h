/* JSON read by jansson, whole or not at all; of the part json. */
#ifndef DATA_JSON_WHOLE_H
#define DATA_JSON_WHOLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The value that text (size) holds, read with jansson's flags; the caller releases it with json_decref. NULL where it holds none, and *fault
 * says why, or where memory ran out: *no_memory is then true, else unchanged. jansson itself reports missing memory as a syntax error,
 * or drops a byte of a string that cannot grow: what is read twice alike is whole, and no JSON where there is memory for the text. */
json_t *json_whole(const char *text, size_t size, size_t flags, json_error_t *fault, bool *no_memory);

#endif
