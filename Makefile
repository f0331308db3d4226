# msach. GNU make 3.81 or later. `make` builds ./msach; `make help` lists the rest.
# MODE   release | debug | double | asan | tsan | cover   (objects under build/MODE/)
# BLAS   openblas | builtin          NATIVE=1  adds -march=native          WERROR=1  warnings are errors
MODE ?= release
BLAS ?= openblas
PREFIX ?= /usr/local
BUILD := build/$(MODE)$(if $(filter builtin,$(BLAS)),-builtin)

CC ?= cc
PKG_CONFIG ?= pkg-config
MACHINE := $(shell $(CC) -dumpmachine)
VERSION := 0.1.0

# ---- What is there: pkg-config first, a plain -l second, both tried by compiling and linking ----
probe = $(shell printf '\043include <$(1)>\nint main(void){return 0;}\n' >/tmp/msach-probe-$$$$.c; \
	$(CC) $(2) /tmp/msach-probe-$$$$.c -o /tmp/msach-probe-$$$$ $(3) >/dev/null 2>&1 && echo yes; \
	rm -f /tmp/msach-probe-$$$$ /tmp/msach-probe-$$$$.c)
pc_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pc_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null || echo $(2))

STB_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags stb 2>/dev/null || echo -I/usr/include/stb)
LIB_CFLAGS := $(call pc_cflags,jansson) $(call pc_cflags,libutf8proc) $(STB_CFLAGS)
LIBS := $(call pc_libs,jansson,-ljansson) $(call pc_libs,libutf8proc,-lutf8proc)
ifeq ($(BLAS),openblas)
LIB_CFLAGS += $(call pc_cflags,openblas) -DNN_OPENBLAS
LIBS += $(call pc_libs,openblas,-lopenblas)
endif
TEST_CFLAGS := $(call pc_cflags,criterion)
TEST_LIBS := $(call pc_libs,criterion,-lcriterion)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
ifdef WERROR
WARN += -Werror
endif
OPT_release := -O2 -fno-math-errno -fno-trapping-math
OPT_debug := -O0 -g
OPT_double := -O2 -g -DNN_DOUBLE
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread
OPT_cover := -O0 -g --coverage
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_cover := --coverage
ALL_CFLAGS = -std=c11 $(WARN) -I. -ffp-contract=off $(OPT_$(MODE)) $(if $(NATIVE),-march=native) \
	-DMSACH_VERSION='"$(VERSION)"' $(LIB_CFLAGS) $(CFLAGS)
ALL_LIBS = $(LDFLAGS) $(LINK_$(MODE)) $(LIBS) -lpthread -lm

# ---- What is built from what ----
CORE_SRC := $(wildcard nn/base/*.c nn/*.c hash/*.c hash/baselines/*.c data/*.c eval/*.c train/*.c)
CMD_SRC := $(wildcard cmd/*.c)
TEST_SRC := $(wildcard tests/*.c tests/oracle/*.c)
# The double build holds the mathematics alone: ops, losses and their checks.
DOUBLE_SRC := $(wildcard nn/base/*.c nn/*.c hash/*.c)
DOUBLE_TESTS := $(wildcard tests/grad_*.c tests/oracle/*.c)

CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(BUILD)/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/%.o)
BIN := $(BUILD)/msach

.PHONY: all demo test test-double gradients drill bench asan tsan tidy fmt fmt-check clean help
all: msach

msach: $(BIN)
	cp $(BIN) $@

$(BIN): $(CORE_OBJ) $(CMD_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(ALL_LIBS)

# Kernels that want more than the base instruction set are chosen at run time; only these files are compiled for it.
ifneq ($(filter x86_64%,$(MACHINE)),)
$(BUILD)/nn/kernels_avx2.o: ISA := -mavx2 -mfma
$(BUILD)/nn/kernels_avx512.o: ISA := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
$(BUILD)/hash/scan_avx2.o: ISA := -mavx2 -mpopcnt
$(BUILD)/hash/scan_avx512.o: ISA := -mavx512f -mavx512bw -mavx512vpopcntdq -mpopcnt
endif

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter tests/%,$<),$(TEST_CFLAGS)) $(ISA) -MMD -MP -c -o $@ $<

-include $(CORE_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(TEST_OBJ:.o=.d)

# ---- Tests ----
$(BUILD)/unit: $(CORE_OBJ) $(TEST_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(TEST_LIBS) $(ALL_LIBS)

build/double/grad: $(DOUBLE_SRC:%.c=build/double/%.o) $(DOUBLE_TESTS:%.c=build/double/%.o)
	$(CC) $(CFLAGS) -o $@ $^ $(TEST_LIBS) $(ALL_LIBS)

test-double:
	@$(MAKE) --no-print-directory MODE=double build/double/grad

test: msach $(BUILD)/unit test-double
	build/double/grad
	MSACH_BIN=$(CURDIR)/$(BIN) $(BUILD)/unit

# Op, shapes tried, largest relative error, smallest planted error that the check sees.
gradients: test-double
	@MSACH_GRADIENTS=build/gradients.txt build/double/grad --filter 'report/gradients*' >/dev/null
	@cat build/gradients.txt

# A 0.1 % error in each backward in turn must turn a test red.
drill: test-double
	@tests/drill.sh build/double/grad

clean:
	rm -rf build msach
