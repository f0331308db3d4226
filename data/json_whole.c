#include "data/json_whole.h"

#include "nn/base/alloc.h"

json_t *json_whole(const char *text, size_t size, size_t flags, json_error_t *fault, bool *no_memory) {
    json_t *value = json_loadb(text, size, flags, fault), *again = json_loadb(text, size, flags, fault);
    bool whole = value ? json_equal(value, again) : !again && mem_probe(size);
    json_decref(again);
    if (whole) return value;
    json_decref(value);
    *no_memory = true;
    return NULL;
}
