/* The test library: Criterion, or tests/minicrit.h where it is missing (-DMINICRIT). Tests use only what both
 * have. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <signal.h>

#ifdef MINICRIT
#include "tests/minicrit.h"
#else
#include <criterion/criterion.h>
#endif

/* Sanitizers reserve terabytes of address space and slow work down. gcc tells of them by a macro, clang by a feature. */
#if defined __SANITIZE_THREAD__
#define UNDER_TSAN 1
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif
#ifndef SANITIZED
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED UNDER_TSAN
#endif
#endif

#endif
