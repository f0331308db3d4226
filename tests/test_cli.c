/* Common mistakes of users, through the real binary: each gets a message with file and line and the right exit code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

static const char *const VERB_NAMES[] = {"phantom", "import", "train",  "eval",    "encode", "index",
                                         "search",  "browse", "export", "inspect", "verify", "demo",
                                         "audit",   "bench",  "table",  NULL};

/* ---- Words ---- */

Test(cli, no_words_say_what_it_is_and_are_a_usage_error) {
    Ran r = run_msach("%s", "");
    cr_assert_eq(r.code, 2);
    cr_assert_eq(r.out_size, 0);
    cr_assert_not_null(strstr(r.err, "msach train --data"));
    int lines = 0;
    for (const char *s = r.err; *s; s++) lines += *s == '\n';
    cr_assert_leq(lines, 12);
    ran_free(&r);
}

Test(cli, help_and_version_are_results) {
    expect_msach(0, "msach VERB --help", "--help");
    expect_msach(0, "Hamming scan: ", "--version");
}

Test(cli, help_of_each_verb_opens_with_an_example) {
    for (int i = 0; VERB_NAMES[i]; i++) {
        char example[64];
        snprintf(example, sizeof example, "  msach %s ", VERB_NAMES[i]);
        Ran r = run_msach("%s --help", VERB_NAMES[i]);
        cr_assert_eq(r.code, 0);
        cr_assert_eq(strncmp(r.out, example, strlen(example)), 0, "%s", r.out);
        cr_assert_not_null(strstr(r.out, "usage: msach"), "%s", r.out);
        cr_assert_not_null(strstr(r.out, "--help"));
        ran_free(&r);
    }
}

Test(cli, help_of_a_verb_may_be_asked_for_the_other_way_round) {
    Ran a = run_msach("help train"), b = run_msach("train --help");
    cr_assert_eq(a.code, 0);
    cr_assert_str_eq(a.out, b.out);
    ran_free(&a);
    ran_free(&b);
    expect_msach(2, "did you mean 'search'?", "help serch");
    expect_msach(2, "`msach VERB -q`", "-q train");
    expect_msach(2, "did you mean '--version'?", "--verison");
}

Test(cli, files_of_another_kind_are_told_as_that) {
    TinyRun t = tiny_run("tiny");
    expect_msach(3, "is no index", "search --model %s --index %s --text a", t.run, t.manifest);
    expect_msach(3, "is no index", "search --model %s --index %s/model.safetensors --text a", t.run, t.run);
    expect_msach(3, "does not begin as a safetensors file does", "index --model %s --data %s --out x.idx",
                 t.manifest, t.manifest);
    expect_msach(3, "holds no run", "eval --run %s", t.images);
    expect_msach(3, "msach: no-such.png: cannot open", "encode --model %s --image no-such.png --out x.npy",
                 t.run);
    expect_msach(2, "for example:\n  msach eval --run", "eval %s", t.run);
}

Test(cli, mistyped_words_name_the_nearest) {
    expect_msach(2, "did you mean 'search'?", "serch");
    expect_msach(2, "did you mean '--threads'?", "train --thread 2");
    expect_msach(2, "did you mean 'image_size'?", "train --data x --out y --set imagesize=64");
    expect_msach(2, "did you mean 'no-manifold'?", "train --data x --out y --ablate no-manifol");
    expect_msach(2, "did you mean 'honest'?", "eval --run x --protocol honst");
}

Test(cli, missing_and_superfluous_words_are_usage_errors) {
    expect_msach(2, "--out RUN is needed", "train --data x");
    expect_msach(2, "--data needs MANIFEST", "train --data");
    expect_msach(2, "--resume takes no value", "train --resume=1");
    expect_msach(2, "unexpected 'extra'", "eval --run x extra");
    expect_msach(
        2, "one of --text, --image, --id, --code, --queries, --image-features or --text-features is needed",
        "search --index x");
    expect_msach(2, "only one of", "search --index x --text a --id b");
    expect_msach(2, "no file named", "verify");
    expect_msach(2, "not a multiple of 8", "train --data x --out y --bits 65");
    expect_msach(2, "outside 16 to 1024", "train --data x --out y --bits 8");
    expect_msach(2, "from 1 to 256", "phantom --out x --threads 0");
}

