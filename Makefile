# Understudy. `make help` lists the targets; `make paper` and `make test` do all their own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
JOBS ?= $(shell nproc)

# --- what the machine needs ------------------------------------------------------------------------------------------
NEEDED := gcc pkg-config libgsl-dev libsqlite3-dev libfyaml-dev libpcap-dev librandom123-dev libxxhash-dev uthash-dev gnuplot-nox \
          fonts-dejavu-core sqlite3
NEEDED_FOR_TESTS := check libsodium-dev libbpf-dev libelf-dev clang clang-format universal-ctags gawk groff-base \
                    libxml2-utils tshark curl wrk netbase ethtool python3-minimal
NEEDED_FOR_BENCH := libns3-dev g++ python3-simpy3
NEEDED_FOR_FUZZ  := clang libclang-rt-14-dev
SETUP = @./.ci/setup

# --- flavours: `release` runs experiments; `check` runs the tests, with every assert and both sanitizers; `teach` is as
# fast as can be with the planted bugs in it, which `check` has too and `release` has not --------------------------------
B        ?= build
CC       := gcc
PACKAGES := gsl libfyaml libpcap sqlite3 libxxhash
WARN     := -Wall -Wextra -Wshadow -Wconversion -Werror
CPPFLAGS  = -I. -I$(B)/include -D_GNU_SOURCE -MMD -MP
CFLAGS    = -std=gnu17 $(WARN) -g
FLAGS_release := -O3 -march=x86-64-v2 -flto=auto
FLAGS_teach   := -O2 -march=x86-64-v2 -DFT_PLANTS
FLAGS_check   := -O1 -DFT_PLANTS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Wno-string-concatenation
LDFLAGS   = -Wl,--build-id # results are known by the program that made them
LDLIBS    = $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread

