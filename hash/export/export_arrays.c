/* Exports that are arrays: npy, faiss, milvus. */
#include "hash/export/export_formats.h"
#include "nn/base/alloc.h"
#include "nn/base/npy.h"

static Status write_npy(const CodeSet *c, const char *folder, const char *name, const char *suffix,
                        NpyType type, int rank, const void *data, Error *err) {
    Buffer path = {0};
    buffer_printf(&path, "%s/%s%s", folder, name, suffix);
    const int64_t dim[2] = {(int64_t)c->n, (int64_t)c->bytes};
    Status s =
        path.failed ? mem_error(err, folder) : npy_write((const char *)path.data, type, rank, dim, data, err);
    buffer_free(&path);
    return s;
}

/* ---- npy ---- */

Status export_npy(const CodeSet *c, const char *folder, Error *err) {
    TRY(write_npy(c, folder, c->name, "_codes.npy", NPY_U8, 2, c->codes, err));
    return write_npy(c, folder, c->name, "_numbers.npy", NPY_I64, 1, c->number, err);
}

void commands_npy(FileWriter *w, int bits) {
    file_printf(w, "# Codes of %d bits, bit j in bit j %% 8 of byte j // 8. NumPy 1.17 or later.\n", bits);
    file_printf(
        w, "import numpy as np, os\n"
           "os.chdir(os.path.dirname(os.path.abspath(__file__)))\n"
           "codes, numbers = np.load('image_codes.npy'), np.load('image_numbers.npy')\n"
           "ids = dict(line.rstrip('\\n').split('\\t') for line in open('ids.tsv', encoding='utf-8'))\n"
           "for query in np.load('text_codes.npy')[:1]:\n"
           "    distance = np.unpackbits(codes ^ query, axis=1).sum(axis=1)\n"
           "    for i in np.lexsort((numbers, distance))[:10]: print(distance[i], ids[str(numbers[i])])\n");
}

/* ---- faiss ---- */

/* index_io's IndexBinaryFlat: fourcc, dimension, bytes a code, count, trained, metric (1: L2, unused), length, codes. */
Status export_faiss(const CodeSet *c, const char *folder, Error *err) {
    unsigned char header[33] = {'I', 'B', 'x', 'F'};
    put_u32(header + 4, (uint32_t)c->bits);
    put_u32(header + 8, (uint32_t)c->bytes);
    put_u64(header + 12, c->n);
    header[20] = 1;
    put_u32(header + 21, 1);
    put_u64(header + 25, (uint64_t)c->n * c->bytes);
    FileWriter w;
    TRY(export_begin_codes(&w, c, folder, "_codes.faiss", err));
    file_put(&w, header, sizeof header);
    file_put(&w, c->codes, c->n * c->bytes);
    TRY(file_commit(&w, err));
    return write_npy(c, folder, c->name, "_numbers.npy", NPY_I64, 1, c->number, err);
}

void commands_faiss(FileWriter *w, int bits) {
    file_printf(w,
                "# Codes of %d bits. faiss 1.6 or later. Distances are exact; among equal ones at the end of "
                "the k, faiss may\n"
                "# choose others.\n",
                bits);
    file_printf(
        w, "import faiss, numpy as np, os\n"
           "os.chdir(os.path.dirname(os.path.abspath(__file__)))\n"
           "index, numbers = faiss.read_index_binary('image_codes.faiss'), np.load('image_numbers.npy')\n"
           "texts = faiss.read_index_binary('text_codes.faiss')\n"
           "ids = dict(line.rstrip('\\n').split('\\t') for line in open('ids.tsv', encoding='utf-8'))\n"
           "for query in faiss.vector_to_array(texts.xb).reshape(-1, index.d // 8)[:1]:\n"
           "    distance, position = index.search(query[None], 10)\n"
           "    for d, p in zip(distance[0], position[0]):\n"
           "        if p >= 0: print(d, ids[str(numbers[p])]) # -1: faiss found fewer than 10\n");
}

/* ---- Milvus ---- */

Status export_milvus(const CodeSet *c, const char *folder, Error *err) {
    Buffer own = {0};
    buffer_printf(&own, "%s/%s_codes", folder, c->name);
    Status s = own.failed ? mem_error(err, folder) : dir_make((const char *)own.data, err);
    if (s == STATUS_OK) s = write_npy(c, (const char *)own.data, "id", ".npy", NPY_I64, 1, c->number, err);
    if (s == STATUS_OK) s = write_npy(c, (const char *)own.data, "code", ".npy", NPY_U8, 2, c->codes, err);
    buffer_free(&own);
    return s;
}

void commands_milvus(FileWriter *w, int bits) {
    file_printf(w,
                "# Codes of %d bits. pymilvus 2.4 or later and a server; form checked only, never loaded by "
                "those who wrote this.\n"
                "# First copy image_codes/ and text_codes/ into the bucket that the server imports from.\n",
                bits);
    file_printf(
        w,
        "import numpy as np, os\n"
        "os.chdir(os.path.dirname(os.path.abspath(__file__)))\n"
        "from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility\n"
        "connections.connect(host='localhost', port='19530')\n"
        "for name in ('image_codes', 'text_codes'):\n"
        "    collection = Collection(name, CollectionSchema([\n"
        "        FieldSchema('id', DataType.INT64, is_primary=True),\n"
        "        FieldSchema('code', DataType.BINARY_VECTOR, dim=%d)]))\n"
        "    task = utility.do_bulk_insert(name, files=[name + '/id.npy', name + '/code.npy'])\n"
        "    print(name, task, utility.get_bulk_insert_state(task))\n"
        "    collection.create_index('code', {'index_type': 'BIN_FLAT', 'metric_type': 'HAMMING'})\n"
        "# When the tasks are completed (an exact search; BIN_IVF_FLAT and HNSW are not):\n"
        "# Collection('image_codes').load()\n"
        "# query = np.load('text_codes/code.npy')[0].tobytes()\n"
        "# Collection('image_codes').search([query], 'code', {'metric_type': 'HAMMING'}, limit=10)\n",
        bits);
}
