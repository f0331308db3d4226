/* Small valid files of every format, cut at every byte and with every bit flipped, go through the command: it must exit with 0 or 3
 * (3 alone where the format has a checksum; `verify`: 1), never by a signal, within 20 s of the processor and 256 MiB.
 *
 *     cut_and_flip [MOST [FORMAT...]]     at most MOST damaged files of each format, evenly spread; without it all
 *
 * The command's main runs in this process, in a child for each format, which writes its progress to shared memory. */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "data/picture/png_write.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/dicom_write.h"
#include "tests/fuzz/harness.h"

int msach_main(int argc, char **argv);

enum { WORDS = 48, SECONDS = 20, MIB = 256, EXITS_0 = 1, EXITS_1 = 2, EXITS_3 = 8 };

typedef struct {
    const char *name;
    const char *file; /* in the harness's folder: holds the valid bytes; the damaged ones take its place */
    const char *line; /* the command's words; %: the folder */
    int exits;        /* EXITS_... that are right for a damaged file */
    const char *made; /* a folder or file that the command makes, to be removed before the next */
} Format;

/* What the child is at, in memory that both see. */
typedef struct {
    size_t bit, cut, runs, refused;
    int code, stage; /* stage: 0 the valid file, 1 cuts, 2 flips, 3 done */
} At;

/* ---- The command ---- */

