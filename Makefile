# msach. GNU make 3.81 or later. `make` builds ./msach; `make help` lists the other targets.
# PARTS    all | core        core: the method alone, ./msach-core, without the parts below; PLAIN=0 keeps its tuned kernels
# MODE     release | debug | double | asan | tsan | cover | fuzz (clang); objects go to build/MODE
# BLAS     openblas | builtin
# PLAIN=1  without nn/fast/ and BLAS: every op runs the loop that its file holds, for a debugger; MODE=debug is plain too
# NATIVE=1 adds -march=native          WERROR=1 turns warnings into errors
PARTS ?= all
MODE ?= release
ifeq ($(MODE),debug)
PLAIN := 1
endif
ifeq ($(PARTS),core)
PLAIN ?= 1
endif
ifeq ($(PLAIN),1)
BLAS := builtin
endif
BLAS ?= openblas
PREFIX ?= /usr/local
ifeq ($(PARTS),core)
BUILD := build/$(MODE)-core$(if $(filter 1,$(PLAIN)),,-fast$(if $(filter builtin,$(BLAS)),-builtin))
else ifeq ($(PLAIN),1)
BUILD := build/$(MODE)$(if $(filter-out debug,$(MODE)),-plain)
else
BUILD := build/$(MODE)$(if $(filter builtin,$(BLAS)),-builtin)
endif

# ---- Rooms and parts ----
# A room is a folder of sources; lowest layer first.
ROOMS := nn/base nn/fast nn hash/search hash hash/export hash/baselines data/picture data data/import data/phantom \
	eval eval/audit eval/page train train/table train/pages
CMD_ROOMS := cmd cmd/bench cmd/pages cmd/serve
# A part may be left out; all other files are the core. A new part: a line FILES_x here, PART_X in nn/base/parts.h, its verb in cmd/verbs.c.
FILES_answers := $(wildcard cmd/finder_groups.* hash/search/index_groups.c)
FILES_arrays := $(wildcard data/own_features.* nn/base/npy_read.c nn/base/file_map.c nn/base/npz.* data/own_features_read.c data/row_ids.* hash/model_own.c train/own_input.* \
	cmd/cases_features.c cmd/encode_dump.c)
