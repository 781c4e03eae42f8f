# Meson does the work; this is the short way to it. `make help` lists what there is.

BUILD ?= build
prefix ?= /usr/local
DESTDIR ?=
# Newer compilers warn about more: WERROR=false builds with them all the same.
WERROR ?= true
FUZZ_SECONDS ?= 60
# What the static file may weigh, stripped.
STATIC_LIMIT = 12000000

SETUP = meson setup -Dwerror=$(WERROR)

all: $(BUILD)/build.ninja ## build/dowse
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	$(SETUP) -Dprefix=$(prefix) $(BUILD)

demo: ## install what is missing, build, and look at a leaking program
	tools/demo $(BUILD)

test: ## install what is missing, build, and run every test
	tools/install-deps test
	$(MAKE) all
	test/run $(BUILD) $(AGAIN)

install: all ## into $(DESTDIR)$(prefix)
	meson configure $(BUILD) -Dprefix=$(prefix)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD)

asan: ## the same tests under the address and undefined-behaviour sanitizers
	tools/install-deps test
	$(MAKE) build-asan/dowse
	test/run build-asan

build-asan/build.ninja:
	$(SETUP) -Doptimization=1 -Ddebug=true -Db_sanitize=address,undefined build-asan

build-asan/dowse: build-asan/build.ninja FORCE
	ninja -C build-asan

valgrind: all ## the unit tests under valgrind
	tools/install-deps test
	test/run $(BUILD) --suite unit --setup valgrind

bench: all ## measure; needs a quiet machine
	bench/run $(BUILD)

fuzz: build-fuzz/build.ninja ## let every fuzzer run for FUZZ_SECONDS
	ninja -C build-fuzz
	fuzz/run build-fuzz $(FUZZ_SECONDS)

build-fuzz/build.ninja:
	tools/install-deps test
	CC=clang $(SETUP) -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build-fuzz

static: build-static/build.ninja ## build-static/dowse-static, one file that needs no library
	ninja -C build-static dowse
	strip -o build-static/dowse-static build-static/dowse
	tools/check-static build-static/dowse-static $(STATIC_LIMIT)

build-static/build.ninja:
	$(SETUP) -Dstatic=true -Dtests=false build-static

web: ## web/dist/page.html, out of web/src; needs Node
	cd web && npm ci --no-audit --no-fund && npm run build

format: ## lay out every C file by .clang-format
	find src include test fuzz bench -name '*.[ch]' -exec clang-format -i {} +

clean: ## remove the build folders that this file makes
	rm -rf $(BUILD) build-asan build-fuzz build-static

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

FORCE:

.PHONY: all demo test install asan valgrind bench fuzz static web format clean help FORCE
