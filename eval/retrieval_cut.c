#include "eval/retrieval.h"

const int retrieval_cut[RETRIEVAL_CUTS] = {1, 5, 10, 50, 100, 500, 1000};
