/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_control - heartbeats between numbers and bytes.
 */
#include "core/ft_control.h"

#include "core/ft_poison.h"

enum { MAGIC = 0x5548, MAC_AT = 56, WORDS = MAC_AT / 8 };

static void put64(uint8_t *bytes, uint64_t value)
{
    ft_put32(bytes, (uint32_t)(value >> 32));
    ft_put32(bytes + 4, (uint32_t)value);
}

static uint64_t get64(const uint8_t *bytes)
{
    return (uint64_t)ft_get32(bytes) << 32 | ft_get32(bytes + 4);
}

static uint64_t mac(const uint8_t *bytes, const struct ft_key *key)
{
    uint64_t words[WORDS];
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = get64(bytes + 8 * i);
    return ft_siphash(key, words, WORDS);
}

void ft_control_write(const struct ft_control *self, const struct ft_key *key,
                      uint8_t out[FT_CONTROL_BYTES])
{
    ft_put16(out, MAGIC);
    out[2] = self->kind;
    out[3] = self->sender;
    ft_put32(out + 4, (uint32_t)self->role << 24);
    put64(out + 8, self->view);
    put64(out + 16, self->proposal);
    put64(out + 24, self->incarnation);
    put64(out + 32, (uint64_t)self->sent_ns);
    put64(out + 40, self->echo_incarnation);
    put64(out + 48, (uint64_t)self->echo_ns);
    put64(out + MAC_AT, mac(out, key));
}

enum ft_control_error ft_control_read(const uint8_t *in, size_t size, const struct ft_key *key,
                                      struct ft_control *out)
{
    if (size != FT_CONTROL_BYTES)
        return FT_CONTROL_SIZE;
    if (get64(in + MAC_AT) != mac(in, key) || ft_get16(in) != MAGIC)
        return FT_CONTROL_MAC;
    *out = (struct ft_control){
        .kind = in[2],
        .sender = in[3],
        .role = in[4],
        .view = get64(in + 8),
        .proposal = get64(in + 16),
        .incarnation = get64(in + 24),
        .sent_ns = (int64_t)get64(in + 32),
        .echo_incarnation = get64(in + 40),
        .echo_ns = (int64_t)get64(in + 48),
    };
    bool known = out->kind == FT_CONTROL_HEARTBEAT || out->kind == FT_CONTROL_JOIN;
    return known ? FT_CONTROL_OK : FT_CONTROL_KIND;
}
