/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml - libfyaml's events into a tree. Events rather than its documents, as those expand aliases before we can count.
 *
 * Nothing that libfyaml takes is trusted to be small: text, depth, anchors, the keys of a mapping and the nodes of the whole,
 * aliases counted as what they stand for, have limits here. Nothing that it has no need to see does it see: its version 0.7
 * loops for ever on a directive with bytes that are no UTF-8 (found by `make fuzz`).
 */
#include "sim/yaml.h"

#include <libfyaml.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, DEPTH_MAX = 40, NODES_MAX = 20000, ANCHORS_MAX = 1000, KEYS_MAX = 1000 };

struct anchor {
    struct anchor *next;
    const char *name;
    struct yaml_node *node;
};

struct reader {
    struct fy_parser *parser;
    const struct source *source;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct anchor *anchors;
    struct yaml_node *root;
    struct yaml_node *open[DEPTH_MAX]; /* collections not yet ended */
    struct yaml_node *key[DEPTH_MAX];  /* of mappings: the key whose value is still to come */
    unsigned begun[DEPTH_MAX];         /* `nodes` before them */
    unsigned depth, anchor_count, documents;
    unsigned nodes; /* so far, aliases counted as what they stand for */
    bool failed;
};

static struct place place_of(const struct reader *self, struct fy_event *event, size_t width)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    return (struct place){
        .source = self->source,
        .line = mark != NULL && mark->line >= 0 ? (unsigned)mark->line + 1 : 1,
        .column = mark != NULL && mark->column >= 0 ? (unsigned)mark->column + 1 : 1,
        .width = (unsigned)width,
    };
}

static void fail(struct reader *self, struct place place, const char *text)
{
    diagnostic_error(self->diagnostics, place, "%s", text);
    self->failed = true;
}

struct growing {
    char *text;
    size_t size, room;
};

static void append(struct growing *self, struct arena *arena, const char *text, size_t size)
{
    if (self->size + size >= self->room) {
        self->room = 2 * (self->size + size) + 1;
        char *larger = arena_new(arena, self->room);
        if (self->size > 0)
            memcpy(larger, self->text, self->size);
        self->text = larger;
    }
    memcpy(self->text + self->size, text, size);
    self->size += size;
}

/* Piece by piece: fy_token_get_text() of libfyaml 0.7 leaks memory on a text with many quotes (found by `make fuzz`). */
static const char *text_of(struct reader *self, struct fy_token *token, size_t *size)
{
    struct growing all = {0};
    struct fy_token_iter *pieces = token != NULL ? fy_token_iter_create(token) : NULL;
    const struct fy_iter_chunk *piece = NULL;
    while (pieces != NULL && (piece = fy_token_iter_chunk_next(pieces, piece, NULL)) != NULL)
        append(&all, self->arena, piece->str, piece->len);
    if (pieces != NULL)
        fy_token_iter_destroy(pieces);
    *size = all.size;
    return all.text != NULL ? all.text : "";
}

static void count_nodes(struct reader *self, unsigned count, struct place place)
{
    self->nodes += count;
    if (self->nodes > NODES_MAX)
        fail(self, place, "the file has too many parts");
}

static struct yaml_node *new_node(struct reader *self, enum yaml_kind kind, struct place place)
{
    struct yaml_node *node = arena_new(self->arena, sizeof *node);
    node->kind = kind;
    node->place = place;
    node->weight = 1;
    count_nodes(self, 1, place);
    return node;
}

static void add_item(struct reader *self, struct yaml_node *parent, struct yaml_node *key,
                     struct yaml_node *value)
{
    struct yaml_item *item = arena_new(self->arena, sizeof *item);
    item->key = key;
    item->value = value;
    if (parent->first != NULL)
        parent->last->next = item;
    else
        parent->first = item;
    parent->last = item;
}

static bool is_merge(const struct yaml_node *key)
{
    return strcmp(key->text, "<<") == 0;
}

/* A value for a key; told if the mapping has that key already. */
static void add_value(struct reader *self, struct yaml_node *mapping, struct yaml_node *key,
                      struct yaml_node *value)
{
    unsigned keys = 0;
    for (const struct yaml_item *item = mapping->first; item != NULL; item = item->next, keys++) {
        if (strcmp(item->key->text, key->text) == 0 && !is_merge(key)) {
            diagnostic_error(self->diagnostics, key->place, "'%.60s' is given twice", key->text);
            return;
        }
    }
    if (keys == KEYS_MAX)
        fail(self, key->place, "the mapping has too many keys");
    add_item(self, mapping, key, value);
}

/* A node is complete enough to be put where it belongs. */
static void place_node(struct reader *self, struct yaml_node *node)
{
    if (self->depth == 0) {
        self->root = node;
        return;
    }
    struct yaml_node *parent = self->open[self->depth - 1];
    struct yaml_node **key = &self->key[self->depth - 1];
    if (parent->kind == YAML_SEQUENCE) {
        add_item(self, parent, NULL, node);
    } else if (*key != NULL) {
        add_value(self, parent, *key, node);
        *key = NULL;
    } else if (node->kind == YAML_SCALAR) {
        *key = node;
    } else {
        fail(self, node->place, "a key must be a plain text");
    }
}

