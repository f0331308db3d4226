/* rewrite IN OUT: reads a file of weights or an array with this machine's own code and writes what it has read. */
#include <stdio.h>
#include <string.h>

#include "nn/base/npy.h"
#include "nn/safetensors.h"

static Status rewrite_array(const char *in, const char *out, Error *err) {
    Npy a;
    TRY(npy_read(&a, in, SIZE_MAX / 4, err));
    Status s = npy_write(out, a.type, a.rank, a.dim, a.data, err);
    npy_free(&a);
    return s;
}

static Status rewrite_weights(const char *in, const char *out, Error *err) {
    StFile f, copy = {0};
    Status s = st_read(&f, in, true, err);
    for (size_t i = 0; s == STATUS_OK && i < f.n_tensors; i++)
        st_add(&copy, f.tensors[i].name, f.tensors[i].type, f.tensors[i].rank, f.tensors[i].dim,
               f.tensors[i].data);
    for (size_t i = 0; s == STATUS_OK && i < f.n_meta; i++)
        if (strcmp(f.meta[i].key, "crc32") != 0) st_set(&copy, f.meta[i].key, f.meta[i].value);
    if (s == STATUS_OK) s = st_write(&copy, out, err);
    st_free(&copy);
    st_free(&f);
    return s;
}

int main(int argc, char **argv) {
    Error err = {0};
    if (argc != 3) return STATUS_USAGE;
    Status s = strstr(argv[1], ".npy") ? rewrite_array(argv[1], argv[2], &err)
                                       : rewrite_weights(argv[1], argv[2], &err);
    if (s != STATUS_OK) fprintf(stderr, "rewrite: %s\n", err.message);
    return (int)s;
}