FILES_audit := $(wildcard eval/audit/* eval/ranking_order.c eval/compat.* eval/dump.* eval/trec.* train/membership.* nn/base/sha256.* \
	cmd/privacy.* cmd/bundle.* cmd/cmd_bundle.c cmd/cmd_audit.c cmd/eval_codes.c cmd/index_own.* cmd/index_options.c)
FILES_bench := $(wildcard cmd/bench/* cmd/train_estimate.* train/estimate.*)
FILES_confidence := $(wildcard train/calibrat* cmd/eval_judged.* cmd/finder_judge.c)
FILES_dicom := $(wildcard data/picture/dicom*)
FILES_edit := $(wildcard hash/search/index_change.h hash/search/index_edit.c hash/search/index_join.c)
FILES_export := $(wildcard hash/export/* cmd/cmd_export.c cmd/encode_print.c)
FILES_fast := $(wildcard nn/fast/* nn/base/ints.h nn/base/crc_fast.* nn/tape_reuse.* nn/fast_table.h nn/blas_open.c hash/search/scan_avx2.c hash/search/scan_avx512.c)
FILES_faults := $(wildcard nn/base/faults.c)
FILES_filter := $(wildcard hash/search/index_filter.h cmd/search_filter.c cmd/finder_filter.h hash/search/index_labels.c hash/search/index_words.* cmd/finder_filter.c cmd/word_filter.*)
FILES_hints := $(wildcard nn/base/nearest.c cmd/foreign.* cmd/finder_words.c data/vocab_unknown.* cmd/search_warnings.c data/dataset_warnings.c data/manifest_warnings.* data/picture/jpeg_rare.c train/warnings.* data/split_warnings.c)
FILES_import := $(wildcard data/import/* data/picture/image_check.c data/csv.* data/text_read.* data/encoding.* cmd/cmd_import.c)
FILES_inspect := $(wildcard cmd/inspect_more.* train/metrics_read.c)
FILES_json := $(wildcard data/manifest_json.c data/json_whole.* cmd/json_out.* cmd/hit_json.* cmd/eval_json.c)
FILES_library := $(wildcard cmd/lib/*)
FILES_manual := $(wildcard cmd/manual.*)
FILES_mask := $(wildcard data/mask.*)
FILES_measures := $(wildcard eval/average_precision_cut.* eval/curves.* eval/measures.* eval/retrieval_vectors.* data/manifest_order.c eval/health.* eval/bootstrap.* cmd/eval_measures.c cmd/inspect_codes.*)
FILES_pages := $(wildcard cmd/search_html.c cmd/args_command.c cmd/finder_picture.c eval/page/* eval/embed.* train/pages/* train/flow.* cmd/pages/* data/picture/png_write.*)
FILES_phantom := $(wildcard data/phantom/* cmd/cmd_phantom.c cmd/cmd_demo.c)
FILES_pnm := $(wildcard data/picture/pnm.*)
FILES_queries := $(wildcard cmd/args_list.c cmd/queries.* cmd/search_queries.c cmd/encode_words.c cmd/cases_words.c cmd/finder_code.c)
FILES_resume := $(wildcard train/checkpoint.c train/features_map.c train/run_stage1.c train/run_lock.c nn/base/lock.* nn/base/folder.c cmd/train_resume.*)
FILES_scan := $(wildcard nn/op_conv2d_bn.c eval/bit_planes.* eval/ranking_planes.c $(addprefix hash/search/scan_,tuned.c top.* kernels.h slices.h plain.c))
FILES_serve := $(wildcard cmd/serve/*)
FILES_substrings := $(wildcard hash/search/mih* hash/search/index_tables.c)
FILES_table := $(wildcard train/table/* train/features_kept.c hash/baselines/* cmd/cmd_table.c)
FILES_terminal := $(wildcard cmd/fit.* cmd/hit_table.* cmd/terminal_progress.*)
FILES_threads := $(wildcard nn/base/pool_workers.*)
FILES_variants := $(wildcard data/split_variants.c nn/op_spare.c nn/op_attention.c train/ablations.c train/end_to_end.c train/encode_views.c train/session_unseen.c train/config_read.c hash/graph_variants.c $(addprefix hash/loss_,laplacian.c likelihood.c decorrelation.c))
FILES_verify := $(wildcard cmd/cmd_verify.c cmd/outputs.* cmd/cut.* hash/search/index_verify.c hash/search/index_check.c)
PART_NAMES := answers arrays audit bench confidence dicom edit export fast faults filter hints import inspect json library manual mask measures pages phantom pnm queries resume scan serve substrings table terminal threads variants verify
# The parts that this build leaves out, their files, and the macros for the sources: -DPART_AUDIT=0 and so on.
PKG_CONFIG ?= pkg-config
SERVE := $(if $(filter core,$(PARTS)),,$(shell $(PKG_CONFIG) --exists libevent libevent_pthreads 2>/dev/null && echo 1))
OFF := $(if $(filter core,$(PARTS)),$(filter-out fast scan threads,$(PART_NAMES)) $(if $(filter 1,$(PLAIN)),scan threads),$(if $(SERVE),,serve)) \
	$(if $(filter 1,$(PLAIN)),fast)
OFF_FILES := $(foreach part,$(OFF),$(FILES_$(part))) $(if $(filter builtin,$(BLAS)),nn/blas_open.c)
OFF_CFLAGS := $(shell echo '$(OFF:%=-DPART_%=0)' | tr a-z A-Z)
PROGRAM := $(if $(filter core,$(PARTS)),msach-core,msach)

CC ?= cc
ifeq ($(MODE),fuzz)
CC := clang
endif
MACHINE := $(shell $(CC) -dumpmachine)
VERSION := 0.1.0

# As many jobs as cores unless -j is given. make shows -j only in a recipe, where it replaces this value.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif

# ---- Libraries: pkg-config first, a plain -l second; `build/found-*` compiles and links a probe for each ----
pc_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pc_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null || echo $(2))

STB_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags stb 2>/dev/null || echo -I/usr/include/stb)
LIB_CFLAGS := $(call pc_cflags,jansson) $(call pc_cflags,libutf8proc) $(STB_CFLAGS)
LIBS := $(call pc_libs,jansson,-ljansson) $(call pc_libs,libutf8proc,-lutf8proc) $(if $(findstring darwin,$(MACHINE)),-liconv)
ifeq ($(filter import,$(OFF)),)
LIB_CFLAGS += $(call pc_cflags,expat) $(call pc_cflags,zlib)
LIBS += $(call pc_libs,expat,-lexpat) $(call pc_libs,zlib,-lz)
endif
ifeq ($(SERVE),1)
LIB_CFLAGS += $(call pc_cflags,libevent libevent_pthreads)
LIBS += $(call pc_libs,libevent libevent_pthreads)
endif
ifeq ($(BLAS),openblas)
# Loaded with the first matrix product (nn/blas_open.c), not linked.
LIB_CFLAGS += $(call pc_cflags,openblas) -DNN_OPENBLAS
LIBS += $(if $(findstring linux,$(MACHINE)),-ldl)
endif
# Criterion; or tests/minicrit.h where Criterion is missing, where MINICRIT=1, and under TSan, where Criterion aborts.
ifneq ($(filter tsan,$(MODE)),)
MINICRIT := 1
endif
ifndef MINICRIT
MINICRIT := $(shell printf '\043include <criterion/criterion.h>\n' | \
	$(CC) $(call pc_cflags,criterion) -E - >/dev/null 2>&1 || echo 1)
endif
ifeq ($(MINICRIT),1)
TEST_CFLAGS := -DMINICRIT
TEST_LIBS :=
else
# The tests look for libraries in $(BUILD)/lean first (tests/lean.sh).
ifneq ($(findstring linux,$(MACHINE)),)
LEAN := -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/lean'
endif
TEST_CFLAGS := $(call pc_cflags,criterion)
TEST_LIBS := $(call pc_libs,criterion,-lcriterion)
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
ifdef WERROR
WARN += -Werror
endif
# Rooms that read options and files, plan and print: a third less time to compile; what it costs is in tests/bench.
COLD := cmd cmd/pages cmd/serve data/import eval/audit hash/export train/pages train/table
OPT_release = $(if $(filter $(COLD:%=$(BUILD)/%),$(@D)),-O1,-O2) -fno-math-errno -fno-trapping-math
OPT_debug := -O0 -g
OPT_tests := $(if $(filter release,$(MODE)),-O0)
OPT_double := -O1 -DNN_DOUBLE
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread -DPOOL_SPINS=40
OPT_cover := -O0 -g --coverage
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_cover := --coverage
LINK_fuzz := -fsanitize=address,undefined
# All code but the tests is fit for the shared library, which exports only what msach.h marks.
HIDDEN := -fPIC -fvisibility=hidden
# POSIX 2008 with XSI, and madvise's constants. Defined here once, for every file.
STANDARD := -std=c11 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE
ALL_CFLAGS = $(STANDARD) $(WARN) -I. -ffp-contract=off $(OPT_$(MODE)) $(if $(NATIVE),-march=native) \
	-DMSACH_VERSION='"$(VERSION)"' -DMSACH_BUILD='"$(MODE), $(MACHINE)"' $(OFF_CFLAGS) $(LIB_CFLAGS) $(CFLAGS)
ALL_LIBS = $(LDFLAGS) $(LINK_$(MODE)) $(LIBS) -lpthread -lm

# ---- Sources and objects ----
# LAYER_SRC: all below the command; the library and the tests link it. CMD_SRC: the command.
LAYER_SRC := $(filter-out $(OFF_FILES),$(wildcard $(ROOMS:=/*.c)))
CMD_SRC := $(filter-out $(OFF_FILES),$(wildcard $(CMD_ROOMS:=/*.c)))
LIB_SRC := $(wildcard cmd/lib/*.c)
TEST_SRC := $(wildcard tests/*.c tests/oracle/*.c)
ifeq ($(PLAIN),1)
TEST_SRC := $(filter-out tests/test_kernels.c tests/test_kernel_tables.c tests/test_plain_run.c,$(TEST_SRC))
endif
# The double build holds the mathematics alone: ops, losses and their checks.
DOUBLE_SRC := $(filter-out $(if $(filter builtin,$(BLAS)),nn/blas_open.c),$(wildcard nn/base/*.c nn/fast/*.c nn/*.c hash/*.c))
DOUBLE_TESTS := $(wildcard tests/grad_*.c tests/oracle/*.c)

LAYER_OBJ := $(LAYER_SRC:%.c=$(BUILD)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(BUILD)/%.o) $(if $(SERVE),$(BUILD)/cmd/serve/page_files.o) $(if $(filter audit,$(OFF)),,$(BUILD)/cmd/EQUATIONS.o)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/%.o)
BIN := $(BUILD)/msach
TUTORIAL := $(patsubst tests/tutorial/%.c,$(BUILD)/tutorial/%,$(wildcard tests/tutorial/*.c tests/tutorial/solutions/*.c tests/tutorial/lessons/*.c))

.PHONY: all library install uninstall installed deb FORCE tutorial lessons map constraints docs recipe demo peers differential startup growth growth-train neon ablation chinese curve test test-double gradients drill golden trace audit-page asan tsan faults crash determinism portability tidy fmt fmt-check count clean help
all: $(PROGRAM)

$(PROGRAM): $(BIN)
	cp $(BIN) $@

# Prints the libraries that were found, and for each missing one the package of each system. Runs once for each set of libraries.
FOUND := build/found-$(BLAS)-$(PARTS)
$(FOUND):
	@mkdir -p build
	@missing=; \
	try() { \
		printf '\043include <stddef.h>\n\043include <stdio.h>\n\043include <%s>\nint main(void){return 0;}\n' "$$2" >build/probe.c; \
		if $(CC) $(LIB_CFLAGS) build/probe.c -o build/probe $$3 2>/dev/null; then echo "found $$1"; else \
		echo "missing $$1: apt install $$4; dnf install $$5; apk add $$6; brew install $$7; pkg install $$8" >&2; missing=1; fi; \
		rm -f build/probe build/probe.c; }; \
	try jansson jansson.h "$(call pc_libs,jansson,-ljansson)" libjansson-dev jansson-devel jansson-dev jansson jansson; \
	try utf8proc utf8proc.h "$(call pc_libs,libutf8proc,-lutf8proc)" libutf8proc-dev utf8proc-devel utf8proc-dev utf8proc utf8proc; \
	if [ $(PARTS) != core ]; then \
	try expat expat.h "$(call pc_libs,expat,-lexpat)" libexpat1-dev expat-devel expat-dev expat expat; \
	try zlib zlib.h "$(call pc_libs,zlib,-lz)" zlib1g-dev zlib-devel zlib-dev zlib "(in the base system)"; fi; \
	try stb_image stb_image.h "" libstb-dev stb-devel stb "(no stb: set STB_CFLAGS)" stb; \
	if [ $(BLAS) = openblas ]; then \
	try OpenBLAS cblas.h "$(call pc_libs,openblas,-lopenblas)" libopenblas-dev openblas-devel openblas-dev openblas openblas; \
	fi; \
	if [ -n "$$missing" ]; then echo "or let ./setup.sh install them; OpenBLAS can be done without: make BLAS=builtin" >&2; exit 1; fi
	@touch $@

$(LAYER_OBJ) $(CMD_OBJ) $(LIB_OBJ) $(TEST_OBJ): | $(FOUND)

$(BIN): $(LAYER_OBJ) $(CMD_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

# The page of `serve`, compiled in.
$(BUILD)/cmd/serve/page_files.c: cmd/serve/embed.sh cmd/serve/page.html cmd/serve/page.css cmd/serve/page.js
	@mkdir -p $(@D)
	sh cmd/serve/embed.sh cmd/serve >$@
$(BUILD)/cmd/serve/page_files.o: $(BUILD)/cmd/serve/page_files.c | $(FOUND)
	$(CC) $(ALL_CFLAGS) $(HIDDEN) -MMD -MP -c -o $@ $<
# The table of equations, compiled in for `bundle`.
$(BUILD)/cmd/EQUATIONS.c: cmd/embed_text.sh tests/equations.txt
	@mkdir -p $(@D)
	sh cmd/embed_text.sh EQUATIONS tests/equations.txt >$@
$(BUILD)/cmd/EQUATIONS.o: $(BUILD)/cmd/EQUATIONS.c | $(FOUND)
	$(CC) $(ALL_CFLAGS) $(HIDDEN) -MMD -MP -c -o $@ $<
# The commit that this build is of, or "unknown"; a new one compiles one file.
COMMIT := $(shell git describe --always --dirty --abbrev=40 2>/dev/null || echo unknown)
$(BUILD)/commit-$(COMMIT):
	@mkdir -p $(@D) && rm -f $(BUILD)/commit-* && touch $@
$(BUILD)/cmd/cmd_bundle.o: $(BUILD)/commit-$(COMMIT)
$(BUILD)/cmd/cmd_bundle.o: ALL_CFLAGS += -DMSACH_COMMIT='"$(COMMIT)"'
# What depends on whether libevent is there is compiled again when it comes or goes.
$(BUILD)/serve-$(if $(SERVE),on,off):
	@mkdir -p $(@D) && rm -f $(BUILD)/serve-* && touch $@
$(BUILD)/cmd/verbs.o: $(BUILD)/serve-$(if $(SERVE),on,off)

# Kernels for larger instruction sets are chosen at run time. Only these files are compiled for them.
ifneq ($(filter x86_64%,$(MACHINE)),)
$(BUILD)/nn/fast/kernels_avx2.o: ISA := -mavx2 -mfma
$(BUILD)/nn/fast/kernels_avx512.o: ISA := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
$(BUILD)/hash/search/scan_avx2.o: ISA := -mavx2 -mpopcnt
# gcc 12 miscompiles its slices under -fsanitize=thread, at -O1 and -O2 (clang does not, nor do other sanitizers); it starts no threads.
$(BUILD)/hash/search/scan_avx512.o: ISA := -mavx512f -mavx512bw -mavx512vpopcntdq -mpopcnt $(if $(filter tsan,$(MODE)),-fno-sanitize=thread)
endif

# Tests are compiled without optimising: they run once, and that takes half as long.
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter tests/%,$<),$(TEST_CFLAGS),$(HIDDEN)) $(if $(filter tests/test_%,$<),$(OPT_tests)) $(ISA) \
		-MMD -MP -c -o $@ $<

-include $(BUILD)/tests/faults/plant.d $(LAYER_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(LIB_OBJ:.o=.d) $(TEST_OBJ:.o=.d)

# ---- The library, and installing ----
# One object with all that msach.h needs, taken from an archive; every symbol but msach_* is made local, so that the static
# library clashes with nothing either (where there is no objcopy, on macOS, the static one keeps the others as hidden).
# Three files are compiled again for it, without fault injection and without printing.
OBJCOPY ?= objcopy
AR ?= ar
LIB_BARE := nn/base/alloc nn/base/error nn/base/sys
LIB_BARE_OBJ := $(LIB_BARE:%=$(BUILD)/lib/%.o)
# Inference and search need neither BLAS nor expat; zlib reads features of another encoder from .npz files.
LIB_NEEDS := $(call pc_libs,jansson,-ljansson) $(call pc_libs,libutf8proc,-lutf8proc) $(call pc_libs,zlib,-lz) -lpthread -lm
ifneq ($(findstring darwin,$(MACHINE)),)
SO := libmsach.dylib
SO_MAJOR := libmsach.0.dylib
SO_FULL := libmsach.$(VERSION).dylib
SO_FLAGS = -dynamiclib -install_name $(LIBDIR)/$(SO_MAJOR)
LOCALISE := :
else
SO := libmsach.so
SO_MAJOR := libmsach.so.0
SO_FULL := libmsach.so.$(VERSION)
SO_FLAGS = -shared -Wl,-soname,$(SO_MAJOR) -Wl,-z,defs -Wl,--as-needed
LOCALISE := $(OBJCOPY) --localize-hidden
endif

$(BUILD)/lib/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(HIDDEN) -DNN_LIBRARY -DPART_FAULTS=0 -MMD -MP -c -o $@ $<
-include $(LIB_BARE_OBJ:.o=.d)

$(BUILD)/lib/msach.o: $(LIB_OBJ) $(LAYER_OBJ) $(LIB_BARE_OBJ)
	rm -f $(BUILD)/lib/core.a
	$(AR) rcs $(BUILD)/lib/core.a $(filter-out $(LIB_BARE:%=$(BUILD)/%.o),$(LAYER_OBJ)) $(LIB_BARE_OBJ)
	$(CC) -r -nostdlib -o $@ $(LIB_OBJ) $(BUILD)/lib/core.a
	$(LOCALISE) $@
$(BUILD)/lib/libmsach.a: $(BUILD)/lib/msach.o
	rm -f $@
	$(AR) rcs $@ $<
$(BUILD)/lib/$(SO_FULL): $(BUILD)/lib/msach.o
	$(CC) $(CFLAGS) $(SO_FLAGS) -o $@ $< $(LDFLAGS) $(LINK_$(MODE)) $(LIB_NEEDS)
library: $(BUILD)/lib/libmsach.a $(BUILD)/lib/$(SO_FULL)

# Where things go: under PREFIX, and all of that under DESTDIR.
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
DOCDIR ?= $(PREFIX)/share/doc/msach
# Where Python looks: the folder of packages under PREFIX that it has, else Debian's.
PYTHONDIR ?= $(or $(shell python3 -c 'import sys; print(*[p for p in sys.path if p.startswith("$(PREFIX)/lib/python3") and \
	p.endswith("-packages")][-1:])' 2>/dev/null),$(PREFIX)/lib/python3/dist-packages)
INSTALL ?= install

$(BUILD)/msach.1: $(BIN)
	$(BIN) --man >$@
$(BUILD)/msach.bash $(BUILD)/msach.zsh $(BUILD)/msach.fish: $(BIN)
	$(BIN) --completion $(subst .,,$(suffix $@)) >$@
$(BUILD)/msach.pc: Makefile FORCE
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' 'Name: msach' \
	'Description: search of medical images and reports by short binary codes' 'Version: $(VERSION)' \
	'Libs: -L$${libdir} -lmsach' 'Libs.private: $(strip $(LIB_NEEDS))' 'Cflags: -I$${includedir}' >$@

install: msach library $(BUILD)/msach.1 $(BUILD)/msach.bash $(BUILD)/msach.zsh $(BUILD)/msach.fish $(BUILD)/msach.pc
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(MANDIR)/man1' \
	'$(DESTDIR)$(COMPLETIONDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)' '$(DESTDIR)$(DOCDIR)/examples' '$(DESTDIR)$(PYTHONDIR)'
	$(INSTALL) -m 755 $(BIN) '$(DESTDIR)$(BINDIR)/msach'
	$(INSTALL) -m 644 $(BUILD)/lib/libmsach.a '$(DESTDIR)$(LIBDIR)/libmsach.a'
	$(INSTALL) -m 755 $(BUILD)/lib/$(SO_FULL) '$(DESTDIR)$(LIBDIR)/$(SO_FULL)'
	ln -sf $(SO_FULL) '$(DESTDIR)$(LIBDIR)/$(SO_MAJOR)'
	ln -sf $(SO_MAJOR) '$(DESTDIR)$(LIBDIR)/$(SO)'
	$(INSTALL) -m 644 $(BUILD)/msach.pc '$(DESTDIR)$(LIBDIR)/pkgconfig/msach.pc'
	$(INSTALL) -m 644 cmd/lib/msach.h '$(DESTDIR)$(INCLUDEDIR)/msach.h'
	$(INSTALL) -m 644 $(BUILD)/msach.1 '$(DESTDIR)$(MANDIR)/man1/msach.1'
	$(INSTALL) -m 644 $(BUILD)/msach.bash '$(DESTDIR)$(COMPLETIONDIR)/msach'
	$(INSTALL) -m 644 $(BUILD)/msach.zsh '$(DESTDIR)$(ZSHDIR)/_msach'
	$(INSTALL) -m 644 $(BUILD)/msach.fish '$(DESTDIR)$(FISHDIR)/msach.fish'
	$(INSTALL) -m 644 tests/library/search_index.c cmd/lib/python/table_row.py '$(DESTDIR)$(DOCDIR)/examples'
	$(INSTALL) -m 644 cmd/lib/python/msach.py '$(DESTDIR)$(PYTHONDIR)/msach.py'
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi

# Removes what install wrote, and folders that are then empty, except those that every system has.
uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/msach' '$(DESTDIR)$(LIBDIR)/libmsach.a' '$(DESTDIR)$(LIBDIR)/$(SO_FULL)' \
	'$(DESTDIR)$(LIBDIR)/$(SO_MAJOR)' '$(DESTDIR)$(LIBDIR)/$(SO)' '$(DESTDIR)$(LIBDIR)/pkgconfig/msach.pc' \
	'$(DESTDIR)$(INCLUDEDIR)/msach.h' '$(DESTDIR)$(MANDIR)/man1/msach.1' '$(DESTDIR)$(COMPLETIONDIR)/msach' \
	'$(DESTDIR)$(ZSHDIR)/_msach' '$(DESTDIR)$(FISHDIR)/msach.fish' \
	'$(DESTDIR)$(DOCDIR)/examples/search_index.c' '$(DESTDIR)$(DOCDIR)/examples/table_row.py' \
	'$(DESTDIR)$(PYTHONDIR)/msach.py' '$(DESTDIR)$(PYTHONDIR)'/__pycache__/msach.*.pyc
	@rmdir '$(DESTDIR)$(PYTHONDIR)/__pycache__' 2>/dev/null; rmdir '$(DESTDIR)$(DOCDIR)/examples' '$(DESTDIR)$(DOCDIR)' 2>/dev/null; case '$(DESTDIR)$(PREFIX)' in /usr | /usr/local) ;; \
	*) for folder in '$(MANDIR)/man1' '$(MANDIR)' '$(COMPLETIONDIR)' '$(PREFIX)/share/bash-completion' '$(ZSHDIR)' '$(PREFIX)/share/zsh' '$(FISHDIR)' \
	'$(PREFIX)/share/fish' '$(PREFIX)/share/doc' \
	'$(PREFIX)/share' '$(PYTHONDIR)' '$(dir $(PYTHONDIR))' '$(LIBDIR)/pkgconfig' '$(LIBDIR)' '$(INCLUDEDIR)' '$(BINDIR)' '$(PREFIX)'; do \
	rmdir '$(DESTDIR)'"$$folder" 2>/dev/null; done;; esac; true
FORCE:

# One package with the command and the library. Where lintian is installed, it must find no error.
DEB_ARCH = $(shell dpkg --print-architecture 2>/dev/null)
deb: msach library
	rm -rf build/deb
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/build/deb PREFIX=/usr \
	LIBDIR=/usr/lib/$(shell dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null) >/dev/null
	@sh cmd/make_deb.sh $(CURDIR)/build/deb $(VERSION) LICENSE $(CURDIR)/build/msach_$(VERSION)_$(DEB_ARCH).deb

# Nine small programs to learn from; the tests run them, and the solutions of their exercises.
$(BUILD)/tutorial/%: tests/tutorial/%.c $(LAYER_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) $(ALL_LIBS)

-include $(TUTORIAL:=.d)

# The term that nn/manifold.gdb steps through: its file alone is not optimised and has what a debugger needs.
$(BUILD)/debugger/loss_manifold.o: hash/loss_manifold.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -O0 -g -MMD -MP -c -o $@ $<
$(BUILD)/debugger/manifold: tests/debugger/manifold.c $(BUILD)/debugger/loss_manifold.o $(filter-out %/hash/loss_manifold.o,$(LAYER_OBJ))
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) $(ALL_LIBS)
-include $(BUILD)/debugger/loss_manifold.d $(BUILD)/debugger/manifold.d

LESSONS := $(basename $(notdir $(wildcard tests/tutorial/*.c)))
tutorial: $(LESSONS:%=$(BUILD)/tutorial/%)
	@for lesson in $(LESSONS); do echo; echo "== $$lesson"; $(BUILD)/tutorial/$$lesson build/lessons/$$lesson || exit 1; done

# Each program's output and charts, and its lesson: build/lessons/index.html. Lesson 7, and the same from real runs: build/constraints.html.
build/lessons/%/output.txt: $(BUILD)/tutorial/% $(BUILD)/tutorial/solutions/%
	@mkdir -p $(@D)
	$(BUILD)/tutorial/solutions/$* $(@D)/solutions >$(@D)/solutions.txt
	$< $(@D) >$@.new
	@mv $@.new $@
# The map of lesson 0, with the shapes of a small run; `make map` also puts it where the README shows it.
build/lessons/0_map/map.svg: tests/data_flow.sh $(LAYER_SRC) $(CMD_SRC) | msach
	@mkdir -p $(@D)
	@./msach phantom -q --cases 120 --out $(@D)/phantoms >/dev/null
	@rm -rf $(@D)/run && ./msach train -q --data $(@D)/phantoms/manifest.tsv --out $(@D)/run --set stage1_epochs=1 stage2_epochs=1 >/dev/null 2>&1
	@sh tests/data_flow.sh ./msach $(@D)/run $@
map: build/lessons/0_map/map.svg
	cp $< .readme/map.svg

lessons: $(BUILD)/tutorial/lessons/make_lessons build/lessons/0_map/map.svg $(LESSONS:%=build/lessons/%/output.txt)
	@$< build/lessons/index.html "Learned hashing in nine lessons" build/lessons tests/tutorial/lessons/0_map.md $(LESSONS:%=tests/tutorial/lessons/%.md)
build/lessons/constraints_on_phantoms/output.txt: tests/constraints.sh $(BUILD)/tutorial/lessons/draw_codes | msach
	@sh $< ./msach $(BUILD)/tutorial/lessons/draw_codes $(@D)
constraints: $(BUILD)/tutorial/lessons/make_lessons build/lessons/7_constraints/output.txt build/lessons/constraints_on_phantoms/output.txt
	@$< build/constraints.html "What each constraint does" build/lessons tests/tutorial/lessons/7_constraints.md \
	tests/tutorial/lessons/constraints_on_phantoms.md

# stb_image 2.27 shifts a 0 by 32 places where a scan of a JPEG ends early: no harm, but the sanitizers stop there.
$(BUILD)/data/picture/stb_impl.o: ALL_CFLAGS += -fno-sanitize=shift

# ---- Fuzzing: one target a parser. `replay` runs the committed corpora without libFuzzer; `make fuzz` (clang) looks for more. ----
FUZZ_NAMES := $(shell sed -n 's/^ *X(\([a-z]*\)).*/\1/p' tests/fuzz/targets.h)
FUZZ_LAYER := $(wildcard nn/base/*.c hash/search/*.c data/*.c data/picture/*.c) hash/code.c nn/safetensors.c \
	$(wildcard data/import/*.c) train/config.c train/config_read.c cmd/queries.c cmd/serve/ask.c
FUZZ_SRC := $(wildcard tests/fuzz/target_*.c) tests/fuzz/harness.c tests/fuzz/mutate.c
FUZZ_OBJ := $(FUZZ_LAYER:%.c=$(BUILD)/%.o) $(FUZZ_SRC:%.c=$(BUILD)/%.o)
# As an archive: a target links what it calls, and libFuzzer goes through the counters of that alone after each input.
$(BUILD)/libfuzzed.a: $(FUZZ_OBJ)
	rm -f $@
	ar rcs $@ $^
FUZZ_S ?= 60
-include $(FUZZ_OBJ:.o=.d) $(patsubst %,$(BUILD)/tests/fuzz/%.d,replay make_seeds cut_and_flip)
.PHONY: fuzz fuzz-merge flips coverage

$(BUILD)/replay: $(FUZZ_OBJ) $(BUILD)/tests/fuzz/replay.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/seeds: $(FUZZ_OBJ) $(BUILD)/tests/fuzz/make_seeds.o $(BUILD)/tests/dicom_write.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/fuzz_%: tests/fuzz/libfuzzer.c $(BUILD)/libfuzzed.a
	$(CC) $(ALL_CFLAGS) -DFUZZ_TARGET=$* -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)

fuzz:
	@$(MAKE) --no-print-directory MODE=fuzz build/fuzz/seeds $(FUZZ_NAMES:%=build/fuzz/fuzz_%)
	@FUZZ_S=$(FUZZ_S) sh tests/fuzz/fuzz.sh $(FUZZ_NAMES)

# Adds the fuzzers' findings to the committed corpora: the fewest and smallest files that reach the same code.
fuzz-merge:
	@$(MAKE) --no-print-directory MODE=fuzz build/fuzz/seeds $(FUZZ_NAMES:%=build/fuzz/fuzz_%)
	@sh tests/fuzz/merge.sh $(FUZZ_NAMES)

# Every prefix and every flipped bit of a small file of each format, through the command itself: all of them, or MOST of each.
$(BUILD)/cut_and_flip: $(LAYER_OBJ) $(filter-out $(BUILD)/cmd/main.o,$(CMD_OBJ)) $(BUILD)/cmd/main_again.o $(BUILD)/tests/fuzz/cut_and_flip.o \
	$(BUILD)/tests/fuzz/harness.o $(BUILD)/tests/dicom_write.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/cmd/main_again.o: cmd/main.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Dmain=msach_main -Wno-missing-prototypes -MMD -MP -c -o $@ $<

flips: $(BUILD)/cut_and_flip
	$(BUILD)/cut_and_flip $(MOST)

# ---- Tests ----
# msach with fault injection: the n-th request for memory or system call fails. For the tests of faults and kills.
$(BUILD)/faulty: $(LAYER_OBJ) $(CMD_OBJ) $(BUILD)/tests/faults/plant.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/rewrite: $(LAYER_OBJ) $(BUILD)/tests/portability/rewrite.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/unit: $(LAYER_OBJ) $(LIB_OBJ) $(TEST_OBJ) | $(TUTORIAL) $(BUILD)/faulty $(BUILD)/debugger/manifold
	$(CC) $(CFLAGS) -o $@ $^ $(LEAN) $(TEST_LIBS) $(ALL_LIBS)
	@$(if $(LEAN),CC='$(CC)' sh tests/lean.sh $@)

build/double/grad: $(DOUBLE_SRC:%.c=build/double/%.o) $(DOUBLE_TESTS:%.c=build/double/%.o)
	$(CC) $(CFLAGS) -o $@ $^ $(TEST_LIBS) $(ALL_LIBS)

test-double:
	@$(MAKE) --no-print-directory MODE=double build/double/grad

test: msach $(BUILD)/unit $(BUILD)/replay $(BUILD)/cut_and_flip test-double docs installed
	build/double/grad
	$(BUILD)/replay tests/fuzz/corpus
	$(BUILD)/cut_and_flip 60
	OPENBLAS_NUM_THREADS=1 MSACH_BIN=$(CURDIR)/$(BIN) $(BUILD)/unit

# Layers and equations hold; names in documents exist; README's commands run as written; the example op of nn/README.md builds and is right.
docs: msach
	@sh tests/check_layers.sh
	@sh tests/check_equations.sh
	@sh tests/check_docs.sh $(BIN)
	@CC='$(CC)' sh tests/check_example.sh $(BUILD)
	@sh tests/readme_commands.sh $(BIN)

# The loss term of hash/NEW_TERM.md, applied to a copy of the tree: it builds, trains and is right.
recipe: msach
	@CC='$(CC)' MAKE='$(MAKE)' sh tests/check_term.sh $(BUILD)

# Installs into a folder of its own, uses what is there, uninstalls.
installed: msach library
	@CC='$(CC)' LINK='$(LINK_$(MODE))' MAKE='$(MAKE)' sh tests/check_install.sh $(BUILD)

# Op, shapes tried, largest relative error, smallest planted error that the check sees.
gradients: test-double
	@MSACH_GRADIENTS=build/gradients.txt build/double/grad --filter 'report/gradients*' >build/gradients.log 2>&1 || { cat build/gradients.log; exit 1; }
	@cat build/gradients.txt

# A 0.1 % error in each backward in turn must turn a test red.
drill: test-double
	@tests/drill.sh build/double/grad

# Golden values anew; needs Python with PyTorch (Debian: python3-torch). Tests read the files that are committed.
golden:
	$(PYTHON_TORCH) tests/golden/make_golden.py

# Runs msach and other programs in turn on the same work and prints ratios; names what it skips. On a quiet machine: PEERS="--rounds 5".
# The interpreter that has PyTorch, where there are several.
PYTHON_TORCH = $(shell for p in python3 /usr/bin/python3; do $$p -c 'import torch' 2>/dev/null && echo $$p && exit; done; echo python3)
peers: msach library
	@$(PYTHON_TORCH) tests/peers/torch_ratios.py ./msach $(PEERS)
	@tests/peers/faiss_scan.py ./msach
	@rm -rf build/own_encoder; PYTHONPATH=cmd/lib/python MSACH_LIBRARY=$$(ls $(CURDIR)/$(BUILD)/lib/libmsach.so.*) \
	$(PYTHON_TORCH) tests/peers/own_encoder.py ./msach build/own_encoder || [ $$? = 77 ]

# Random cases beside Pillow, pydicom, DCMTK, NumPy, Python and scikit-learn; says what it skips. DIFFERENTIAL="--cases 100 --seed 7".
$(BUILD)/differential: $(FUZZ_OBJ) $(BUILD)/eval/average_precision.o $(BUILD)/tests/peers/differential.o
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

-include $(BUILD)/tests/peers/differential.d
differential: $(BUILD)/differential
	@$(PYTHON_TORCH) tests/peers/differential.py $(BUILD)/differential $(DIFFERENTIAL)

# From the command to the first answer on an index of 100,000 cases: median and least of 21 starts.
startup: msach
	@tests/startup.sh ./msach build/startup

# Search as the archive grows, near codes of models with and without the balance constraint: build/growth/growth.html. Twelve minutes; the two
# largest archives need 10 GB of memory and are left out where that is missing.
growth: msach
	tests/growth.sh ./msach build/growth

# Training as the archive grows to 100,000 pairs, phase by phase: build/growth_train/growth_train.md. An hour.
growth-train: msach
	tests/growth_train.sh ./msach build/growth_train

# The scan's tests on arm64, whose kernel is NEON; needs a cross compiler and qemu-user.
neon:
	@mkdir -p build/neon
	aarch64-linux-gnu-gcc $(STANDARD) -O2 -I. -DMINICRIT -static $(filter-out nn/base/np%,$(wildcard nn/base/*.c)) hash/search/scan*.c hash/code.c hash/search/mih*.c \
	tests/minicrit.c tests/test_scan.c -o build/neon/scan -lm -lpthread
	qemu-aarch64 build/neon/scan

# Prints every equation with its home, its test and its oracle.
trace:
	@sh tests/trace.sh

# The same with the code beside each statement, and what gradients and drill found: build/audit.html. Some minutes.
audit-page: gradients
	@tests/drill.sh build/double/grad >build/drill.txt
	@sh tests/audit_page.sh build/audit.html build/gradients.txt build/drill.txt

# ---- The demo: phantoms, both stages, MAP table, two searches, pages to look at ----
demo: msach
	rm -rf build/demo
	./msach demo --out build/demo

# What each constraint does, over three seeds: a table of train/RESULTS.md. About five minutes.
ablation: msach
	tests/ablation.sh ./msach build/ablation

# The same archive reported in English, in Chinese and in both: no more than 0.03 of MAP apart. Three seeds, about ten minutes.
chinese: msach
	MSACH_THREADS=2 tests/chinese.sh ./msach build/chinese

# MAP against the number of training cases: a table of train/RESULTS.md. CURVE_DATA names any manifest.
CURVE_DATA = $(MSACH_DATA)/data/vqamed2019/manifest.tsv
curve: msach
	rm -rf build/curve
	MSACH_THREADS=2 tests/curve.sh ./msach "$(CURVE_DATA)" build/curve

# ---- Other builds and checks ----
# Criterion exits 0 on a leak in a test, so the sanitizer's reports decide too; all are shown. A process killed during the search for
# leaks leaves the line "Unable to get registers", which is no finding. Tests that expect a signal need the handlers off.
asan:
	@$(MAKE) --no-print-directory MODE=asan build/asan/unit build/asan/msach build/asan/replay build/asan/cut_and_flip
	build/asan/replay tests/fuzz/corpus
	ASAN_OPTIONS=quarantine_size_mb=16 build/asan/cut_and_flip 2000
	@rm -f build/asan/report.*
	ASAN_OPTIONS=log_path=$(CURDIR)/build/asan/report:handle_segv=0:handle_abort=0:detect_leaks=1 \
	UBSAN_OPTIONS=print_stacktrace=1 MSACH_SWEEP=12 MSACH_BIN=$(CURDIR)/build/asan/msach build/asan/unit --timeout 600; code=$$?; \
	cat build/asan/report.* 2>/dev/null; \
	! grep -qE 'ERROR: |runtime error: |SUMMARY: ' build/asan/report.* 2>/dev/null && exit $$code

# Every fault at every place, under the address sanitizer: 15 minutes a verb. FAULTS='faults/train*' selects some.
FAULTS ?= faults/*
faults:
	@$(MAKE) --no-print-directory MODE=asan build/asan/unit build/asan/msach
	ASAN_OPTIONS=detect_leaks=1 MSACH_SWEEP=whole MSACH_BIN=$(CURDIR)/build/asan/msach \
	build/asan/unit --filter '$(FAULTS)' --timeout 100000

# The same bytes run to run, at any --threads, in any batch, from gcc and clang at -O2 and -O3.
determinism: | $(FOUND)
	@tests/determinism.sh

# Other compilers, musl, arm64 and big-endian s390x: what builds, passes, and whether files cross over. Says what it skips.
portability: | $(FOUND)
	@tests/portability.sh $(PORTS)

# kill -9 at every system call and at 200 random moments of the verbs that tests/README.md names, of a table again and again, of serve while it reloads.
crash: msach $(BUILD)/unit
	MSACH_SWEEP=whole MSACH_BIN=$(CURDIR)/$(BIN) $(BUILD)/unit --filter 'crash/*' --timeout 100000

# The suites that start threads; TSAN='*' takes every test, which is long.
TSAN ?= @(pool|batch|scan|mih|index|index_faults|library|races|serve|serve_bounds|adam|clip|kernels|graph|encode|stage1|stage2|train|eval_retrieval|\
eval_embed|dataset|export|phantom|table|table_rotate|cli_index|cli_manners|cli_rule|cli_search)/*
tsan:
	@$(MAKE) --no-print-directory MODE=tsan build/tsan/unit build/tsan/msach
	TSAN_OPTIONS=halt_on_error=1 MSACH_BIN=$(CURDIR)/build/tsan/msach build/tsan/unit --filter '$(subst $() ,,$(TSAN))' --timeout 3000

# Lines and branches that the tests reach, and what they do not: tests/coverage.sh. Only gcov is needed.
coverage:
	@$(MAKE) --no-print-directory MODE=cover build/cover/unit build/cover/msach build/cover/replay build/cover/cut_and_flip
	@find build/cover -name '*.gcda' -exec rm -f {} +
	build/cover/replay tests/fuzz/corpus
	build/cover/cut_and_flip 60 >/dev/null
	MSACH_BIN=$(CURDIR)/build/cover/msach build/cover/unit --timeout 900 >build/cover/unit.log 2>&1 || tail -3 build/cover/unit.log
	@sh tests/coverage.sh build/cover

FORMATTED = $(wildcard $(foreach room,$(ROOMS) $(CMD_ROOMS) cmd/lib tests tests/oracle tests/tutorial tests/tutorial/solutions tests/tutorial/lessons tests/library tests/debugger tests/fuzz,\
	$(room)/*.[ch] $(room)/*.inc))
fmt:
	clang-format -i $(FORMATTED)
fmt-check:
	clang-format --dry-run --Werror $(FORMATTED)
tidy:
	printf '%s\n' $(LAYER_SRC) $(CMD_SRC) $(LIB_SRC) | xargs -P 2 -I '{}' \
	clang-tidy --quiet --warnings-as-errors='*' '{}' -- $(STANDARD) -I. -DMSACH_VERSION='"$(VERSION)"' -DMSACH_BUILD='"tidy"' $(LIB_CFLAGS)

# Lines of .c, .h and .inc: of the core, of each part, and of all without the tests.
COUNTED := $(wildcard $(foreach room,$(ROOMS) $(CMD_ROOMS) cmd/lib,$(room)/*.[ch] $(room)/*.inc))
PART_FILES := $(foreach part,$(PART_NAMES),$(FILES_$(part)))
count:
	@echo "core $$(cat $(filter-out $(PART_FILES),$(COUNTED)) | wc -l)"
	@$(foreach part,$(PART_NAMES),echo "$(part) $$(cat $(filter $(FILES_$(part)),$(COUNTED)) | wc -l)";)
	@echo "total $$(cat $(COUNTED) | wc -l)"

help:
	@echo "make            build ./msach"
	@echo "make demo       the main job on phantoms, under two minutes"
	@echo "make test       all tests; test-double: ops and losses in double"
	@echo "make install    command, library, Python module, man page, completion: PREFIX=$(PREFIX) DESTDIR="
	@echo "make installed  install into a folder of its own, use it, uninstall"
	@echo "make deb        a Debian package of them"
	@echo "make uninstall  takes all of that away"
	@echo "make library    libmsach alone, static and shared: $(BUILD)/lib"
	@echo "make tutorial   nine small programs, from a gradient to an honest evaluation"
	@echo "make lessons    the programs as lessons with exercises: build/lessons/index.html"
	@echo "make map        the way of a case from manifest to answer as SVG: .readme/map.svg"
	@echo "make constraints  what each constraint does to codes of a toy set and of phantoms: build/constraints.html"
	@echo "make count      lines of the core, of each part that may be left out, and of all"
	@echo "make docs       the documents against the code; README's commands as written"
	@echo "make recipe     the new loss term of hash/NEW_TERM.md, applied to a copy of the tree"
	@echo "make trace      every equation: home, test, oracle"
	@echo "make audit-page  the same as a page, code beside statement, with gradients and drill: build/audit.html"
	@echo "make gradients  every op and loss: largest error of its derivative"
	@echo "make drill      a planted error in each derivative turns a test red"
	@echo "make golden     golden values anew, from PyTorch"
	@echo "make differential  10,000 random cases a kind beside other programs; DIFFERENTIAL='--cases N --seed N --only KIND'"
	@echo "make peers      ours and others' speed in turns, and the ratios"
	@echo "make startup    from the command to the first answer, 100,000 cases"
	@echo "make growth     search as the archive grows: a table and a page"
	@echo "make growth-train  training as the archive grows: time and memory of each phase"
	@echo "make neon       the scan's tests on arm64, under qemu"
	@echo "make ablation   what each constraint does, over three seeds"
	@echo "make chinese    English, Chinese and mixed reports beside each other"
	@echo "make curve      MAP against the number of training cases: CURVE_DATA="
	@echo "make asan, tsan the tests under the sanitizers: TSAN="
	@echo "make fuzz       each parser under libFuzzer for FUZZ_S=60 seconds; fuzz-merge keeps what it found"
	@echo "make flips      every prefix and every flipped bit of each format, through the command"
	@echo "make coverage   lines and branches that the tests reach, and what they do not"
	@echo "make faults     every allocation and system call fails in turn, under ASan: FAULTS="
	@echo "make crash      kill -9 at every system call and at 200 moments"
	@echo "make determinism  the same bytes from any threads, batch and compiler"
	@echo "make portability  other compilers, musl, arm64, big-endian s390x: PORTS="
	@echo "make tidy, fmt, fmt-check, clean"
	@echo
	@echo "PARTS=core      the method alone: builds ./msach-core without the parts that make count lists"
	@echo "PLAIN=1         without tuned code and BLAS: each op runs the loop in its file; PARTS=core is plain unless PLAIN=0"
	@echo "MODE=MODE       release, debug (plain, for gdb), double, asan, tsan, cover or fuzz: objects go to build/MODE"
	@echo "BLAS=builtin    without OpenBLAS"
	@echo "NATIVE=1        for this processor alone; WERROR=1: warnings are errors; MINICRIT=1: tests without Criterion"

clean:
	rm -rf build msach msach-core
