/* Asks an index with a sentence:
 *     cc search_index.c $(pkg-config --cflags --libs msach) -o search_index
 *     ./search_index runs/first phantoms.idx "anechoic cyst" */
#include <inttypes.h>
#include <msach.h>
#include <stdio.h>

static int complain(const msach_error *err) {
    fprintf(stderr, "search_index: %s\n", err->message);
    return (int)err->status;
}

static int print_hits(msach_index *index, const msach_hit *hit, size_t n) {
    msach_error err;
    for (size_t i = 0; i < n; i++) {
        msach_case found;
        if (msach_index_case(index, hit[i].row, &found, &err) != MSACH_OK) return complain(&err);
        printf("%zu\t%d\t%s\t%s\n", i + 1, hit[i].distance, found.id, found.image ? found.image : "");
    }
    return 0;
}

int main(int argc, char **argv) {
    msach_error err;
    msach_model *model = NULL;
    msach_index *index = NULL;
    uint8_t code[MSACH_MAX_CODE_BYTES];
    msach_hit hit[10];
    size_t n = 0;
    if (argc != 4) return fprintf(stderr, "usage: search_index RUN FILE.idx TEXT\n"), 2;
    int failed = msach_model_open(&model, argv[1], &err) || msach_index_open(&index, argv[2], model, &err) ||
                 msach_encode_text(model, argv[3], code, &err) ||
                 msach_search(index, MSACH_IMAGE, code, 1, 10, -1, hit, &n, &err);
    int result = failed ? complain(&err) : print_hits(index, hit, n);
    msach_index_close(index);
    msach_model_close(model);
    return result;
}
