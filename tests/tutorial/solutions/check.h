/* Solutions check themselves: a claim that does not hold ends the program with exit code 1. */
#ifndef TUTORIAL_CHECK_H
#define TUTORIAL_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CLAIM(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition), exit(1);          \
    } while (0)

#endif
