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

#endif