static void note_anchor(struct reader *self, struct fy_token *token, struct yaml_node *node)
{
    if (token == NULL)
        return;
    size_t size;
    if (++self->anchor_count > ANCHORS_MAX)
        fail(self, node->place, "the file has too many anchors");
    struct anchor *anchor = arena_new(self->arena, sizeof *anchor);
    anchor->name = text_of(self, token, &size);
    anchor->node = node;
    anchor->next = self->anchors;
    self->anchors = anchor;
}

static bool is_open(const struct reader *self, const struct yaml_node *node)
{
    for (unsigned i = 0; i < self->depth; i++) {
        if (self->open[i] == node)
            return true;
    }
    return false;
}

static void take_alias(struct reader *self, struct fy_event *event)
{
    size_t size;
    const char *name = text_of(self, event->alias.anchor, &size);
    struct place place = place_of(self, event, size + 1);
    place.column -= place.column > 1; /* libfyaml's begins behind the '*' */
    struct anchor *anchor = self->anchors;
    while (anchor != NULL && strcmp(anchor->name, name) != 0)
        anchor = anchor->next;
    if (anchor == NULL)
        fail(self, place, "an alias of an anchor that is not there");
    else if (is_open(self, anchor->node))
        fail(self, place, "an alias inside of what it stands for");
    else
        count_nodes(self, anchor->node->weight, place);
    if (!self->failed)
        place_node(self, anchor->node);
}

static void take_scalar(struct reader *self, struct fy_event *event)
{
    size_t size;
    const char *text = text_of(self, event->scalar.value, &size);
    struct yaml_node *node = new_node(self, YAML_SCALAR, place_of(self, event, size));
    node->text = text;
    note_anchor(self, event->scalar.anchor, node);
    if (strlen(text) != size)
        fail(self, node->place, "a text with a NUL character in it");
    place_node(self, node);
}

static void open_collection(struct reader *self, struct fy_event *event, enum yaml_kind kind,
                            struct fy_token *anchor)
{
    struct yaml_node *node = new_node(self, kind, place_of(self, event, 1));
    note_anchor(self, anchor, node);
    place_node(self, node);
    if (self->depth == DEPTH_MAX) {
        fail(self, node->place, "nested too deeply");
        return;
    }
    self->open[self->depth] = node;
    self->begun[self->depth] = self->nodes - 1;
    self->key[self->depth++] = NULL;
}

/* --- merge keys -------------------------------------------------------------------------------------------------- */

static bool has_key(const struct yaml_node *mapping, const char *text)
{
    for (const struct yaml_item *item = mapping->first; item != NULL; item = item->next) {
        if (strcmp(item->key->text, text) == 0)
            return true;
    }
    return false;
}

/* Whatever of `other` the mapping does not say itself. */
static void merge_one(struct reader *self, struct yaml_node *mapping, const struct yaml_node *other)
{
    for (const struct yaml_item *item = other->first; item != NULL && !self->failed;
         item = item->next) {
        if (has_key(mapping, item->key->text))
            continue;
        count_nodes(self, 1 + item->value->weight, other->place);
        add_value(self, mapping, item->key, item->value);
    }
}

static void merge_value(struct reader *self, struct yaml_node *mapping,
                        const struct yaml_item *merge)
{
    const struct yaml_node *value = merge->value;
    bool good = value->kind != YAML_SCALAR;
    if (value->kind == YAML_MAPPING)
        merge_one(self, mapping, value);
    for (const struct yaml_item *item = value->first;
         value->kind == YAML_SEQUENCE && item != NULL && good; item = item->next) {
        good = item->value->kind == YAML_MAPPING;
        if (good)
            merge_one(self, mapping, item->value);
    }
    if (!good)
        diagnostic_error(self->diagnostics, merge->key->place,
                         "'<<' takes a mapping, or a list of mappings (<<: *anchor)");
}

/* "<<: *anchor" becomes the keys of what it names; what the mapping itself says wins, then what is named first. */
static void resolve_merges(struct reader *self, struct yaml_node *mapping)
{
    struct yaml_item *merges = NULL, **end = &merges, *item = mapping->first;
    mapping->first = mapping->last = NULL;
    for (struct yaml_item *next; item != NULL; item = next) {
        next = item->next;
        item->next = NULL;
        if (is_merge(item->key)) {
            *end = item;
            end = &item->next;
        } else if (mapping->last == NULL) {
            mapping->first = mapping->last = item;
        } else {
            mapping->last = mapping->last->next = item;
        }
    }
    for (; merges != NULL; merges = merges->next)
        merge_value(self, mapping, merges);
}

