/* A small replacement for Criterion: the same macros, a process for every test. For machines without Criterion (MINICRIT=1) and
 * for the thread sanitizer, under which Criterion aborts. tests/minicrit.c holds main. */
#ifndef TESTS_MINICRIT_H
#define TESTS_MINICRIT_H
#pragma GCC system_header /* Test(suite, name) passes no variadic argument, which pedantic C11 warns of */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments" /* the same */
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct MiniTest {
    const char *suite, *name;
    void (*run)(void);
    int signal; /* the signal that must end the test; 0: none */
    int exit_code;
    double timeout; /* s; 0: 300 */
    int disabled;
    const char *description;
    void (*init)(void), (*fini)(void);
    struct MiniTest *next;
} MiniTest;

void minicrit_add(MiniTest *test);
/* Prints the failure and ends the test's process. */
void minicrit_fail(const char *file, int line, const char *what, const char *fmt, ...);
void minicrit_skip(const char *fmt, ...);
void minicrit_log(const char *fmt, ...);

#define Test(suite_, name_, ...)                                                                             \
    static void suite_##_##name_##_run(void);                                                                \
    __attribute__((constructor)) static void suite_##_##name_##_add(void) {                                  \
        static MiniTest test = {                                                                             \
            .suite = #suite_, .name = #name_, .run = suite_##_##name_##_run, __VA_ARGS__};                   \
        minicrit_add(&test);                                                                                 \
    }                                                                                                        \
    static void suite_##_##name_##_run(void)

/* The message of an assertion is optional. */
#define MINICRIT_CHECK(condition, what, ...)                                                                 \
    do {                                                                                                     \
        if (!(condition)) minicrit_fail(__FILE__, __LINE__, what, "" __VA_ARGS__);                           \
    } while (0)

#define cr_assert(condition, ...) MINICRIT_CHECK(condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) MINICRIT_CHECK(!(condition), "not " #condition, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) MINICRIT_CHECK((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) MINICRIT_CHECK((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) MINICRIT_CHECK((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_le(a, b, ...) MINICRIT_CHECK((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) cr_assert_le(a, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) MINICRIT_CHECK((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_ge(a, b, ...) MINICRIT_CHECK((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) cr_assert_ge(a, b, __VA_ARGS__)
#define cr_assert_null(a, ...) MINICRIT_CHECK((a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) MINICRIT_CHECK((a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) MINICRIT_CHECK(strcmp(a, b) == 0, #a " equals " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) MINICRIT_CHECK(strcmp(a, b) != 0, #a " differs from " #b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...)                                                                     \
    MINICRIT_CHECK(fabs((double)(a) - (double)(b)) <= (double)(e), #a " near " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...)                                                                    \
    MINICRIT_CHECK(memcmp(a, b, size) == 0, #a " equals " #b, __VA_ARGS__)
#define cr_assert_fail(...) MINICRIT_CHECK(0, "failed", __VA_ARGS__)
#define cr_skip(...) minicrit_skip("" __VA_ARGS__)
#define cr_skip_test(...) minicrit_skip("" __VA_ARGS__)
#define cr_log_info(...) minicrit_log("" __VA_ARGS__)
#define cr_log_warn(...) minicrit_log("" __VA_ARGS__)

#endif