static int run_line(const char *line) {
    static char text[4096];
    char *words[WORDS];
    size_t used = 0;
    for (const char *s = line; *s; s++)
        used += (size_t)snprintf(text + used, sizeof text - used, *s == '%' ? "%s" : "%.1s",
                                 *s == '%' ? harness_folder() : s);
    int n = 0;
    words[n++] = (char[]){"msach"};
    for (char *s = strtok(text, " "); s && n < WORDS - 1; s = strtok(NULL, " ")) words[n++] = s;
    words[n] = NULL;
    return msach_main(n, words);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place) {
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static int run_once(const Format *f) {
    if (f->made) nftw(harness_path(f->made), remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    /* of the processor, so that a busy machine is no hang; the clock on the wall ends one that sleeps */
    const struct itimerval limit = {.it_value = {.tv_sec = SECONDS}}, none = {.it_value = {0}};
    setitimer(ITIMER_PROF, &limit, NULL);
    alarm(15 * SECONDS);
    int code = run_line(f->line);
    alarm(0);
    setitimer(ITIMER_PROF, &none, NULL);
    return code;
}

/* ---- One format ---- */

static void damaged(const Format *f, At *at, const unsigned char *data, size_t size) {
    harness_file(f->file, data, size);
    at->code = run_once(f);
    at->runs++;
    at->refused += at->code != 0;
    if (at->code < 0 || at->code > 7 || !(f->exits >> at->code & 1)) _exit(1);
}

/* step: every how many of the 9 size damaged files is tried. */
static void child(const Format *f, At *at, unsigned char *data, size_t size, size_t step) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    harness_file(f->file, data, size);
    at->code = run_once(f);
    if (at->code != 0) _exit(1);
    at->stage = 1;
    for (at->cut = 0; at->cut < size; at->cut += step) damaged(f, at, data, at->cut);
    at->stage = 2;
    for (at->bit = 0; at->bit < 8 * size; at->bit += step) {
        data[at->bit / 8] ^= (unsigned char)(1 << at->bit % 8);
        damaged(f, at, data, size);
        data[at->bit / 8] ^= (unsigned char)(1 << at->bit % 8);
    }
    harness_file(f->file, data, size);
    at->stage = 3;
    exit(0); /* with the leak checker's last look */
}

static int tell(const Format *f, const At *at, int status, long kib) {
    static const char *const what[] = {"the valid file", "cut", "flipped bit", "all"};
    size_t place = at->stage == 1 ? at->cut : at->bit;
    if (status == 0 && at->stage == 3 && kib < MIB * 1024L) {
        printf("%-22s %7zu damaged files, %7zu refused, %4ld MiB\n", f->name, at->runs, at->refused,
               kib / 1024);
        return 0;
    }
    printf("%-22s %s %zu: ", f->name, what[at->stage], place);
    if (WIFSIGNALED(status))
        printf("ended by signal %d\n", WTERMSIG(status));
    else if (at->stage == 3)
        printf("status %d, %ld MiB\n", status, kib / 1024);
    else
        printf("exit %d\n", at->code);
    return 1;
}

static int try_format(const Format *f, size_t most) {
    unsigned char *data;
    size_t size;
    FUZZ_CHECK(file_read(harness_path(f->file), 1 << 24, &data, &size, NULL) == STATUS_OK);
    size_t step = most && 9 * size > most ? (9 * size + most - 1) / most : 1;
    while (step > 1 && (step % 2 == 0 || step % 3 == 0)) step++; /* all bits of a byte have their turn */
    At *at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FUZZ_CHECK(at != MAP_FAILED);
    fflush(stdout);
    pid_t pid = fork();
    FUZZ_CHECK(pid >= 0);
    if (pid == 0) child(f, at, data, size, step);
    int status;
    struct rusage used;
    FUZZ_CHECK(wait4(pid, &status, 0, &used) == pid);
    int bad = tell(f, at, status, used.ru_maxrss);
    harness_file(f->file, data, size);
    munmap(at, sizeof *at);
    mem_free(data);
    return bad;
}

/* ---- The valid files ---- */

static void folder(const char *name) {
    FUZZ_CHECK(dir_make(harness_path(name), NULL) == STATUS_OK);
}

static void text(const char *name, const char *content) {
    harness_file(name, content, strlen(content));
}

static void copy(const char *name, const char *from) {
    unsigned char *data;
    size_t size;
    FUZZ_CHECK(file_read(from, 1 << 20, &data, &size, NULL) == STATUS_OK);
    harness_file(name, data, size);
    mem_free(data);
}

static void packed(const char *name, const char *content) {
    gzFile f = gzopen(harness_path(name), "wb");
    FUZZ_CHECK(f && gzputs(f, content) > 0 && gzclose(f) == Z_OK);
}

static void pictures(void) {
    static const uint8_t pixel[16] = {0, 50, 100, 150, 200, 250};
    static const DicomFile d = {
        .columns = 4, .rows = 4, .pixels = pixel, .pixel_bytes = 16, .center = "99", .width = "200"};
    Buffer b = {0};
    FUZZ_CHECK(png_write_gray(harness_path("a.png"), pixel, 4, 4, NULL) == STATUS_OK);
    FUZZ_CHECK(png_write_gray(harness_path("i.png"), pixel, 4, 4, NULL) == STATUS_OK);
    copy("a.jpg", "tests/fuzz/seeds/image/gray.jpg");
    copy("b.jpg", "tests/fuzz/seeds/image/progressive.jpg");
    text("a.ppm", "P6 2 2 255\nabcdefghijkl");
    dicom_file(&b, &d);
    FUZZ_CHECK(!b.failed);
    harness_file("a.dcm", b.data, b.size);
    buffer_free(&b);
}

static void archives(void) {
    static const uint8_t gray[16] = {9};
    folder("xml"), folder("xml/ecgen-radiology"), folder("xml/images");
    copy("xml/ecgen-radiology/1.xml", "tests/fuzz/seeds/xml/whole.xml");
    FUZZ_CHECK(png_write_gray(harness_path("xml/images/CXR1_IM-1.png"), gray, 4, 4, NULL) == STATUS_OK);
    folder("csv"), folder("csv/images"), folder("csv/images/images_normalized");
    FUZZ_CHECK(png_write_gray(harness_path("csv/images/images_normalized/1.png"), gray, 4, 4, NULL) ==
               STATUS_OK);
    text("csv/indiana_reports.csv", "uid,MeSH,Problems,image,indication,comparison,findings,impression\r\n1,"
                                    "a;b,a,x,,,\"A, \"\"b\"\"\nc.\",Big.\r\n");
    text("csv/indiana_projections.csv", "uid,filename,projection\n1,1.png,Frontal\n");
    folder("gz"), folder("gz/files"), folder("gz/files/p10"), folder("gz/files/p10/p10000032"),
        folder("gz/files/p10/p10000032/s50");
    FUZZ_CHECK(png_write_gray(harness_path("gz/files/p10/p10000032/s50/d1.jpg"), gray, 4, 4, NULL) ==
               STATUS_OK);
    text("gz/files/p10/p10000032/s50.txt", "FINDINGS: Clear.\n");
    packed("gz/mimic-cxr-2.0.0-split.csv.gz", "dicom_id,study_id,subject_id,split\nd1,50,10000032,train\n");
    packed("gz/mimic-cxr-2.0.0-chexpert.csv.gz", "subject_id,study_id,Edema\n10000032,50,1.0\n");
}

#define SMALL                                                                                                \
    "image_size=16 width=4 dim=8 heads=1 bits=16 buckets=0 text_length=4 min_count=1 stage1_epochs=1 "       \
    "stage2_epochs=1 views=1 neighbours=2 landmarks=4 vocab_groups=1"

static void made_by_the_command(void) {
    FUZZ_CHECK(run_line("phantom -q --out %/set --cases 24 --size 32") == 0);
    FUZZ_CHECK(run_line("train -q --threads 1 --data %/set/manifest.tsv --out %/run --set " SMALL) == 0);
    FUZZ_CHECK(run_line("index -q --threads 1 --model %/run --data %/small.tsv --out %/a.idx") == 0);
    copy("model.safetensors", harness_path("run/model.safetensors"));
}

static void valid_files(void) {
    int64_t dim[2] = {2, 3};
    pictures();
    text("small.tsv",
         "id\timage\ttext\tlabels\tgroup\nc1\ti.png\tA \\tcyst\tcyst|mass\tp1\nc2\t\t囊肿\tcyst\tp2\n");
    text("a.tsv",
         "id\timage\ttext\tlabels\tgroup\nc1\ti.png\tA \\tcyst\tcyst|mass\tp1\nc2\t\t囊肿\tcyst\tp2\n");
    text("a.jsonl",
         "{\"id\":\"c1\",\"image\":\"i.png\",\"text\":\"A "
         "\\\"cyst\\\"\\u56ca\",\"labels\":[\"cyst\",\"mass\"]}\n{\"id\":\"c2\",\"text\":\"b\"}\n");
    text("a.lines", "a cyst\n@id c1\n@text mass\n");
    text("a.txt",
         "# settings\nimage_size = 16\nwidth=4\ndim = 8\nheads = 1\nbits = 16\nbuckets = 0\nviews = 1\n");
    FUZZ_CHECK(npy_write(harness_path("a.npy"), NPY_I32, 2, dim, (int32_t[6]){1, 2}, NULL) == STATUS_OK);
    archives();
    made_by_the_command();
}

#define ENCODE "encode -q --threads 1 --model %/run --as image --out %/out.npy --image %/"
#define EITHER (EXITS_0 | EXITS_3)

static const Format formats[] = {
    {"png", "a.png", ENCODE "a.png", EXITS_3, NULL},
    {"jpeg", "a.jpg", ENCODE "a.jpg", EITHER, NULL},
    {"jpeg-progressive", "b.jpg", ENCODE "b.jpg", EITHER, NULL},
    {"pnm", "a.ppm", ENCODE "a.ppm", EITHER, NULL},
    {"dicom", "a.dcm", ENCODE "a.dcm", EITHER, NULL},
    {"manifest", "a.tsv", "encode -q --threads 1 --model %/run --as text --out %/out.npy --data %/a.tsv",
     EITHER, NULL},
    {"jsonl", "a.jsonl", "encode -q --threads 1 --model %/run --as text --out %/out.npy --data %/a.jsonl",
     EITHER, NULL},
    {"csv", "csv/indiana_reports.csv", "import iu-xray %/csv --out %/new -q", EITHER, "new"},
    {"gzip", "gz/mimic-cxr-2.0.0-split.csv.gz", "import mimic-cxr %/gz --out %/new -q", EITHER, "new"},
    {"xml", "xml/ecgen-radiology/1.xml", "import openi %/xml --out %/new -q", EITHER, "new"},
    {"queries", "a.lines", "search -q --threads 1 --model %/run --index %/a.idx --tsv --queries %/a.lines",
     EITHER, NULL},
    {"settings", "a.txt",
     "train -q --threads 1 --explain --data %/set/manifest.tsv --out %/explained --config %/a.txt "
     "--set " SMALL,
     EITHER, "explained"},
    {"npy", "a.npy", "inspect %/a.npy", EITHER, NULL},
    {"index", "a.idx", "search -q --threads 1 --index %/a.idx --id c1", EXITS_3, NULL},
    {"index, verify", "a.idx", "verify %/a.idx", EXITS_1, NULL},
    {"model", "model.safetensors",
     "encode -q --threads 1 --model %/model.safetensors --text cyst --as text --out %/out.npy", EXITS_3,
     NULL},
    {"model, verify", "model.safetensors", "verify %/model.safetensors", EXITS_1, NULL},
    {"checkpoint", "run/checkpoint.safetensors",
     "train -q --threads 1 --resume --data %/set/manifest.tsv --out %/run --config %/run/config.txt", EXITS_3,
     NULL},
    {"checkpoint, verify", "run/checkpoint.safetensors", "verify %/run/checkpoint.safetensors", EXITS_1,
     NULL},
};

static int wanted(const Format *f, int n, char **names) {
    for (int i = 0; i < n; i++)
        if (strncmp(f->name, names[i], strlen(names[i])) == 0) return 1;
    return n <= 0;
}

int main(int argc, char **argv) {
    size_t most = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    int bad = 0;
    valid_files();
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (wanted(&formats[i], argc - 2, argv + 2)) bad += try_format(&formats[i], most);
    return bad > 0;
}