static void close_collection(struct reader *self)
{
    struct yaml_node *node = self->open[--self->depth];
    if (node->kind == YAML_MAPPING)
        resolve_merges(self, node);
    node->weight = self->nodes - self->begun[self->depth];
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void take(struct reader *self, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (self->documents++ > 0)
            fail(self, place_of(self, event, 3), "a second document: a file is one scenario");
        break;
    case FYET_SCALAR:
        take_scalar(self, event);
        break;
    case FYET_ALIAS:
        take_alias(self, event);
        break;
    case FYET_MAPPING_START:
        open_collection(self, event, YAML_MAPPING, event->mapping_start.anchor);
        break;
    case FYET_SEQUENCE_START:
        open_collection(self, event, YAML_SEQUENCE, event->sequence_start.anchor);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_collection(self);
        break;
    default:
        break;
    }
}

static void tell_syntax_errors(struct reader *self, struct fy_diag *diag)
{
    void *at = NULL;
    struct fy_diag_error *error;
    bool told = false;
    while ((error = fy_diag_errors_iterate(diag, &at)) != NULL) {
        struct place place = {.source = self->source,
                              .line = error->line > 0 ? (unsigned)error->line : 0,
                              .column = error->column > 0 ? (unsigned)error->column : 1,
                              .width = 1};
        diagnostic_error(self->diagnostics, place, "not YAML: %s", error->msg);
        told = true;
    }
    if (!told)
        diagnostic_error(self->diagnostics, (struct place){.source = self->source}, "not YAML");
    self->failed = true;
}

static void read_events(struct reader *self, struct fy_diag *diag)
{
    while (!self->failed) {
        struct fy_event *event = fy_parser_parse(self->parser);
        if (event == NULL) {
            if (fy_diag_got_error(diag))
                tell_syntax_errors(self, diag);
            return;
        }
        take(self, event);
        fy_parser_event_free(self->parser, event);
    }
}

/* --- what libfyaml never sees ------------------------------------------------------------------------------------ */

/* Bytes of the character at `text`, of which `left` bytes follow; 0: it is no UTF-8 (RFC 3629), or a control character. */
static size_t character_size(const unsigned char *text, size_t left)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return first == '\t' || first == '\n' || first == '\r' || (first >= 0x20 && first != 0x7f);
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    bool beyond = (first == 0xed && text[1] >= 0xa0) || (first == 0xf4 && text[1] >= 0x90);
    return overlong || beyond ? 0 : size;
}

/* Where the text has what no scenario needs and libfyaml 0.7 can hang on; NULL: nowhere. */
static const char *find_strange(const char *text, size_t size, const char **what)
{
    for (const char *at = text; at < text + size;) {
        size_t bytes = character_size((const unsigned char *)at, (size_t)(text + size - at));
        *what = bytes == 0 ? "not a text: neither UTF-8 nor printable" : "directives are not known";
        if (bytes == 0 || (*at == '%' && (at == text || at[-1] == '\n')))
            return at;
        at += bytes;
    }
    return NULL;
}

static struct place place_in(const struct source *source, const char *at)
{
    struct place place = {.source = source, .line = 1, .column = 1, .width = 1};
    for (const char *c = source->text; c < at; c++) {
        place.line += *c == '\n';
        place.column = *c == '\n' ? 1 : place.column + 1;
    }
    return place;
}

static bool may_be_yaml(const struct source *source, size_t size, struct diagnostics *diagnostics)
{
    const char *what, *strange = NULL;
    struct place whole = {.source = source};
    if (size > TEXT_MAX)
        diagnostic_error(diagnostics, whole, "larger than 1 MiB");
    else if (strlen(source->text) != size)
        diagnostic_error(diagnostics, whole, "not a text (it contains a NUL)");
    else if ((strange = find_strange(source->text, size, &what)) != NULL)
        diagnostic_error(diagnostics, place_in(source, strange), "%s", what);
    else
        return true;
    return false;
}

struct yaml_node *yaml_parse(const struct source *source, size_t size, struct arena *arena,
                             struct diagnostics *diagnostics)
{
    struct reader self = {.source = source, .arena = arena, .diagnostics = diagnostics};
    if (!may_be_yaml(source, size, diagnostics))
        return NULL;
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    self.parser = diag != NULL ? fy_parser_create(&cfg) : NULL;
    if (self.parser == NULL || fy_parser_set_string(self.parser, source->text, size) != 0) {
        diagnostic_error(diagnostics, (struct place){.source = source}, "cannot be parsed");
        self.failed = true;
    } else {
        fy_diag_set_collect_errors(diag, true);
        read_events(&self, diag);
    }
    if (self.parser != NULL)
        fy_parser_destroy(self.parser);
    fy_diag_destroy(diag);
    if (self.failed)
        return NULL;
    if (self.root == NULL || (self.root->kind == YAML_SCALAR && self.root->text[0] == '\0')) {
        self.root = arena_new(arena, sizeof *self.root);
        self.root->kind = YAML_MAPPING;
        self.root->place.source = source;
    }
    return self.root;
}
