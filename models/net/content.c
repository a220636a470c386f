/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * content - the byte pattern of a content and its one's complement sums in closed form.
 *
 * Word k of a content is (first + k * step) mod 65535. Sums of 16-bit words are taken mod 65535, which is what one's
 * complement addition does, except that it tells 0 from 65535; a checksum does not care. Real bytes in front of the pattern
 * are added one by one.
 */
#include "models/net/content.h"

#include <string.h>

struct pattern {
    uint32_t first, step; /* both < 65535 */
};

static inline struct pattern pattern_of(uint64_t source)
{
    uint64_t x =
        (source + 1) *
        UINT64_C(0x9e3779b97f4a7c15); /* the golden ratio: neighbours differ in all high bits */
    x ^= x >> 29;
    uint32_t first = (uint32_t)(x >> 40) & 0xffff;
    uint32_t step = (uint32_t)(x >> 20) & 0xffff;
    return (struct pattern){.first = first == 0xffff ? 0 : first,
                            .step = step == 0xffff ? 1 : step};
}

static inline uint32_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

static inline uint32_t word_at(struct pattern pattern, uint32_t index)
{
    return (uint32_t)((pattern.first + (uint64_t)index * pattern.step) % 65535);
}

/* Sum of the pattern's bytes [from, to); a byte of even index counts as the high one. */
static uint64_t pattern_sum(uint64_t source, uint32_t from, uint32_t to)
{
    if (from >= to)
        return 0;
    struct pattern pattern = pattern_of(source);
    uint64_t sum = 0;
    if (from & 1)
        sum += word_at(pattern, from++ / 2) & 0xff;
    if (to & 1 && to > from)
        sum += word_at(pattern, --to / 2) & 0xff00;
    if (from >= to)
        return sum;
    uint64_t low = from / 2, high = to / 2;
    uint64_t indexes = fold((high - low) * (low + high - 1) / 2);
    return sum + (high - low) * pattern.first + indexes * pattern.step;
}

static uint8_t byte_at(const struct content *self, struct pattern pattern, uint32_t index)
{
    if (index < self->real_size)
        return self->bytes[index];
    uint32_t word = word_at(pattern, index / 2);
    return (uint8_t)(index & 1 ? word : word >> 8);
}

void content_init(struct content *self, enum content_kind kind, uint64_t source, uint32_t length,
                  void (*release)(struct content *))
{
    *self = (struct content){
        .source = source,
        .length = length,
        .references = 1,
        .kind = (uint8_t)kind,
        .release = release,
    };
}

uint16_t span_sum(const struct span *self, unsigned odd)
{
    const struct content *content = self->content;
    uint32_t from = self->offset, to = self->offset + self->length;
    uint64_t sum = 0;
    for (; from < to && from < content->real_size; from++)
        sum += from & 1 ? content->bytes[from] : (uint32_t)content->bytes[from] << 8;
    uint32_t folded = fold(sum + pattern_sum(content->source, from, to));
    if ((self->offset ^ odd) & 1)
        folded = (folded << 8 | folded >> 8) & 0xffff;
    return (uint16_t)folded;
}

void span_copy(const struct span *self, uint8_t *out)
{
    struct pattern pattern = pattern_of(self->content->source);
    for (uint32_t i = 0; i < self->length; i++)
        out[i] = byte_at(self->content, pattern, self->offset + i);
}
