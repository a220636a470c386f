# Understudy. `make help` lists the targets; `make paper` and `make test` do all their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

B        ?= build
CC       := gcc
BPF_CC   := clang
JOBS     := $(shell nproc)
PACKAGES := gsl libfyaml sqlite3 libxxhash

# Two flavours of one tree: `release` runs experiments, `check` runs the tests with every assert and both sanitizers.
WARN     := -Wall -Wextra -Wshadow -Wconversion -Werror
CFLAGS_release := -O3 -g -march=x86-64-v2 -fno-plt
CFLAGS_check   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CPPFLAGS  = -I. -I$(B) -D_GNU_SOURCE -MMD -MP
CFLAGS    = -std=gnu17 $(WARN)
LDLIBS    = $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread

include $(sort $(wildcard make/*.mk))
