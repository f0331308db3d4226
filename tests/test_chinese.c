/* Reports in Chinese, in English and in both, through the command: a short `make chinese`. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/check.h"
#include "tests/fixtures.h"

/* Small networks on 300 phantoms. On one seed the three differ by up to 0.05 by chance, hence the wide margin. */
Test(chinese, trains_and_retrieves_as_english_does_and_finds_english_reports, .timeout = 1800) {
    const char *given = getenv("MSACH_BIN"), *bin = given ? given : "build/release/msach";
    char command[1200];
    snprintf(command, sizeof command,
             "test -x %s && MSACH_SIZE=32 MSACH_MARGIN=0.15 MSACH_FACTOR=1.2 sh tests/chinese.sh %s %s 1 300 "
             "'image_size=32 width=8 dim=32 text_length=128 "
             "buckets=2048 landmarks=64 bits=32 stage1_epochs=20 stage2_epochs=10 views=1 stage1_batch=8 "
             "stage2_batch=16 "
             "word_dropout=0.1 text_dropout=0.1 image_dropout=0' >/dev/null 2>&1",
             bin, bin, fixture_path("chinese"));
    cr_assert_eq(system(command), 0, "%s", command);
}