Test(cli, list_settings_needs_no_other_option) {
    expect_msach(0, "no-constraints", "train --list-settings");
}

Test(cli, an_output_that_cannot_be_written_is_told) {
    char command[512];
    const char *binary = getenv("MSACH_BIN");
    snprintf(command, sizeof command, "%s --help >/dev/full 2>/dev/null",
             binary ? binary : "build/release/msach");
    expect_msach(0, NULL, "--help");
    int status = system(command);
    cr_assert_eq(status / 256, 4);
}

/* ---- Bad data ---- */

static const char *manifest_with(const char *name, const char *text) {
    uint8_t gray[32 * 32] = {0};
    fixture_png("a.png", 32, 32, gray);
    return fixture_text(name, text);
}

static void train_refuses(const char *manifest, const char *part) {
    char with_name[512];
    snprintf(with_name, sizeof with_name, part, manifest);
    expect_msach(3, with_name, "train -q --data %s --out %s", manifest, fixture_path("run"));
}

Test(cli_data, missing_image_is_named_with_file_and_line) {
    train_refuses(
        manifest_with("m.tsv", "id\timage\ttext\tlabels\na\ta.png\tcyst\tx\nb\tgone.png\tcyst\ty\n"),
        "%s:3: ");
}

Test(cli_data, missing_column_is_named) {
    train_refuses(manifest_with("m.tsv", "name\timage\ttext\tlabels\na\ta.png\tcyst\tx\n"), "id");
}

Test(cli_data, training_without_labels_says_why_it_needs_them) {
    train_refuses(manifest_with("m.tsv", "id\timage\ttext\na\ta.png\tcyst\nb\ta.png\tcyst\n"), "labels");
}

Test(cli_data, truncated_picture_is_named_with_file_and_line) {
    uint8_t gray[32 * 32] = {0};
    unsigned char bytes[4096];
    FILE *f = fopen(fixture_png("a.png", 32, 32, gray), "rb");
    cr_assert_not_null(f);
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    fixture_file("cut.png", bytes, size - 20);
    /* Every group goes to one set: four groups, so that no set is empty. */
    train_refuses(
        fixture_text("m.tsv",
                     "id\timage\ttext\tlabels\tsplit\n"
                     "a\ta.png\tcyst\tx\ttrain\nb\tcut.png\tcyst\ty\ttrain\nc\ta.png\tstone\tx\tval\n"
                     "d\ta.png\tstone\ty\tquery\ne\ta.png\tstone\tx\tdatabase\n"),
        "%s:3: ");
}

Test(cli_data, directory_in_place_of_a_file_is_refused) {
    expect_msach(3, "directory", "train -q --data %s --out %s", fixture_dir(), fixture_path("run"));
    expect_msach(3, "holds no run", "inspect %s", fixture_dir());
    expect_msach(3, "directory", "index --model %s --data x --out y.idx", fixture_dir());
}

Test(cli_data, missing_files_are_bad_input) {
    expect_msach(3, "no-such.tsv: ", "train -q --data no-such.tsv --out %s", fixture_path("run"));
    expect_msach(3, "no-such: no such run", "eval --run no-such");
    expect_msach(3, "no-such.idx: ", "search --index no-such.idx --id a");
    expect_msach(3, "no-such.safetensors: ", "encode --model no-such.safetensors --text a --out %s",
                 fixture_path("c.npy"));
    expect_msach(3, "no-such: ", "verify no-such");
}