LIBRARY := $(sort $(wildcard core/*.c sim/*.c models/*.c models/*/*.c))
TESTBED := $(filter-out module/testbed/mod_%.c module/testbed/cables%.c,$(sort $(wildcard module/testbed/*.c)))
PROGRAM := $(sort $(wildcard cmd/*.c)) $(TESTBED)
TESTS   := $(sort $(wildcard tests/test_*.c))
BENCHES := $(sort $(wildcard bench/bench_*.c))
REPLAYS := $(sort $(wildcard tests/fuzz/fuzz_*.c))

objects = $(patsubst %.c,$(B)/$(1)/%.o,$(2))

.PHONY: all
all: $(B)/understudy ## Build the program (build/understudy)

define flavour
$(B)/$(1)/%.o: %.c | $(B)/include/version.h
	@mkdir -p $$(@D)
	@echo "  CC $(1) $$<"
	@$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(FLAGS_$(1)) $$(EXTRA) -c $$< -o $$@

$(B)/$(1)/libunderstudy.a: $$(call objects,$(1),$$(LIBRARY))
	@rm -f $$@; gcc-ar rcs $$@ $$^

$(B)/$(1)/understudy: $$(call objects,$(1),$$(PROGRAM)) $(B)/$(1)/libunderstudy.a
	@echo "  LD $$@"
	@$$(CC) $$(FLAGS_$(1)) $$(LDFLAGS) $$^ $$(LDLIBS) -o $$@
endef
$(foreach f,release check teach fuzz,$(eval $(call flavour,$(f))))

$(B)/understudy: $(B)/release/understudy
	@ln -sfn release/understudy $@

.PHONY: teach
teach: $(B)/understudy-teach ## Build the program with planted bugs to be found (build/understudy-teach)

$(B)/understudy-teach: $(B)/teach/understudy
	@ln -sfn teach/understudy $@

# Rewritten only when the commit changes, so that it does not rebuild the world.
VERSION := 0.1.0
$(B)/include/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define UNDERSTUDY_VERSION "%s"\n#define UNDERSTUDY_COMMIT "%s"\n' "$(VERSION)" \
	    "$$(git describe --always --dirty 2>/dev/null || echo unknown)" > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE # .SECONDARY makes any other target that does not exist count as made
FORCE:

# --- tests -----------------------------------------------------------------------------------------------------------
TEST_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(TESTS)) $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(REPLAYS))
SUITES := $(TEST_PROGRAMS) $(wildcard tests/check_*)
TEST_LIBS = $(shell pkg-config --libs check libsodium) $(LDLIBS)
$(B)/tests/test_bpf_path: TEST_LIBS += -lbpf
# Those that build a real service for themselves (tests/real_service.h).
SERVICE_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(shell grep -l tests/real_service.h tests/test_*.c))
$(SERVICE_TESTS) $(B)/tests/test_judge: $(call objects,check,$(TESTBED))
# A real service has heartbeats, which a machine full of other tests would delay.
UNDISTURBED := $(SERVICE_TESTS) $(addprefix tests/check_,module deploy testbed)
$(B)/tests/test_daemon: | $(B)/tests/slow_kernel.so

$(B)/tests/slow_kernel.so: tests/slow_kernel.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -O1 -D_GNU_SOURCE -fPIC -shared $< -o $@

$(B)/tests/%: $(B)/check/tests/%.o $(B)/check/libunderstudy.a
	@mkdir -p $(@D)
	@$(CC) $(FLAGS_check) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(TEST_LIBS) -o $@

.PHONY: test
test: ## Set up the machine and pass all tests
	$(SETUP) $(NEEDED) $(NEEDED_FOR_TESTS) $(NEEDED_FOR_MODULE)
	@$(MAKE) -j$(JOBS) $(TEST_PROGRAMS) $(BPF_OBJECT) $(MODULES) $(B)/check/understudy $(B)/understudy $(B)/understudy-teach
	@tests/run $(JOBS) $(filter-out $(UNDISTURBED),$(SUITES)) -- $(UNDISTURBED)
	@$(MAKE) tidy

FOR ?= 8h
.PHONY: explore-long
explore-long: $(B)/understudy ## Explore for as long as asked (FOR=8h): all scenarios, from seeds nobody has tried; out/explore/
	@tests/explore_long $(B)/understudy $(FOR)

.PHONY: ref
ref: $(B)/tests/test_ladder ## Rewrite the reference outputs in tests/ref/ (look at them before you commit them)
	@UNDERSTUDY_MAKE_REF=1 $(B)/tests/test_ladder

# A fuzz target runs its stored inputs in `make test`, and new ones in `make fuzz`. The simulator's names are its words.
FUZZ_RUNS  ?= 1000000
FUZZ_FLAGS := -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1
FUZZERS    := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(REPLAYS))
$(B)/fuzz/%: CC = clang

$(B)/tests/fuzz_%: $(B)/check/tests/fuzz/fuzz_%.o $(B)/check/tests/fuzz/replay.o $(B)/check/libunderstudy.a
	@mkdir -p $(@D)
	@$(CC) $(FLAGS_check) $^ $(LDLIBS) -o $@

$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libunderstudy.a
	@$(CC) $(FLAGS_fuzz) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

$(B)/fuzz/words: $(B)/understudy
	@mkdir -p $(@D)
	@for table in params metrics; do $(B)/understudy $$table; done | grep -v '^ ' | grep -oE '[a-z][a-z0-9_.-]+' | \
	    sort -u | sed 's/.*/"&"/' > $@

.PHONY: fuzz
fuzz: ## Run FUZZ_RUNS new inputs through every fuzz target (libFuzzer, both sanitizers)
	$(SETUP) $(NEEDED) $(NEEDED_FOR_FUZZ)
	@$(MAKE) -j$(JOBS) $(FUZZERS) $(B)/fuzz/words
	@for fuzzer in $(FUZZERS); do name=$${fuzzer##*/fuzz_} found=$(B)/fuzz/found/$${fuzzer##*/} more=; mkdir -p $$found; \
	    [ $$name != scenario ] || more="-dict=$(B)/fuzz/words scenarios"; \
	    $$fuzzer -runs=$(FUZZ_RUNS) $(FUZZ_FLAGS) -artifact_prefix=$(B)/fuzz/ $$found tests/fuzz/corpus/$$name $$more; done

# The packet path once more, for the kernel: the same core headers through clang's BPF backend.
BPF_OBJECT := $(B)/bpf/understudy.bpf.o
$(BPF_OBJECT): module/bpf/understudy.bpf.c $(wildcard core/*.h)
	@mkdir -p $(@D)
	@echo "  BPF $<"
	@clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I. -I/usr/include/$$(gcc -print-multiarch) -c $< -o $@

# --- for real ----------------------------------------------------------------------------------------------------------
NEEDED_FOR_MODULE := clang bpftool libbpf-dev libelf-dev libmnl-dev libsystemd-dev apache2-dev apache2-bin \
                     iproute2 procps
MODULE_CORE := core/ft_log.c core/ft_sender.c core/ft_record.c
DAEMON_CORE := core/ft_control.c core/ft_detect.c core/ft_peer.c core/ft_group.c core/ft_reason_name.c
HTTPD_FLAGS = -O2 -fPIC -D_GNU_SOURCE $(shell apxs -q EXTRA_CPPFLAGS) -isystem $(shell apxs -q INCLUDEDIR) \
    -isystem /usr/include/apr-1.0
MODULES := $(B)/module/mod_understudy.so $(B)/module/mod_rehearsal.so $(B)/module/understudyd \
           $(B)/module/understudy-cables

.PHONY: module
module: ## Build the runnable module: mod_understudy, understudyd, the TC programs (installs what it needs)
	$(SETUP) $(NEEDED_FOR_MODULE)
	@$(MAKE) $(MODULES)

$(B)/include/understudy.skel.h: $(BPF_OBJECT)
	@mkdir -p $(@D)
	@bpftool gen skeleton $< name understudy_bpf > $@

$(B)/module/mod_understudy.so: $(wildcard module/httpd/*.[ch]) module/link.h $(wildcard core/*.[ch])
	@mkdir -p $(@D)
	@echo "  MODULE $@"
	@$(CC) $(CFLAGS) -I. $(HTTPD_FLAGS) -shared $(wildcard module/httpd/*.c) $(MODULE_CORE) -o $@

$(B)/module/mod_rehearsal.so: module/testbed/mod_rehearsal.c module/testbed/stamp.h module/testbed/trap.h
	@mkdir -p $(@D)
	@echo "  MODULE $@"
	@$(CC) $(CFLAGS) -I. $(HTTPD_FLAGS) -shared $< -o $@

$(B)/module/understudyd: $(wildcard module/daemon/*.[ch]) module/link.h $(wildcard core/*.[ch]) $(B)/include/understudy.skel.h
	@mkdir -p $(@D)
	@echo "  MODULE $@"
	@$(CC) $(CFLAGS) -O2 -D_GNU_SOURCE -I. -isystem $(B)/include $(wildcard module/daemon/*.c) $(DAEMON_CORE) \
	    -lbpf -lmnl -lsystemd -o $@

$(B)/bpf/cables.bpf.o: module/testbed/cables.bpf.c module/testbed/cables.h
	@mkdir -p $(@D)
	@echo "  BPF $<"
	@clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I. -I/usr/include/$$(gcc -print-multiarch) -c $< -o $@

$(B)/include/cables.skel.h: $(B)/bpf/cables.bpf.o
	@mkdir -p $(@D)
	@bpftool gen skeleton $< name cables_bpf > $@

$(B)/module/understudy-cables: module/testbed/cables_load.c module/testbed/cables.h $(B)/include/cables.skel.h
	@mkdir -p $(@D)
	@echo "  MODULE $@"
	@$(CC) $(CFLAGS) -O2 -D_GNU_SOURCE -I. -isystem $(B)/include $< -lbpf -o $@

# 300 crashes: half silent deaths, half kill -9, of primaries and backups, in duplex and duplex-mi; then a quiet time with one core kept
# busy by something else. Some 40 minutes.
LONG_DB ?= testbed-long.db
.PHONY: testbed-long
testbed-long: ## Crash hosts for real 300 times, and look for false takeovers; prints totals and how long clients waited
	$(SETUP) $(NEEDED) $(NEEDED_FOR_MODULE)
	@$(MAKE) -j$(JOBS) $(B)/understudy $(MODULES)
	@tests/testbed-long $(B)/understudy $(LONG_DB)

# --- the main job ----------------------------------------------------------------------------------------------------
FIGURES := latency throughput cycles breakdown proxies

# Ends well if every line of the check list holds, or is missed for the reason that its scenario gives; figures are drawn anyhow.
.PHONY: paper
paper: ## Set up, simulate the paper's experiments, print tables and checks, draw the figures into out/paper/
	$(SETUP) $(NEEDED)
	@$(MAKE) -j$(JOBS) $(B)/understudy
	@code=0; $(B)/understudy run scenarios/paper/*.yaml --db results.db || code=$$?; \
	    [ $$code -eq 0 ] || [ $$code -eq 3 ] || exit $$code; \
	    $(MAKE) figures; plots/compare results.db; \
	    [ $$code -eq 0 ] || echo "some lines above are missed, and nobody knows why yet (docs/paper.md)" >&2; \
	    exit $$code

.PHONY: figures
figures: ## Draw the figures of results.db into out/paper/ (SVG and PNG)
	@plots/draw results.db out/paper $(FIGURES)

.PHONY: crash
crash: ## Run the crash scenarios: what clients lose, or not, when hosts die at the worst moments; draw out/crash/
	$(SETUP) $(NEEDED)
	@$(MAKE) -j$(JOBS) $(B)/understudy
	@code=0; $(B)/understudy run scenarios/crash/*.yaml --db results.db || code=$$?; \
	    [ $$code -eq 0 ] || [ $$code -eq 3 ] || exit $$code; \
	    plots/draw results.db out/crash crash; exit $$code

# What was simulated and what was measured for real, in one picture. As root.
.PHONY: real
real: ## Run steady load and crashes simulated and for real (as root); draw both into out/real/
	$(SETUP) $(NEEDED) $(NEEDED_FOR_MODULE)
	@$(MAKE) -j$(JOBS) $(B)/understudy $(MODULES)
	@code=0; for backend in run testbed; do \
	    $(B)/understudy $$backend scenarios/testbed/{one,steady}.yaml scenarios/crash/*.yaml --db real.db || code=$$?; \
	    [ $$code -eq 0 ] || [ $$code -eq 3 ] || exit $$code; done; \
	    plots/draw real.db out/real real; exit $$code

# --- documents -------------------------------------------------------------------------------------------------------
.PHONY: docs
docs: $(B)/understudy ## Write docs/reference/ from the program's own tables
	@mkdir -p docs/reference
	@for page in $$($(B)/understudy reference | awk '$$1 ~ /\.md$$/ {print $$1}'); do \
	    $(B)/understudy reference $$page > docs/reference/$$page; done

.PHONY: man
man: $(B)/understudy ## Write the man page and the completion into build/
	@for page in understudy.1 understudy.bash; do \
	    $(B)/understudy reference $$page > $(B)/$$page; echo "$(B)/$$page"; done

# --- installing ------------------------------------------------------------------------------------------------------
PREFIX  ?= /usr/local
DESTDIR ?=
SHARED   = $(DESTDIR)$(PREFIX)/share

.PHONY: install
install: $(B)/understudy man ## Install program, man page, completion, scenarios, docs (PREFIX, DESTDIR)
	@install -D -m 755 $(B)/understudy $(DESTDIR)$(PREFIX)/bin/understudy
	@install -D -m 644 $(B)/understudy.1 $(SHARED)/man/man1/understudy.1
	@install -D -m 644 $(B)/understudy.bash $(SHARED)/bash-completion/completions/understudy
	@for file in $$(find scenarios plots -type f); do install -D -m 644 $$file $(SHARED)/understudy/$$file; done
	@for file in README.md $$(find docs -type f); do install -D -m 644 $$file $(SHARED)/doc/understudy/$$file; done

# The testbed finds its parts in lib/understudy, beside the program's bin.
LIBEXEC = $(DESTDIR)$(shell apxs -q LIBEXECDIR)
PARTS   = $(DESTDIR)$(PREFIX)/lib/understudy
.PHONY: install-module
install-module: module ## Install what runs for real: daemon, server module, unit, kernel settings, testbed's parts (PREFIX, DESTDIR)
	@install -D -m 755 $(B)/module/understudyd $(DESTDIR)$(PREFIX)/sbin/understudyd
	@install -D -m 644 $(B)/module/mod_understudy.so $(LIBEXEC)/mod_understudy.so
	@install -D -m 644 module/daemon/understudy.conf $(DESTDIR)$(PREFIX)/lib/sysctl.d/understudy.conf
	@install -D -m 644 module/daemon/understudyd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/understudyd.service
	@sed -i 's|/usr/local|$(PREFIX)|' $(DESTDIR)$(PREFIX)/lib/systemd/system/understudyd.service
	@install -D -t $(PARTS) $(MODULES)

.PHONY: uninstall
uninstall: ## Remove what was installed (PREFIX, DESTDIR)
	@rm -rf $(DESTDIR)$(PREFIX)/bin/understudy $(SHARED)/man/man1/understudy.1 $(SHARED)/understudy \
	    $(SHARED)/bash-completion/completions/understudy $(SHARED)/doc/understudy $(PARTS) \
	    $(addprefix $(DESTDIR)$(PREFIX)/,sbin/understudyd lib/sysctl.d/understudy.conf lib/systemd/system/understudyd.service)
	@! command -v apxs >/dev/null || rm -f $(LIBEXEC)/mod_understudy.so

.PHONY: tidy
tidy: ## Check layers, file and function lengths, format, headers, stems without a test, generated pages
	$(SETUP) $(NEEDED) $(NEEDED_FOR_TESTS)
	@$(MAKE) -j$(JOBS) $(B)/understudy
	@tests/tidy

.PHONY: setup
setup: ## Install what building, running and testing need (apt)
	$(SETUP) $(NEEDED) $(NEEDED_FOR_TESTS)

# --- comparisons and benchmarks: reported, never asserted --------------------------------------------------------------
BENCH_PROGRAMS := $(patsubst bench/%.c,$(B)/bench/%,$(BENCHES))
NS3_PROGRAMS := $(B)/bench/hold_ns3 $(B)/bench/web_ns3
NS3_LIBS := $(addprefix -lns3-,core network internet point-to-point traffic-control)

$(B)/bench/%: $(B)/release/bench/%.o $(B)/release/libunderstudy.a
	@mkdir -p $(@D)
	@$(CC) $(FLAGS_release) $^ $(LDLIBS) -o $@

$(NS3_PROGRAMS): $(B)/bench/%: bench/%.cc bench/hold.h
	@mkdir -p $(@D)
	@echo "  NS3 $<"
	@g++ -std=c++17 -Wall -Wextra $(FLAGS_release) -I. $< -Wl,--as-needed $(NS3_LIBS) -o $@

.PHONY: validate
validate: ## Simulate the same web traffic here and in ns-3: latencies and throughputs side by side (installs ns-3)
	$(SETUP) $(NEEDED) $(NEEDED_FOR_BENCH)
	@$(MAKE) -j$(JOBS) $(B)/understudy $(B)/bench/web_ns3
	@bench/validate.sh $(B)/understudy $(B)/bench/web_ns3 $(B)/validate

.PHONY: bench
bench: ## Measure engine, web traffic, crowds, connections and exploration; the first beside ns-3 and SimPy (installs them)
	$(SETUP) $(NEEDED) $(NEEDED_FOR_BENCH)
	@$(MAKE) -j$(JOBS) $(BENCH_PROGRAMS) $(NS3_PROGRAMS)
	@bench/run.py $(B)/bench

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(B)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

-include $(shell find $(B) -name '*.d' 2>/dev/null)
