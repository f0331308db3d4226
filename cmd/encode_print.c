#include <stdio.h>

#include "cmd/encode_dump.h"
#include "hash/code.h"

/* hex: msach search --code, Elasticsearch. bits: PostgreSQL, bit 0 first. bytes: NumPy, faiss, Milvus. signed: OpenSearch. */
static void print_code(const char *id, const uint8_t *code, int bits) {
    size_t bytes = code_bytes(bits);
    printf("id      %s\nhex     ", id);
    for (size_t i = 0; i < bytes; i++) printf("%02x", code[i]);
    printf("\nbits    ");
    for (int i = 0; i < bits; i++) putchar(code[i / 8] >> (i % 8) & 1 ? '1' : '0');
    printf("\nbytes   [");
    for (size_t i = 0; i < bytes; i++) printf("%s%d", i ? ", " : "", code[i]);
    printf("]\nsigned  [");
    for (size_t i = 0; i < bytes; i++) printf("%s%d", i ? ", " : "", code[i] < 128 ? code[i] : code[i] - 256);
    printf("]\n");
}

void encode_print(const EncodeJob *j) {
    int bits = j->f->model.config.bits;
    const uint8_t *code = j->out.codes;
    for (int k = 0; k < 2; k++)
        for (int i = 0; j->use[k] && i < j->cases.count[k]; i++, code += code_bytes(bits))
            print_code(j->cases.manifest.cases[j->cases.index[k][i]].id, code, bits);
}