Test(cli_data, skip_bad_goes_on_without_bad_rows) {
    TinyRun t = tiny_run("tiny");
    char *text = NULL;
    size_t size;
    cr_assert_eq(file_read(t.manifest, 1 << 20, (unsigned char **)&text, &size, NULL), STATUS_OK);
    char path[600];
    snprintf(path, sizeof path, "%s.bad", t.manifest);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    fwrite(text, 1, size, f);
    fprintf(f, "bad\timages/gone.png\ttext\tcyst\tg\n");
    fclose(f);
    free(text);
    expect_msach(3, "gone.png", "train -q --data %s --out %s/../other --set %s", path, t.run, tiny_settings);
    expect_msach(0, "other", "train -q --skip-bad --data %s --out %s/../other --set %s", path, t.run,
                 tiny_settings);
}

Test(cli_data, damaged_pictures_are_listed_at_once_and_skip_bad_leaves_them_out) {
    TinyRun t = tiny_run("tiny");
    char words[4][2600], path[700];
    for (int i = 3; i <= 4; i++) {
        snprintf(path, sizeof path, "%s/case%04d.png", t.images, i);
        cr_assert_eq(truncate(path, 40), 0);
    }
    snprintf(words[0], sizeof words[0], "train -q --data %s --out %s/../other --set %s", t.manifest, t.run,
             tiny_settings);
    snprintf(words[1], sizeof words[1], "index --data %s --model %s --out %s.x", t.manifest, t.run,
             t.manifest);
    snprintf(words[2], sizeof words[2], "encode --data %s --model %s --as image --out %s.npy", t.manifest,
             t.run, t.manifest);
    snprintf(words[3], sizeof words[3], "eval --data %s --run %s", t.manifest, t.run);
    for (int v = 0; v < 4; v++) {
        Ran r = run_msach("%s", words[v]);
        cr_assert_eq(r.code, 3, "%s", words[v]);
        cr_assert(strstr(r.err, "case0003.png") && strstr(r.err, "case0004.png") &&
                      strstr(r.err, "--skip-bad"),
                  "%s: %s", words[v], r.err);
        ran_free(&r);
        r = run_msach("%s --skip-bad", words[v]);
        cr_assert_eq(r.code, 0, "%s: %s", words[v], r.err);
        cr_assert(strstr(r.err, "case0003.png") && strstr(r.err, "2 damaged pictures left out"), "%s", r.err);
        ran_free(&r);
    }
}

Test(cli_data, a_finished_run_is_neither_overwritten_nor_trained_again) {
    TinyRun t = tiny_run("tiny");
    expect_msach(2, "holds a run already", "train -q --data %s --out %s", t.manifest, t.run);
    expect_msach(0, "finished already", "train --data %s --out %s --set %s --resume", t.manifest, t.run,
                 tiny_settings);
    expect_msach(0, "finished already", "train --data %s --out %s --resume", t.manifest, t.run);
    expect_msach(0, "goes on with its own settings: width is 4, not 8; stage2_epochs is 2, not 9",
                 "train -q --data %s --out %s --resume --set width=8 stage2_epochs=9", t.manifest, t.run);
}

/* ---- Made from the option tables ---- */

static int tool(const char *command) {
    return system(command) / 256;
}

Test(cli_manual, man_page_holds_every_verb_and_mandoc_has_nothing_to_say) {
    Ran r = run_msach("--man");
    cr_assert_eq(r.code, 0);
    for (int i = 0; VERB_NAMES[i]; i++) {
        char heading[64];
        snprintf(heading, sizeof heading, "\n.Ss %s\n", VERB_NAMES[i]);
        cr_assert_not_null(strstr(r.out, heading));
    }
    const char *page = fixture_text("msach.1", r.out);
    ran_free(&r);
    char command[600];
    if (tool("command -v mandoc >/dev/null") != 0) cr_skip("mandoc is not installed");
    snprintf(command, sizeof command, "mandoc -Tlint -Wstyle %s", page);
    cr_assert_eq(tool(command), 0);
}

