/* The parts of this build. A part is code that may be left out; the Makefile lists the files of each (`FILES_x`), and `make PARTS=core`
 * defines every PART_x as 0. The default is 1, so that a file compiled by hand behaves as in the whole build.
 *
 * Code of the core calls into a part inside `if (PART_x)`, which the compiler drops where the part is absent, or inside `#if PART_x`.
 * A request that needs an absent part is refused with PART_ABSENT. */
#ifndef NN_PARTS_H
#define NN_PARTS_H

#ifndef PART_ANSWERS
#define PART_ANSWERS 1 /* search --per-group, --rerank; the groups of an index */
#endif
#ifndef PART_ARRAYS
#define PART_ARRAYS 1 /* reading .npy and .npz: features and codes of other programs; needs zlib */
#endif
#ifndef PART_AUDIT
#define PART_AUDIT 1 /* eval/audit: verbs audit and bundle, eval --compat, --dump, --membership, --privacy */
#endif
#ifndef PART_BENCH
#define PART_BENCH 1 /* cmd/bench: the verb bench; train --estimate */
#endif
#ifndef PART_CONFIDENCE
#define PART_CONFIDENCE 1 /* confidences of answers; pictures unlike the training; cases seen in training */
#endif
#ifndef PART_DICOM
#define PART_DICOM 1 /* DICOM pictures */
#endif
#ifndef PART_EDIT
#define PART_EDIT 1 /* index --append, --delete, --compact */
#endif
#ifndef PART_EXPORT
#define PART_EXPORT 1 /* hash/export: the verb export */
#endif
#ifndef PART_FAST
#define PART_FAST 1 /* tuned code: nn/fast, the scan's kernels; PLAIN=1 drops, PARTS=core PLAIN=0 keeps it */
#endif
#ifndef PART_FAULTS
#define PART_FAULTS 1 /* for tests: the n-th request for memory, or call of the system, fails */
#endif
#ifndef PART_FILTER
#define PART_FILTER 1 /* search --label, --id-match, --words, --unseen; the words of an index */
#endif
#ifndef PART_HINTS
#define PART_HINTS 1 /* "did you mean"; names of foreign formats; warnings of poor data; unknown words */
#endif
#ifndef PART_IMPORT
#define PART_IMPORT 1 /* data/import: the verb import; needs expat and zlib */
#endif
#ifndef PART_INSPECT
#define PART_INSPECT 1 /* inspect: arrays, checkpoints, labels and groups of an index, epochs of a run */
#endif
#ifndef PART_JSON
#define PART_JSON 1 /* eval and search --json; manifests in JSON */
#endif
#ifndef PART_MANUAL
#define PART_MANUAL 1 /* --man and --completion; without it both are unknown words */
#endif
#ifndef PART_MASK
#define PART_MASK 1 /* data/mask.c: --mask-labels and --mask-words */
#endif
#ifndef PART_MEASURES
#define PART_MEASURES 1 /* measures other than MAP, P@K: intervals, NDCG, partners, curves, health of codes */
#endif
#ifndef PART_PAGES
#define PART_PAGES 1 /* eval/page, train/pages, cmd/pages: HTML pages, the verb browse, train --explain */
#endif
#ifndef PART_PHANTOM
#define PART_PHANTOM 1 /* data/phantom: the verbs phantom and demo */
#endif
#ifndef PART_PNM
#define PART_PNM 1 /* PNM pictures */
#endif
#ifndef PART_QUERIES
#define PART_QUERIES 1 /* search --queries, --code; encode --image, --text; both from rows of own features */
#endif
#ifndef PART_RESUME
#define PART_RESUME 1 /* checkpoints, train --resume and --stage1, a run's lock, features in a mapped file */
#endif
#ifndef PART_SCAN
#define PART_SCAN 1 /* faster forms: the tuned scan, eval's planes of bits, the folded convolution */
#endif
#ifndef PART_SERVE
#define PART_SERVE 1 /* cmd/serve: the verb serve; the Makefile leaves it out where libevent is missing */
#endif
#ifndef PART_SUBSTRINGS
#define PART_SUBSTRINGS 1 /* multi-index hashing in hash/search; without it the scan answers every query */
#endif
#ifndef PART_TABLE
#define PART_TABLE 1 /* train/table, hash/baselines: the verb table */
#endif
#ifndef PART_TERMINAL
#define PART_TERMINAL 1 /* output for people: tables of hits, text cut to the terminal's width, time left */
#endif
#ifndef PART_THREADS
#define PART_THREADS 1 /* the workers of pool.h; without them --threads is 1; PARTS=core PLAIN=0 keeps them */
#endif
#ifndef PART_VARIANTS
#define PART_VARIANTS 1 /* terms of weight 0, other forms of the method, unseen labels, files of settings */
#endif
#ifndef PART_VERIFY
#define PART_VERIFY 1 /* the verb verify; outputs that would destroy a file; mapped files that are cut off */
#endif

/* The end of a message about something that this build lacks, for example "a.dcm: is DICOM; " PART_ABSENT("dicom"). */
#define PART_ABSENT(part) "this build has no `" part "`: build without PARTS=core"

#endif
