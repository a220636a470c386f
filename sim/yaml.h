/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml - a YAML file as a small tree of texts with their places.
 *
 * Aliases share the node of their anchor; merge keys ("<<") are resolved: what they bring in stands behind what the mapping says
 * itself. A key given twice is an error. Limits, so that no input can take forever: 1 MiB of text, 40 levels, 20,000 nodes
 * (aliases counted as what they stand for), 1000 keys in a mapping. The only file that knows libfyaml is yaml.c.
 */
#ifndef SIM_YAML_H
#define SIM_YAML_H

#include "sim/arena.h"
#include "sim/diagnostic.h"

#include <stdbool.h>

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_item {
    struct yaml_item *next;
    struct yaml_node *key; /* a scalar; NULL in a sequence */
    struct yaml_node *value;
};

struct yaml_node {
    enum yaml_kind kind;
    struct place place;
    unsigned weight;  /* nodes: itself and all below, aliases as what they stand for */
    const char *text; /* SCALAR; "" if empty */
    struct yaml_item *first, *last; /* MAPPING, SEQUENCE */
};

/* The document in the text; NULL if it is not YAML (errors told), or is more than one. An empty text is an empty mapping. The tree lives in
 * the arena. */
struct yaml_node *yaml_parse(const struct source *source, size_t size, struct arena *arena,
                             struct diagnostics *diagnostics);

#endif