Test(cli_manual, rows_of_tables_stay_lines_of_the_man_page) {
    Ran r = run_msach("--man");
    cr_assert_not_null(strstr(r.out, "\n  vqa-rad    VQA_RAD_Dataset_Public.json"), "layouts of import");
    ran_free(&r);
}

Test(cli_manual, bash_completes_verbs_and_options) {
    Ran r = run_msach("--completion");
    cr_assert_eq(r.code, 0);
    const char *script = fixture_text("completion", r.out);
    ran_free(&r);
    char command[900];
    if (tool("command -v bash >/dev/null") != 0) cr_skip("bash is not installed");
    snprintf(
        command, sizeof command,
        "bash -c '. %s; COMP_WORDS=(msach sea); COMP_CWORD=1; _msach; test \"${COMPREPLY[*]}\" = search; "
        "COMP_WORDS=(msach search --ra); COMP_CWORD=2; _msach && test \"${COMPREPLY[*]}\" = --radius && "
        "COMP_WORDS=(msach import vqa-r); COMP_CWORD=2; _msach && test \"${COMPREPLY[*]}\" = vqa-rad && "
        "COMP_WORDS=(msach export --to pg); COMP_CWORD=3; _msach && test \"${COMPREPLY[*]}\" = pgcopy'",
        script);
    cr_assert_eq(tool(command), 0);
}

Test(cli_manual, zsh_completes_verbs_options_layouts_and_formats) {
    static const char *const asked =
        "compdef() { :; }\n_describe() { local n=$2; print -l -- \"${(@P)n}\" }\n_files() { print files }\n"
        "source \"$1\"\nwords=(msach s); CURRENT=2; _msach\nwords=(msach search -); CURRENT=3; _msach\n"
        "words=(msach import v); CURRENT=3; _msach\nwords=(msach export --to p); CURRENT=4; _msach\n"
        "words=(msach train x); CURRENT=3; _msach\n";
    static const char *const parts[] = {"search:", "--radius:", "vqa-rad", "pgcopy", "files"};
    Ran r = run_msach("--completion zsh");
    cr_assert_eq(r.code, 0);
    cr_assert_eq(strncmp(r.out, "#compdef msach\n", 15), 0);
    const char *script = fixture_text("_msach", r.out), *asks = fixture_text("asks.zsh", asked);
    ran_free(&r);
    char command[1500];
    if (tool("command -v zsh >/dev/null") != 0) cr_skip("zsh is not installed");
    for (int i = 0; i < 5; i++) {
        snprintf(command, sizeof command, "zsh -f '%s' '%s' | grep -q -- '^%s'", asks, script, parts[i]);
        cr_assert_eq(tool(command), 0, "%s", parts[i]);
    }
}

Test(cli_manual, fish_completes_verbs_options_layouts_and_formats) {
    static const char *const asked[][2] = {{"s", "search"},
                                           {"search --ra", "--radius"},
                                           {"import vqa-r", "vqa-rad"},
                                           {"export --to pg", "pgcopy"}};
    Ran r = run_msach("--completion fish");
    cr_assert_eq(r.code, 0);
    cr_assert_not_null(strstr(r.out, "complete -c msach -f -n __fish_use_subcommand -a search"));
    const char *script = fixture_text("msach.fish", r.out);
    ran_free(&r);
    expect_msach(2, "--completion", "--completion tcsh");
    char command[1500];
    if (tool("command -v fish >/dev/null") != 0) cr_skip("fish is not installed");
    for (int i = 0; i < 4; i++) {
        snprintf(command, sizeof command,
                 "fish --no-config -c 'source %s; complete -C \"msach %s\"' | grep -q -- '^%s'", script,
                 asked[i][0], asked[i][1]);
        cr_assert_eq(tool(command), 0, "%s", asked[i][0]);
    }
}
