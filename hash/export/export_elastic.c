/* Lines for the _bulk interface of Elasticsearch 8.15 (dense_vector of element_type bit, as hex) and OpenSearch 2.16
 * (knn_vector of data_type binary, as signed bytes), with the mapping that each wants. */
#include "hash/export/export_formats.h"

static void put_hex(FileWriter *w, const uint8_t *code, size_t bytes) {
    static const char digits[] = "0123456789abcdef";
    char pair[2];
    file_put(w, "\"", 1);
    for (size_t i = 0; i < bytes; i++) {
        pair[0] = digits[code[i] >> 4];
        pair[1] = digits[code[i] & 15];
        file_put(w, pair, 2);
    }
    file_put(w, "\"", 1);
}

static void put_signed(FileWriter *w, const uint8_t *code, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        file_printf(w, "%s%d", i ? "," : "[", code[i] < 128 ? code[i] : code[i] - 256);
    file_put(w, "]", 1);
}

static Status write_lines(const CodeSet *c, const char *folder, const char *suffix,
                          void (*put)(FileWriter *, const uint8_t *, size_t), Error *err) {
    FileWriter w;
    TRY(export_begin_codes(&w, c, folder, suffix, err));
    for (size_t i = 0; i < c->n; i++) {
        long long number = (long long)c->number[i];
        file_printf(&w, "{\"index\":{\"_id\":\"%lld\"}}\n{\"case\":%lld,\"code\":", number, number);
        put(&w, c->codes + i * c->bytes, c->bytes);
        file_put(&w, "}\n", 2);
    }
    return file_commit(&w, err);
}

static Status write_mapping(const CodeSet *c, const char *folder, const char *suffix, const char *form,
                            Error *err) {
    FileWriter w;
    TRY(export_begin_codes(&w, c, folder, suffix, err));
    file_printf(&w, "{\"mappings\":{\"properties\":{\"case\":{\"type\":\"long\"},\"code\":{");
    file_printf(&w, "%s%d}}}}\n", form, c->bits);
    return file_commit(&w, err);
}

Status export_elastic(const CodeSet *c, const char *folder, Error *err) {
    TRY(write_lines(c, folder, "_codes.elasticsearch.ndjson", put_hex, err));
    TRY(write_lines(c, folder, "_codes.opensearch.ndjson", put_signed, err));
    TRY(write_mapping(c, folder, "_codes.elasticsearch.mapping.json",
                      "\"type\":\"dense_vector\",\"element_type\":\"bit\",\"index\":false,\"dims\":", err));
    return write_mapping(
        c, folder, "_codes.opensearch.mapping.json",
        "\"type\":\"knn_vector\",\"data_type\":\"binary\",\"space_type\":\"hamming\",\"dimension\":", err);
}

void commands_elastic(FileWriter *w, int bits) {
    file_printf(w,
                "# Codes of %d bits; form checked only, never loaded by those who wrote this. \"case\" is "
                "the number in ids.tsv.\n"
                "# Elasticsearch 8.15 or later; for OpenSearch 2.16 or later set ENGINE=opensearch.\n"
                "cd \"$(dirname \"$0\")\" || exit 1\n"
                "URL=${URL:-http://localhost:9200} ENGINE=${ENGINE:-elasticsearch}\n"
                "for name in image_codes text_codes; do\n"
                "  curl -sX PUT \"$URL/$name\" -H 'Content-Type: application/json' --data-binary "
                "@$name.$ENGINE.mapping.json\n"
                "  split -l 200000 $name.$ENGINE.ndjson $name.part. # two lines a code; a request holds at "
                "most 100 MB\n"
                "  for part in $name.part.*; do\n"
                "    [ -e \"$part\" ] || continue # no code, no file\n"
                "    curl -sX POST \"$URL/$name/_bulk\" -H 'Content-Type: application/x-ndjson' "
                "--data-binary @$part >/dev/null\n"
                "  done\n"
                "done\n",
                bits);
    file_printf(
        w, "# The ten nearest, exactly, ties by number. Elasticsearch, the query's code as hex:\n"
           "# "
           "{\"size\":10,\"sort\":[{\"_score\":\"desc\"},{\"case\":\"asc\"}],\"query\":{\"script_score\":{"
           "\"query\":"
           "{\"match_all\":{}},\n"
           "#  \"script\":{\"source\":\"1.0/(1+hamming(params.q,'code'))\",\"params\":{\"q\":\"HEX\"}}}}}\n"
           "# OpenSearch, the query's code as signed bytes:\n"
           "# "
           "{\"size\":10,\"sort\":[{\"_score\":\"desc\"},{\"case\":\"asc\"}],\"query\":{\"script_score\":{"
           "\"query\":"
           "{\"match_all\":{}},\n"
           "#  "
           "\"script\":{\"lang\":\"knn\",\"source\":\"knn_score\",\"params\":{\"field\":\"code\",\"query_"
           "value\":[BYTES],"
           "\"space_type\":\"hamming\"}}}}}\n");
}
