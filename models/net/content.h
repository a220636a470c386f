/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * content - the bytes of one message, by reference.
 *
 * Simulated packets carry real headers, but payload as spans: "bytes [offset, offset + length) of content X". X knows who
 * generated it in which execution, so every byte a client reads can be traced to its origin, and a mixed reply is visible.
 * Bytes are nevertheless defined: 16-bit word k of a content is (first + k * step) mod 65535, both derived from `source`,
 * which makes the one's complement sum of any span a closed form: TCP checksums are real and cost the same for 1 byte or
 * 1460. Contents that carry real bytes (log records, control messages) give them in `bytes`, in front of the pattern.
 *
 * A content is embedded in the object it belongs to (a request, an execution's reply) and counted: each holder of a span
 * holds one reference; the last content_put() calls `release`.
 */
#ifndef MODELS_NET_CONTENT_H
#define MODELS_NET_CONTENT_H

#include <stddef.h>
#include <stdint.h>

enum content_kind { CONTENT_OTHER, CONTENT_REQUEST, CONTENT_REPLY, CONTENT_RECORD };

struct content {
    uint64_t source; /* unique in a simulation; seeds the byte pattern */
    uint32_t length; /* bytes */
    uint32_t references;
    uint8_t kind;      /* enum content_kind: what container_of() may be applied */
    uint8_t real_size; /* how many real bytes stand in front of the pattern */
    const uint8_t *bytes;
    void (*release)(struct content *self); /* NULL: static, never freed */
};

struct span {
    struct content *content;
    uint32_t offset, length;
};

/* A content of `length` bytes with one reference, the caller's. */
void content_init(struct content *self, enum content_kind kind, uint64_t source, uint32_t length,
                  void (*release)(struct content *));

static inline struct content *content_get(struct content *self)
{
    self->references++;
    return self;
}

static inline void content_put(struct content *self)
{
    if (--self->references == 0 && self->release)
        self->release(self);
}

/* One's complement sum of the span as it stands at an even (odd = 0) or odd (1) place of a packet, folded to 16 bits. */
uint16_t span_sum(const struct span *self, unsigned odd);
/* Writes the span's bytes (for captures, and for readers of real bytes). */
void span_copy(const struct span *self, uint8_t *out);

#endif
